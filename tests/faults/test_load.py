"""Much to do: R22 while an old transaction is held open, R23 steadily and then ten times as much."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from tests.faults.campaign import a_seed, percentile, pick, row
from tests.faults.crowd import both_ways
from tests.faults.rig import REPLICAS, running_rig
from tests.faults.talk import everybody_is_served, talking
from tests.faults.wounds import Wounds

pytestmark = pytest.mark.anyio

CONTACTS = 12
#: R22
CLAIMED_SECONDS = 0.1
#: R23
ACCEPTED_SECONDS = 0.15
SLOWEST_SECONDS = 4.0
ARRIVED_SECONDS = 1.0


async def test_r22_an_old_transaction_is_held_open(database_url: str, tmp_path: Path) -> None:
    seconds, rate, contacts = pick(short=(8.0, 15.0, CONTACTS), long=(600.0, 50.0, 300))
    seed = a_seed()
    ran = f"a snapshot held for {seconds:g} s at {2 * rate:g} messages/s in {contacts} conversations"
    with row("R22", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, replicas=0, database_line=False) as rig:
            await asyncio.gather(*(rig.replicas.start(Wounds(times_claims=True)) for _ in range(REPLICAS)))
            holding = await asyncpg.connect(database_url)
            async with holding.transaction(isolation="repeatable_read"):
                await holding.execute("CREATE TEMPORARY TABLE held AS SELECT count(*) FROM delivery")
                async with talking(rig, contacts=contacts, rate=rate):
                    await everybody_is_served(rig, contacts)
                    await asyncio.sleep(seconds)
                await rig.drained()
            await holding.close()
            figures.judge(rig)
            claims = [each for replica in rig.replicas.all for each in replica.claims()]
            figures.figures["claims"] = str(len(claims))
            figures.measured("p99 of claims", percentile(claims, 99), CLAIMED_SECONDS)


async def test_r23_steady_load_then_ten_times_as_much() -> None:
    """The rig's own peers could not take so much: here are those of the benchmarks, and load from processes apart."""
    rate, seconds, burst, contacts = pick(short=(20.0, 6.0, 2.0, CONTACTS), long=(100.0, 600.0, 60.0, 300))
    steadily = f"{rate:g} messages/s each way with {contacts} contacts for {seconds:g} s"
    ran = f"{steadily}, then as many as {CONTACTS} connections each way can, {10 * rate:g}/s at most, for {burst:g} s"
    with row("R23", ran, a_seed()) as figures:
        async with both_ways(contacts, replicas=REPLICAS) as load:
            steady = await load(rate=rate, seconds=seconds)
            crowded = await load(rate=10 * rate, seconds=burst, connections=CONTACTS)
        for told, words in ((steady, "steadily"), (crowded, "in the burst")):
            for direction, way in told.items():
                figures.figures[f"{direction}, {words}"] = way.in_words
                figures.note(f"p99 {direction}, {words}", percentile(way.arriving, 99))
        for way in (*steady.values(), *crowded.values()):
            assert way.verdict.accepted and way.verdict.holds, way.verdict
            assert not way.untold, f"of {way.untold} messages RapidPro was not told"
            assert {str(status) for status in way.statuses} <= {"200", "503"}
        accepting = [each for way in steady.values() for each in way.accepting]
        answering = [each for way in (*steady.values(), *crowded.values()) for each in way.answering]
        figures.measured("p99 of accepting, steadily", percentile(accepting, 99), ACCEPTED_SECONDS)
        figures.measured("slowest answer", max(answering), SLOWEST_SECONDS)
        for direction, way in steady.items():
            figures.measured(f"p99 {direction}, steadily", percentile(way.arriving, 99), ARRIVED_SECONDS)
