"""Take a value out of parsed JSON, or say exactly where it was not. A text comes out of it so that it can be kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from channel.core.clean import clean
from channel.core.errors import ProtocolError


def mapping_at(value: object, *path: str) -> Mapping[str, Any]:
    """The object at `path` below `value`; ProtocolError `not_an_object` where there is none."""
    found = _at(value, path)
    if not isinstance(found, Mapping):
        raise ProtocolError("not_an_object", f"no object at {_place(path)}")
    return found


def text_at(value: object, *path: str) -> str:
    """The non-empty text at `path`; ProtocolError `no_text` where there is none."""
    found = text_or_none(value, *path)
    if found is None:
        raise ProtocolError("no_text", f"no text at {_place(path)}")
    return found


def text_or_none(value: object, *path: str) -> str | None:
    """The non-empty text at `path`, or None where there is none of that type."""
    found = _at(value, path)
    return clean(found) or None if isinstance(found, str) else None


def each(value: object, *path: str) -> Sequence[Any]:
    """The list at `path`; empty where it is missing or null; ProtocolError `not_a_list` where it is something else."""
    found = _at(value, path)
    if found is None:
        return ()
    if not isinstance(found, list):
        raise ProtocolError("not_a_list", f"no list at {_place(path)}")
    return found


def _at(value: object, path: tuple[str, ...]) -> object:
    for key in path:
        if not isinstance(value, dict) and not isinstance(value, Mapping):  # the first asks a tenth of the second
            return None
        value = value.get(key)
    return value


def _place(path: tuple[str, ...]) -> str:
    return ".".join(path) or "the top"
