"""What only some events ask of a conversation: what was kept, what waits, what is due, how it stood lately."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channel.core import limits
from channel.core.conversation import Conversation, Message, State
from channel.core.events import (
    AgentAsked,
    CloseAsked,
    ContactSaid,
    ContactWrote,
    DeliveryDone,
    DeliveryFailed,
    Event,
    RoomClosed,
    Timer,
    Woke,
)
from channel.core.held import Lately, Queue
from channel.store.database import Connection
from channel.store.queries import query
from channel.store.rows import message_of

#: after these a room can be open again, for which words may have been kept
_BEGINNING = (ContactWrote, ContactSaid, AgentAsked, DeliveryDone, DeliveryFailed)


@dataclass(slots=True)
class Stood:
    """By conversation."""

    kept: dict[int | None, dict[str, Message]] = field(default_factory=dict)
    waiting: dict[int | None, dict[str, Message]] = field(default_factory=dict)
    due: dict[int | None, frozenset[Timer]] = field(default_factory=dict)
    lately: dict[int | None, Lately] = field(default_factory=dict)


class Standing:
    """Reads it of the conversations concerned; of most events there is nothing to read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(
        self, events: Sequence[Event], ids: Sequence[int | None], conversations: Mapping[int, Conversation]
    ) -> Stood:
        stood = Stood()
        beginning: set[int] = set()
        ending: set[int] = set()
        waking: set[int] = set()
        for event, found in zip(events, ids, strict=True):
            if found is None or found not in conversations:
                continue
            if isinstance(event, _BEGINNING) and _may_begin(conversations[found]):
                beginning.add(found)
            if isinstance(event, Woke):
                waking.add(found)
            if isinstance(event, Woke | CloseAsked | RoomClosed) or _may_leave(event, conversations[found]):
                ending.add(found)
        if beginning:
            stood.kept = by_conversation(await self._connection.fetch(query("load_kept"), sorted(beginning)))
        if ending:
            stood.waiting = by_conversation(await self._connection.fetch(query("load_waiting"), sorted(ending)))
        if waking:
            await self._wake(stood, sorted(waking))
        return stood

    async def _wake(self, stood: Stood, waking: list[int]) -> None:
        due: defaultdict[int | None, set[Timer]] = defaultdict(set)
        for row in await self._connection.fetch(query("load_timers"), waking):
            due[row["conversation_id"]].add(Timer(row["why"]))
        stood.due = {number: frozenset(timers) for number, timers in due.items()}
        queues = await self._queues([n for n in waking if due[n] & {Timer.QUEUED, Timer.STILL_WAITING}])
        spoken = await self._spoken([n for n in waking if Timer.IDLE in due[n]])
        unsent = await self._unsent([n for n in waking if Timer.UNDELIVERED in due[n]])
        for row in await self._connection.fetch(query("load_lately"), waking):
            number = row["id"]
            stuck = row["stuck_since"], row["stuck_for"] or ""
            words = tuple(unsent.get(number, {}).values())
            stood.lately[number] = Lately(queues.get(number), *stuck, spoken.get(number), words)

    async def _queues(self, waiting: list[int]) -> dict[int, Queue]:
        if not waiting:
            return {}
        rows = await self._connection.fetch(
            query("load_queue"), waiting, limits.LATELY_TAKEN, limits.LATELY_TAKEN_LEAST
        )
        return {row["id"]: Queue(row["position"], row["usual_wait"]) for row in rows if row["position"]}

    async def _unsent(self, waiting: list[int]) -> dict[int | None, dict[str, Message]]:
        if not waiting:
            return {}
        return by_conversation(await self._connection.fetch(query("load_unsent"), waiting))

    async def _spoken(self, idle: list[int]) -> dict[int, datetime]:
        if not idle:
            return {}
        rows = await self._connection.fetch(query("load_spoken"), idle)
        return {row["id"]: row["spoke_at"] for row in rows}


def by_conversation(rows: Sequence[Any]) -> dict[int | None, dict[str, Message]]:
    found: defaultdict[int | None, dict[str, Message]] = defaultdict(dict)
    for row in rows:
        found[row["conversation_id"]][row["key"]] = message_of(row)
    return dict(found)


def _may_begin(conversation: Conversation) -> bool:
    return conversation.state is State.CLOSED or conversation.handoff.closing is not None


def _may_leave(event: Event, conversation: Conversation) -> bool:
    """Can these words be the ones with which a contact leaves the queue?"""
    if not isinstance(event, ContactWrote | ContactSaid):
        return False
    return bool(conversation.options.leave_word) and conversation.state is State.QUEUED
