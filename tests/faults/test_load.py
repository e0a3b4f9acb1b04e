"""Much to do: R22 while an old transaction is held open, R23 steadily and then ten times as much."""

import asyncio
from http import HTTPStatus
from pathlib import Path
from time import time

import asyncpg
import pytest

from tests.faults import records
from tests.faults.campaign import Row, a_seed, percentile, pick, row
from tests.faults.rig import REPLICAS, Rig, running_rig
from tests.faults.talk import everybody_is_served, talking
from tests.faults.verifier import Arrived, Sent, seconds_each
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


async def test_r23_steady_load_then_ten_times_as_much(database_url: str, tmp_path: Path) -> None:
    rate, seconds, burst, contacts = pick(short=(8.0, 8.0, 2.0, CONTACTS), long=(100.0, 600.0, 60.0, 300))
    seed = a_seed()
    steadily = f"{rate:g} messages/s each way with {contacts} contacts for {seconds:g} s"
    ran = f"{steadily}, then ten times as many with {CONTACTS} for {burst:g} s"
    with row("R23", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, database_line=False) as rig:
            async with talking(rig, contacts=contacts, rate=rate):
                await everybody_is_served(rig, contacts)
                await asyncio.sleep(seconds)
            await rig.drained()
            steady = time()
            # a few, who wait for each answer before they say more: the rig could not make 2,000 requests a second
            async with talking(rig, contacts=CONTACTS, rate=10 * rate):
                await asyncio.sleep(burst)
            await rig.drained()
            figures.judge(rig)
            answers = records.answers(rig.rapidpro, rig.rocketchat)
            figures.answers(answers)
            accepted = [a.seconds for a in answers if a.status == HTTPStatus.OK and a.at < steady]
            figures.measured("p99 of accepting, steadily", percentile(accepted, 99), ACCEPTED_SECONDS)
            figures.measured("slowest answer", max(a.seconds for a in answers), SLOWEST_SECONDS)
            _note_arrivals(rig, figures, steady)


def _note_arrivals(rig: Rig, figures: Row, steady: float) -> None:
    directions = {
        "to agents": (records.sent_by_contacts(rig.rapidpro, rig.channel), records.read_by_agents(rig.rocketchat)),
        "to contacts": (records.sent_by_agents(rig.rocketchat), records.heard_by_contacts(rig.rapidpro, rig.channel)),
    }
    for direction, (sent, arrived) in directions.items():
        before = [one for one in sent if one.began < steady]
        after = [one for one in sent if one.began >= steady]
        p99 = percentile(seconds_each(before, [a for a in arrived if a.at < steady]), 99)
        figures.measured(f"p99 {direction}, steadily", p99, ARRIVED_SECONDS)
        figures.note(f"p99 {direction}, in the burst", percentile(_of_burst(after, arrived, steady), 99))


def _of_burst(sent: list[Sent], arrived: list[Arrived], steady: float) -> list[float]:
    return seconds_each(sent, [one for one in arrived if one.at >= steady])
