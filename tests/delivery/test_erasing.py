"""Retention goes on by itself, with pauses, and ends when it is told to."""

import asyncio
from collections.abc import AsyncGenerator

from channel.core.errors import StoreUnavailable
from channel.delivery.erasing import Erasing


async def test_it_rests_after_each_few_and_stops_between_two() -> None:
    swept: list[int] = []
    closed = asyncio.Event()

    async def sweep() -> AsyncGenerator[int]:
        try:
            for count in range(100):
                swept.append(count)
                if count == 2:
                    erasing.stop()
                yield count
        finally:
            closed.set()

    erasing = Erasing(sweep, starts=0, pause=0.01)
    async with asyncio.timeout(5):
        await erasing.run()
    assert swept == [0, 1, 2]
    assert closed.is_set()


async def test_it_does_not_begin_before_its_time() -> None:
    swept: list[int] = []

    async def sweep() -> AsyncGenerator[int]:
        swept.append(1)
        yield 0

    erasing = Erasing(sweep)
    running = asyncio.create_task(erasing.run())
    await asyncio.sleep(0)
    erasing.stop()
    async with asyncio.timeout(5):
        await running
    assert swept == []


async def test_a_database_that_is_away_and_an_error_of_ours_end_nothing() -> None:
    tried = asyncio.Event()
    errors: list[Exception] = [StoreUnavailable("away"), ValueError("ours")]

    async def sweep() -> AsyncGenerator[int]:
        if errors:
            raise errors.pop(0)
        tried.set()
        yield 0

    erasing = Erasing(sweep, starts=0, pause=0, rest=0)
    running = asyncio.create_task(erasing.run())
    async with asyncio.timeout(5):
        await tried.wait()
        erasing.stop()
        await running
