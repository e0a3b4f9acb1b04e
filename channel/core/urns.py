"""The path of a URN, and by what two of them are one."""

from typing import Final

LONGEST: Final = 255


def identity(scheme: str, path: str) -> str:
    """What stays of `path` when how it is written does not matter. `tel` may come with and without its plus."""
    path = path.strip()
    match scheme:
        case "tel" | "whatsapp":
            return path.removeprefix("+")
        case "mailto" | "twitter":
            return path.lower()[:LONGEST]  # lower case can be longer
        case _:
            return path
