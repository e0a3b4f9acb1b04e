"""A replica's worker without its peers: it takes lanes as it may, and is told how each attempt ends."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from channel.bridge import handle
from channel.core.claimed import Claimed
from channel.core.errors import DeliveryError
from channel.core.events import Outcome
from channel.core.learned import Learned
from channel.core.limiter import Window
from channel.core.pacing import Dest, Peer
from channel.delivery.hearing import Clock, Hearing
from channel.delivery.pace import Change, Pace, PaceVerbs
from channel.delivery.sending import dest_of
from channel.store import peers
from channel.store.claims import Demand, claim
from channel.store.database import Pool, open_pool
from tests.store.premises import Premises, arrived, broke


class Replica:
    def __init__(self, premises: Premises, pool: Pool, rate: float = 0.0) -> None:
        self.premises = premises
        self._pool = pool
        self._rate = rate
        self._ticks = 0.0
        clock = Clock(self._clock)
        self.hearing = Hearing(clock)
        self.pace = Pace(PaceVerbs(self._read, self._change), self.hearing, clock, rate=rate)

    async def claim(self, lanes: int = 50) -> list[Claimed]:
        await self.pace.look()
        return await claim(self._pool, self.premises.vault, lanes, Demand(self.pace.peers, rate=self._rate))

    async def ends(self, claimed: Claimed, outcome: Learned | DeliveryError) -> Claimed | None:
        """The attempt has come to this. What is ours to do next in the lane."""
        event: Outcome = broke(claimed, outcome) if isinstance(outcome, DeliveryError) else arrived(claimed, outcome)
        asked = "" if claimed.passed.given_up else event.attempt.asked
        event = replace(event, attempt=replace(event.attempt, number=claimed.attempts, asked=asked))
        await self.pace.record(claimed, event, dest_of(claimed.owed))
        (handled,) = await handle(self.premises.store(self._pool), [event])
        return handled.next

    async def _read(self) -> tuple[list[Peer], datetime]:
        return await peers.read(self._pool)

    async def _change(self, number: int, change: Change) -> Peer | None:
        return await peers.change(self._pool, number, change, self._rate)

    def _clock(self) -> float:
        """Each look is a new one."""
        self._ticks += 1.0
        return self._ticks


@asynccontextmanager
async def replica(premises: Premises, rate: float = 0.0) -> AsyncIterator[Replica]:
    pool = await open_pool(premises.url, size=3, name="replica")
    try:
        yield Replica(premises, pool, rate)
    finally:
        await pool.close()


async def rocketchat(premises: Premises) -> Peer:
    return next(peer for peer in (await peers.read(premises.pool))[0] if peer.dest is Dest.ROCKETCHAT)


async def know(premises: Premises, windows: Mapping[str, Window]) -> None:
    """What Rocket.Chat has said of its routes."""

    def known(peer: Peer, now: datetime) -> Peer:
        return replace(peer, windows={**peer.windows, **windows})

    await peers.change(premises.pool, (await rocketchat(premises)).id, known, 0.0)
