"""Lines that go dead without a word: to Postgres, and to both peers."""

import asyncio
from pathlib import Path

import pytest

from channel.core import limits
from tests.faults import records
from tests.faults.campaign import a_seed, pick, row
from tests.faults.rig import running_rig
from tests.faults.talk import talking

pytestmark = pytest.mark.anyio

#: R7: so soon a dead line is known as that
NOTICED_SECONDS = 30.0
#: what was under way on it has arrived another way: RapidPro is asked for a while before anything is sent again
ARRIVED_SECONDS = limits.EXCHANGE_DEADLINE + limits.ASKED_FOR + 15
#: Rocket.Chat waits 5 s for us; courier, which waits 30 s, is answered before 10
ANSWERED_SECONDS = 10.5

SHORT = (("database", "half_open"), ("to_rocketchat", "blackhole"), ("to_rapidpro", "half_open"))
#: none is dead twice running: then nothing could be there before the second time is over
LONG = tuple(
    (line, manner)
    for _ in range(6)
    for manner in ("half_open", "blackhole")
    for line in ("database", "to_rocketchat", "to_rapidpro")
)


async def test_r7_lines_go_dead_without_a_word(database_url: str, tmp_path: Path) -> None:
    lines, dead = pick(short=(SHORT, 3.0), long=(LONG, 15.0))
    seed = a_seed()
    ran = f"half-open or blackholed, {len(lines)} times, the lines to Postgres and both peers in turn, {dead:g} s each"
    with row("R7", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed) as rig:
            async with talking(rig, contacts=6, rate=6):
                for line, manner in lines:
                    await asyncio.sleep(2)
                    getattr(getattr(rig, line), manner)()
                    await asyncio.sleep(dead)
                    getattr(rig, line).mend()
            await rig.drained()
            verdicts = figures.judge(rig)
            slowest = max(verdict.slowest for verdict in verdicts)
            noticed = (await rig.query("SELECT max(seconds)::float8 AS seconds FROM attempt"))[0]["seconds"]
            answers = records.answers(rig.rapidpro, rig.rocketchat)
            figures.answers(answers)
            figures.within("a dead line to a peer noticed after", noticed, NOTICED_SECONDS)
            figures.within("slowest from 2xx to arrival", slowest, ARRIVED_SECONDS)
            figures.within("slowest answer", max(answer.seconds for answer in answers), ANSWERED_SECONDS)
            assert all(replica.alive for replica in rig.replicas.all)
