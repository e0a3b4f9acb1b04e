"""Every exchange that there is with a peer is had with any answers; and what has them would notice."""

import inspect
import pkgutil
from collections.abc import Generator, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, get_origin, get_type_hints

import pytest

from channel.core.exchange import Exchange, Request
from channel.rapidpro import wire as rapidpro_wire
from channel.rocketchat import wire as rocketchat_wire
from tests.fuzz import rapidpro, rocketchat
from tests.fuzz.answers import Exchanges, learn, replies


def exchanges_of(package: ModuleType) -> Iterator[str]:
    """Every public function of the package's modules that returns an exchange."""
    for found in pkgutil.iter_modules(package.__path__):
        module = import_module(f"{package.__name__}.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            is_its_own = function.__module__ == module.__name__ and not name.startswith("_")
            if is_its_own and get_origin(get_type_hints(function).get("return")) is Generator:
                yield f"{found.name}.{name}"


@pytest.mark.parametrize(
    ("package", "exchanges"),
    [(rapidpro_wire, rapidpro.EXCHANGES), (rocketchat_wire, rocketchat.EXCHANGES)],
    ids=["RapidPro", "Rocket.Chat"],
)
def test_every_exchange_is_had(package: ModuleType, exchanges: Exchanges) -> None:
    assert {name.partition(",")[0] for name in exchanges} == set(exchanges_of(package))


def test_answers_are_told_apart() -> None:
    first, second, third = replies(b'429 Retry-After: 5\n{}\n---\n{"a":1}\n---\n503\n')
    assert (first.status, first.headers, first.body) == (429, {"retry-after": "5"}, b"{}")
    assert (second.status, second.body) == (200, b'{"a":1}')
    assert (third.status, third.headers, third.body) == (503, {}, b"")


def careless() -> Exchange[Any]:
    return (yield Request("GET", "/")).body.decode()


def endless() -> Exchange[Any]:
    while True:
        yield Request("GET", "/")


@pytest.mark.parametrize(
    ("exchange", "told", "error"),
    [(careless, b"\xff", UnicodeDecodeError), (careless, b"a\0", AssertionError), (endless, b"", AssertionError)],
)
def test_what_breaks_a_rule_is_noticed(exchange: Any, told: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        learn({"this": exchange}, told)


def test_what_is_right_is_let_be() -> None:
    learn({"this": careless}, b"a")
