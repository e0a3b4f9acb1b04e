"""The store as the bridge sees it: hold what events are about, decide, save, in one transaction."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from channel.core.claimed import Claimed
from channel.core.decision import Decision
from channel.core.events import DeliveryDone, DeliveryFailed, Event
from channel.core.held import Held
from channel.store.database import Connection, Pool, transaction
from channel.store.heads import count_heads
from channel.store.holding import Finder, Loaded
from channel.store.resolving import Resolver
from channel.store.saving import Saver
from channel.store.vault import Vault


@dataclass(slots=True)
class Handled:
    """What came of one event: None if it was fenced out; for an outcome, what is ours to do next in its lane."""

    decision: Decision | None
    next: Claimed | None = None


@dataclass(slots=True)
class Holding:
    """The conversations of a batch of events, while their locks are ours."""

    events: Sequence[Event]
    loaded: Loaded
    _connection: Connection
    _saver: Saver
    _vault: Vault
    _keeping: Callable[[], bool]
    _decided: list[tuple[Event, Held, Decision]] = field(default_factory=list)

    def fold(self, decide: Callable[[Held, Event], Decision]) -> list[Decision | None]:
        """Ask about each event in order; what one decides of a conversation, the next is asked upon."""
        decisions: list[Decision | None] = []
        last = {number: place for place, number in enumerate(self.loaded.conversation_of_event)}
        for place, (event, number) in enumerate(zip(self.events, self.loaded.conversation_of_event, strict=True)):
            if self.loaded.fenced_out(event):
                decisions.append(None)
                continue
            held = self.loaded.held[number]
            decision = decide(held, event)
            self._decided.append((event, held, decision))
            if place < last[number]:
                self.loaded.held[number] = held.after(decision)
            if isinstance(event, DeliveryDone | DeliveryFailed):
                self.loaded.waiting.pop(event.address.delivery)  # one end is enough
            decisions.append(decision)
        return decisions

    async def save(self) -> list[Claimed | None]:
        """Save what was decided, and count the next attempts. Returns, for each event, what is ours to do next."""
        ours = [
            self.loaded.lanes[event.address.delivery]
            if isinstance(event, DeliveryDone | DeliveryFailed) and self.loaded.is_ours(event)
            else None
            for event in self.events
        ]
        lanes = sorted({lane for lane in ours if lane is not None})
        decided = {id(event) for event, _, _ in self._decided}
        told_now = {lane for event, lane in zip(self.events, ours, strict=True) if id(event) in decided}
        unheard = [lane for lane in lanes if lane not in told_now]
        stay = await self._saver.save(self._decided, lanes, unheard, keep=self._keeping())
        kept = await count_heads(self._connection, self._vault, stay)
        # Each is handed on once, to whoever told the lane's last outcome.
        return [kept.pop(lane, None) if lane is not None else None for lane in reversed(ours)][::-1]


class Store:
    """Conversations in Postgres. `keeping` says whether a lane whose head is due stays ours after a settle."""

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        hash_key: bytes,
        schemes: Callable[[], Mapping[UUID, str]],
        *,
        keeping: Callable[[], bool] = lambda: True,
    ) -> None:
        self._pool = pool
        self._vault = vault
        self._hash_key = hash_key
        self._schemes = schemes
        self._keeping = keeping

    @asynccontextmanager
    async def hold(self, events: Sequence[Event]) -> AsyncIterator[Holding]:
        """Lock and read; committed when the block ends well. StoreUnavailable or StoreRefused if it cannot be."""
        async with transaction(self._pool) as connection:
            resolver = Resolver(connection, self._vault, self._hash_key, self._schemes())
            loaded = await Finder(connection, resolver).load(events)
            saver = Saver(connection, self._vault, self._hash_key, loaded)
            yield Holding(events, loaded, connection, saver, self._vault, self._keeping)
