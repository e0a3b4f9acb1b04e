"""Bytes that Rocket.Chat sent, as a JSON object, whatever they are; and back."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from channel.core.errors import ProtocolError


def object_of(body: bytes) -> Mapping[str, Any]:
    """The JSON object in `body`; ProtocolError `unreadable` where there is none."""
    found = value_of(body)
    if not isinstance(found, dict):
        raise ProtocolError("unreadable", "the body is JSON, but no object")
    return found


def value_of(body: bytes | str) -> object:
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


def _leniently(body: bytes | str, refused: Exception) -> object:
    if not isinstance(refused, UnicodeError) and not _has_surrogates(body):
        raise ProtocolError("unreadable", "the body is not JSON") from refused
    text = body if isinstance(body, str) else body.decode(errors="replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ProtocolError("unreadable", "the body is not JSON") from exc


def _has_surrogates(body: bytes | str) -> bool:
    lowered = body.lower()
    return "\\ud" in lowered if isinstance(lowered, str) else b"\\ud" in lowered
