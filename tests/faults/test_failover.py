"""R8: Postgres is lost, and its standby takes its place."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import time

import asyncpg
import pytest

from channel.core.errors import StoreUnavailable
from channel.store.database import open_pool
from channel.store.migrations import migrate
from tests.faults.campaign import a_seed, pick, row
from tests.faults.postgres import Cluster, a_cluster
from tests.faults.rig import Rig, running_rig, to_database
from tests.faults.standby import a_standby
from tests.faults.talk import talking
from tests.faults.test_databases import WORKING_SECONDS, check_answers, working_again

pytestmark = pytest.mark.anyio

READ_ONLY = "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[Cluster]:
    with a_cluster(tmp_path / "primary") as running:
        yield running


async def test_r8_postgres_fails_over_to_a_standby(primary: Cluster, tmp_path: Path) -> None:
    """Each moment of a failover is longer than in life: read only, gone, a standby that is none yet, the new one."""
    window, steady = pick(short=(1.0, 2.0), long=(30.0, 60.0))
    seed = a_seed()
    ran = f"a synchronous standby takes over; read only, gone, and a standby that is none yet for {window:g} s each"
    with row("R8", ran, seed) as figures:
        await migrate(primary.url)
        standing_by = a_standby(primary, tmp_path / "standby")
        async with standing_by as standby, running_rig(primary.url, tmp_path, seed) as rig:
            async with talking(rig, contacts=6, rate=6):
                await asyncio.sleep(steady)
                await _made_read_only(primary)
                await asyncio.sleep(window)
                await primary.stop("kill -9")
                await asyncio.sleep(window)
                rig.database_url = standby.url_of(primary.url)
                rig.database.lead_to(to_database(rig.database_url))
                await asyncio.sleep(window)
                await _refuses_our_pools(rig)
                await standby.promote()
                back = time()
                await asyncio.sleep(steady)
            await rig.drained()
            figures.judge(rig)
            check_answers(rig, figures)
            figures.within("working again after", working_again(rig, back), WORKING_SECONDS)


async def _made_read_only(primary: Cluster) -> None:
    connection = await asyncpg.connect(primary.url)
    for statement in READ_ONLY:
        await connection.execute(statement)
    await connection.close()


async def _refuses_our_pools(rig: Rig) -> None:
    """What a standby says may be old: nothing of ours reads it."""
    with pytest.raises(StoreUnavailable):
        await open_pool(rig.database_url, size=1, name="test")
