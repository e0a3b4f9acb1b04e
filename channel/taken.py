"""What callers may send, as JSON Schema. What a schema allows is taken, and other things may be."""

from collections.abc import Mapping
from typing import Any, Final

from channel.rapidpro.wire import flows, send

Json = dict[str, Any]

UUID: Final[Json] = {"type": "string", "format": "uuid"}
TEXT: Final[Json] = {"type": "string"}
KEY: Final[Json] = {"type": "string", "pattern": "^[!-~]+$", "maxLength": flows.KEY_LENGTH}
SIMULATED: Final[Json] = {"type": "string", "enum": ["simulation"]}

_ID: Final[Json] = {"type": "string", "pattern": "^[0-9A-Za-z-]+$", "maxLength": send.ID_LENGTH}
_PATH: Final[Json] = {"type": "string", "pattern": "^[!-z]+$", "maxLength": send.PATH_LENGTH}
_TEXTS: Final[Json] = {"type": "array", "items": TEXT}
_RATING: Final[Json] = {"type": "string", "enum": [str(n) for n in range(flows.LOWEST, flows.HIGHEST + 1)]}

#: the parameters of the send URL; one whose value is still `{{name}}` counts as left out
PARAMETERS: Final[Mapping[str, Json]] = {
    "id": _ID,
    "uuid": _ID,
    "text": TEXT,
    "to": _PATH,
    "from": TEXT,
    "channel": TEXT,
    "session_status": TEXT,
}
NEEDED: Final = ("id", "text", "to")


def _object(needed: tuple[str, ...] = (), **properties: Json) -> Json:
    return {"type": "object", "properties": properties} | ({"required": list(needed)} if needed else {})


def _of_value(value: Json) -> Json:
    return _object(("value",), value=value)


_CONTACT: Final = _object(("uuid",), uuid=UUID, name=TEXT, urn=TEXT, language=TEXT, fields=_object())
_MESSAGE: Final = _object(uuid=_ID, text=TEXT, attachments={"type": "array"})
_RATINGS: Final = {name: _of_value(_RATING) for name in flows.RATINGS} | {flows.FEEDBACK: _of_value(TEXT)}
_PLAIN_RATINGS: Final = dict.fromkeys(flows.RATINGS, _RATING) | {flows.FEEDBACK: TEXT}

FORM: Final = _object(NEEDED, **PARAMETERS, quick_reply=_TEXTS)
JSON: Final = _object(NEEDED, **PARAMETERS, quick_replies=_TEXTS)
HANDED_OFF: Final = _object(
    ("contact",),
    contact=_CONTACT,
    department=TEXT,
    message=_MESSAGE,
    results=_object(),
    flow=_object(),
    run=_object(),
)
SURVEY: Final[Json] = {
    "type": "object",
    "anyOf": [
        _object(("results",), results=_object(flows.RATINGS[:1], **_RATINGS)),
        _object(flows.RATINGS[:1], **_PLAIN_RATINGS) | {"not": {"required": ["results"]}},
    ],
}
#: of Rocket.Chat: whatever it sends is kept
TOLD: Final = _object()
