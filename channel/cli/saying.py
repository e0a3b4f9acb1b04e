"""What is said on the command line, and how what is given there is read."""

import asyncio
import json
import re
import sys
from collections.abc import Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import typer
import uvloop

T = TypeVar("T")

#: what may be in a base URL: `urlsplit` drops line breaks, and takes a backslash for a part of the name
_PLAIN = re.compile(r"[!-\[\]^-~]+")


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


def base_url(what: str, text: str) -> str:
    """An http or https URL without a trailing slash, query, fragment or password; Wrong if it is none."""
    text = text.strip()
    parts = urlsplit(text)
    try:
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        whole = False
    if not whole or parts.query or parts.fragment or parts.username is not None or not _PLAIN.fullmatch(text):
        raise Wrong(f"{what} is no http:// or https:// URL of a server")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def uuid(what: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Wrong(f"{what} is no UUID") from None


def moment(what: str, text: str) -> datetime:
    """A time of ISO 8601, in UTC where it names no offset; Wrong if it is none."""
    try:
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Wrong(f"{what} is no time: write it as 2026-03-01T14:30, in UTC") from None


def one_of(what: str, text: str, known: Iterable[str]) -> str:
    names = list(known)
    if text not in names:
        raise Wrong(f"{what} is none of {', '.join(names)}")
    return text


def secret(what: str, path: Path | None) -> str | None:
    """A secret from a file, or from standard input when it is `-`; never from an argument, which others can see."""
    if path is None:
        return None
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text()
    except (OSError, UnicodeDecodeError):
        raise Wrong(f"{what} cannot be read from {path}") from None
    return token(what, text, str(path))


def token(what: str, text: str, where: str) -> str:
    """A token and nothing else, as it was found there; Wrong if it is none. It is never said."""
    found = text.strip()
    if not found:
        raise Wrong(f"{what} is empty in {where}")
    if not found.isascii() or not found.isprintable() or " " in found:
        raise Wrong(f"{what} holds more than a token in {where}")
    return found
