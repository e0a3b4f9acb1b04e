"""R13: RapidPro is away for a while, and then comes and goes."""

import asyncio
from pathlib import Path
from time import time

import pytest

from channel.core import limits
from tests.faults import records
from tests.faults.campaign import a_seed, pick, row
from tests.faults.pulse import feeling, most_in
from tests.faults.rig import running_rig
from tests.faults.talk import talking

pytestmark = pytest.mark.anyio

#: messages a second that are written each way,
WRITTEN = 6.0
#: and requests a second that RapidPro is to be asked at most: six times what arrives, a request for each message
RATE = 72.0
#: what waited has arrived this soon after RapidPro is back: the longest wait between two tries, and the work itself
CAUGHT_UP_SECONDS = limits.RETRY_WAITS[-1] + 12


async def test_r13_rapidpro_is_away_and_flaps(database_url: str, tmp_path: Path) -> None:
    away, flaps, pause = pick(short=(6.0, 2, 2.0), long=(300.0, 10, 30.0))
    seed = a_seed()
    ran = (
        f"RapidPro away for {away:g} s, then {flaps} times back and away for {pause:g} s each; {2 * WRITTEN:g} "
        f"messages/s, and at most {RATE:g} requests/s to RapidPro"
    )
    with row("R13", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, rapidpro_rate=RATE) as rig, feeling() as stood:
            async with talking(rig, contacts=6, rate=WRITTEN):
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
            came = [
                arrived.at for arrived in records.heard_by_contacts(rig.rapidpro, rig.channel) if arrived.at >= back
            ]
            figures.within("all that waited arrived after", max(came) - back, CAUGHT_UP_SECONDS)
            most = most_in(1.0, [request.at.timestamp() for request in rig.rapidpro.memory.requests], stood)
            figures.figures["requests to RapidPro in any second"] = f"{most:.3g} of {RATE:g}"
            assert most <= RATE * 1.05 + 1
            drained = most_in(5.0, came, stood) / 5
            figures.figures["drained, once it was back"] = (
                f"{drained:.1f} messages/s, {drained / WRITTEN:.1f} times the arrival"
            )
            assert drained >= pick(short=0.0, long=5.0) * WRITTEN
