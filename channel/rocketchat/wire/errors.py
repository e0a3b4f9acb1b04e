"""Rocket.Chat's refusals: nearly all are HTTP 400, in six shapes, by version and route. One reader for all of them."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from channel.core import limiter, limits
from channel.core.clean import clean
from channel.core.errors import (
    DeliveryError,
    ProtocolError,
    Refused,
    Rejected,
    RoomGone,
    Unavailable,
    VisitorGone,
    Waiting,
)
from channel.core.exchange import Reply
from channel.core.reading import text_or_none
from channel.rocketchat.wire.decoding import object_of

UNKNOWN: Final = "unknown"
DUPLICATE_KEY: Final = "duplicate_key"  #: ours, for MongoDB's E11000, which Rocket.Chat passes on without a code
TEXT_LENGTH: Final = 200  #: of Rocket.Chat's own words in a message of ours

#: What a code means, whatever was asked.
CONSEQUENCES: Final[Mapping[str, type[DeliveryError]]] = {
    "room-closed": RoomGone,
    "invalid-room": RoomGone,
    "invalid-token": VisitorGone,
    "message-length-exceeds-character-limit": Refused,
    "error-invalid-department": Refused,
    "error-contact-channel-blocked": Refused,
    "error-invalid-contact": Refused,
    "error-omnichannel-is-disabled": Unavailable,
}

#: Two requests raced for one room, or one close ran into another: the same request may win the next time.
CONTENDED: Final = frozenset(
    {DUPLICATE_KEY, "error-failed-to-start-conversation", "error-room-cannot-be-closed-try-again"}
)

#: Nobody is there, which is a normal state.
NOBODY: Final = frozenset({"no-agent-online", "agent-not-found"})

_LIMITED = frozenset({"error-too-many-requests"})
_NOT_A_CODE = frozenset({"Meteor.Error", "Match.Error"})
_CODE = re.compile(r"[A-Za-z][A-Za-z_-]{2,79}", re.ASCII)


def code_of(body: Mapping[str, Any]) -> str:
    """The code of any of the shapes, or `unknown`.

    Up to 5.x `errorType` may be the name of a Meteor class and `error` the code; from 6.0 `error` is the code, or a
    sentence with the code in brackets at its end, and `errorType` is often missing.
    """
    text = text_or_none(body, "error") or ""
    if "E11000" in text:
        return DUPLICATE_KEY
    named = text_or_none(body, "errorType")
    if named and named not in _NOT_A_CODE:
        return _as_code(named)
    if "[" in text and "]" in text:
        return _as_code(text[text.rindex("[") + 1 : text.rindex("]")])
    return _as_code(text)


def failure(reply: Reply) -> DeliveryError:
    """What an answer that is no success means for the delivery."""
    body = _body(reply)
    code = code_of(body) if body is not None else UNKNOWN
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS or code in _LIMITED:
        return Waiting("limited", "Rocket.Chat's rate limiter wants a pause", seconds=_pause(reply, body))
    if reply.status != HTTPStatus.BAD_REQUEST and not _refused_with_200(reply, body):
        return Unavailable(f"http_{reply.status}", _sentence(reply.status, body), answered=_is_there(reply, body))
    if body is None:
        return Unavailable("no_json", _sentence(reply.status, None))
    if code in NOBODY:
        return Waiting("no_agents", "no agent is online in Rocket.Chat", seconds=limits.NO_AGENT_WAIT)
    if code in CONTENDED:
        return Unavailable(code, _sentence(reply.status, body), answered=True)
    return CONSEQUENCES.get(code, Rejected)(code, _sentence(reply.status, body))


def answered(reply: Reply) -> Mapping[str, Any]:
    """The object of a successful answer; raises what the failure of any other means."""
    body = _body(reply)
    if reply.status != HTTPStatus.OK or body is None or body.get("success") is False:
        raise failure(reply)
    return body


def _body(reply: Reply) -> Mapping[str, Any] | None:
    try:
        return object_of(reply.body)
    except ProtocolError:
        return None


def _refused_with_200(reply: Reply, body: Mapping[str, Any] | None) -> bool:
    return reply.status == HTTPStatus.OK and (body is None or body.get("success") is False)


def _is_there(reply: Reply, body: Mapping[str, Any] | None) -> bool:
    """Is it Rocket.Chat itself that says so, of this route or login? A proxy before it has no JSON."""
    return body is not None and HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR


def _as_code(text: str) -> str:
    return text if _CODE.fullmatch(text) else UNKNOWN


def _sentence(status: int, body: Mapping[str, Any] | None) -> str:
    if body is None:
        return f"Rocket.Chat's address answered {status} with something that is not JSON"
    said = text_or_none(body, "error") or text_or_none(body, "message") or ""
    # MongoDB goes on with the value of the key, which can be a visitor token
    said = clean(said.split("dup key")[0])[:TEXT_LENGTH].strip()
    return f"Rocket.Chat answered {status}: {said}" if said else f"Rocket.Chat answered {status} without a reason"


def _pause(reply: Reply, body: Mapping[str, Any] | None) -> float:
    return limiter.pause(reply.headers, text_or_none(body or {}, "error") or "")
