"""Ask RapidPro's API whether an agent's words have arrived. It needs a token; courier itself cannot be asked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import msgspec

from channel.core.clean import clean
from channel.core.errors import ProtocolError, Rejected, Unavailable, Waiting
from channel.core.exchange import Exchange, Reply, Request
from channel.core.order import moment
from channel.core.reading import each, text_or_none
from channel.rapidpro.wire.courier import pause

#: RapidPro's clock and ours need not agree
SKEW: Final = timedelta(seconds=30)


def arrived(
    contact: str | None, urn: str, text: str, *, said_at: str, since: datetime, known: str
) -> Exchange[str | None]:
    """The id of the incoming message with these words, received after `since`; None if there is none.

    `contact`: its UUID where known, else it is looked up by `urn`. `known`: a message that is surely another one.
    Raises Rejected if the API does not let us ask.
    """
    found = contact or (yield from _contact(urn))
    if found is None:
        return None  # courier makes a contact of whoever writes, so nobody has
    query = {"contact": found, "after": (since - SKEW).isoformat()}
    for message in each((yield from _get("/api/v2/messages.json", query)), "results"):
        if isinstance(message, Mapping) and _is(message, text, moment(said_at), known):
            return text_or_none(message, "uuid") or str(message.get("id", ""))
    return None


def _contact(urn: str) -> Exchange[str | None]:
    answer = yield from _get("/api/v2/contacts.json", {"urn": urn})
    return next((text_or_none(each_, "uuid") for each_ in each(answer, "results")), None)


def _is(message: Mapping[str, Any], text: str, said_at: str, known: str) -> bool:
    """RapidPro keeps the date that `receive` was given as the time of sending, which tells equal words apart."""
    if message.get("direction") != "in" or text_or_none(message, "uuid") == known:
        return False
    if clean(text_or_none(message, "text") or "").strip() != text.strip():
        return False
    sent_on, created_on = moment(text_or_none(message, "sent_on")), moment(text_or_none(message, "created_on"))
    return not said_at or not sent_on or sent_on in {said_at, created_on}


def _get(path: str, query: Mapping[str, str]) -> Exchange[Mapping[str, Any]]:
    reply = yield Request("GET", path, query=query)
    return _read(reply)


def _read(reply: Reply) -> Mapping[str, Any]:
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Waiting("throttled", "RapidPro's API wants a pause", seconds=pause(reply))
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"api_{reply.status}", f"RapidPro's API answered {reply.status}")
    if reply.status != HTTPStatus.OK:
        raise Rejected(f"api_{reply.status}", f"RapidPro's API does not let us ask: it answered {reply.status}")
    try:
        answer = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        answer = None
    if not isinstance(answer, Mapping):
        raise ProtocolError("api_unreadable", "RapidPro's API answered with something else than JSON")
    return answer
