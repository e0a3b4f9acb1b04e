"""Where what goes round and round rests: for a while, until something wakes it, or until it is told to stop."""

import asyncio
import random


class Rest:
    """Between two rounds of a loop. Replicas that start together part soon: no two rests are of one length."""

    def __init__(self) -> None:
        self._called = asyncio.Event()
        self.over = False  #: has it been told to stop?

    def stop(self) -> None:
        """The round there is is the last, and nobody rests any more."""
        self.over = True
        self._called.set()

    def wake(self) -> None:
        """There may be something to do: the next rest is none, or the one there is is over."""
        self._called.set()

    def look(self) -> None:
        """A round begins: what woke until now is seen to in it."""
        if not self.over:
            self._called.clear()

    async def for_about(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds * random.uniform(0.8, 1.2)):  # noqa: S311 - spreads replicas
                await self._called.wait()
        except TimeoutError:
            return
