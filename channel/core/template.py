"""Texts with places for values: `{name}`, and pieces in brackets that are left out where a value is missing.

`[a|b]` is `a` if all its values are there, else `b` if all of its are, else nothing. Braces and brackets have no other
use, so a text cannot show one; a value can, for values are never read as templates.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from typing import TypeAlias

from channel.core.cutting import beginning, composed, fits
from channel.core.values import dataclass

_TOKEN = re.compile(r"\{(?P<name>[^{}\[\]|]*)\}|(?P<mark>[{}\[\]|])|(?P<words>[^{}\[\]|]+)")
_NAME = re.compile(r"[a-z][a-z_]*")
_CUT_OFF = "…"


class WrongTemplate(ValueError):
    """A template that cannot be used; `str()` says why, to whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value goes."""

    name: str


Run: TypeAlias = tuple[str | Place, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """The first of these whose values are all there; nothing, if there is none and it may be left out."""

    choices: tuple[Run, ...]
    may_be_left_out: bool

    def choose(self, values: Mapping[str, str]) -> Run | None:
        for run in self.choices:
            if all(values.get(name) for name in names_in(run)):
                return run
        return () if self.may_be_left_out else None


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was read."""

    pieces: tuple[Piece, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for piece in self.pieces for run in piece.choices for name in names_in(run))

    def fill(self, values: Mapping[str, str], limit: int) -> str | None:
        """The text with these values; where it does not fit, composed, and the longest of them cut until it does.

        None where one is missing that it cannot do without. An empty value is a missing one.
        """
        runs = [piece.choose(values) for piece in self.pieces]
        chosen = [part for run in runs if run is not None for part in run]
        if None in runs:
            return None
        text = _joined(chosen, values)
        if fits(text, limit):
            return text
        fitting = {part.name: composed(values[part.name]) for part in chosen if isinstance(part, Place)}
        while len(text := composed(_joined(chosen, fitting))) > limit:
            longest = max(fitting, key=lambda name: len(fitting[name]), default=None)
            if longest is None or len(fitting[longest]) <= len(_CUT_OFF):
                return cut(text, limit)
            fitting[longest] = cut(fitting[longest], max(1, len(fitting[longest]) - (len(text) - limit)))
        return text


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of the text, none parted from its marks, with an ellipsis where more followed."""
    return text if len(text) <= limit else beginning(text, limit - len(_CUT_OFF)).rstrip() + _CUT_OFF


def _joined(parts: Iterable[str | Place], values: Mapping[str, str]) -> str:
    return "".join(part if isinstance(part, str) else values[part.name] for part in parts).strip()


def names_in(run: Run) -> Iterator[str]:
    return (part.name for part in run if isinstance(part, Place))


@dataclass(slots=True)
class _Reading:
    """A template as far as it was read."""

    pieces: list[Piece] = field(default_factory=list)
    choices: list[Run] = field(default_factory=list)
    run: list[str | Place] = field(default_factory=list)
    bracketed: bool = False

    def end_choice(self) -> None:
        self.choices.append(tuple(self.run))
        self.run = []

    def end_piece(self) -> None:
        self.end_choice()
        self.pieces.append(Piece(tuple(self.choices), self.bracketed))
        self.choices = []


@lru_cache(maxsize=1024)
def parse(text: str) -> Template:
    """The template that this text is; WrongTemplate where a brace or a bracket has no partner."""
    reading = _Reading()
    for token in _TOKEN.finditer(text):
        mark, name, words = token["mark"], token["name"], token["words"]
        if words is not None:
            reading.run.append(words)
        elif name is not None:
            reading.run.append(Place(_named(name)))
        elif mark == "|":
            if reading.bracketed:
                reading.end_choice()
            else:
                reading.run.append(mark)
        else:
            _bracket(reading, mark)
    if reading.bracketed:
        raise WrongTemplate("a bracket [ is never closed")
    reading.end_piece()
    return Template(tuple(reading.pieces))


def _bracket(reading: _Reading, mark: str) -> None:
    if mark in "{}":
        raise WrongTemplate(f"a brace {mark} has no partner: a placeholder is a name in braces, such as {{agent}}")
    if (mark == "[") == reading.bracketed:
        raise WrongTemplate("a bracket [ stands inside another" if mark == "[" else "a bracket ] was never opened")
    reading.end_piece()
    reading.bracketed = mark == "["


def _named(written: str) -> str:
    name = written.strip()
    if not _NAME.fullmatch(name):
        raise WrongTemplate(f"{{{written}}} is no placeholder: one is a name in braces, such as {{agent}}")
    return name
