"""A peer's answers as bytes, and exchanges had with them.

Each answer begins with a line of its status and, if it has one, a header; without the line it is a 200. Between two of
them stands a line of dashes. When all were given, the first is given again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from itertools import cycle
from typing import Any, Final

from channel.core.clean import clean
from channel.core.errors import DeliveryError, ProtocolError
from channel.core.exchange import Exchange, Reply
from channel.rapidpro.wire.api_messages import NotOffered

BETWEEN: Final = b"\n---\n"
#: requests of one exchange: the longest, of a history, has a few pages
ASKED: Final = 50

#: by the function's module and name
Exchanges = Mapping[str, Callable[[], Exchange[Any]]]


def replies(told: bytes) -> list[Reply]:
    return [_reply(each) for each in told.split(BETWEEN)]


def _reply(told: bytes) -> Reply:
    head, _, body = told.partition(b"\n")
    status, _, header = head.partition(b" ")
    if len(status) != len(b"200") or not status.isdigit():
        return Reply(200, told)
    name, _, value = header.decode(errors="replace").partition(":")
    return Reply(int(status), body, {name.strip().lower(): value.strip()} if name else {})


def learn(exchanges: Exchanges, told: bytes) -> None:
    """Have every exchange with these answers: each learns what can be stored, or ends in one error that can be."""
    given = replies(told)
    for name, begin in exchanges.items():
        _have(name, begin(), given)


def _have(name: str, exchange: Exchange[Any], given: list[Reply]) -> None:
    following = cycle(given)
    try:
        with suppress(NotOffered):
            next(exchange)
            for _ in range(ASKED):
                exchange.send(next(following))
            raise AssertionError(f"{name} asks again and again")
    except StopIteration as done:
        _require_storable(name, done.value)
    except (DeliveryError, ProtocolError) as error:
        _require_storable(name, (error.code, error.message))


def _require_storable(name: str, learned: object) -> None:
    for text in _texts(learned):
        assert clean(text) == text, f"{name} learned what cannot be stored: {text!r}"


def _texts(value: object) -> Iterator[str]:
    """All texts but those in a peer's own objects, which only the next step reads."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
    elif isinstance(value, tuple | frozenset):
        for each in value:
            yield from _texts(each)
