"""Connections to Postgres, and the one place where its errors become ours."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from channel.core.errors import StoreRefused, StoreUnavailable

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = Pool = object

#: what the database says when it, and not our statement, is the trouble
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedFunctionError,
    OSError,
    TimeoutError,
    asyncio.IncompleteReadError,
)


@contextmanager
def translated() -> Iterator[None]:
    """Raise the store's errors instead of the driver's."""
    try:
        yield
    except _AWAY as error:
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
    except asyncpg.PostgresError as error:
        # Its own text quotes the row, with everybody's words in it.
        raise StoreRefused(f"{type(error).__name__} ({error.sqlstate})") from None


async def open_pool(url: str, *, size: int, name: str) -> "Pool":
    """A pool of at most `size` connections, each of which gives up on a statement after 15 s."""
    with translated():
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            timeout=10,
            command_timeout=15,
            server_settings={"application_name": f"live-agents {name}"},
        )


@asynccontextmanager
async def transaction(pool: "Pool") -> AsyncIterator["Connection"]:
    """A connection in a transaction; committed when the block ends well."""
    with translated():
        async with pool.acquire(timeout=5) as connection, connection.transaction():
            yield connection
