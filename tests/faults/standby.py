"""A second Postgres that follows a test's own, and can take its place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import asyncpg

from tests.faults.postgres import GONE_SECONDS, Cluster


class Standby:
    """A copy of a cluster that follows it, and to which each commit is made too, until it takes its place."""

    def __init__(self, primary: Cluster, directory: Path, sockets: Path) -> None:
        self._directory = directory
        self._sockets = sockets
        self._primary = primary
        self._owner = (primary.data / "PG_VERSION").stat().st_uid

    def url_of(self, url: str) -> str:
        """The same database here."""
        return f"postgresql://postgres:@{urlsplit(url).path}?host={self._sockets}"

    async def start(self) -> None:
        """Copy the cluster and follow it. Returns when it commits nothing without us."""
        sockets = parse_qs(urlsplit(self._primary.url).query)["host"][0]
        origin = ("-h", sockets, "-U", "postgres")
        await self._run("pg_basebackup", *origin, "-D", str(self._directory), "-X", "stream", "-c", "fast", "-R")
        await self._run("pg_ctl", *self._where, "-w", "-l", str(self._log), "-o", f"-h '' -k {self._sockets}", "start")
        connection = await asyncpg.connect(self._primary.url)
        await connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        await connection.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(GONE_SECONDS):
            while not await connection.fetchval(_FOLLOWED):  # noqa: ASYNC110 - no event to wait for
                await asyncio.sleep(0.05)
        await connection.close()

    async def promote(self) -> None:
        """From now on it is the one. Nobody follows it."""
        connection = await asyncpg.connect(self.url_of(self._primary.url))
        assert await connection.fetchval("SELECT pg_promote()")
        await connection.close()

    async def stop(self) -> None:
        await self._run("pg_ctl", *self._where, "-m", "immediate", "stop")

    @property
    def _where(self) -> tuple[str, str]:
        return ("-D", str(self._directory))

    @property
    def _log(self) -> Path:
        return self._directory.parent / "standby.log"

    async def _run(self, program: str, *arguments: str) -> None:
        """A program of the wheel's Postgres, as the user who has the cluster's files."""
        # what it prints goes to a file: a server that it starts would keep a pipe open
        with self._log.with_suffix(".out").open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                str(self._primary.programs / program), *arguments, user=self._owner, cwd="/", stdout=out, stderr=out
            )
            code = await process.wait()
        assert code == 0, f"{program}: {self._log.with_suffix('.out').read_text()}"


_FOLLOWED = "SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state = 'sync'"


@asynccontextmanager
async def a_standby(primary: Cluster, directory: Path) -> AsyncIterator[Standby]:
    """One that follows already; stopped at the end."""
    _open_to_all(directory)
    with TemporaryDirectory() as sockets:  # a socket's path has to be short
        _open_to_all(Path(sockets))
        standby = Standby(primary, directory / "postgres", Path(sockets))
        await standby.start()
        try:
            yield standby
        finally:
            await standby.stop()


def _open_to_all(directory: Path) -> None:
    """Postgres runs as another user, where we are root."""
    directory.mkdir(exist_ok=True)
    directory.chmod(0o777)
