"""Emoji in a text: Unicode's, and the `:shortcodes:` that Rocket.Chat shows as emoji.

Which characters they are, and what they are called, is known to the libraries. An emoji here is a sequence of UTS #51:
a character that is an emoji by default, one that is made an emoji by U+FE0F or a skin tone, a keycap, a flag, and what
ZWJ joins. A character that is text by default (digits, ©, ™, arrows) is an emoji only so.
"""

import re
from collections.abc import Callable, Collection, Iterable
from functools import partial
from itertools import chain, repeat
from typing import Final

from emoji import EMOJI_DATA, STATUS
from pymdownx import twemoji_db

_VS16: Final = "\ufe0f"
_TONES: Final = "\U0001f3fb-\U0001f3ff"
_KEYCAPS: Final = "[0-9#*]"
#: what may follow an emoji and belongs to it: variation selectors, a keycap, skin tones, tags
_TAIL: Final = f"[\ufe0e{_VS16}\u20e3{_TONES}\U000e0020-\U000e007f]*"

_NAME: Final = re.compile(r"[0-9a-z_+.-]+")
_CANDIDATE: Final = re.compile(r":(?=([0-9A-Za-z_+.-]{1,100}):)")
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[+-]?[0-9]+")
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{1,4}")

#: stands where an emoji was; no text holds one when it comes here. Of one that does another character is made: were it
#: only taken out, what stands on both sides could become a name
_HOLE: Final = "\0"
_STRANGE: Final = "\ufffd"
_HOLES: Final = re.compile(r"[ \t\r\n]*\0[\0 \t\r\n]*")
_CLOSES: Final = re.compile(r"[.,;:!?…)\]}»”’،؛؟।۔።፣。，！？、]")


def _class(characters: Iterable[str]) -> str:
    """Any of these. Those of the first plane are looked up, and the others gone through only where one may come."""
    low, high = ("".join(each for each in sorted(characters) if (each > "\uffff") is high) for high in (False, True))
    return f"(?:[{low}]|(?=[{high[0]}-{high[-1]}])[{high}])"


def _pattern() -> re.Pattern[str]:
    single = {each: known["status"] for each, known in EMOJI_DATA.items() if len(each) == 1}
    flags = {chr(code) for code in range(0x1F1E6, 0x1F200)}
    by_default = {each for each, status in single.items() if status != STATUS["unqualified"]} | flags
    any_emoji = single.keys() | flags
    low = sorted(each for each in any_emoji if "ÿ" < each < "\U00010000")
    high = sorted(each for each in any_emoji if each > "\uffff")
    begins = f"[©®{low[0]}-{low[-1]}{high[0]}-{high[-1]}]|{_KEYCAPS}[{_VS16}\u20e3]"
    first = "|".join(
        (
            f"{_class(by_default)}{_TAIL}",
            f"{_class(single.keys() - by_default)}(?:[{_VS16}{_TONES}]{_TAIL}|(?=\u200d{_class(any_emoji)}))",
            f"{_KEYCAPS}[{_VS16}\u20e3]{_TAIL}",
        )
    )
    return re.compile(f"(?={begins})(?:{first})(?:\u200d{_class(any_emoji)}{_TAIL})*\u200d?")


def _names() -> dict[str, str]:
    """The emoji by name: those that EmojiOne gave, as Rocket.Chat does, and after them those of others."""
    whole = {
        each.replace(_VS16, ""): each
        for each, known in EMOJI_DATA.items()
        if known["status"] in {STATUS["fully_qualified"], STATUS["component"]}
    }
    named: dict[str, str] = {}
    for each, known in EMOJI_DATA.items():
        for name in (known["en"], *known.get("alias", ())):
            named.setdefault(name.strip(":"), whole.get(each.replace(_VS16, ""), each))
    for name, about in twemoji_db.emoji.items():
        points = "".join(chr(int(point, 16)) for point in about["unicode"].split("-"))
        named[name.strip(":")] = whole.get(points.replace(_VS16, ""), points)
    for alias, name in twemoji_db.aliases.items():
        named[alias.strip(":")] = named[name.strip(":")]
    return {name: each for name, each in named.items() if _NAME.fullmatch(name)}


_UNICODE: Final = _pattern()
_NAMED: Final = _names()


def has_emoji(text: str, custom: Collection[str] = ()) -> bool:
    """Is there one in it? `custom`: the names of a workspace's own, without colons."""
    return _UNICODE.search(text) is not None or _each_shortcode(text, custom, lambda _: _HOLE) != text


def names_unknown(text: str) -> frozenset[str]:
    """What stands between colons like the name of an emoji, and is none that everybody has."""
    return frozenset(name for found in _CANDIDATE.finditer(text) if (name := found[1]) not in _NAMED)


def without_emoji(text: str, custom: Collection[str] = ()) -> str:
    """The text without emoji, and without the space that they would leave; a text that has none, as it is.

    No emoji is left, not even one that is made of what stood on both sides of another.
    """
    glues = chain(repeat("", 3), repeat(" "))
    while _HOLE in (
        marked := _UNICODE.sub(_HOLE, _each_shortcode(text.replace(_HOLE, _STRANGE), custom, lambda _: _HOLE))
    ):
        text = _HOLES.sub(partial(_closed, next(glues)), marked)
    return text


def with_emoji(text: str) -> str:
    """The text with the emoji that its shortcodes stand for. A workspace's own have no character, and stay."""
    return _each_shortcode(text, (), _NAMED.__getitem__)


def _closed(glue: str, run: re.Match[str]) -> str:
    """What is left between the words on both sides: their line breaks, or one space where there was any."""
    if run.start() == 0 or run.end() == len(run.string):
        return ""
    spaces = run[0].split(_HOLE)
    breaks = max(space.count("\n") for space in spaces)
    if breaks:
        return "\n" * breaks
    if not any(spaces) and run.string[run.start() - 1].isalnum() and run.string[run.end()].isalnum():
        return " "  # 1💊2 is not 12
    if not any(spaces) or (not spaces[-1] and _CLOSES.match(run.string, run.end())):
        return glue
    return " "


def _each_shortcode(text: str, custom: Collection[str], write: Callable[[str], str]) -> str:
    """The text with what `write` makes of each name; in addresses they are no emoji."""
    pieces: list[str] = []
    done = looked = 0
    addresses = chain((found.span() for found in _ADDRESS.finditer(text)), repeat((len(text), len(text))))
    begins, ends = next(addresses)
    while found := _CANDIDATE.search(text, looked):
        looked = found.end()
        while ends <= found.start():
            begins, ends = next(addresses)
        if begins <= found.start():
            continue
        name, after = found[1], found.end(1) + 1
        before = text[max(done, found.start() - 2) : found.start()]
        if (name in custom or name in _NAMED) and not _is_figure(name, before, text[after : after + 1]):
            pieces += (text[done : found.start()], write(name))
            done = looked = after
    return "".join((*pieces, text[done:])) if pieces else text


def _is_figure(name: str, before: str, after: str) -> bool:
    """Is it a piece of a time or of an address rather than 💯 or 🐝? 10:100:45, fe80::bee:1, aa:bb:cc."""
    if _NUMBER.fullmatch(name):
        return before[-1:].isdigit() or after.isdigit()
    if _HEXADECIMAL.fullmatch(name):
        return before[-1:].isalnum() or after.isalnum() or (before[-1:] == ":" and before[:1].isalnum())
    return False
