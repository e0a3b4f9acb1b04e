"""Hints between processes: few, soon, and of no consequence when they fail."""

import asyncio

import pytest

from channel.core.errors import StoreUnavailable
from channel.delivery.announcing import Announcing, Listening

pytestmark = pytest.mark.anyio


class Told:
    """Who is told; each hint is held until it is let go."""

    def __init__(self, *, failing: bool = False) -> None:
        self.count = 0
        self.begun = asyncio.Event()
        self.free = asyncio.Event()
        self._failing = failing

    async def __call__(self) -> None:
        self.count += 1
        self.begun.set()
        await self.free.wait()
        if self._failing:
            raise StoreUnavailable("away")

    async def next(self) -> None:
        async with asyncio.timeout(10):
            await self.begun.wait()
        self.begun.clear()


async def test_what_comes_while_a_hint_is_told_is_one_more_hint() -> None:
    told = Told()
    announcing = Announcing(told, every=0.001)
    announcing.hint()
    await told.next()
    for _ in range(100):
        announcing.hint()
    told.free.set()
    await told.next()
    assert told.count == 2


async def test_a_hint_that_fails_is_forgotten_and_the_next_is_told() -> None:
    told = Told(failing=True)
    announcing = Announcing(told, every=0.001)
    announcing.hint()
    await told.next()
    announcing.hint()
    told.free.set()
    await told.next()
    assert told.count == 2


async def test_who_can_hear_nothing_tries_again() -> None:
    tries = 0
    third = asyncio.Event()

    async def listen() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StoreUnavailable("away")
        if tries == 2:
            raise ValueError("a mistake of our own")
        third.set()
        await asyncio.Event().wait()

    listening = asyncio.create_task(Listening(listen, away=0.001).run())
    async with asyncio.timeout(10):
        await third.wait()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert listening.cancelled()
