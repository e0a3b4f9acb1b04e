"""The schema, brought up to date by Tortoise's own migrations, by one process at a time."""

from typing import Final

import asyncpg

from channel.core.errors import StoreUnavailable
from channel.store.database import Connection, connected

#: of the advisory lock that one migrating process holds
LOCK: Final = 7_301_155
NEWEST: Final = "0012_followed"


async def migrate(url: str) -> None:
    """Apply what is missing. Twice is fine, and so are two at once. StoreUnavailable if the database is away."""
    async with connected(url) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        if await _applied(connection) != NEWEST:
            await _apply(url)


async def check_migrated(url: str) -> None:
    """StoreUnavailable, with what to do, unless the schema is the newest this code knows."""
    async with connected(url) as connection:
        applied = await _applied(connection)
    if applied is None or applied < NEWEST:
        raise StoreUnavailable("the database is not migrated: run `live-agents migrate`, or `serve --migrate`")


async def _applied(connection: Connection) -> str | None:
    try:
        newest: str | None = await connection.fetchval("SELECT max(name) FROM tortoise_migrations WHERE app = 'models'")
    except asyncpg.UndefinedTableError:
        return None
    return newest


async def _apply(url: str) -> None:
    # an eighth of a second to load, which whoever finds nothing missing need not wait
    from tortoise import Tortoise  # noqa: PLC0415
    from tortoise.migrations.api import migrate as tortoise_migrate  # noqa: PLC0415

    from channel.store.tortoise import tortoise_config  # noqa: PLC0415

    try:
        await tortoise_migrate(config=tortoise_config(url, patient=True))
    finally:
        await Tortoise.close_connections()
