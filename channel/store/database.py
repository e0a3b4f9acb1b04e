"""Connections to Postgres, and the one place where its errors become ours."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg

from channel.core.errors import StoreBusy, StoreRefused, StoreUnavailable
from channel.logs import log

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

#: A statement of ours takes milliseconds, and none waits for a lock longer than 1.5 s: a connection on which nothing
#: has come for so long leads nowhere. A peer who cannot wait so long is answered sooner, by the edge's own deadline.
SILENCE: Final = 5.0

#: an option of the database's URL: `off` behind a PgBouncer that does not know them (before 1.21)
PREPARED: Final = "prepared_statements"

#: What a process that died, or a line that did, leaves locked is free again after 8 s, and nobody waits long for it.
#: Postgres itself learns of a dead line to an idle client within a minute.
_SESSION: Final = {
    "idle_in_transaction_session_timeout": "8000",
    "statement_timeout": "8000",
    "lock_timeout": "1500",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
#: What every message needs is found by number, whatever the numbers are: to plan it anew costs more than it saves. A
#: plan made while the tables were small stays, so none may read one of them whole: that is right only as long as they
#: are small. What people search by, and may leave out, is planned for what they gave.
_PLANNED_ONCE: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}

#: connections that are on their way back to their pools
_GIVING: Final[set["asyncio.Future[None]"]] = set()


class _Letting(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that is let go if it does not say good-bye in time."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's own
        with suppress(TimeoutError):
            await super().close(timeout=timeout)


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


def _reached(url: str) -> dict[str, Any]:
    """The database, and whether statements are prepared there: `?prepared_statements=off` is a word of ours."""
    parts = urlsplit(url)
    options = parse_qsl(parts.query, keep_blank_values=True)
    others = [(name, value) for name, value in options if name != PREPARED]
    if others == options:
        return {"dsn": url}
    without = parts._replace(query=urlencode(others, safe="/")).geturl()
    return {"dsn": without} | ({"statement_cache_size": 0} if dict(options)[PREPARED] == "off" else {})


async def open_pool(url: str, *, size: int, name: str, least: int = 1, plans_once: bool = False) -> "Pool":
    """A pool of at most `size` connections, each of which is given up when it is silent for `SILENCE`.

    `least` of them are made at once, and kept. `plans_once`: for the same few statements all day.
    """
    planned = _PLANNED_ONCE if plans_once else {}
    with translated():
        return await asyncpg.create_pool(
            **_reached(url),
            min_size=least,
            max_size=size,
            timeout=10,
            command_timeout=SILENCE,
            connection_class=_Letting,
            target_session_attrs="read-write",  # what a standby says may be old
            reset=_as_it_is,
            server_settings={"application_name": f"live-agents {name}", **_SESSION, **planned},
        )


async def _as_it_is(connection: "Connection") -> None:
    """Nothing is ever set on a connection: asking for that to be undone could only fail, after a commit."""


@asynccontextmanager
async def borrowed(pool: "Pool", *, hurried: bool = False) -> AsyncIterator["Connection"]:
    """A connection. After a silence it is thrown away, and the others are made anew: they lead the same way.

    `hurried`: who borrowed it does not wait until it is back. That takes two turns of the loop; but who comes next is
    given another connection meanwhile, which has done something else lately.
    """
    with translated():
        connection = await pool.acquire(timeout=SILENCE)
        try:
            yield connection
        except asyncpg.ReadOnlySQLTransactionError:
            await pool.expire_connections()  # it is the primary no more; who is now is found by connecting anew
            raise
        except (TimeoutError, asyncio.CancelledError):
            # It may be waiting for an answer still; to wait for that, or to cancel it, would take as long again.
            connection.terminate()
            await pool.expire_connections()
            raise
        finally:
            if hurried:
                _give_back(pool, connection)
            else:
                await pool.release(connection)


def _give_back(pool: "Pool", connection: "Connection") -> None:
    """To the pool, without waiting for it."""
    giving = asyncio.ensure_future(pool.release(connection))
    _GIVING.add(giving)
    giving.add_done_callback(_given_back)


def _given_back(giving: "asyncio.Future[None]") -> None:
    _GIVING.discard(giving)
    if not giving.cancelled() and (error := giving.exception()):
        log.warning("connection_not_given_back", error=f"{type(error).__name__}: {error}")


@asynccontextmanager
async def connected(
    where: "str | Pool", *, settings: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator["Connection"]:
    """A connection: of a pool, or one of its own to a database's URL, closed when the block ends.

    `settings` are the session's, where it is one of its own. As a pool's are, it is to who takes commits.
    """
    if not isinstance(where, str):
        async with borrowed(where) as connection:
            yield connection
        return
    with translated():
        connection = await asyncpg.connect(
            **_reached(where), timeout=10, target_session_attrs="read-write", server_settings=dict(settings)
        )
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def transaction(pool: "Pool") -> AsyncIterator["Connection"]:
    """A connection in a transaction; committed when the block ends well."""
    async with borrowed(pool) as connection, begun(connection):
        yield connection


@asynccontextmanager
async def begun(connection: "Connection") -> AsyncIterator[None]:
    """A transaction on a borrowed connection; committed when the block ends well."""
    begun = connection.transaction()
    await begun.start()
    try:
        yield
    except (TimeoutError, asyncio.CancelledError):
        raise  # with the connection goes the transaction
    except BaseException:
        await begun.rollback()
        raise
    await begun.commit()
