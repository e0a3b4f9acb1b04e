"""Work that goes on behind a call, and a way to wait for what it does."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Changes:
    """Tells whoever waits that something has changed."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def happened(self) -> None:
        """Have every waiting condition looked at again."""
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, condition: Callable[[], T | None], seconds: float) -> T:
        """The first true value of `condition`, looked at now and after every change; `TimeoutError` without one."""
        async with asyncio.timeout(seconds):
            while not (value := condition()):
                await self._next.wait()
        return value


class Background:
    """The tasks that belong to one simulated peer; what goes wrong in them is logged and kept."""

    def __init__(self) -> None:
        self.failures: list[BaseException] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` until it ends or everything is closed."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def aclose(self) -> None:
        """Cancel what still runs, and wait for it."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            self.failures.append(failure)
            _log.error("The simulated RapidPro failed in the background", exc_info=failure)
