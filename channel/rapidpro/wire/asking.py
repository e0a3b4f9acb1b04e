"""Ask RapidPro's API whether an agent's words have arrived, by courier or by the API itself. It needs a token."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from channel.core.clean import clean
from channel.core.errors import Rejected, Unavailable
from channel.core.exchange import Exchange
from channel.core.order import moment
from channel.core.reading import text_or_none
from channel.rapidpro.wire import api, api_contacts
from channel.rapidpro.wire.api_messages import check_failed

#: RapidPro's clock and ours need not agree
SKEW: Final = timedelta(seconds=30)


def arrived(
    contact: str | None, urn: str, text: str, *, said_at: str, since: datetime, known: str
) -> Exchange[str | None]:
    """The id of the incoming message with these words, received after `since`; None if there is none.

    `contact`: its UUID where known, else it is looked up by `urn`. `known`: a message that is surely another one.
    Raises Rejected if the API does not let us ask.
    """
    try:
        found = yield from _messages(contact or urn, since)
    except Unavailable as error:
        if error.code == api.TOKEN_REFUSED:
            raise Rejected(error.code, error.message) from error
        raise
    for message in found:
        if _came_in(message, text, moment(said_at), known):
            return api.name_of(message)
    return None


def was_sent(contact: str, text: str, *, since: datetime, known: str) -> Exchange[str | None]:
    """The id of the outgoing message with these words, made after `since` and after `known`; None if there is none.

    `contact`: UUID or URN. `known`: the last one that is known to be sent. Raises Refused if RapidPro made the message,
    as one that is not sent. A list can lag behind: what is not there yet may be in some seconds.
    """
    for message in (yield from _messages(contact, since)):
        if message.get("direction") != "out":
            continue
        if known and known in {api.name_of(message), str(message.get("id")), f"broadcast:{message.get('broadcast')}"}:
            return None  # the newest come first: what follows was made before
        if _says(message, text):
            check_failed(message)
            return api.name_of(message)
    return None


def _messages(contact: str, since: datetime) -> Exchange[tuple[Mapping[str, Any], ...]]:
    """The contact's messages since then, the newest first. Nobody has written to, or as, a contact who is not there."""
    uuid = yield from api_contacts.uuid_of(contact)
    if uuid is None:
        return ()
    return (yield from api.listed("messages", {"contact": uuid, "after": (since - SKEW).isoformat()}))


def _came_in(message: Mapping[str, Any], text: str, said_at: str, known: str) -> bool:
    """RapidPro keeps the date that `receive` was given as the time of sending, which tells equal words apart."""
    if message.get("direction") != "in" or text_or_none(message, "uuid") == known or not _says(message, text):
        return False
    sent_on, created_on = moment(text_or_none(message, "sent_on")), moment(text_or_none(message, "created_on"))
    return not said_at or not sent_on or sent_on in {said_at, created_on}


def _says(message: Mapping[str, Any], text: str) -> bool:
    """RapidPro keeps a text without the white space around it."""
    return clean(text_or_none(message, "text") or "").strip() == clean(text).strip()
