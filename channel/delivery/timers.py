"""Wake conversations whose time has come, until told to stop. It is given its verbs, and knows no database."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from channel.core import limits
from channel.core.errors import StoreBusy, StoreUnavailable
from channel.core.events import Woke
from channel.core.values import dataclass
from channel.delivery.rest import Rest
from channel.logs import log

#: how late somebody may be woken, at most, while there is little to do
POLL_SECONDS: Final = 0.5
#: between two tries to reach a database that is away
AWAY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class TimerVerbs:
    """What is done with timers, as it is given."""

    due: Callable[[], Awaitable[Sequence[Woke]]]  #: some of those that are due, the oldest first
    wake: Callable[[Woke], Awaitable[None]]
    put_off: Callable[[Woke, float], Awaitable[None]]  #: one that cannot be taken up now, for so many seconds


class Timers:
    """Takes up what is due, some at a time; one that cannot be handled keeps no other from it."""

    def __init__(self, verbs: TimerVerbs) -> None:
        self._verbs = verbs
        self._rest = Rest()

    def stop(self) -> None:
        self._rest.stop()

    async def run(self) -> None:
        """Until `stop`. A database that is away is waited for; while there is more to do, there is no rest."""
        while not self._rest.over:
            try:
                woken = await self._round()
            except StoreUnavailable as error:
                log.warning("timers_wait", error=str(error))
                await self._rest.for_about(AWAY_SECONDS)
            except Exception as error:
                log.exception("timers_crashed", error=type(error).__name__)
                await self._rest.for_about(AWAY_SECONDS)
            else:
                if not woken:
                    await self._rest.for_about(POLL_SECONDS)

    async def _round(self) -> bool:
        """Take up what is due, together. Was anything of it taken up?"""
        due = await self._verbs.due()
        results = await asyncio.gather(*(self._verbs.wake(event) for event in due), return_exceptions=True)
        away = next((r for r in results if isinstance(r, StoreUnavailable) and not isinstance(r, StoreBusy)), None)
        if away is not None:
            raise away
        for event, result in zip(due, results, strict=True):
            if isinstance(result, BaseException):
                await self._passed_over(event, result)
        return any(result is None for result in results)

    async def _passed_over(self, event: Woke, error: BaseException) -> None:
        """Somebody holds the conversation, for a moment; or nobody can handle this, here and now."""
        if not isinstance(error, Exception):
            raise error
        if isinstance(error, StoreBusy):
            await self._verbs.put_off(event, limits.BUSY_WAIT)
            return
        number, why = event.address.conversation, event.why.value
        log.error("timer_refused", conversation=number, why=why, error=type(error).__name__)
        await self._verbs.put_off(event, limits.UNREADABLE_WAIT)
