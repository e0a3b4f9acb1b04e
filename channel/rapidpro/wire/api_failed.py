"""Messages that RapidPro took through its API, and could not bring to their contacts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from channel.core.clean import clean
from channel.core.exchange import Exchange
from channel.core.following_up import BROADCAST, Listed
from channel.core.reading import text_or_none
from channel.rapidpro.wire import api

FOLDER: Final = "failed"
#: a message that its channel has taken is in one of these
GONE: Final = frozenset({"wired", "sent", "delivered", "read"})


def first(since: datetime) -> Mapping[str, str]:
    """What to ask for the first page with."""
    return {"folder": FOLDER, "after": since.isoformat()}


def failed(query: Mapping[str, str]) -> Exchange[Listed]:
    """Those of one page, the newest first.

    One message may be known by its UUID, by its number, which is all it had in an older version, or by its broadcast's.
    """
    page = yield from api.page("messages", query)
    return Listed(frozenset(_names(page.results)), page.following)


def went(name: str) -> Exchange[bool]:
    """Has this message gone to its contact by now? It may be failed still, be tried again, or be there no more."""
    listed = yield from api.listed("messages", {"id" if name.isdecimal() else "uuid": name})
    return any(text_or_none(message, "status") in GONE for message in listed if name in _names([message]))


def _names(listed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for message in listed:
        if message.get("direction") == "out":
            broadcast = _name(message.get("broadcast"))
            names = (_name(message.get("uuid")), _name(message.get("id")), broadcast and f"{BROADCAST}{broadcast}")
            yield from (name for name in names if name)


def _name(value: object) -> str:
    is_one = isinstance(value, str | int) and not isinstance(value, bool)
    return clean(str(value)) if is_one else ""
