"""R21: a backlog, drained into a peer that takes everything at once."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.backlog import check_order, known, owe, rate, rig_with_sink
from tests.faults.campaign import Row, a_seed, percentile, pick, row
from tests.faults.rig import REPLICAS, Rig
from tests.faults.sink import Sink
from tests.faults.wounds import Wounds

pytestmark = pytest.mark.anyio

RATE = 1500.0
CLAIMED_SECONDS = 0.01


async def test_r21_a_backlog_is_drained(database_url: str, tmp_path: Path) -> None:
    """By three replicas, and then by one: three, their Postgres and their peer want more than two cores."""
    contacts, each = pick(short=(400, 10), long=(20_000, 10))
    seed = a_seed()
    ran = f"{contacts * each} messages in {contacts} conversations, and a RapidPro that only counts"
    with row("R21", ran, seed) as figures:
        async with rig_with_sink(database_url, tmp_path, seed) as (rig, sink):
            names = [f"contact{n}" for n in range(contacts)]
            await known(rig, names)
            claims = await _drained(rig, sink, figures, names, each, "by three", replicas=REPLICAS)
            figures.note("p99 of claims, by three", percentile(claims, 99))
            claims = await _drained(rig, sink, figures, names, each, "by one", replicas=1)
            figures.measured("p99 of claims, by one", percentile(claims, 99), CLAIMED_SECONDS)


async def _drained(
    rig: Rig, sink: Sink, figures: Row, names: Sequence[str], each: int, words: str, *, replicas: int
) -> list[float]:
    """By so many replicas that end then. How long each claim took."""
    running = await asyncio.gather(*(rig.replicas.start(Wounds(times_claims=True)) for _ in range(replicas)))
    began = await owe(rig, names, each, words)
    drained = await rate(sink, sink.count + len(names) * each, began)
    figures.figures[f"drained {words}"] = f"{drained:.0f} messages/s of {RATE:.0f}"
    if drained < RATE:
        figures.late.append(f"drained {words}")
    await rig.drained()
    check_order(sink, names, each, words)
    for replica in running:
        await replica.kill()
    return [seconds for replica in running for seconds in replica.claims()]
