"""Postgres goes away and comes back: R4 restarts, R5 for long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from time import time

import httpx
import pytest

from channel.store.migrations import migrate
from tests.faults import records
from tests.faults.campaign import Row, a_seed, percentile, pick, row
from tests.faults.postgres import MANNERS, Cluster
from tests.faults.rig import Rig, running_rig
from tests.faults.talk import talking

pytestmark = pytest.mark.anyio

#: R4: what is accepted is accepted this soon, as p99; the rest is 503
ACCEPTED_SECONDS = 2.0
#: Rocket.Chat waits 5 s; courier, which waits 30 s, is answered before 10
ANSWERED_SECONDS = 10.5
#: R4: work goes on this soon after the database is back
WORKING_SECONDS = 15.0
#: R5: memory stays within this share of what it was
MEMORY = 0.10


@asynccontextmanager
async def _rig_on(cluster: Cluster, directory: Path, seed: int) -> AsyncIterator[Rig]:
    await migrate(cluster.url)
    async with running_rig(cluster.url, directory, seed) as rig:
        yield rig


async def test_r4_postgres_is_restarted(cluster: Cluster, tmp_path: Path) -> None:
    times, down = pick(short=(1, 2.0), long=(7, 10.0))
    manners = list(MANNERS) * times
    seed = a_seed()
    with row("R4", f"restarts ({', '.join(MANNERS)}), {len(manners)} in all, {down:g} s down each", seed) as figures:
        async with _rig_on(cluster, tmp_path, seed) as rig:
            back: list[float] = []
            async with talking(rig, contacts=8, rate=8):
                for manner in manners:
                    await asyncio.sleep(3)
                    await cluster.stop(manner)
                    await asyncio.sleep(down)
                    await is_told_to_come_again(rig)
                    await cluster.start()
                    back.append(time())
                await asyncio.sleep(4)
            await rig.drained()
            figures.judge(rig)
            check_answers(rig, figures)
            working = max(working_again(rig, moment) for moment in back)
            figures.within("working again after", working, WORKING_SECONDS)


async def test_r5_postgres_is_away_for_long(cluster: Cluster, tmp_path: Path) -> None:
    down = pick(short=20.0, long=900.0)
    seed = a_seed()
    with row("R5", f"Postgres down for {down:g} s", seed) as figures:
        async with _rig_on(cluster, tmp_path, seed) as rig:
            async with talking(rig, contacts=6, rate=6):
                await asyncio.sleep(4)
                before = [replica.memory for replica in rig.replicas.all]
                await cluster.stop("fast")
                await asyncio.sleep(down / 2)
                await is_told_to_come_again(rig)
                await asyncio.sleep(down / 2)
                after = [replica.memory for replica in rig.replicas.all]
                await cluster.start()
                back = time()
                await asyncio.sleep(4)
            await rig.drained()
            figures.judge(rig)
            check_answers(rig, figures)
            grown = max(b / a - 1 for a, b in zip(before, after, strict=True))
            figures.figures["memory of a replica"] = f"{grown:+.1%} at most"
            figures.within("working again after", working_again(rig, back), WORKING_SECONDS)
            assert grown <= MEMORY


async def is_told_to_come_again(rig: Rig) -> None:
    """While the database is away a caller gets 503 with Retry-After."""
    assert rig.channel.external
    async with httpx.AsyncClient(timeout=ANSWERED_SECONDS) as http:
        answer = await http.post(
            rig.channel.external.send_url,
            data={"id": "probe", "to": "probe", "text": "probe"},
            headers={"Authorization": rig.channel.external.send_authorization},
        )
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(answer.headers["retry-after"]) > 0


def check_answers(rig: Rig, figures: Row) -> None:
    answers = records.answers(rig.rapidpro, rig.rocketchat)
    figures.answers(answers)
    assert all(replica.alive for replica in rig.replicas.all)
    accepted = [answer.seconds for answer in answers if answer.status == HTTPStatus.OK]
    figures.within("p99 of 200", percentile(accepted, 99), ACCEPTED_SECONDS)
    figures.within("slowest answer", max(answer.seconds for answer in answers), ANSWERED_SECONDS)


def working_again(rig: Rig, back: float) -> float:
    """Seconds from a moment to the first request after it that was accepted."""
    answers = records.answers(rig.rapidpro, rig.rocketchat)
    return min(a.at + a.seconds for a in answers if a.status == HTTPStatus.OK and a.at + a.seconds >= back) - back
