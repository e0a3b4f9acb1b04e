"""A hint goes from one process to another, and a lost line is noticed."""

import asyncio

import pytest

from channel.core.errors import StoreUnavailable
from channel.store.database import open_pool
from channel.store.listening import announce, listen

pytestmark = pytest.mark.anyio


async def test_whoever_listens_hears_a_hint_and_notices_when_the_line_is_lost(database_url: str) -> None:
    heard: asyncio.Queue[None] = asyncio.Queue()
    pool = await open_pool(database_url, size=1, name="test")
    listening = asyncio.create_task(listen(database_url, lambda: heard.put_nowait(None)))
    async with asyncio.timeout(30):
        await heard.get()  # that it listens now
        await announce(pool)
        await heard.get()
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'live-agents listen'"
        await pool.execute(f"{ended} AND datname = current_database()")
        with pytest.raises(StoreUnavailable):
            await listening
    await pool.close()


async def test_nobody_listens_where_there_is_no_database() -> None:
    with pytest.raises(StoreUnavailable):
        await listen("postgresql://nobody@127.0.0.1:1/none", lambda: None)
