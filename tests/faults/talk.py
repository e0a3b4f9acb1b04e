"""The people of a campaign: contacts who write, and an agent who takes every room and answers in it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channel.sandbox.rocketchat import RocketChat, Room
from tests.faults.records import homes_of
from tests.faults.rig import Rig, cancelled

AGENT = "joao.agent"


class Talk:
    """So many contacts; all together write `rate` messages a second, and are written as many."""

    def __init__(self, rig: Rig, *, contacts: int, rate: float) -> None:
        self._rig = rig
        self._names = [f"contact{n}" for n in range(contacts)]
        self._pause = contacts / rate
        self._answering: dict[str, asyncio.Task[None]] = {}
        self._others: set[str] = set()  #: rooms of those who talk no more
        self._stopping = False

    async def run(self) -> None:
        """Until cancelled; whoever is saying something then has said it."""
        writing = [asyncio.create_task(self._write(name)) for name in self._names]
        attending = asyncio.create_task(self._attend())
        try:
            await asyncio.gather(*map(asyncio.shield, (*writing, attending)))
        finally:
            self._stopping = True
            await asyncio.gather(*writing)
            await cancelled(attending)
            await asyncio.gather(*self._answering.values())

    async def _write(self, name: str) -> None:
        dice = random.Random(f"{self._rig.seed} {name}")
        number = 0
        await asyncio.sleep(dice.random() * self._pause)
        while not self._stopping:
            await self._rig.rapidpro.send_on(self._rig.channel, name, f"{name} writes {number}")
            number += 1
            await asyncio.sleep(self._pause * dice.uniform(0.5, 1.5))

    async def _attend(self) -> None:
        """Take each new room in which one of them has written."""
        while True:
            room = await self._rig.rocketchat.until(self._new_room, timeout=24 * 3600)
            await self._rig.rocketchat.take(room.id, AGENT)
            self._answering[room.id] = asyncio.create_task(self._answer(room))

    def _new_room(self, rocketchat: RocketChat) -> Room | None:
        known = self._answering.keys() | self._others
        new = [room for room in rocketchat.rooms.values() if room.id not in known]
        homes = homes_of(rocketchat) if new else {}
        self._others |= {room.id for room in new if homes.get(room.token, self._names[0]) not in self._names}
        return next((room for room in new if homes.get(room.token) in self._names), None)

    async def _answer(self, room: Room) -> None:
        name = homes_of(self._rig.rocketchat)[room.token]
        dice = random.Random(f"{self._rig.seed} {room.name} answers")
        number = 0
        while not self._stopping:
            await asyncio.sleep(self._pause * dice.uniform(0.5, 1.5))
            await self._rig.rocketchat.write(room.id, AGENT, f"{name} hears {number}")
            number += 1


@asynccontextmanager
async def talking(rig: Rig, *, contacts: int, rate: float) -> AsyncIterator[None]:
    """People talk for as long as the block lasts."""
    task = asyncio.create_task(Talk(rig, contacts=contacts, rate=rate).run())
    try:
        yield
    finally:
        await cancelled(task)


async def everybody_is_served(rig: Rig, contacts: int) -> None:
    """Return when so many have read an agent's words."""
    await rig.rapidpro.until(lambda rp: len({m.urn for m in rp.incoming(rig.channel)}) >= contacts or None, 60)
