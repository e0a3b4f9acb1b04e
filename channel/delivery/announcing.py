"""Hints that something may be due, from the process that took it to those that deliver. Polling is the truth beneath.

It is given its verbs, and knows no database.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from channel.core import limits
from channel.core.errors import StoreError, StoreUnavailable
from channel.logs import log

#: between two tries to listen again
AWAY_SECONDS: Final = 1.0


class Announcing:
    """`announce`: tells the others. At most one hint is told in `every` seconds, and one that fails is forgotten."""

    def __init__(self, announce: Callable[[], Awaitable[None]], *, every: float = limits.ANNOUNCED_EVERY) -> None:
        self._announce = announce
        self._every = every
        self._again = False
        self._telling: asyncio.Task[None] | None = None

    def hint(self) -> None:
        """Something was committed: the others are told at once, or with all that follows within `every` seconds."""
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell())
        else:
            self._again = True

    async def _tell(self) -> None:
        try:
            while True:
                self._again = False
                try:
                    await self._announce()
                except StoreError as error:
                    log.debug("hint_untold", error=str(error))
                await asyncio.sleep(self._every)
                if not self._again:
                    return
        finally:
            self._telling = None


class Listening:
    """`listen`: hears hints until it is cancelled, or StoreUnavailable."""

    def __init__(self, listen: Callable[[], Awaitable[None]], *, away: float = AWAY_SECONDS) -> None:
        self._listen = listen
        self._away = away

    async def run(self) -> None:
        """Until cancelled. While nothing can be heard, polling goes on as if there were no hints."""
        while True:
            try:
                await self._listen()
            except StoreUnavailable as error:
                log.warning("listening_waits", error=str(error))
            except Exception as error:
                log.exception("listening_crashed", error=type(error).__name__)
            await asyncio.sleep(self._away)
