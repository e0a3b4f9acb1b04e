"""Measure what only the database knows, until told to stop, so that a scrape never waits for it.

It is given its verbs, and knows no database. While that is away, what was measured last stays, and `db_up` says so.
"""

from collections.abc import Awaitable, Callable
from time import perf_counter

from channel import metrics
from channel.core import limits
from channel.core.breaker import State
from channel.core.errors import StoreUnavailable
from channel.core.values import dataclass
from channel.core.vitals import Backlog, Vitals
from channel.delivery.rest import Rest
from channel.logs import log


@dataclass(frozen=True, slots=True)
class WatchingVerbs:
    """What is asked, as it is given."""

    vitals: Callable[[], Awaitable[Vitals]]
    backlog: Callable[[], Awaitable[Backlog]]


class Watching:
    """Looks every few seconds; counts what waits less often if that takes long."""

    def __init__(self, verbs: WatchingVerbs, *, every: float = limits.WATCHED_EVERY) -> None:
        self._verbs = verbs
        self._every = every
        self._backlog = Backlog(())
        self._counts_at = 0.0
        self._rest = Rest()

    def stop(self) -> None:
        self._rest.stop()

    async def run(self) -> None:
        """Until `stop`. A database that is away is a measurement too."""
        while not self._rest.over:
            try:
                await self._look()
            except StoreUnavailable:
                metrics.db_up.set(0)
            except Exception as error:
                log.exception("watching_crashed", error=type(error).__name__)
            await self._rest.for_about(self._every)

    async def _look(self) -> None:
        vitals = await self._verbs.vitals()
        metrics.db_up.set(1)
        if perf_counter() >= self._counts_at:
            await self._count()
        metrics.lane_head_age_seconds.set(max(vitals.head_age, self._backlog.failing_for))
        metrics.dead_letters.set(vitals.dead_letters)
        metrics.xmin_age_seconds.set(vitals.snapshot_age)
        for dest, state in vitals.breakers.items():
            metrics.breaker_state.labels(dest).set(list(State).index(state))

    async def _count(self) -> None:
        """No more than a small part of the time is spent on counting, however much waits."""
        began = perf_counter()
        try:
            self._backlog = await self._verbs.backlog()
        finally:
            self._counts_at = perf_counter() + (perf_counter() - began) * limits.COUNTING_SHARE
        metrics.backlog.clear()
        for each in self._backlog.waiting:
            metrics.backlog.labels(each.lane, str(each.channel)).set(each.deliveries)
