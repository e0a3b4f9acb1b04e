"""Ask RapidPro's API whether an agent's words have arrived, by courier or by the API itself. It needs a token."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from channel.core import limits
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

    def is_it(message: Mapping[str, Any]) -> bool:
        return _came_in(message, text, moment(said_at), known)

    try:
        found = yield from _latest(contact or urn, since, is_it)
    except Unavailable as error:
        if error.code == api.TOKEN_REFUSED:
            raise Rejected(error.code, error.message) from error
        raise
    return api.name_of(found) if found else None


def was_sent(contact: str, text: str, *, since: datetime, known: str) -> Exchange[str | None]:
    """The id of the outgoing message with these words, made after `since` and after `known`; None if there is none.

    `contact`: UUID or URN. `known`: the last one that is known to be sent. Raises Refused if RapidPro made the message,
    as one that is not sent. A list can lag behind: what is not there yet may be in some seconds.
    """

    def is_known(message: Mapping[str, Any]) -> bool:
        names = {api.name_of(message), str(message.get("id")), f"broadcast:{message.get('broadcast')}"}
        return bool(known) and known in names

    def is_it(message: Mapping[str, Any]) -> bool:
        return message.get("direction") == "out" and (is_known(message) or _says(message, text))

    found = yield from _latest(contact, since, is_it)
    if found is None or is_known(found):
        return None  # the newest come first: what follows was made before
    check_failed(found)
    return api.name_of(found)


def _latest(
    contact: str, since: datetime, is_it: Callable[[Mapping[str, Any]], bool]
) -> Exchange[Mapping[str, Any] | None]:
    """The contact's latest message since then that is it, however many came after it.

    Nobody has written to, or as, a contact who is not there.
    """
    uuid = yield from api_contacts.uuid_of(contact)
    query: Mapping[str, str] | None = {"contact": uuid, "after": (since - SKEW).isoformat()} if uuid else None
    for _ in range(limits.ASKED_PAGES):
        if query is None:
            return None
        page = yield from api.page("messages", query)
        if found := next(filter(is_it, page.results), None):
            return found
        query = page.following
    message = f"RapidPro lists more than {limits.ASKED_PAGES} pages of the contact's messages"
    raise Unavailable("api_unreadable", message, answered=True)


def _came_in(message: Mapping[str, Any], text: str, said_at: str, known: str) -> bool:
    """RapidPro keeps the date that `receive` was given as the time of sending, which tells equal words apart."""
    if message.get("direction") != "in" or text_or_none(message, "uuid") == known or not _says(message, text):
        return False
    sent_on, created_on = moment(text_or_none(message, "sent_on")), moment(text_or_none(message, "created_on"))
    return not said_at or not sent_on or sent_on in {said_at, created_on}


def _says(message: Mapping[str, Any], text: str) -> bool:
    """RapidPro keeps a text without the white space around it."""
    return clean(text_or_none(message, "text") or "").strip() == clean(text).strip()
