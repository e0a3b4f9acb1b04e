"""RapidPro's templates, as far as a webhook's body must be filled in to see what it would send.

Values are stand-ins. A function that RapidPro has and this module does not know gives any value.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from channel.rapidpro.wire.expression_values import (
    ANYTHING,
    FAILED,
    FUNCTIONS,
    OPERATORS,
    Failed,
    Function,
    as_text,
    combined,
    lookup,
    result,
)

DEPTH: Final = 100  #: of brackets within brackets

_NAMES = """
child contact fields globals input legacy_extra locals node parent results resume run ticket trigger urns webhook
"""
TOP_LEVELS: Final = frozenset(_NAMES.split())

_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)'
    r"|(?P<sign>=>|!=|<=|>=|[-+*/^=<>&(),.\[\]]))",
    re.ASCII | re.DOTALL,
)
_SIMPLE = re.compile(r"@(?P<path>[A-Za-z_]\w*(?:\.\w+)*)", re.ASCII)
_CONSTANTS: Final[Mapping[str, object]] = {"true": True, "false": False, "null": None}


class WrongExpression(ValueError):
    """What RapidPro would not read; the sentence says where."""


def render(template: str, context: Mapping[str, Any]) -> str:
    """The template filled in with `context`. WrongExpression where RapidPro could not read it."""
    pieces: list[str] = []
    place = 0
    while (found := template.find("@", place)) >= 0:
        pieces.append(template[place:found])
        if template.startswith("@@", found):
            piece, place = "@", found + 2
        elif template.startswith("@(", found):
            value, place = _evaluated(template, found + 1, context)
            piece = as_text(value)
        else:
            piece, place = _simple(template, found, context)
        pieces.append(piece)
    return "".join([*pieces, template[place:]])


def _simple(template: str, found: int, context: Mapping[str, Any]) -> tuple[str, int]:
    match = _SIMPLE.match(template, found)
    names = match["path"].split(".") if match else []
    if not match or names[0].lower() not in TOP_LEVELS:
        return "@", found + 1
    value: Any = context
    for name in names:
        value = lookup(value, name.lower())
    return as_text(value), match.end()


def _evaluated(template: str, start: int, context: Mapping[str, Any]) -> tuple[Any, int]:
    reading = _Reading(template, start, context)
    reading.take("(")
    value = reading.expression()
    end = reading.end_of(")")
    return value, end


class _Reading:
    """One expression, read from left to right and evaluated at once. Operators all bind alike: no value is used."""

    def __init__(self, template: str, start: int, context: Mapping[str, Any]) -> None:
        self._template = template
        self._context = context
        self._depth = 0
        self._tokens = self._split(start)
        self._next = next(self._tokens)

    def _split(self, place: int) -> Iterator[tuple[str, str, int]]:
        while match := _TOKEN.match(self._template, place):
            place = match.end()
            yield str(match.lastgroup), match[str(match.lastgroup)], place
        yield "end", "", place

    def _advance(self) -> tuple[str, str, int]:
        token = self._next
        self._next = next(self._tokens, ("end", "", token[2]))
        return token

    def take(self, sign: str) -> None:
        if self._next[:2] != ("sign", sign):
            raise WrongExpression(f"{sign!r} is missing near {self._template[: self._next[2]][-30:]!r}")
        self._advance()

    def end_of(self, sign: str) -> int:
        place = self._next[2]
        if self._next[:2] != ("sign", sign):
            self.take(sign)
        return place

    def _is(self, *signs: str) -> bool:
        return self._next[0] == "sign" and self._next[1] in signs

    def expression(self) -> Any:
        self._depth += 1
        if self._depth > DEPTH:
            raise WrongExpression(f"more than {DEPTH} brackets within each other")
        value = self._value()
        while self._is(*OPERATORS):
            sign, right = self._advance()[1], self._value()
            value = combined(value, sign, right)
        self._depth -= 1
        return value

    def _value(self) -> Any:
        while self._is("-"):
            self._advance()
        value = self._atom()
        while self._is(".", "["):
            if self._advance()[1] == ".":
                value = lookup(value, self._advance()[1].lower())
            else:
                value = lookup(value, as_text(self.expression()).lower())
                self.take("]")
        return value

    def _atom(self) -> Any:
        kind, text, _ = self._advance()
        if kind == "text":
            return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1]), text[1:-1])
        if kind == "number":
            return float(text) if "." in text else int(text[:18])
        if (kind, text) == ("sign", "("):
            return self._in_brackets()
        if kind != "name":
            raise WrongExpression(f"a value is missing near {self._template[: self._next[2]][-30:]!r}")
        return self._called(text.lower()) if self._is("(") else self._named(text.lower())

    def _in_brackets(self) -> Any:
        given = [self.expression()]
        while self._is(","):
            self._advance()
            given.append(self.expression())
        self.take(")")
        if self._is("=>"):
            self._advance()
            value = self.expression()
            return Function(lambda _: ANYTHING if isinstance(value, Failed) else value)
        if len(given) > 1:
            raise WrongExpression("a comma outside of a function's brackets")
        return given[0]

    def _named(self, name: str) -> Any:
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in self._context:
            return self._context[name]
        if name in FUNCTIONS:
            return Function(lambda given: result(name, given))
        return ANYTHING if name in TOP_LEVELS else FAILED

    def _called(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise WrongExpression(f"RapidPro has no function {name}")
        self.take("(")
        given: list[Any] = []
        while not self._is(")"):
            given.append(self.expression())
            if not self._is(")"):
                self.take(",")
        self.take(")")
        return result(name, given)
