"""Find the conversations that events are about, lock them in id order, and read what the core asks of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any
from uuid import UUID

from channel.core.addresses import ByContact, ByRoom, ByUrn
from channel.core.conversation import Conversation, Message, State
from channel.core.errors import StoreBusy
from channel.core.events import (
    AgentAsked,
    AgentWrote,
    ContactSaid,
    ContactWrote,
    DeliveryDone,
    DeliveryFailed,
    Event,
    Outcome,
    ReplyFailed,
    ReplyResent,
    RoomClosed,
    RoomForwarded,
    RoomTaken,
)
from channel.core.held import Behind, Delivery, Held, Lately
from channel.core.markup import quoted_in
from channel.core.owed import Lane
from channel.core.values import dataclass
from channel.core.words import external_id
from channel.store.database import Connection
from channel.store.following_up import followed_of, load_failed
from channel.store.hearing import NOTHING, Known, known_rooms
from channel.store.owing import POST_PREFIX
from channel.store.queries import query
from channel.store.resolving import Resolver
from channel.store.rows import conversation_of, delivery_of
from channel.store.standing import Standing, by_conversation


@dataclass(slots=True)
class Loaded:
    """What was read for a batch of events."""

    now: datetime
    conversation_of_event: list[int | None]
    held: dict[int | None, Held]
    channels: dict[int, UUID]
    lanes: dict[int, int] = field(default_factory=dict)  #: lane of each delivery that ended
    leases: dict[int, int] = field(default_factory=dict)  #: lease token of each of those lanes
    waiting: dict[int, int | None] = field(default_factory=dict)  #: which of them still wait, and the open attempt
    rooms: Mapping[UUID, Known] = field(default_factory=dict)  #: those that the events came from

    def heard(self, workspace: UUID) -> Mapping[str, frozenset[str]]:
        """What has been heard of the events' rooms, by room: of those that are known."""
        return self.rooms.get(workspace, NOTHING).heard

    def is_ours(self, event: Outcome) -> bool:
        """Is the lane of this outcome still leased to whoever tells it?"""
        lane = self.lanes.get(event.address.delivery)
        return lane is not None and self.leases.get(lane) == event.lease

    def fenced_out(self, event: Event) -> bool:
        """Is this outcome told too late, or told before?

        That something arrived is a fact, whoever has the lane by now, as long as nobody has saved an end. What else
        an attempt came to counts only while it is the open one.
        """
        if not isinstance(event, DeliveryDone | DeliveryFailed):
            return False
        delivery = event.address.delivery
        if delivery not in self.waiting:
            return True
        if isinstance(event, DeliveryDone):
            return False
        return not self.is_ours(event) or self.waiting[delivery] != event.attempt.number


@dataclass(frozen=True, slots=True)
class _Ended:
    """A delivery whose attempt has ended, and the words right behind it if it only prepares them."""

    conversation: int
    delivery: Delivery
    behind: Behind
    messages: tuple[UUID, ...]


