"""R24: faults at random, one after the other, for as long as it takes."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic

import pytest

from channel.sandbox.rapidpro.faults import drop_after
from channel.sandbox.rocketchat.faults import Answers, Drops
from tests.faults.campaign import a_seed, pick, row
from tests.faults.rig import Rig, running_rig
from tests.faults.talk import everybody_is_served, talking

pytestmark = pytest.mark.anyio

CONTACTS = 6
PAUSE = 1.5
#: of a replica that is there all along: open files more than at first, once all is quiet again
DESCRIPTORS = 20
_DEAD = "SELECT kind, reason, count(*) FROM delivery WHERE state = 'dead' GROUP BY 1, 2"


async def test_r24_a_soak_with_faults_at_random(database_url: str, tmp_path: Path) -> None:
    seconds = pick(short=10.0, long=900.0)
    seed = a_seed()
    with row("R24", f"one of {len(FAULTS)} faults every {PAUSE:g} s, for {seconds:g} s", seed) as figures:
        async with running_rig(database_url, tmp_path, seed) as rig:
            async with talking(rig, contacts=CONTACTS, rate=CONTACTS):
                await everybody_is_served(rig, CONTACTS)
                stays = rig.replicas.all[0]
                files, memory = stays.descriptors, stays.memory
                dice, until = rig.dice, monotonic() + seconds
                while monotonic() < until:
                    await dice.choice(FAULTS)(rig, dice)
                    await asyncio.sleep(PAUSE)
            rig.rocketchat.faults.clear()
            rig.rapidpro.faults.clear()
            await rig.drained()
            figures.judge(rig)
            figures.figures["memory of a replica"] = f"{stays.memory / memory - 1:+.1%}"
            figures.figures["its open files"] = f"{files} at first, {stays.descriptors} at last"
            assert stays.alive and stays.descriptors <= files + DESCRIPTORS
            dead = [tuple(each) for each in await rig.query(_DEAD)]
            figures.figures["dead letters"] = str(dead or "none")
            assert not dead


async def _kill(rig: Rig, dice: random.Random) -> None:
    await dice.choice(rig.replicas.alive[1:]).kill()
    await rig.replicas.start()


async def _cut(rig: Rig, dice: random.Random) -> None:
    dice.choice((rig.database, rig.to_rapidpro, rig.to_rocketchat)).cut()


async def _refuse(rig: Rig, dice: random.Random) -> None:
    line = dice.choice((rig.database, rig.to_rapidpro, rig.to_rocketchat))
    line.reset()
    await asyncio.sleep(PAUSE)
    line.mend()


async def _spoil(rig: Rig, dice: random.Random) -> None:
    rig.rocketchat.faults.rest(dice.choice((Answers(503), Drops(), Drops(worked=True))), times=3)
    rig.rapidpro.faults.add("receive", drop_after(), 2)


FAULTS: tuple[Callable[[Rig, random.Random], Awaitable[None]], ...] = (_kill, _cut, _refuse, _spoil)
