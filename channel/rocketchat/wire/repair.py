"""Reading a room's history as far back as it is not known yet."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from channel.core import limits
from channel.core.addresses import ByRoom
from channel.core.events import RoomClosed, RoomEvent, RoomTaken
from channel.core.exchange import Exchange
from channel.core.learned import HistoryRead
from channel.core.order import moment
from channel.core.values import dataclass
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
    """What the room's history tells: what agents said in it, and that it was closed."""
    items, is_whole = yield from _read_back(wanted.address.room, wanted.address.token or "", wanted.known_until)
    events: list[RoomEvent] = [*told.agents_words(wanted.address, items, bot=wanted.bot)]
    closed = None if wanted.is_closed else told.close(wanted.address, items)
    if closed is not None:
        events.append(closed)
    newest = max((_at(item) for item in items), default="")
    return HistoryRead(wanted.address.room, newest if is_whole else "", tuple(events))


def may_be_served(wanted: Wanted, learned: HistoryRead) -> bool:
    """Is it worth asking who serves the room?"""
    return wanted.asks_agent and not any(isinstance(event, RoomClosed) for event in learned.events)


def served(wanted: Wanted, learned: HistoryRead) -> Exchange[HistoryRead]:
    """The same, with who serves the room before what was said in it."""
    found = yield from livechat.agent_info(wanted.address.token or "", wanted.address.room)
    if found.agent is None:
        return learned
    taken = RoomTaken(wanted.address, found.agent, asked=True)
    return replace(learned, events=(taken, *learned.events))


def _read_back(room: str, token: str, known_until: str) -> Exchange[tuple[list[Item], bool]]:
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


def _at(item: Item) -> str:
    value = item.get("ts")
    return moment(value) if isinstance(value, str) else ""
