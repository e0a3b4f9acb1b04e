"""Connections to Postgres, and the one place where its errors become ours."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from channel.core.errors import StoreBusy, StoreRefused, StoreUnavailable

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = Pool = object

#: SQLSTATE classes by which the database refuses the statement itself: data, constraints, syntax and access
_REFUSING = ("22", "23", "42")
#: but these of them say that it is not migrated yet
_NOT_MIGRATED = ("42P01", "42883", "42703")
#: what the driver says of a connection that went; an internal error, where it went in the middle of a statement
_CUT_OFF = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError, asyncio.IncompleteReadError)

#: these say that somebody else holds a lock: not to be had in time, and a deadlock
_LOCKED = ("55P03", "40P01")

#: what a process that has died in the middle leaves locked is free again after 10 s, and nobody waits long for it (ms)
_SESSION = {
    "idle_in_transaction_session_timeout": "10000",
    "statement_timeout": "15000",
    "lock_timeout": "1500",
}


@contextmanager
def translated() -> Iterator[None]:
    """Raise the store's errors instead of the driver's."""
    try:
        yield
    except asyncpg.PostgresError as error:
        state = error.sqlstate or ""
        if state[:2] in _REFUSING and state not in _NOT_MIGRATED:
            # Its own text quotes the row, with everybody's words in it.
            raise StoreRefused(f"{type(error).__name__} ({state})") from None
        if state in _LOCKED:
            raise StoreBusy(f"{type(error).__name__} ({state})") from error
        raise StoreUnavailable(f"{type(error).__name__} ({state})") from error
    except asyncpg.DataError as error:
        # The driver cannot even say it to the database; its text quotes what it was given.
        raise StoreRefused(type(error).__name__) from None
    except _CUT_OFF as error:
        raise StoreUnavailable(f"the database does not answer ({type(error).__name__}: {error})") from error


async def open_pool(url: str, *, size: int, name: str) -> "Pool":
    """A pool of at most `size` connections, each of which gives up on a statement after 15 s."""
    with translated():
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            timeout=10,
            command_timeout=15,
            server_settings={"application_name": f"live-agents {name}", **_SESSION},
        )


@asynccontextmanager
async def transaction(pool: "Pool") -> AsyncIterator["Connection"]:
    """A connection in a transaction; committed when the block ends well."""
    with translated():
        async with pool.acquire(timeout=5) as connection, connection.transaction():
            yield connection
