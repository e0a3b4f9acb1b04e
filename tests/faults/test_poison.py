"""R20: what can never be delivered, or ends the process that has it, and how little it costs the others."""

import asyncio
from bisect import bisect_right
from pathlib import Path
from zlib import crc32

import pytest
from asyncpg import Record

from channel.core import limits
from tests.faults.backlog import check_order, known, owe, rate, rig_with_sink
from tests.faults.campaign import a_seed, pick, row
from tests.faults.rig import REPLICAS, Rig
from tests.faults.wounds import Wounds

pytestmark = pytest.mark.anyio

#: of the rate without poison
SHARE = 0.8
ONE_IN = 100
POISON = "poison"

_DEAD = "SELECT reason, attempts FROM delivery WHERE state = 'dead'"


async def test_r20_poison(database_url: str, tmp_path: Path) -> None:
    contacts, each, stuck = pick(short=(40, 25, 2000), long=(400, 50, 50_000))
    seed = a_seed()
    ran = f"one in {ONE_IN} refused for good, two lanes with {stuck} that wait, words that kill who has them"
    with row("R20", ran, seed) as figures:
        async with rig_with_sink(database_url, tmp_path, seed) as (rig, sink):
            names = [f"contact{n}" for n in range(contacts)]
            await known(rig, [*names, "stuck1", "stuck2", "victim"])
            replicas = await asyncio.gather(*(rig.replicas.start(Wounds(poison=POISON)) for _ in range(REPLICAS)))
            await rate(sink, contacts * 2, await owe(rig, names, 2, "warming"))
            healthy = await rate(sink, contacts * (2 + each), await owe(rig, names, each, "healthy"))
            await owe(rig, ["stuck1", "stuck2"], stuck, "waits", after=3600.0)
            sink.refuses = lambda sender, text: crc32(f"{sender} {text}".encode()) % ONE_IN == 0
            refusing = {name: sum(sink.refuses(name, f"words {n:06}") for n in range(each)) for name in names}
            refused = sum(refusing.values())
            assert refused
            began = await owe(rig, names, each, "words")
            before = sink.count
            await rate(sink, contacts * (2 + 2 * each) - refused, began)
            # behind what is tried again one's own words wait, and nobody else's
            ended = max(sink.last[name] for name, count in refusing.items() if not count)
            poisoned = (bisect_right(sink.times, ended) - before) / (ended - began)
            figures.figures["messages/s without and with"] = f"{healthy:.0f}, {poisoned:.0f}"
            dead = await _dead_letters(rig, refused)
            figures.figures["refused, and dead letters"] = f"{refused}, {len(dead)}"
            assert all(d["attempts"] <= limits.REJECTED_ATTEMPTS for d in dead)
            check_order(sink, names, each, "words")
            if poisoned < SHARE * healthy:
                figures.late.append("messages/s with poison")
            assert poisoned >= pick(short=SHARE / 2, long=SHARE) * healthy
            await owe(rig, ["victim"], 2, POISON)
            for number in range(limits.CRASHED_ATTEMPTS):
                await _one_more_has_died(rig, number + 1)
                await rig.later(limits.LEASE + 1)
            assert len([replica for replica in replicas if replica.alive]) == 0
            await rig.replicas.start()
            await sink.until(lambda: bool(sink.texts["victim"]), 60)
            crashed = [d["reason"] for d in await _dead_letters(rig, refused + 1) if d["reason"] == "crashed"]
            figures.figures["processes that ended, and dead letters of it"] = f"{len(replicas)}, {len(crashed)}"
            assert len(crashed) == 1 and sink.texts["victim"] == [f"{POISON} 000001"]


async def _dead_letters(rig: Rig, count: int) -> list[Record]:
    """When there are so many."""
    async with asyncio.timeout(60):
        while len(dead := await rig.query(_DEAD)) != count:  # noqa: ASYNC110 - no event to wait for
            await asyncio.sleep(0.05)
    return dead


async def _one_more_has_died(rig: Rig, number: int) -> None:
    async with asyncio.timeout(60):
        while len(rig.replicas.all) - len(rig.replicas.alive) < number:  # noqa: ASYNC110 - a process that we do not await
            await asyncio.sleep(0.05)
