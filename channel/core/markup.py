"""Rocket.Chat's markup in a text, and what it reads like without.

What may be markup is what Rocket.Chat shows as such, and less: a mark stands at the edge of a word, so that snake_case,
2*3*4 and an address keep theirs. Lists, quotes (`>`) and mentions read well as they are.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import regex

#: the link with which Rocket.Chat marks a quote; nobody sees it
_QUOTE: Final = re.compile(r"\[\s*\]\([^()\s]*[?&]msg=(?P<id>[^()\s&#]*)[^()\s]*\)[ \t]*\n?")

_BLOCK: Final = re.compile(r"```(?:[\w .+-]*\n)?((?:(?!```).)+?)\n?```", re.DOTALL)
_CODE: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_KEPT: Final = re.compile(r"(```.+?```|(?<!`)`[^`\n]+`(?!`))", re.DOTALL)
_ADDRESS: Final = r"(?=[^\s()<>|]*[:./])[^\s()<>|]+(?:\([^\s()<>|]*\)[^\s()<>|]*)*"
_LINK: Final = re.compile(rf"!?\[([^\[\]\n]*)\]\(({_ADDRESS})\)")
_ANGLED: Final = re.compile(rf"<({_ADDRESS})\|([^<>|\n]+)>")

_URL: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MARK: Final = "*_~"
_TRAILING: Final = f"{_MARK}.,:;!?)"  #: no part of the address they stand behind
#: in these a word has no edge that could be seen
_UNSPACED: Final = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_BEFORE: Final = rf"(?:^|[\s(\[{{\"'“‘«„¿¡\-–—:;,!?…|、。，（「{_UNSPACED}])"
_FIRST: Final = r"(?:[\w@#\"'“‘«„(\[{¿¡$€£<--_]|[^\x00-\x7f])"
_LAST: Final = r"(?:[\w.,:;!?…%\"'”’»)\]}>--_]|[^\x00-\x7f])"
_AFTER: Final = rf"(?:$|[\s)\]}}\"'”’»,;:!?…|–—\-、。，）」{_UNSPACED}]|\.(?!\w))"
#: a mark, whether words may begin behind it, and end before it; other marks may stand between
_MARKS: Final = regex.compile(
    rf"(?V1)(?P<opens>(?<={_BEFORE}[*_~]{{0,9}})(?=[*_~]{{1,9}}+{_FIRST}))?"
    r"(?P<mark>(?<!\*)\*{1,3}(?!\*)|(?<!_)_{1,3}(?!_)|(?<!~)~{1,2}(?!~))"
    rf"(?P<closes>(?<={_LAST}[*_~]{{1,9}})(?=[*_~]{{0,9}}+{_AFTER}))?"
)


def without_quotes(text: str) -> str:
    """The text without the links that stand for quoted messages."""
    return _QUOTE.sub("", text) if "msg=" in text else text


def quoted_in(text: str) -> str | None:
    """The `_id` of the message that this one answers to; None where it answers to none."""
    found = _QUOTE.search(text) if "msg=" in text else None
    return found["id"] or None if found else None


def plain(text: str) -> str:
    """The text without markup. Code in which there are marks keeps its backticks, for the marks are its own."""
    if "`" not in text:
        return _without_code(text)
    opened = _CODE.sub(_opened, _BLOCK.sub(_opened, text))
    pieces = _KEPT.split(opened)
    return "".join(piece if index % 2 else _without_code(piece) for index, piece in enumerate(pieces))


def _without_code(text: str) -> str:
    if "](" in text:
        text = _LINK.sub(lambda link: _linked(link[1], link[2]), text)
    if "|" in text:
        text = _ANGLED.sub(lambda link: _linked(link[2], link[1]), text)
    return _unmarked(text)


def _opened(code: re.Match[str]) -> str:
    return code[1] if plain(code[1]) == code[1] else code[0]


def _linked(words: str, address: str) -> str:
    words = words.strip()
    return f"{words} ({address})" if words and words != address else address


def _unmarked(text: str) -> str:
    """Without the pairs of marks around words, each pair on one line."""
    if not any(mark in text for mark in _MARK):
        return text
    drop: list[tuple[int, int]] = []
    for start, line in _lines(text):
        drop += [(start + first, start + last) for first, last in _pairs(line)]
    pieces = []
    done = 0
    for first, last in sorted(drop):
        pieces.append(text[done:first])
        done = last
    return "".join((*pieces, text[done:]))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.splitlines(keepends=True):
        if any(mark in line for mark in _MARK):
            yield start, line
        start += len(line)


def _pairs(line: str) -> Iterator[tuple[int, int]]:
    """Where the marks stand that belong together; pairs may stand in one another, but not across."""
    open_marks: list[tuple[str, int]] = []
    places: defaultdict[str, list[int]] = defaultdict(list)
    for mark, first, opens, closes in _outside_addresses(line):
        if closes and places[mark]:
            place = places[mark][-1]
            opened = open_marks[place][1]
            for other, _ in open_marks[place:]:
                places[other].pop()
            del open_marks[place:]
            yield opened, opened + len(mark)
            yield first, first + len(mark)
        elif opens:
            places[mark].append(len(open_marks))
            open_marks.append((mark, first))


def _outside_addresses(line: str) -> Iterator[tuple[str, int, bool, bool]]:
    """The marks that are no part of an address: where, and whether words may begin behind it, or end before it."""
    addresses = ((url.start(), url.start() + len(url[0].rstrip(_TRAILING))) for url in _URL.finditer(line))
    begins, ends = next(addresses, (len(line), len(line)))
    for found in _MARKS.finditer(line):
        first = found.start()
        while ends <= first:
            begins, ends = next(addresses, (len(line), len(line)))
        if first < begins:
            mark, opens, closes = found.group("mark", "opens", "closes")
            yield mark, first, opens is not None, closes is not None
