"""R6: the write happened and then timed out, at the database and at both HTTP clients."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.campaign import a_seed, pick, row
from tests.faults.rig import running_rig
from tests.faults.talk import talking
from tests.faults.wounds import Wounds

pytestmark = pytest.mark.anyio

SHARE = 0.05
_IN_DOUBT = (
    "SELECT id, kind, ambiguous, crashes, reason FROM delivery WHERE ambiguous > 0 OR crashes > 0 OR state = 'dead'"
)


async def test_r6_it_happened_and_then_timed_out(database_url: str, tmp_path: Path) -> None:
    seconds = pick(short=12.0, long=600.0)
    seed = a_seed()
    ran = f"{SHARE:.0%} of all statements and of all requests to the peers, for {seconds:g} s, in three replicas"
    with row("R6", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, replicas=0) as rig:
            wounds = [Wounds(seed=seed + n, statements=SHARE, exchanges=SHARE) for n in range(3)]
            replicas = await asyncio.gather(*(rig.replicas.start(each) for each in wounds))
            async with talking(rig, contacts=10, rate=10):
                await rig.rapidpro.until(lambda rp: rp.incoming(rig.channel) or None, 30)
                for replica in replicas:
                    replica.arm()
                await asyncio.sleep(seconds)
            for replica in rig.replicas.alive:
                replica.disarm()
            await rig.drained()
            verdicts = figures.judge(rig)
            figures.note("slowest from 2xx to arrival", max(verdict.slowest for verdict in verdicts))
            dead = await rig.query("SELECT kind, reason, count(*) FROM delivery WHERE state = 'dead' GROUP BY 1, 2")
            assert not dead, [dict(each) for each in dead]
            assert all(replica.alive for replica in rig.replicas.all)


async def test_r6_without_a_token_no_attempt_is_counted_that_was_not_made(database_url: str, tmp_path: Path) -> None:
    """The requests themselves are answered: so nothing is in doubt, and nothing comes twice or is given up."""
    seconds = pick(short=8.0, long=600.0)
    seed = a_seed()
    ran = f"{SHARE:.0%} of all statements, for {seconds:g} s, in three replicas, without a token"
    with row("R6", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, replicas=0, api_token=False) as rig:
            wounds = [Wounds(seed=seed + n, statements=SHARE) for n in range(3)]
            replicas = await asyncio.gather(*(rig.replicas.start(each) for each in wounds))
            async with talking(rig, contacts=10, rate=10):
                await rig.rapidpro.until(lambda rp: rp.incoming(rig.channel) or None, 30)
                for replica in replicas:
                    replica.arm()
                await asyncio.sleep(seconds)
            for replica in rig.replicas.alive:
                replica.disarm()
            await rig.drained()
            figures.judge(rig)
            assert [tuple(each) for each in await rig.query(_IN_DOUBT)] == []
            assert all(replica.alive for replica in rig.replicas.all)
