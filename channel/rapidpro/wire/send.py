"""What courier renders from the channel's template, as an event. Each part of a message is a request of its own."""

import re
from typing import Final
from uuid import UUID

from channel.core.addresses import ByUrn
from channel.core.errors import ProtocolError
from channel.core.events import ContactWrote
from channel.rapidpro.wire import parameters
from channel.rapidpro.wire.parameters import Parameters

ID_LENGTH: Final = 255  #: of a message id; courier's have 36 characters at most
PATH_LENGTH: Final = 255  #: of a URN's path in RapidPro's own table
STATUS_LENGTH: Final = 20  #: of a session status; RapidPro's have one letter

_UNFILLED = "{{"
_VARIABLE = re.compile(r"\{\{\s*\w+\s*\}\}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_MISSING: Final = {
    "text": "the request has no text; the send URL's body template must hold text={{text}} (a redirect loses the body)",
    "to": "the request does not say to whom; the send URL's body template must hold to={{to}}",
    "id": "the request has no message id; the send URL's body template must hold id={{id}}&uuid={{uuid}}",
}


def parse(channel: UUID, *, query: bytes, content_type: str, body: bytes) -> ContactWrote:
    """One part of a contact's message. Raises ProtocolError, and nothing else, for any bytes.

    A parameter that still reads `{{name}}` is one that this courier does not know, and counts as not given.
    """
    given = parameters.read(query, content_type, body)
    text, path, message_id = _text(given), _recipient(given), _message_id(given)
    return ContactWrote(
        ByUrn(channel, path),
        message_id,
        text,
        _raw(query, body),
        _quick_replies(given),
        (_filled(given, "session_status") or "")[:STATUS_LENGTH],
        _channel(given),
    )


def _text(given: Parameters) -> str:
    # a contact may write two braces; only a text that is a variable from end to end was left so by courier
    text = given.get("text", [""])[0] if "text" in given else None
    if text is None or _VARIABLE.fullmatch(text):
        raise ProtocolError("missing_text", _MISSING["text"])
    return text


def _recipient(given: Parameters) -> str:
    path = _filled(given, "to") or _filled(given, "to_no_plus")
    if not path or not path.strip():
        raise ProtocolError("missing_to", _MISSING["to"])
    if len(path) > PATH_LENGTH:
        raise ProtocolError("bad_to", f"the URN in 'to' is longer than {PATH_LENGTH} characters")
    return path


def _message_id(given: Parameters) -> str:
    message_id = _filled(given, "id") or _filled(given, "uuid")
    if not message_id or not message_id.strip():
        raise ProtocolError("missing_id", _MISSING["id"])
    if len(message_id) > ID_LENGTH or _CONTROL.search(message_id):
        raise ProtocolError("bad_id", f"the message id has more than {ID_LENGTH} characters, or control characters")
    return message_id


def _quick_replies(given: Parameters) -> tuple[str, ...]:
    """An array or elements named `quick_replies`, or, glued on to a form or a query, `quick_reply` again and again."""
    return _replies(given, "quick_replies") or _replies(given, "quick_reply")


def _replies(given: Parameters, name: str) -> tuple[str, ...]:
    return tuple(text for text in given.get(name, []) if text and not _VARIABLE.fullmatch(text))


def _channel(given: Parameters) -> str | None:
    channel = (_filled(given, "channel") or "").lower()
    return channel if _UUID.fullmatch(channel) else None


def _filled(given: Parameters, name: str) -> str | None:
    value = given.get(name, [""])[0]
    return value if value and _UNFILLED not in value else None


def _raw(query: bytes, body: bytes) -> bytes:
    return query + b"\n" + body if query and body else query or body
