"""What cannot be shown or done, with a status and one sentence for the page that says so."""

from starlette.responses import Response


class Wrong(Exception):
    """Nothing was changed."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Again(Exception):
    """Nothing was changed: the form is shown again, with what was written and what is wrong with it."""

    def __init__(self, page: Response) -> None:
        super().__init__("the form is shown again")
        self.page = page
