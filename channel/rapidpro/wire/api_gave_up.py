"""Messages to a contact that RapidPro's courier could not bring: it gave up on them, or will try again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from channel.core.clean import clean
from channel.core.exchange import Exchange
from channel.core.reading import text_or_none
from channel.core.values import dataclass
from channel.rapidpro.wire import api

#: RapidPro's folders, and in which status a message of them has not been brought
FOLDERS: Final[Mapping[str, str]] = {"failed": "failed", "outbox": "errored"}


@dataclass(frozen=True, slots=True)
class NotBrought:
    """Nobody's words: by what an operator finds the message in RapidPro."""

    id: str
    names: frozenset[str]  #: by which it may have been sent to us: older courier has numbers, newer UUIDs
    contact: str
    created_on: str
    status: str


@dataclass(frozen=True, slots=True)
class Page:
    """The messages of one answer, and what to ask for the next one with; None after the last."""

    messages: tuple[NotBrought, ...]
    following: Mapping[str, str] | None


def first(folder: str, after: str) -> Mapping[str, str]:
    """What to ask for the first page of a folder with."""
    return {"folder": folder, "after": after}


def not_brought(channel: str, folder: str, query: Mapping[str, str]) -> Exchange[Page]:
    """Those of one page that were to go by this channel, the newest first."""
    page = yield from api.page("messages", query)
    return Page(tuple(_of(page.results, channel, FOLDERS[folder])), page.following)


def _of(listed: Sequence[Mapping[str, Any]], channel: str, status: str) -> Iterator[NotBrought]:
    for message in listed:
        by = (text_or_none(message, "channel", "uuid") or "").lower()
        if message.get("direction") == "out" and by == channel.lower() and message.get("status") == status:
            names = {api.name_of(message), str(message.get("id") or "")} - {""}
            contact = clean(text_or_none(message, "contact", "uuid") or "")
            created_on = clean(text_or_none(message, "created_on") or "")
            yield NotBrought(api.name_of(message), frozenset(names), contact, created_on, status)
