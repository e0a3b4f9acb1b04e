"""TOML that an operator writes: what is wrong in it is said with its line."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
Document: TypeAlias = Mapping[str, Any]

_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_SHORT = {"\n": "\\n", "\t": "\\t"}
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
#: A key with so many names in it. `tomllib` keeps each beginning of a key: one with a hundred thousand takes gigabytes.
_LONG_KEY = re.compile(
    r"""(?:(?:(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++|"[^"\n]{0,99}+"|'[^'\n]{0,99}+')[ \t]*+\.[ \t]*+){16}"""
)


class WrongFile(ValueError):
    """A file that cannot be used; `str()` names the line, and what is wrong there."""


class Wrong(ValueError):
    """A document says something that cannot be, at `path`. `near`: what stands there, if that is known."""

    def __init__(self, message: str, *path: str, near: str = "") -> None:
        super().__init__("".join(map(_escaped, f"{'.'.join(path)}: {message}" if path else message)))
        self.path = path
        self.near = near


class _Statement(NamedTuple):
    """Lines that say one thing: a header, or a key with its value."""

    first: int  #: the number of its first line
    lines: list[str]
    paths: list[tuple[str, ...]]  #: what it says something of


def read(text: str, reader: Callable[[Document], T]) -> T:
    """What `reader` makes of the document; WrongFile where it is no TOML, or where the reader finds it Wrong."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if long := next((number for number, line in enumerate(lines, 1) if _LONG_KEY.search(line)), 0):
        raise WrongFile(f"line {long}: more names are joined by dots than any key here has")
    try:
        document = tomllib.loads("\n".join(lines))
    except RecursionError:
        raise WrongFile("line 1: this is no TOML: it is nested too deeply") from None
    except ValueError as error:
        raise WrongFile(_told(error, lines)) from None
    try:
        return reader(document)
    except RecursionError:
        raise WrongFile("line 1: this is nested too deeply") from None
    except Wrong as wrong:
        raise WrongFile(f"line {_line(lines, wrong)}: {wrong}") from None


def key(name: str) -> str:
    """A key as TOML writes it."""
    return name if _BARE_KEY.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """A text as TOML writes it, in one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_escaped(character) for character in escaped) + '"'


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    return f"\\u{ord(character):04x}" if character < " " or character == "\x7f" else character


def _told(error: ValueError, lines: list[str]) -> str:
    """What tomllib has to say, the line first."""
    said = str(error)
    where = _WHERE.search(said)
    written = [number for number, line in enumerate(lines, 1) if line.strip()]
    line = where[1] if where and where[1] else max(written, default=1)
    return f"line {line}: this is no TOML: {_WHERE.sub('', said)}"


def _line(lines: list[str], wrong: Wrong) -> int:
    """The line of what is wrong: of what stands there, or where the nearest thing around it begins."""
    statements = list(_statements(lines))
    for length in range(len(wrong.path), 0, -1):
        for statement in statements:
            if wrong.path[:length] in statement.paths:
                inside = (n for n, line in enumerate(statement.lines) if wrong.near and wrong.near in line)
                return statement.first + next(inside, 0)
    return 1


def _statements(lines: list[str]) -> Iterator[_Statement]:
    """The statements of a document that is TOML: the fewest lines that are TOML by themselves, one after another."""
    header = ""
    begun = 0
    for number in range(len(lines)):
        said = lines[begun : number + 1]
        if (alone := _parsed(said)) is None:
            continue
        if said[0].lstrip().startswith("["):
            header = said[0]
            yield _Statement(begun + 1, said, list(_paths(alone)))
        else:
            yield _Statement(begun + 1, said, list(_paths(_parsed([header, *said]) or {})))
        begun = number + 1


def _parsed(lines: list[str]) -> Document | None:
    try:
        return tomllib.loads("\n".join(lines))
    except ValueError:
        return None


def _paths(document: object, *above: str) -> Iterator[tuple[str, ...]]:
    """Every path in a document, the deepest first."""
    if isinstance(document, list):
        for each in document:
            yield from _paths(each, *above)
    elif isinstance(document, dict):
        for name, value in document.items():
            yield from _paths(value, *above, name)
            yield (*above, name)
