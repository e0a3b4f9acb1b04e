"""R13: RapidPro is away for a while, and then comes and goes."""

import asyncio
from pathlib import Path
from time import time

import pytest

from channel.core import limits
from tests.faults import records
from tests.faults.campaign import a_seed, pick, row
from tests.faults.rig import running_rig
from tests.faults.talk import talking

pytestmark = pytest.mark.anyio

#: what waited has arrived this soon after RapidPro is back: the longest wait between two tries, and the work itself
CAUGHT_UP_SECONDS = limits.RETRY_WAITS[-1] + 12


async def test_r13_rapidpro_is_away_and_flaps(database_url: str, tmp_path: Path) -> None:
    away, flaps, pause = pick(short=(6.0, 2, 2.0), long=(300.0, 10, 30.0))
    seed = a_seed()
    ran = f"RapidPro away for {away:g} s, then {flaps} times back and away for {pause:g} s each"
    with row("R13", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed) as rig:
            async with talking(rig, contacts=6, rate=6):
                await asyncio.sleep(4)
                rig.to_rapidpro.reset()
                await asyncio.sleep(away)
                for _ in range(flaps):
                    rig.to_rapidpro.mend()
                    await asyncio.sleep(pause)
                    rig.to_rapidpro.reset()
                    await asyncio.sleep(pause)
                rig.to_rapidpro.mend()
                back = time()
            await rig.drained()
            figures.judge(rig)
            last = max(arrived.at for arrived in records.heard_by_contacts(rig.rapidpro, rig.channel))
            figures.within("all that waited arrived after", last - back, CAUGHT_UP_SECONDS)
            figures.figures["drain against arrival rate, and RapidPro's load"] = "not judged: no rate is set here"
