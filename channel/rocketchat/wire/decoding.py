"""Bytes that Rocket.Chat sent, as a JSON object, whatever they are; and back."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from channel.core.errors import ProtocolError


def object_of(body: bytes | bytearray) -> Mapping[str, Any]:
    """The JSON object in `body`; ProtocolError `unreadable` where there is none."""
    found = value_of(body)
    if not isinstance(found, dict):
        raise ProtocolError("unreadable", "the body is JSON, but no object")
    return found


def latest_of(body: bytes | bytearray, name: str, most: int) -> Mapping[str, Any]:
    """The same, of a large body: of the list `name` only the last `most` are read, in place of the others stands None.

    What is passed over is not made into values: that would take seconds of others, and several times the memory.
    """
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        listed = msgspec.json.decode(fields.pop(name), type=list[msgspec.Raw])
    except (KeyError, msgspec.MsgspecError, ValueError, RecursionError):
        return object_of(body)
    passed_over = max(0, len(listed) - most)
    latest = [value_of(bytes(each)) for each in listed[passed_over:]]
    return {key: value_of(bytes(value)) for key, value in fields.items()} | {name: [None] * passed_over + latest}


def value_of(body: bytes | bytearray | str) -> object:
    """The JSON value in `body`; ProtocolError `unreadable` where there is none.

    An emoji that JavaScript cut in two leaves half a surrogate pair, which msgspec refuses and the standard library
    reads; one such message must not cost a room's whole transcript.
    """
    try:
        return msgspec.json.decode(body)
    except RecursionError as exc:
        raise ProtocolError("unreadable", "the body is nested too deeply") from exc
    except (msgspec.MsgspecError, ValueError) as exc:
        return _leniently(body, exc)


def bytes_of(value: Mapping[str, Any]) -> bytes:
    """What was read, as bytes again, half a surrogate pair included."""
    return json.dumps(value).encode()


def _leniently(body: bytes | bytearray | str, refused: Exception) -> object:
    if not isinstance(refused, UnicodeError) and not _has_surrogates(body):
        raise ProtocolError("unreadable", "the body is not JSON") from refused
    text = body if isinstance(body, str) else body.decode(errors="replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ProtocolError("unreadable", "the body is not JSON") from exc


def _has_surrogates(body: bytes | bytearray | str) -> bool:
    lowered = body.lower()
    return "\\ud" in lowered if isinstance(lowered, str) else b"\\ud" in lowered
