"""The JSON object that a flow's webhook sends, and the right bodies that a refusal shows."""

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

from channel.core.clean import clean
from channel.core.errors import ProtocolError

#: a value that no flow sends and Python refuses to print is left out
LARGEST_NUMBER: Final = 10**30

#: What each call may be sent, shown to whoever sends something else and in the description of the API.
REGISTER_CLIENT: Final = (
    '{"contact": {"name": "Ana", "uuid": "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"}, "department": "Support",'
    ' "results": {"topic": {"value": "Vaccines"}}}'
)
SEND_MESSAGE: Final = (
    '{"contact": {"name": "Ana", "uuid": "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"}, "department": "Support",'
    ' "results": {"clientmessage": {"value": "My card is blocked"}}}'
)
SURVEY: Final = '{"results": {"satisfaction": {"value": "5"}, "additionalFeedback": {"value": "Thank you"}}}'

Fields: TypeAlias = Mapping[str, Any]


def object_of(body: bytes, right: str) -> Fields:
    """The object in `body`. ProtocolError `empty_body`, `no_json` or `no_object`, which shows the `right` body."""
    text = body.decode(errors="replace").lstrip("\ufeff").strip()
    if not text:
        raise wrong(
            "empty_body",
            "the body is empty: when an expression in a webhook's body fails, RapidPro sends nothing in its place",
            right,
        )
    found = _value(text, right)
    if not isinstance(found, dict):
        raise wrong("no_object", "the body is JSON but no object", right)
    return found


def _value(text: str, right: str) -> object:
    """msgspec refuses half a surrogate pair, which the standard library reads; the words around it must not be lost."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise wrong("no_json", "the body is not JSON; write it as @(json(object(…)))", right) from None


def wrong(code: str, what: str, right: str) -> ProtocolError:
    return ProtocolError(code, f"{what}. A right body: {right}")


def fields_at(fields: Fields, name: str, right: str) -> Fields:
    """The object under `name`, empty where there is none; ProtocolError `bad_NAME` where there is something else."""
    found = fields.get(name)
    if found is None or found == "":
        return {}
    if not isinstance(found, dict):
        raise wrong(f"bad_{name}", f"{name} is no object", right)
    return found


def plain(value: object) -> str:
    """A text or a number as text; "" for everything else."""
    match value:
        case str():
            return clean(value).strip()
        case bool():
            return str(value).lower()
        case int() if abs(value) < LARGEST_NUMBER:
            return str(value)
        case float() if abs(value) < LARGEST_NUMBER:
            return f"{value:.15g}"
        case _:
            return ""
