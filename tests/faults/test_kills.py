"""Replicas that are killed with SIGKILL, anywhere."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.campaign import a_seed, pick, row
from tests.faults.rig import running_rig
from tests.faults.talk import talking

pytestmark = pytest.mark.anyio

#: R1: whatever a killed replica had under way has arrived this soon
RESUMED_SECONDS = 30.0


async def test_r1_a_replica_is_killed_again_and_again(database_url: str, tmp_path: Path) -> None:
    kills, pause = pick(short=(3, 4.0), long=(30, 20.0))
    seed = a_seed()
    with row("R1", f"kill -9 of one of three replicas, {kills} times, every {pause:g} s", seed) as figures:
        async with running_rig(database_url, tmp_path, seed) as rig:
            dice = rig.dice
            async with talking(rig, contacts=8, rate=8):
                for _ in range(kills):
                    await asyncio.sleep(pause)
                    await dice.choice(rig.replicas.alive).kill()
                    await rig.replicas.start()
            await rig.drained()
            verdicts = figures.judge(rig)
            slowest = max(verdict.slowest for verdict in verdicts)
            figures.within("slowest from 2xx to arrival", slowest, RESUMED_SECONDS)
