"""What a record prints of itself, in a traceback or a log, is nobody's words, address or secret."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from typing import Any, Final

import pytest

import channel

#: fields that hold somebody's words, name or address, or a secret, wherever they are called so
HIDDEN: Final = {
    "text", "texts", "words", "lines", "comment", "answers", "params", "original", "raw", "body", "path", "urn",
    "query", "json", "form", "headers", "custom_fields", "shown_fields", "token", "tokens", "visitor_token",
    "rapidpro_token", "bot_token", "secret", "webhook_secret", "send_token", "live_agents_token", "received_text_hash",
    "keys",
}  # fmt: skip
#: but not here: numbers, patterns, and what an operator has chosen
HARMLESS: Final = {
    ("channel.core.events", "RoomTaken", "words"),  # an event, which hides its own
    ("channel.core.held", "Behind", "words"),
    ("channel.core.options", "Options", "custom_fields"),
    ("channel.rapidpro.wire.flow_calls", "Call", "path"),
    ("channel.rapidpro.wire.flow_nodes", "Case", "words"),
}


def records() -> Iterator[tuple[str, type[Any]]]:
    """Every dataclass of ours, but the sandbox's, with its module."""
    for module in pkgutil.walk_packages(channel.__path__, "channel."):
        if module.name.startswith("channel.sandbox") or module.name.endswith("__main__"):
            continue
        for found in vars(importlib.import_module(module.name)).values():
            if isinstance(found, type) and is_dataclass(found) and found.__module__ == module.name:
                yield module.name, found


def shown(record: type[Any]) -> Iterator[Field[Any]]:
    return (each for each in fields(record) if each.repr)


@pytest.mark.parametrize("module", sorted({module for module, _ in records()}))
def test_a_record_does_not_print_what_is_somebodys(module: str) -> None:
    printed = {
        (name, record.__name__, each.name)
        for name, record in records()
        if name == module
        for each in shown(record)
        if each.name in HIDDEN
    }
    assert printed - HARMLESS == set()


def test_what_is_harmless_is_there() -> None:
    printed = {(name, record.__name__, each.name) for name, record in records() for each in shown(record)}
    assert HARMLESS - printed == set()