class Finder:
    """Finds, locks and reads conversations."""

    def __init__(self, connection: Connection, resolver: Resolver) -> None:
        self._connection = connection
        self._resolver = resolver

    async def load(self, events: Sequence[Event]) -> Loaded:
        """Everything the core asks about these events; the conversations are locked until the transaction ends."""
        ids = await self._resolver.resolve(events)
        conversations, channels = await self._lock({found for found in ids if found is not None})
        _check_known(events, ids, conversations)
        loaded = Loaded(datetime.min, ids, {}, channels)
        await self._hold_edited(events, ids)
        ended = await self._ended(events, loaded)
        if not ended:
            loaded.now = await self._connection.fetchval("SELECT live_agents_now()")
        messages = await self._messages(events, ids, ended)
        unserved = await self._unserved(events, ids, conversations)
        rooms = loaded.rooms = await known_rooms(self._connection, events)
        seen = await self._seen(events)
        posted = await self._posted(events)
        quoted = await self._quoted(events, ids, conversations)
        failed = await load_failed(self._connection, events)
        standing = await Standing(self._connection).read(events, ids, conversations)
        ended_in: defaultdict[int | None, list[_Ended]] = defaultdict(list)
        for each in ended:
            ended_in[each.conversation].append(each)
        for found in {*ids}:
            conversation = conversations.get(found) if found is not None else None
            workspace = conversation.workspace if conversation else None
            known = rooms.get(workspace, NOTHING) if workspace else NOTHING
            own = ended_in.get(found, ())
            loaded.held[found] = Held(
                now=loaded.now,
                conversation=conversation,
                messages=messages.get(found, {}),
                deliveries={each.delivery.id: each.delivery for each in own},
                behind={each.delivery.id: each.behind for each in own},
                unserved=unserved.get(found, {}),
                closed_rooms=known.closed,
                heard=known.heard,
                since=known.since,
                posted=posted,
                quoted=quoted.get(found, {}),
                seen=seen.get(workspace, frozenset()),
                kept=standing.kept.get(found, {}),
                waiting=standing.waiting.get(found, {}),
                due=standing.due.get(found, frozenset()),
                lately=standing.lately.get(found, Lately()),
                failed=followed_of(messages.get(found, {}), failed),
            )
        return loaded

    async def _lock(self, ids: set[int]) -> tuple[dict[int, Conversation], dict[int, UUID]]:
        if not ids:
            return {}, {}
        rows = await self._connection.fetch(query("hold_conversations"), sorted(ids))
        return {row["id"]: conversation_of(row) for row in rows}, {row["id"]: row["channel_id"] for row in rows}

    async def _ended(self, events: Sequence[Event], loaded: Loaded) -> list[_Ended]:
        """The deliveries that ended, and whose lanes they are in."""
        numbers = [e.address.delivery for e in events if isinstance(e, DeliveryDone | DeliveryFailed)]
        if not numbers:
            return []
        leases = await self._connection.fetch(query("hold_lanes"), numbers)
        loaded.leases = {row["id"]: row["lease_token"] for row in leases}
        rows = await self._connection.fetch(query("load_deliveries"), numbers)
        loaded.now = max((row["now"] for row in rows), default=loaded.now)
        loaded.lanes = {row["id"]: row["lane_id"] for row in rows}
        loaded.waiting = {
            row["id"]: row["attempts"] if row["attempt_open"] else None for row in rows if row["state"] == "waiting"
        }
        return [_ended_of(row) for row in rows]

    async def _hold_edited(self, events: Sequence[Event], ids: Sequence[int | None]) -> None:
        """Lock the lanes of words that were written anew, before asking how they stand: nobody sends them meanwhile."""
        edited = {
            found
            for event, found in zip(events, ids, strict=True)
            if found is not None and isinstance(event, AgentWrote) and event.edited_at
        }
        if edited:
            kinds = [Lane.TO_CONTACT] * len(edited)
            await self._connection.execute(query("hold_lanes_of"), sorted(edited), kinds)

    async def _messages(
        self, events: Sequence[Event], ids: Sequence[int | None], ended: Sequence[_Ended]
    ) -> dict[int | None, dict[str, Message]]:
        named = [
            (found, external, event)
            for event, found in zip(events, ids, strict=True)
            if found is not None and (external := _external_id(event)) is not None
        ]
        by_id = [message for e in ended for message in e.messages]
        by_id += [event.message for event in events if isinstance(event, ReplyFailed | ReplyResent)]
        if not named and not by_id:
            return {}
        rows = await self._connection.fetch(
            query("load_messages"),
            [found for found, _, _ in named],
            [external for _, external, _ in named],
            by_id,
            [self._resolver.forgotten_hash(event.address) for _, _, event in named],
        )
        return by_conversation(rows)

    async def _unserved(
        self, events: Sequence[Event], ids: Sequence[int | None], conversations: Mapping[int, Conversation]
    ) -> dict[int | None, dict[str, Message]]:
        """Only a room that is being taken has reports owed for what was said in it before."""
        taken = {
            found
            for event, found in zip(events, ids, strict=True)
            if (isinstance(event, RoomTaken | RoomForwarded) or (isinstance(event, RoomClosed) and event.or_taken))
            and found is not None
            and found in conversations
            and conversations[found].state is State.QUEUED
        }
        if not taken:
            return {}
        return by_conversation(await self._connection.fetch(query("load_unserved"), sorted(taken)))

    async def _seen(self, events: Sequence[Event]) -> dict[UUID | None, frozenset[str]]:
        asked = [(e.address.workspace, key) for e in events if isinstance(e.address, ByRoom) and (key := _key(e))]
        if not asked:
            return {}
        rows = await self._connection.fetch(query("load_seen"), [w for w, _ in asked], [key for _, key in asked])
        found: defaultdict[UUID | None, set[str]] = defaultdict(set)
        for row in rows:
            found[row["workspace_id"]].add(row["key"])
        return {workspace: frozenset(keys) for workspace, keys in found.items()}

    async def _posted(self, events: Sequence[Event]) -> frozenset[str]:
        items = [e.item for e in events if isinstance(e, AgentWrote) and e.item and e.item.startswith(POST_PREFIX)]
        if not items:
            return frozenset()
        rows = await self._connection.fetch(query("load_posted"), items)
        return frozenset(row["external_id"] for row in rows)

    async def _quoted(
        self, events: Sequence[Event], ids: Sequence[int | None], conversations: Mapping[int, Conversation]
    ) -> dict[int | None, dict[str, str]]:
        """What agents answer to, where the channel shows contacts that."""
        asked = [
            (found, item)
            for event, found in zip(events, ids, strict=True)
            if found is not None
            and found in conversations
            and isinstance(event, AgentWrote)
            and conversations[found].options.quotes == "render"
            and (item := quoted_in(event.text))
        ]
        if not asked:
            return {}
        rows = await self._connection.fetch(query("load_quoted"), [n for n, _ in asked], [item for _, item in asked])
        quoted: defaultdict[int | None, dict[str, str]] = defaultdict(dict)
        for row in rows:
            quoted[row["conversation"]][row["item"]] = row["text"] or ""
        return quoted


def _check_known(events: Sequence[Event], ids: Sequence[int | None], conversations: Mapping[int, Conversation]) -> None:
    """Whoever was forgotten while this waited for the lock is somebody new by now. Raises StoreBusy: ask again."""
    for event, found in zip(events, ids, strict=True):
        if isinstance(event.address, ByUrn | ByContact) and found is not None and conversations[found].forgotten:
            raise StoreBusy("the contact was forgotten at this moment")


def _ended_of(row: Mapping[str, Any]) -> _Ended:
    words = (row["behind_id"], row["behind_key"]) if row["behind_id"] is not None else None
    messages = tuple(m for m in (row["message_id"], row["behind_message"]) if m is not None)
    return _Ended(row["conversation_id"], delivery_of(row), Behind(words, tuple(row["behind_steps"])), messages)


def _key(event: Event) -> str | None:
    key: str | None = getattr(event, "key", None)
    return key


def _external_id(event: Event) -> str | None:
    match event:
        case ContactWrote() | ContactSaid():
            return event.message_id
        case AgentAsked():
            return event.first.message_id if event.first else None
        case AgentWrote():
            return external_id(event)
        case _:
            return None
