"""Postgres carries a hint from the process that takes messages to those that deliver them: something may be due.

Only a hint: nothing depends on it, and whoever hears none looks by themselves. It is never part of a transaction that
does anything else, because one with a hint in it takes a lock of the whole server's at its commit.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import asyncpg

from channel.store.database import SILENCE, Pool, borrowed, translated

_CHANNEL: Final = "live_agents_due"
#: how often a line on which nothing is heard is asked whether it is there
ASKED_EVERY: Final = 15.0


async def announce(pool: Pool) -> None:
    """Tell whoever listens. StoreError if that cannot be."""
    async with borrowed(pool) as connection:
        await connection.execute("SELECT pg_notify($1, '')", _CHANNEL)


async def listen(url: str, heard: Callable[[], None]) -> None:
    """Call `heard` at once and at each hint, until cancelled. StoreUnavailable when the connection is lost.

    The connection must reach Postgres itself: behind a pool that gives it away between transactions nothing is heard.
    """
    lost = asyncio.Event()
    with translated():
        connection = await asyncpg.connect(
            url, timeout=SILENCE, command_timeout=SILENCE, server_settings={"application_name": "live-agents listen"}
        )
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(_CHANNEL, lambda *_: heard())
            heard()  # what came before is not told again
            await _while_there(connection, lost)
        finally:
            connection.terminate()


async def _while_there(connection: Any, lost: asyncio.Event) -> None:
    """Return never; raise when it is lost, or does not answer any more."""
    while not lost.is_set():
        try:
            async with asyncio.timeout(ASKED_EVERY):
                await lost.wait()
        except TimeoutError:
            await connection.execute("SELECT 1")
    raise asyncpg.ConnectionDoesNotExistError("the connection on which hints come was lost")
