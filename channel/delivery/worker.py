"""Claim what is due, have it delivered, settle how it ended: a few short verbs around a stop event.

It knows neither RapidPro nor Rocket.Chat nor Postgres: it is given `claim`, `deliver` and `settle`.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Final

from channel.core import limits
from channel.core.claimed import Claimed
from channel.core.errors import StoreBusy, StoreError, StoreUnavailable
from channel.core.events import Outcome
from channel.core.values import dataclass
from channel.delivery.rest import Rest
from channel.logs import log

#: how often to look for what is due without being woken: this is the truth, waking is a hint
POLL_SECONDS: Final = 0.25
#: the same while hints are heard of what others take: what is left to be found is due at a time
POLL_HEARING_SECONDS: Final = 0.5
#: between two tries to reach a database that is away
AWAY_SECONDS: Final = 0.5
#: how long a process that is to stop waits for the database to take its last outcomes
STOPPING_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Verbs:
    """What the worker does, as it is given it."""

    claim: Callable[[int, Mapping[int, int]], Awaitable[list[Claimed]]]  #: given by peer how many lanes are under way
    deliver: Callable[[Claimed], Awaitable[Outcome]]
    settle: Callable[[Outcome], Awaitable[Claimed | None]]  #: returns what is ours to do next in the same lane
    unsaveable: Callable[[Claimed], Outcome]  #: the outcome to save when the one there is cannot be


class Worker:
    """Keeps up to `slots` lanes under way until it is stopped; then finishes those, and claims no more."""

    def __init__(self, verbs: Verbs, *, slots: int = limits.SLOTS) -> None:
        self._verbs = verbs
        self._slots = slots
        self._rest = Rest()  #: until something may be due, or a slot is free
        self._poll = POLL_SECONDS
        self._lanes: dict[asyncio.Task[None], Claimed] = {}  #: under way, as they were claimed
        self._limited: frozenset[int] = (
            frozenset()
        )  #: peers of which the last claim could find no more for want of slots
        self._unsettled: set[int] = set()

    @property
    def claiming(self) -> bool:
        """May a lane whose head is due be kept after a settle?"""
        return not self._rest.over

    def wake(self) -> None:
        """Something may be due: look now."""
        self._rest.wake()

    def hears(self, *, hearing: bool) -> None:
        """Are hints heard of what other processes take?"""
        self._poll = POLL_HEARING_SECONDS if hearing else POLL_SECONDS

    def stop(self) -> None:
        """Claim no more; `run` returns when what is under way has been settled."""
        self._rest.stop()

    async def run(self) -> None:
        """Until `stop`. A database that is away is waited for."""
        while not self._rest.over:
            self._rest.look()
            lanes, busy = self._wanted(), self._busy()
            claimed = await self._claim(lanes, busy)
            for each in claimed:
                self._start(each)
            busy.update(each.peer for each in claimed)
            self._limited = frozenset(peer for peer, count in busy.items() if count >= limits.PEER_SLOTS)
            if not self._may_find_more(len(claimed), lanes):
                await self._rest.for_about(self._poll)
        if self._lanes:
            await asyncio.wait(self._lanes)

    def _wanted(self) -> int:
        """Lanes that may be claimed: none while an outcome waits for the database."""
        free = max(self._slots - len(self._lanes), 0)  # a claim may bring a few more than it was to look for
        return 0 if self._unsettled else min(free, limits.CLAIMED_AT_ONCE)

    def _may_find_more(self, found: int, lanes: int) -> bool:
        """At once. A claim that found far less than it looked for has left nothing, but of peers without slots."""
        if not found or len(self._lanes) >= self._slots:
            return False
        now = self._busy()
        return 2 * found >= lanes or any(now[peer] < limits.PEER_SLOTS for peer in self._limited)

    async def _claim(self, lanes: int, busy: Mapping[int, int]) -> list[Claimed]:
        if not lanes:
            return []
        try:
            return await self._verbs.claim(lanes, busy)
        except StoreError as error:
            log.warning("claim_failed", error=str(error))
        except Exception as error:
            log.exception("claim_crashed", error=type(error).__name__)
        await asyncio.sleep(AWAY_SECONDS)
        return []

    def _busy(self) -> Counter[int]:
        """How many lanes of each peer are under way."""
        return Counter(claimed.peer for claimed in self._lanes.values())

    def _start(self, claimed: Claimed) -> None:
        task = asyncio.create_task(self._lane(claimed))
        self._lanes[task] = claimed
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Something may be due that waited for this: for its slot, or for what it says of a peer that is paced."""
        was_full = len(self._lanes) >= self._slots
        claimed = self._lanes.pop(task)
        if was_full or claimed.peer in self._limited or claimed.passed.paced:
            self._rest.wake()
        if not task.cancelled() and (error := task.exception()):
            log.error("lane_crashed", error=type(error).__name__, exc_info=error)

    async def _lane(self, claimed: Claimed | None) -> None:
        """Deliver the head, and what is due behind it, until the lane is somebody else's or empty."""
        while claimed is not None:
            outcome = await self._verbs.deliver(claimed)
            claimed = await self._settle(claimed, outcome)

    async def _settle(self, claimed: Claimed, outcome: Outcome) -> Claimed | None:
        """Save how it ended. While the database is away the outcome waits, and nothing is claimed before it is saved.

        One that cannot be saved as it is becomes a dead letter: what may have arrived is never simply sent again.
        """
        try:
            return await self._saved(outcome)
        except StoreUnavailable as error:
            log.error("settle_abandoned", delivery=claimed.delivery, error=str(error))
            return None
        except Exception as error:
            log.exception("settle_refused", delivery=claimed.delivery, error=type(error).__name__)
            return await self._saved(self._verbs.unsaveable(claimed))
        finally:
            self._unsettled.discard(claimed.delivery)

    async def _saved(self, outcome: Outcome) -> Claimed | None:
        given_up = None
        while True:
            try:
                following = await self._verbs.settle(outcome)
            except StoreUnavailable as error:
                log.warning("settle_waits", delivery=outcome.address.delivery, error=str(error))
                if not isinstance(error, StoreBusy):
                    self._unsettled.add(outcome.address.delivery)
                if self._rest.over:
                    given_up = given_up or monotonic() + STOPPING_SECONDS
                    if monotonic() > given_up:
                        raise
                await asyncio.sleep(AWAY_SECONDS)
            else:
                return following
