"""Status callbacks, applied in batches."""

import asyncio

from .background import Background
from .memory import Memory
from .records import Message


class StatusUpdates:
    """Keeps the updates of `interval` seconds and writes them together.

    Of two updates for one message in a batch RapidPro applies one, and which is undefined; here it is the last.
    """

    def __init__(self, memory: Memory, background: Background, interval: float) -> None:
        self.interval = interval
        self._memory = memory
        self._background = background
        self._batch: dict[Message, str] = {}

    def put(self, message: Message, status: str) -> None:
        """Write this status with the current batch, over whatever is there by then."""
        if not self._batch:
            self._background.start(self._write_later())
        self._batch[message] = status

    def discard(self, message: Message) -> None:
        """Courier's own outcome of a send is written over an update that came before it."""
        self._batch.pop(message, None)

    async def _write_later(self) -> None:
        await asyncio.sleep(self.interval)
        batch, self._batch = self._batch, {}
        for message, status in batch.items():
            self._memory.set_status(message, status)
