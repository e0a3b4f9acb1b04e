"""Every fault that comes and goes, one after the other under the same people: the short form of most of the table."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import asyncpg
import pytest

from channel.sandbox.rocketchat.faults import Answers, Hangs, Loses
from channel.store.migrations import migrate
from tests.faults import records
from tests.faults.campaign import a_seed, row
from tests.faults.postgres import Cluster
from tests.faults.replicas import Replica
from tests.faults.rig import REPLICAS, Rig, running_rig
from tests.faults.talk import everybody_is_served, talking
from tests.faults.test_databases import is_told_to_come_again
from tests.faults.test_rolling import replaced
from tests.faults.wounds import Wounds

pytestmark = pytest.mark.anyio

CONTACTS = 6
#: how long a fault lasts
LASTS = 2.0
#: how soon words go both ways again once it is over
AGAIN_SECONDS = 45.0


class Turns:
    """The faults, each by the row of the table that makes it at length."""

    def __init__(self, rig: Rig, cluster: Cluster, wounded: Replica) -> None:
        self._rig = rig
        self._cluster = cluster
        self._wounded = wounded

    async def r1_kill(self) -> None:
        await self._rig.dice.choice([r for r in self._rig.replicas.alive if r is not self._wounded]).kill()
        await self._rig.replicas.start()

    async def r3_roll_out(self) -> None:
        await replaced(self._rig, next(r for r in self._rig.replicas.alive if r is not self._wounded))

    async def r4_r5_postgres_is_away(self) -> None:
        for manner in ("kill -9", "fast"):
            await self._cluster.stop(manner)
            await is_told_to_come_again(self._rig)
            await self._cluster.start()

    async def r6_it_happened_and_then_timed_out(self) -> None:
        self._wounded.arm()
        await asyncio.sleep(2 * LASTS)
        self._wounded.disarm()

    async def r7_lines_go_dead(self) -> None:
        self._rig.database.half_open()
        self._rig.to_rapidpro.blackhole()
        self._rig.to_rocketchat.half_open()
        await asyncio.sleep(LASTS)
        self._rig.to_rapidpro.mend()

    async def r9_rocketchat_answers_5xx(self) -> None:
        self._rig.rocketchat.faults.rest(Answers(503, "<html>", "text/html"), times=None)
        await asyncio.sleep(LASTS)
        self._rig.rocketchat.faults.clear()

    async def r10_rocketchat_hangs(self) -> None:
        self._rig.rocketchat.faults.rest(Hangs(600), times=3)

    async def r13_rapidpro_flaps(self) -> None:
        for _ in range(2):
            self._rig.to_rapidpro.reset()
            await asyncio.sleep(LASTS / 2)
            self._rig.to_rapidpro.mend()
            await asyncio.sleep(LASTS / 2)

    async def r18_webhooks_are_lost(self) -> None:
        self._rig.rocketchat.faults.webhook(Loses(), type="Message", times=CONTACTS)


async def test_every_fault_in_turn(cluster: Cluster, tmp_path: Path) -> None:
    """The clocks of one replica are wrong (R19), and an old snapshot is held in the second half (R22)."""
    seed = a_seed()
    await migrate(cluster.url)
    with row(
        "all", "R1, R3–R7, R9, R10, R13, R18, R19 and R22 one after the other, with people who go on talking", seed
    ) as figures:
        async with running_rig(cluster.url, tmp_path, seed, replicas=REPLICAS - 1) as rig:
            wounds = Wounds(seed=seed, statements=0.05, exchanges=0.05, skew=900.0)
            turns = Turns(rig, cluster, await rig.replicas.start(wounds))
            async with talking(rig, contacts=CONTACTS, rate=CONTACTS):
                await everybody_is_served(rig, CONTACTS)
                for fault in (turns.r1_kill, turns.r4_r5_postgres_is_away, turns.r3_roll_out):
                    await _endured(rig, fault)
                async with _an_old_snapshot(cluster):
                    for fault in (
                        turns.r6_it_happened_and_then_timed_out,
                        turns.r7_lines_go_dead,
                        turns.r9_rocketchat_answers_5xx,
                        turns.r10_rocketchat_hangs,
                        turns.r13_rapidpro_flaps,
                        turns.r18_webhooks_are_lost,
                    ):
                        await _endured(rig, fault)
            await rig.drained(hurrying=True)
            figures.judge(rig)
            assert len(rig.replicas.alive) == REPLICAS  # none went that was not made to
            assert [dict(each) for each in await rig.query(_DEAD)] == []


_DEAD = "SELECT kind, reason, count(*) FROM delivery WHERE state = 'dead' GROUP BY 1, 2"


@asynccontextmanager
async def _an_old_snapshot(cluster: Cluster) -> AsyncIterator[None]:
    """Postgres may clear nothing away that has become old since."""
    connection = await asyncpg.connect(cluster.url)
    async with connection.transaction(isolation="repeatable_read"):
        await connection.execute("CREATE TEMPORARY TABLE held AS SELECT count(*) FROM delivery")
        yield
    await connection.close()


async def _endured(rig: Rig, fault: Callable[[], Awaitable[None]]) -> None:
    """Let it happen, and return when something has come both ways that was sent after it."""
    began = monotonic()
    await fault()
    heard, read = len(rig.rapidpro.incoming(rig.channel)), len(records.read_by_agents(rig.rocketchat))
    await asyncio.gather(
        rig.rapidpro.until(lambda rp: len(rp.incoming(rig.channel)) > heard + CONTACTS or None, AGAIN_SECONDS),
        rig.rocketchat.until(lambda rc: len(records.read_by_agents(rc)) > read + CONTACTS or None, AGAIN_SECONDS),
    )
    print(f"{fault.__name__}: over, and words go both ways, after {monotonic() - began:.1f} s")
