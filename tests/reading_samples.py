"""The peers' payloads, one a file under `samples`, and exchanges had with a pencil: replies by hand, no server."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from channel.core.exchange import Exchange, Reply, Request

SAMPLES = Path(__file__).parent / "samples"

T = TypeVar("T")


@dataclass(frozen=True)
class Sent:
    """A request of courier's, as it stands in an `.http` file."""

    method: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Had(Generic[T]):
    """An exchange from end to end."""

    asked: list[Request]
    learned: T


def payload(name: str) -> bytes:
    """The body in a file, `name` being `peer/what_happened`."""
    return (SAMPLES / f"{name}.json").read_bytes()


def answer(name: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, payload(name), headers or {})


def request(name: str) -> Sent:
    head, _, body = (SAMPLES / f"{name}.http").read_bytes().partition(b"\n\n")
    first, *lines = head.decode().splitlines()
    method, target, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return Sent(method, target.partition("?")[2].encode(), {key.lower(): value for key, value in headers.items()}, body)


def have(exchange: Exchange[T], *replies: Reply) -> Had[T]:
    """Have the exchange with these replies; a reply left over is an error, as is one that is missing."""
    asked: list[Request] = []
    left = list(replies)
    try:
        asked.append(next(exchange))
        while True:
            asked.append(exchange.send(left.pop(0)))
    except StopIteration as done:
        assert not left, f"never asked for: {left}"
        return Had(asked, done.value)
