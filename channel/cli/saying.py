"""What is said on the command line, and how what is given there is read."""

import asyncio
import json
import sys
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import typer
import uvloop

from channel.core import connecting
from channel.core.connecting import WrongValue

T = TypeVar("T")


class Wrong(Exception):
    """What was given is wrong; the sentence says what, and nothing was changed."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a verb's work in an event loop, the fast one."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def say(text: str = "") -> None:
    typer.echo(text)


def say_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns as wide as they must be."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)


@contextmanager
def said() -> Iterator[None]:
    """What a value is refused for is said as any other thing that is wrong on the command line."""
    try:
        yield
    except WrongValue as wrong:
        raise Wrong(str(wrong)) from None


def base_url(what: str, text: str) -> str:
    """An http or https URL without a trailing slash, query, fragment or password; Wrong if it is none."""
    with said():
        return connecting.base_url(what, text)


def uuid(what: str, text: str) -> UUID:
    with said():
        return connecting.uuid(what, text)


def moment(what: str, text: str) -> datetime:
    """A time of ISO 8601, in UTC where it names no offset; Wrong if it is none."""
    try:
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Wrong(f"{what} is no time: write it as 2026-03-01T14:30, in UTC") from None


def one_of(what: str, text: str, known: Iterable[str]) -> str:
    with said():
        return connecting.one_of(what, text, known)


def secret(what: str, path: Path | None) -> str | None:
    """A secret from a file, or from standard input when it is `-`; never from an argument, which others can see."""
    if path is None:
        return None
    return token(what, _written(what, path), str(path))


def secret_words(what: str, path: Path | None, named: Sequence[str]) -> list[str] | None:
    """Several words of a secret from one file, or from standard input, apart by white space: as many as are named."""
    if path is None:
        return None
    words = _written(what, path).split()
    if len(words) != len(named):
        raise Wrong(f"{what} does not hold {' and '.join(named)} in {path}")
    return [token(what, word, str(path)) for word in words]


def _written(what: str, path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text()
    except (OSError, UnicodeDecodeError):
        raise Wrong(f"{what} cannot be read from {path}") from None


def token(what: str, text: str, where: str) -> str:
    """A token and nothing else, as it was found there; Wrong if it is none. It is never said."""
    found = text.strip()
    if not found:
        raise Wrong(f"{what} is empty in {where}")
    if not found.isascii() or not found.isprintable() or " " in found:
        raise Wrong(f"{what} holds more than a token in {where}")
    return found
