"""One process at a time, where two at once would make the same thing twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from channel.store.database import translated

#: of the advisory lock that is held by who looks for a channel and makes it where there is none
CONNECTING: Final = 7_301_156


@asynccontextmanager
async def alone(url: str, lock: int = CONNECTING) -> AsyncIterator[None]:
    """The block runs once whoever else was in one like it has left it, in this process or in any other."""
    with translated():
        connection = await asyncpg.connect(url, timeout=10)
        try:
            async with connection.transaction():  # behind a pool, nothing of a session's own would end with it
                await connection.execute("SELECT pg_advisory_xact_lock($1)", lock)
                yield
        finally:
            await connection.close()
