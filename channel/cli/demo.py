def demo() -> None:
    """A conversation each way, on this machine."""
