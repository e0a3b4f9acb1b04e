"""R3: every replica is told to stop and replaced, one after the other, while people write."""

import asyncio
from collections import Counter
from pathlib import Path
from time import monotonic

import pytest

from tests.faults import records
from tests.faults.campaign import a_seed, pick, row
from tests.faults.replicas import Replica
from tests.faults.rig import Rig, running_rig
from tests.faults.talk import talking

pytestmark = pytest.mark.anyio

ENDED_SECONDS = 45.0
#: no lane waits for a lease of a replica that has ended
HANDED_BACK_SECONDS = 10.0


async def test_r3_a_rolling_restart_refuses_nothing(database_url: str, tmp_path: Path) -> None:
    rounds, rate = pick(short=(1, 25.0), long=(10, 25.0))
    seed = a_seed()
    ran = f"SIGTERM to each of three replicas in turn, {rounds} times each, at {2 * rate:g} messages/s"
    with row("R3", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed) as rig:
            slowest = 0.0
            async with talking(rig, contacts=20, rate=rate):
                await asyncio.sleep(2)
                for _ in range(rounds):
                    for replica in rig.replicas.alive:
                        slowest = max(slowest, await replaced(rig, replica))
            await rig.drained()
            verdicts = figures.judge(rig)
            statuses = Counter(answer.status for answer in records.answers(rig.rapidpro, rig.rocketchat))
            figures.figures["answers"] = str(dict(statuses))
            figures.within("a replica has ended after", slowest, ENDED_SECONDS)
            figures.within("slowest from 2xx to arrival", max(v.slowest for v in verdicts), HANDED_BACK_SECONDS)
            assert set(statuses) == {200}


async def replaced(rig: Rig, old: Replica) -> float:
    """A new one comes first. Returns the seconds that the old one took to end."""
    await rig.replicas.start()
    began = monotonic()
    old.service.terminate()
    assert await old.service.ended(2 * ENDED_SECONDS) == 0
    return monotonic() - began
