"""Courier's way of cutting a text to a channel's length, defects included."""

from collections.abc import Iterable

#: What Go's `strings.TrimSpace` takes away; Python's `strip` would also take U+001C to U+001F.
GO_SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"

#: A space this near the limit ends a part early.
_LOOK_BACK = 6


def text_with_attachments(text: str, attachments: Iterable[str]) -> str:
    """The text with each attachment's URL (`type:url`) on a line of its own; their content types are lost."""
    return text + "".join("\n" + attachment.partition(":")[2] for attachment in attachments)


def split_text(text: str, max_length: int) -> list[str]:
    """The parts in which `text` is sent. The limit counts bytes.

    A character that steps over the exact limit is not a place to cut, so the part grows until the next space; and
    white space that fills a part is sent as an empty part.
    """
    if len(text.encode()) <= max_length:
        return [text]
    parts = []
    part, size = "", 0
    for character in text:
        part += character
        size += len(character.encode())
        if size == max_length or (size > max_length - _LOOK_BACK and character == " "):
            parts.append(part.strip(GO_SPACES))
            part, size = "", 0
    if part:
        parts.append(part.strip(GO_SPACES))
    return parts
