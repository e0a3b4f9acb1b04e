"""Postgres for everybody, and the bridge between two simulated peers, over real HTTP."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from channel.embedded import embedded_postgres
from channel.store.migrations import migrate
from tests.bridge import Bridge, running_bridge
from tests.certificates import made_in
from tests.faults.campaign import FORM

TEMPLATE = "live_agents_template"
MEMORY = Path("/dev/shm")  # noqa: S108 - a directory in it is made for us alone
MEMORY_NEEDED = 4 * 2**30

#: the files that take longest, which begin first: at the end, three processes would wait for one
LONGEST = (
    "test_commands_of_pages.py",
    "test_wheel.py",
    "test_image_rehearsed.py",
    "test_kill.py",
    "test_canaries.py",
    "test_any_body.py",
    "test_webhook.py",
)

# four tests at once on two cores: that one is slow says nothing of what it tests
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one authority that is trusted here; it has signed nothing but itself."""
    return made_in(tmp_path_factory.mktemp("authority"))[0]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, authority: Path) -> None:
    """No setting of whoever runs the tests reaches them, and no server that others vouch for.

    To read a system's authorities takes 25 ms, which each client of HTTP does.
    """
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    for name in list(os.environ):
        if name.startswith("LIVE_AGENTS_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Postgres with a migrated template database: `DATABASE_URL` if it is set, else the embedded one."""
    given = os.environ.get("DATABASE_URL")
    if given:
        asyncio.run(_make_template(given))
        yield given
        return
    with _place(tmp_path_factory) as directory, embedded_postgres(directory) as url:
        # What the machine's power supply does is nobody's test here, and every test makes a database of its own.
        asyncio.run(_execute(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"))
        asyncio.run(_make_template(url))
        yield url


@contextmanager
def _place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the databases are: in memory where there is enough, which makes one in a tenth of the time.

    Not for `make faults`, whose figures are of a Postgres as people run it.
    """
    if FORM in os.environ or not MEMORY.is_dir() or disk_usage(MEMORY).free < MEMORY_NEEDED:
        yield tmp_path_factory.mktemp("postgres")
        return
    with TemporaryDirectory(prefix="live-agents-", dir=MEMORY, ignore_cleanup_errors=True) as directory:
        yield Path(directory)


async def _make_template(server: str) -> None:
    await _execute(server, f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}")
    await migrate(_named(server, TEMPLATE))


@pytest.fixture
async def database_url(postgres: str) -> AsyncIterator[str]:
    """An empty, migrated database of this test's own."""
    async with own_database(postgres) as url:
        yield url


@asynccontextmanager
async def own_database(server: str) -> AsyncIterator[str]:
    """An empty, migrated database for as long as the block lasts."""
    name = f"test_{uuid.uuid4().hex}"
    await _execute(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _named(server, name)
    await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def empty_database_url(postgres: str) -> AsyncIterator[str]:
    """A database of this test's own in which nothing has been made."""
    name = f"empty_{uuid.uuid4().hex}"
    await _execute(postgres, f"CREATE DATABASE {name}")
    yield _named(postgres, name)
    await _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def bridge(database_url: str, tmp_path: Path) -> AsyncIterator[Bridge]:
    """The service between a simulated RapidPro and a simulated Rocket.Chat, connected in set-up b."""
    async with running_bridge(database_url, tmp_path) as running:
        yield running


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _named(server: str, database: str) -> str:
    """The URL of another database of the same server."""
    before, mark, options = server.partition("?")
    return f"{before.rpartition('/')[0]}/{database}{mark}{options}"
