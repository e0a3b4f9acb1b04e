"""What text may look like at its destination."""

from channel.core import limits

_SPACES = " \n\t"


def split(text: str, limit: int = limits.TEXT_LENGTH) -> tuple[str, ...]:
    """Cut `text` into parts of at most `limit` code points, at white space where there is any.

    Joined again the parts give the text but for the white space at the cuts. No part is empty.
    """
    parts: list[str] = []
    rest = text
    while len(rest) > limit:
        cut = _cut(rest, limit)
        part, rest = rest[:cut].rstrip(), rest[cut:].lstrip()
        if part:
            parts.append(part)
    if rest:
        parts.append(rest)
    return tuple(parts)


def _cut(text: str, limit: int) -> int:
    """Where the first part ends: after the last white space that leaves a part of more than half the limit."""
    for place in range(limit, limit // 2, -1):
        if text[place] in _SPACES:
            return place
    return limit


def with_quick_replies(text: str, quick_replies: tuple[str, ...]) -> str:
    """The text as an agent reads it, the answers RapidPro suggests as a line each below it."""
    lines = [text] if text else []
    return "\n".join([*lines, *(f"• {reply}" for reply in quick_replies)])
