"""Say now and then that this process runs, until told to stop. It is given its verb, and knows no database."""

from collections.abc import Awaitable, Callable

from channel.core import limits
from channel.core.errors import StoreUnavailable
from channel.delivery.rest import Rest
from channel.logs import log


class Showing:
    """Nobody waits for it: whoever says nothing for a minute is taken for gone."""

    def __init__(self, show: Callable[[], Awaitable[None]], *, every: float = limits.SHOWN_EVERY) -> None:
        self._show = show
        self._every = every
        self._rest = Rest()

    def stop(self) -> None:
        self._rest.stop()

    async def run(self) -> None:
        """Until `stop`. A process that cannot reach the database seals nothing there either."""
        while not self._rest.over:
            await self._rest.for_about(self._every)
            try:
                await self._show()
            except StoreUnavailable:
                continue  # what is watched says so
            except Exception as error:
                log.exception("showing_crashed", error=type(error).__name__)
