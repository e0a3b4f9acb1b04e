"""R21: a backlog, drained into a peer that takes everything at once."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.backlog import check_order, known, owe, rate, rig_with_sink
from tests.faults.campaign import a_seed, percentile, pick, row
from tests.faults.rig import REPLICAS
from tests.faults.wounds import Wounds

pytestmark = pytest.mark.anyio

RATE = 1500.0
CLAIMED_SECONDS = 0.01


async def test_r21_a_backlog_is_drained(database_url: str, tmp_path: Path) -> None:
    contacts, each = pick(short=(400, 10), long=(10_000, 10))
    seed = a_seed()
    ran = f"{contacts * each} messages in {contacts} conversations, {REPLICAS} replicas, a RapidPro that only counts"
    with row("R21", ran, seed) as figures:
        async with rig_with_sink(database_url, tmp_path, seed) as (rig, sink):
            names = [f"contact{n}" for n in range(contacts)]
            await known(rig, names)
            replicas = await asyncio.gather(*(rig.replicas.start(Wounds(times_claims=True)) for _ in range(REPLICAS)))
            began = await owe(rig, names, each, "words")
            drained = await rate(sink, contacts * each, began)
            figures.figures["drained"] = f"{drained:.0f} messages/s of {RATE:.0f}"
            claims = [seconds for replica in replicas for seconds in replica.claims()]
            figures.measured("p99 of claims", percentile(claims, 99), CLAIMED_SECONDS)
            if drained < RATE:
                figures.late.append("drained")
            check_order(sink, names, each, "words")
