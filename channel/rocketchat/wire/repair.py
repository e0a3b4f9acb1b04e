"""Reading a room's history as far back as it is not known yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from channel.core import limits
from channel.core.addresses import ByRoom
from channel.core.errors import DeliveryError
from channel.core.events import RoomEvent, RoomTaken
from channel.core.exchange import Exchange
from channel.core.order import moment
from channel.core.owed import HistoryRead
from channel.core.people import Agent
from channel.rocketchat.wire import livechat, told
from channel.rocketchat.wire.history import id_at
from channel.rocketchat.wire.messages import history_items

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A room whose history is to be read."""

    address: ByRoom  #: with the visitor token
    known_until: str = ""  #: everything up to this time is known (`core.order.moment`)
    is_closed: bool = False  #: its close is known
    asks_agent: bool = False  #: is anybody serving it?
    bot: str = ""  #: id of the account whose words are for no contact


def read(wanted: Wanted) -> Exchange[HistoryRead]:
    """What the room's history tells: who serves it, what agents said in it, and that it was closed."""
    room, token = wanted.address.room, wanted.address.token or ""
    items, is_whole = yield from _read_back(token, room, wanted.known_until)
    closed = None if wanted.is_closed else told.close(wanted.address, items)
    agent = (yield from _serving(token, room)) if wanted.asks_agent and closed is None else None
    events: list[RoomEvent] = [*told.agents_words(wanted.address, items, bot=wanted.bot)]
    if agent is not None:
        events.insert(0, RoomTaken(wanted.address, agent, asked=True))
    if closed is not None:
        events.append(closed)
    newest = max((_at(item) for item in items), default="")
    return HistoryRead(room, newest if is_whole else "", tuple(events))


def _read_back(token: str, room: str, known_until: str) -> Exchange[tuple[list[Item], bool]]:
    """Pages, newest first, until they reach what is known; at most `limits.HISTORY_PAGES`. Did they?"""
    found: dict[str, Item] = {}
    end = None
    for _ in range(limits.HISTORY_PAGES):
        page = yield from history_items(token, room, limit=limits.HISTORY_PAGE, end=end)
        before = len(found)
        found |= {known_by: item for item in page if (known_by := id_at(item, "_id"))}
        oldest = min((at for item in page if (at := _at(item))), default="")
        if len(page) < limits.HISTORY_PAGE or (oldest and oldest <= known_until):
            return list(found.values()), True
        if len(found) == before or not oldest:
            break
        end = _just_after(oldest)
    return list(found.values()), False


def _just_after(at: str) -> str:
    """`end` is exclusive, and several messages can share a millisecond."""
    later = datetime.fromisoformat(at) + timedelta(milliseconds=1)
    return later.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _serving(token: str, room: str) -> Exchange[Agent | None]:
    """Who serves the room. What was said in it is not to be lost because this cannot be had."""
    try:
        return (yield from livechat.agent_info(token, room)).agent
    except DeliveryError:
        return None


def _at(item: Item) -> str:
    value = item.get("ts")
    return moment(value) if isinstance(value, str) else ""
