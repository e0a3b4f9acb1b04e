"""Where a text may be cut: behind a paragraph, a sentence or a word, else anywhere between two clusters of characters.

What readers take for one character can be several code points: a letter and its marks, a syllable, a flag. Unicode
calls that a grapheme cluster, and no cut parts one.
"""

import unicodedata
from bisect import bisect
from collections.abc import Iterator
from typing import Final

import regex

from channel.core import limits

_CLUSTER: Final = regex.compile(r"\X")
#: between two such characters, and before the second, one cluster always ends
_APART: Final = regex.compile(r"\p{GCB=Other}{2}")
#: white space at which a line may be broken, so not U+00A0 and its like, and that carries no mark
_SPACE: Final = (
    r"(?:[\t-\r\x20\x85\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]"
    r"(?![\p{GCB=Extend}\p{GCB=SpacingMark}\u200d]))"
)
_A_SPACE: Final = regex.compile(_SPACE)
_SPACES: Final = regex.compile(f"{_SPACE}*")
_CLOSING: Final = r"[\"'\p{Pe}\p{Pf}]{0,9}"  # more would be gone through anew from each of them
#: best first, each searched from behind; a part ends at `end`, or before the white space there
_ENDS: Final = (
    regex.compile(rf"(?r)(?P<end>)\n{_SPACE}*\n"),
    regex.compile(rf"(?rV1)[.!?…]{_CLOSING}(?P<end>)(?={_SPACE})|[\p{{STerm}}--[.!?]]{_CLOSING}(?P<end>)|(?P<end>)\n"),
    regex.compile(rf"(?r)(?P<end>){_SPACE}|\u200b(?P<end>)"),
)
#: U+2800 is a Braille pattern without dots, and some of the format characters are seen
_UNSEEN: Final = r"[[\p{Z}\p{C}\p{DI}\u2800]--[\p{PCM}\p{Co}\p{Cn}\p{Cs}]]*"
_INVISIBLE: Final = regex.compile(f"(?V1){_UNSEEN}")
#: at an end a tag may say which flag it is that is seen
_INVISIBLE_END: Final = regex.compile(rf"(?rV1)[{_UNSEEN[:-1]}--[\U000E0020-\U000E007F]]*")


def is_blank(text: str) -> bool:
    """Is there nothing to be seen: white space, controls, variation selectors, joiners and the like?"""
    return _INVISIBLE.fullmatch(text) is not None


def visible_from(text: str) -> str:
    """The text from the first character that can be seen."""
    begins = _INVISIBLE.match(text)
    return text[begins.end() :] if begins else text


def visible(text: str) -> str:
    """The text from the first character that can be seen to the last, composed."""
    ends = _INVISIBLE_END.match(text)
    return composed(visible_from(text[: ends.start()] if ends else text))


def length(text: str) -> int:
    """Its characters: code points, once they are composed (NFC)."""
    return len(composed(text))


def composed(text: str) -> str:
    """The text as Unicode's NFC has it."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def utf16_length(text: str) -> int:
    """Its length as JavaScript and Rocket.Chat count."""
    return len(text) + sum(character > "\uffff" for character in text)


def fits(text: str, limit: int, utf16_limit: int | None = None) -> bool:
    """Is it within the limit as it is written, and as it is composed, and as UTF-16?"""
    if len(text) > limit or length(text) > limit:
        return False
    return utf16_limit is None or utf16_length(text) <= utf16_limit


def beginning(text: str, limit: int) -> str:
    """As many of its first characters as there is room for, no cluster parted unless it alone is longer."""
    return text[: _between_clusters(text, 0, limit) or limit]


def split(text: str, limit: int = limits.TEXT_LENGTH, utf16_limit: int | None = None) -> tuple[str, ...]:
    """Parts of at most `limit` characters: the text itself where it fits, and none where it is empty.

    Each ends with the last paragraph that it has room for, else the last sentence or line, else the last word, else
    with a cluster of characters. Only a cluster that is longer than the limit is parted. Joined again they give the
    text but for the white space at the cuts, and for parts in which nothing could be seen.
    """
    if fits(text, limit, utf16_limit):
        return (text,) if text else ()
    return tuple(part for part in _parts(text, limit, utf16_limit) if not is_blank(part))


def numbered(text: str, limit: int) -> tuple[str, ...]:
    """The same, each part beginning with its number, as (1/3), if there are several."""
    if fits(text, limit):
        return split(text, limit)
    least = sum(not character.isspace() for character in text) // limit + 1
    for digits in range(len(str(least)), limit // 4):
        number = len(f"({'9' * digits}/{'9' * digits}) ")
        parts = split(text, limit - number)
        if len(str(len(parts))) <= digits:
            break
    if len(parts) == 1:
        return parts
    return tuple(f"({index}/{len(parts)}) {part}" for index, part in enumerate(parts, 1))


def _parts(text: str, limit: int, utf16_limit: int | None) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = _end(text, start, limit, utf16_limit)
        yield text[start:end]
        spaces = _SPACES.match(text, end)
        start = spaces.end() if spaces else end


def _end(text: str, start: int, limit: int, utf16_limit: int | None) -> int:
    """Where the part that begins at `start` ends."""
    room = start + _room(text[start : start + limit], limit, utf16_limit)
    if room == len(text):
        return room
    last = _between_clusters(text, start, room)
    if last == start:
        return room
    for pattern in _ENDS:
        before = last + 1
        while found := pattern.search(text, start, before):
            end = found.start("end")
            while end > start and _A_SPACE.match(text, end - 1):
                end -= 1
            if start < end <= last and _between_clusters(text, start, end) == end:
                return end
            before = max(start, min(end, before - 1))
    return last


def _room(text: str, limit: int, utf16_limit: int | None) -> int:
    """How many of its code points there is room for; at least one."""
    if fits(text, limit, utf16_limit):
        return len(text)
    return max(1, bisect(range(1, len(text) + 1), False, key=lambda n: not fits(text[:n], limit, utf16_limit)))


def _between_clusters(text: str, start: int, place: int) -> int:
    """The last place between two clusters that is not behind this one. `start` is such a place."""
    known = place
    while known > start and not _APART.match(text, known - 1):
        known -= 1
    begins = known  # what is before is left out: to know flags apart, it would be gone through for each of them
    for cluster in _CLUSTER.finditer(text[begins : place + 1]):
        if begins + cluster.end() > place:
            break
        known = begins + cluster.end()
    return known
