"""A claim sees what is owed as it was when it began: a lane that changes before it is locked is left alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import pytest

from channel.core.claimed import Claimed
from channel.store import listings, peers
from channel.store.claims import Demand, claim
from channel.store.database import Pool, open_pool
from channel.store.listings import Which
from channel.store.replaying import again
from tests.store.premises import Premises, texts

GATE: Final = 42
#: whoever is called slow is told the time only when nobody stands in the gate: after its statement has begun
SLOW_CLOCK: Final = """
CREATE OR REPLACE FUNCTION live_agents_now() RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF current_setting('application_name') LIKE '%slow' THEN PERFORM pg_advisory_xact_lock_shared(42); END IF;
    RETURN (SELECT clock_timestamp() + make_interval(secs => shift_seconds) FROM clock WHERE id = 1);
END $$
"""


@pytest.fixture
async def slow(premises: Premises) -> AsyncIterator[Pool]:
    """Of one connection, which has made its plan of a claim, and makes no other."""
    await premises.pool.execute(SLOW_CLOCK)
    pool = await open_pool(premises.url, size=1, name="slow", plans_once=True)
    known, _ = await peers.read(premises.pool)
    await claim(pool, premises.vault, 50, Demand(known))
    yield pool
    await pool.close()


@asynccontextmanager
async def beginning_a_claim(premises: Premises, slow: Pool) -> AsyncIterator[asyncio.Task[list[Claimed]]]:
    """While the block lasts, a claim has begun and locked nothing."""
    known, _ = await peers.read(premises.pool)
    gate = await asyncpg.connect(premises.url)
    try:
        await gate.execute("SELECT pg_advisory_lock($1)", GATE)
        claiming = asyncio.create_task(claim(slow, premises.vault, 50, Demand(known)))
        async with asyncio.timeout(10):
            waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
            while not await gate.fetchval(waits):  # noqa: ASYNC110 - nobody says that somebody waits
                await asyncio.sleep(0.01)
        yield claiming
    finally:
        await gate.close()


async def two_of_which_one_is_dead(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.unlimited()
    await premises.handle(premises.wrote("first", "1"))
    await premises.pool.execute(
        "UPDATE delivery SET state = 'dead', reason = 'unreachable', ended_at = live_agents_now()"
        " WHERE state = 'waiting'"
    )
    await premises.handle(premises.wrote("second", "2"))


async def test_what_goes_again_meanwhile_is_not_overtaken(premises: Premises, slow: Pool) -> None:
    await two_of_which_one_is_dead(premises)
    async with beginning_a_claim(premises, slow) as claiming:
        assert await again(premises.pool, await listings.dead_letters(premises.pool, Which())) == 1
    assert await claiming == []
    assert texts(await premises.claim()) == ["first"]


async def test_what_does_not_change_meanwhile_is_claimed(premises: Premises, slow: Pool) -> None:
    await two_of_which_one_is_dead(premises)
    async with beginning_a_claim(premises, slow) as claiming:
        await premises.handle(premises.wrote("Hello", "3", "bob"))
    assert texts(await claiming) == ["second"]
