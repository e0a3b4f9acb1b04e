"""A line to Postgres that goes dead without a word holds nobody up for long, and is noticed once for all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from time import monotonic

import asyncpg
import pytest

from channel.core.errors import StoreBusy, StoreUnavailable
from channel.store.database import SILENCE, Pool, borrowed, open_pool, transaction
from tests.faults.proxy import Proxy, proxying
from tests.faults.rig import through, to_database

pytestmark = pytest.mark.anyio

#: what the machine may take on top of what was promised
SLACK = 2.0
SIZE = 3


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Proxy]:
    async with proxying(to_database(database_url)) as proxy:
        yield proxy


@pytest.fixture
async def pool(database_url: str, line: Proxy) -> AsyncIterator[Pool]:
    """All its connections are open."""
    pool = await open_pool(through(database_url, line.port), size=SIZE, name="test")
    barrier = asyncio.Barrier(SIZE)

    async def use() -> None:
        async with borrowed(pool):
            await barrier.wait()

    await asyncio.gather(*(use() for _ in range(SIZE)))
    yield pool
    line.mend()
    await pool.close()


async def _asked(pool: Pool) -> int:
    async with transaction(pool) as connection:
        number: int = await connection.fetchval("SELECT 1")
        return number


async def _locking(pool: Pool, then: Callable[[], None] = lambda: None) -> None:
    async with transaction(pool) as connection:
        await connection.execute("SELECT FROM clock FOR UPDATE")
        then()
        await connection.fetchval("SELECT 1")


async def _failing(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute("UPDATE clock SET shift_seconds = 60")
        raise ZeroDivisionError


async def test_the_first_who_asks_is_told_in_time_and_the_next_is_served(line: Proxy, pool: Pool) -> None:
    line.half_open()
    began = monotonic()
    with pytest.raises(StoreUnavailable):
        await _asked(pool)
    assert SILENCE <= monotonic() - began < SILENCE + SLACK
    began = monotonic()
    assert await asyncio.gather(*(_asked(pool) for _ in range(SIZE))) == [1] * SIZE
    assert monotonic() - began < SLACK


async def test_a_line_that_dies_in_a_transaction_is_let_go_and_so_is_what_it_had_locked(
    line: Proxy, pool: Pool
) -> None:
    began = monotonic()
    with pytest.raises(StoreUnavailable):
        await _locking(pool, then=line.half_open)
    assert monotonic() - began < SILENCE + SLACK
    async with asyncio.timeout(20):
        while True:
            try:
                await _locking(pool)
                break
            except StoreBusy:
                continue


async def test_while_nobody_answers_each_is_told_in_time_and_the_first_after_it_is_served(
    line: Proxy, pool: Pool
) -> None:
    line.blackhole()
    for _ in range(2):
        began = monotonic()
        with pytest.raises(StoreUnavailable):
            await _asked(pool)
        assert monotonic() - began < SILENCE + SLACK
    line.mend()
    assert await _asked(pool) == 1


async def test_who_goes_away_does_not_wait_for_a_dead_line(line: Proxy, pool: Pool) -> None:
    line.half_open()
    began = monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await _asked(pool)
    assert monotonic() - began < 0.5 + SLACK


async def test_an_error_in_the_block_undoes_what_was_done(pool: Pool, database_url: str) -> None:
    with pytest.raises(ZeroDivisionError):
        await _failing(pool)
    async with transaction(pool) as connection:
        assert await connection.fetchval("SELECT shift_seconds FROM clock") == 0


async def test_a_pool_with_dead_lines_can_be_closed(line: Proxy, database_url: str) -> None:
    pool = await open_pool(through(database_url, line.port), size=SIZE, name="test")
    line.blackhole()
    began = monotonic()
    await pool.close()
    assert monotonic() - began < SILENCE + SLACK


async def test_postgres_learns_of_a_dead_line_too(pool: Pool) -> None:
    async with borrowed(pool) as connection:
        for name in ("tcp_keepalives_idle", "idle_in_transaction_session_timeout", "statement_timeout"):
            assert await connection.fetchval("SELECT source FROM pg_settings WHERE name = $1", name) == "client"


async def test_the_driver_by_itself_would_wait(line: Proxy, database_url: str) -> None:
    """So what these tests measure can go wrong: even who is told to stop waits for the dead line."""
    pool = await asyncpg.create_pool(through(database_url, line.port), min_size=1, max_size=1)
    line.half_open()
    asking = asyncio.create_task(pool.fetchval("SELECT 1"))
    await asyncio.sleep(0)
    await asyncio.wait([asking], timeout=0.5)
    asking.cancel()
    await asyncio.wait([asking], timeout=SLACK)
    assert not asking.done()
    pool.terminate()
    await asyncio.wait([asking], timeout=SLACK)
    assert asking.done()
