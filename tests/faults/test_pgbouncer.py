"""Through a PgBouncer in transaction mode: each transaction may get another connection of Postgres's."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests import processes
from tests.faults.campaign import a_seed, pick, row
from tests.faults.proxy import proxying
from tests.faults.rig import running_rig, through, to_database
from tests.faults.talk import everybody_is_served, talking

pytestmark = pytest.mark.anyio

PGBOUNCER: Final = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
#: connections to Postgres, for all replicas together; each of these opens more to PgBouncer
CONNECTIONS: Final = 5
CONTACTS: Final = 4
#: as docs/scaling.md has them
IGNORED: Final = (
    "statement_timeout, lock_timeout, idle_in_transaction_session_timeout, tcp_keepalives_idle, "
    "tcp_keepalives_interval, tcp_keepalives_count, plan_cache_mode, enable_seqscan, enable_hashjoin, enable_mergejoin"
)


@asynccontextmanager
async def pooling(postgres_port: int, database: str, directory: Path) -> AsyncIterator[int]:
    """A PgBouncer in front of this Postgres, in transaction mode. Its port."""
    assert PGBOUNCER
    port = processes.free_port()
    config = directory / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n{database} = host=127.0.0.1 port={postgres_port} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = transaction\ndefault_pool_size = {CONNECTIONS}\nmax_client_conn = 200\n"
        f"ignore_startup_parameters = {IGNORED}\n"
    )
    user = ("-u", "nobody") if os.getuid() == 0 else ()  # it refuses to be root
    process = await asyncio.create_subprocess_exec(PGBOUNCER, "-q", *user, config)
    try:
        async with asyncio.timeout(20):
            while not await _answers(port, database):  # noqa: ASYNC110 - it says nothing when it listens
                await asyncio.sleep(0.05)
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(port: int, database: str) -> bool:
    url = f"postgresql://postgres@127.0.0.1:{port}/{database}"
    try:
        connection = await asyncpg.connect(url, statement_cache_size=0, timeout=2)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


@pytest.mark.skipif(PGBOUNCER is None, reason="no PgBouncer: apt-get install -y pgbouncer")
async def test_people_talk_through_a_pgbouncer_and_a_replica_is_killed(database_url: str, tmp_path: Path) -> None:
    lasts, seed = pick(short=4.0, long=60.0), a_seed()
    database = urlsplit(database_url).path.removeprefix("/")
    ran = f"two replicas behind a PgBouncer with {CONNECTIONS} connections, one killed in the middle"
    with row("pgbouncer", ran, seed) as figures:
        async with (
            proxying(to_database(database_url)) as line,
            pooling(line.port, database, tmp_path) as port,
            running_rig(
                database_url,
                tmp_path,
                seed,
                replicas=2,
                replicas_url=f"{through(database_url, port)}?prepared_statements=off",
            ) as rig,
        ):
            async with talking(rig, contacts=CONTACTS, rate=CONTACTS):
                await everybody_is_served(rig, CONTACTS)
                await asyncio.sleep(lasts)
                await rig.replicas.alive[0].kill()
                await rig.replicas.start()
                await asyncio.sleep(lasts)
            await rig.drained()
            listed = await processes.run(rig.replicas.env, "channels", "list")
            assert (listed.code, listed.err) == (0, "")
            figures.judge(rig)
            assert 0 < len(line.passing) <= 2 * CONNECTIONS  # both ends of each
            said = "".join(line for replica in rig.replicas.all for line in replica.service.seen)
            assert "prepared statement" not in said
