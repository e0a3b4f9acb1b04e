"""Erase words that have been kept long enough, until told to stop. It is given its verb, and knows no database."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from channel.core import limits
from channel.core.errors import StoreUnavailable
from channel.delivery.rest import Rest
from channel.logs import log

#: goes over all that is old, a few at a time; gives after each few how many were erased
Sweep = Callable[[], AsyncGenerator[int]]


class Erasing:
    """Goes over all that is old now and then, with a pause after each few."""

    def __init__(
        self,
        sweep: Sweep,
        *,
        starts: float = limits.ERASING_STARTS,
        pause: float = limits.ERASING_PAUSE,
        rest: float = limits.ERASING_REST,
    ) -> None:
        self._sweep = sweep
        self._starts, self._pause, self._between = starts, pause, rest
        self._rest = Rest()

    def stop(self) -> None:
        self._rest.stop()

    async def run(self) -> None:
        """Until `stop`. What a database that is away keeps from being erased is erased the next time."""
        await self._rest.for_about(self._starts)
        while not self._rest.over:
            try:
                await self._once()
            except StoreUnavailable as error:
                log.warning("erasing_waits", error=str(error))
            except Exception as error:
                log.exception("erasing_crashed", error=type(error).__name__)
            await self._rest.for_about(self._between)

    async def _once(self) -> None:
        async with aclosing(self._sweep()) as sweep:
            async for _ in sweep:
                await self._rest.for_about(self._pause)
                if self._rest.over:
                    return
