"""R19: the replicas' own clocks are wrong, each in another way, and one of them jumps."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.campaign import a_seed, pick, row
from tests.faults.rig import running_rig
from tests.faults.talk import talking
from tests.faults.wounds import Wounds

pytestmark = pytest.mark.anyio

QUARTER, HOUR = 900.0, 3600.0
#: who waits for a lease that a wrong clock has made long, or for a retry, waits longer than this
ARRIVED_SECONDS = 10.0
_STOLEN = "SELECT id FROM delivery WHERE crashes > 0 OR ambiguous > 0 OR state = 'dead'"


async def test_r19_clocks_are_wrong(database_url: str, tmp_path: Path) -> None:
    seconds = pick(short=8.0, long=300.0)
    seed = a_seed()
    ran = f"time.time() 15 min slow, 15 min fast, and an hour to and fro each second, in three replicas, {seconds:g} s"
    with row("R19", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, replicas=0) as rig:
            wounds = (Wounds(skew=-QUARTER), Wounds(skew=QUARTER), Wounds(jump=HOUR))
            for replica in await asyncio.gather(*map(rig.replicas.start, wounds)):
                replica.arm()
            async with talking(rig, contacts=8, rate=8):
                await asyncio.sleep(seconds)
            await rig.drained()
            verdicts = figures.judge(rig)
            slowest = max(verdict.slowest for verdict in verdicts)
            figures.within("slowest from 2xx to arrival", slowest, ARRIVED_SECONDS)
            stolen = len(await rig.query(_STOLEN)) + await rig.counted("lease_lost_total")
            figures.figures["leases lost, and attempts counted twice"] = f"{stolen:g}"
            assert not stolen
