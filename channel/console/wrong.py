"""What cannot be shown or done, with a status and one sentence for the page that says so."""


class Wrong(Exception):
    """Nothing was changed."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
