"""A claim that was committed and got no answer is taken back: nobody made the attempts that it has counted."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from channel.core.errors import StoreUnavailable
from channel.store.claims import ClaimUnheard, Lease, take_back
from channel.store.database import Pool, open_pool
from tests.store.premises import Premises, texts

pytestmark = pytest.mark.anyio

COUNTED = "SELECT attempts, attempt_open, ambiguous, crashes FROM delivery WHERE state = 'waiting'"
LEASED = "SELECT count(*) FROM lane WHERE lease_until IS NOT NULL"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Of a replica that is to be told nothing."""
    pool = await open_pool(database_url, size=3, name="unheard")
    yield pool
    await pool.close()


@contextmanager
def commits_end(monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> Iterator[None]:
    """Every commit is done, or undone, and then the connection is lost."""
    execute = asyncpg.Connection.execute

    async def executed(connection: Any, statement: str, *arguments: Any, **named: Any) -> Any:
        if statement != "COMMIT;":
            return await execute(connection, statement, *arguments, **named)
        await execute(connection, "COMMIT;" if committed else "ROLLBACK;")
        connection.terminate()
        raise asyncpg.ConnectionDoesNotExistError("the connection was lost")

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "execute", executed)
        yield


async def unheard(
    premises: Premises, pool: Pool, monkeypatch: pytest.MonkeyPatch, *, committed: bool
) -> dict[int, Lease]:
    with commits_end(monkeypatch, committed=committed), pytest.raises(ClaimUnheard) as told:
        await premises.claim(pool=pool)
    return dict(told.value.leases)


async def test_a_claim_that_nobody_heard_of_costs_no_attempt_however_often(
    premises: Premises, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("words"))
    for _ in range(4):
        leases = await unheard(premises, pool, monkeypatch, committed=True)
        assert await premises.column(LEASED) == [1]
        assert await premises.claim() == []
        assert await take_back(premises.pool, leases) == list(leases)
        assert await premises.rows(COUNTED) == [(0, False, 0, 0)]
        assert await premises.column(LEASED) == [0]
    (claimed,) = await premises.claim()
    assert (texts([claimed]), claimed.attempts, claimed.ambiguous, claimed.crashes) == (["words"], 1, 0, 0)


async def test_what_was_in_doubt_before_stays_so(
    premises: Premises, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("words"))
    await premises.claim()  # by a process that ends then
    await premises.later(60)
    await take_back(premises.pool, await unheard(premises, pool, monkeypatch, committed=True))
    (claimed,) = await premises.claim()
    assert (claimed.attempts, claimed.ambiguous, claimed.crashes) == (2, 1, 1)


async def test_a_claim_that_came_to_nothing_takes_nothing_from_who_has_the_lane_now(
    premises: Premises, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("words"))
    leases = await unheard(premises, pool, monkeypatch, committed=False)
    (claimed,) = await premises.claim()
    assert leases[claimed.lane].token == claimed.lease
    assert await take_back(premises.pool, leases) == list(leases)
    assert await premises.rows(COUNTED) == [(1, True, 0, 0)]
    assert await premises.claim() == []


async def test_a_lane_that_somebody_took_after_the_lease_is_theirs(
    premises: Premises, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("words"))
    leases = await unheard(premises, pool, monkeypatch, committed=True)
    await premises.later(60)
    (claimed,) = await premises.claim()
    await take_back(premises.pool, leases)
    assert (claimed.attempts, await premises.rows(COUNTED)) == (2, [(2, True, 1, 1)])


async def test_a_lane_that_somebody_has_locked_is_asked_about_again(
    premises: Premises, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("words"))
    leases = await unheard(premises, pool, monkeypatch, committed=True)
    async with premises.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM lane FOR UPDATE")
        assert await take_back(pool, leases) == []
    assert await take_back(pool, leases) == list(leases)
    assert await premises.rows(COUNTED) == [(0, False, 0, 0)]


async def test_an_unanswered_taking_back_can_be_done_again(
    premises: Premises, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("words"))
    leases = await unheard(premises, pool, monkeypatch, committed=True)
    with commits_end(monkeypatch, committed=True), pytest.raises(StoreUnavailable):
        await take_back(pool, leases)
    (claimed,) = await premises.claim()
    assert await take_back(premises.pool, leases) == list(leases)
    assert await premises.rows(COUNTED) == [(claimed.attempts, True, 0, 0)] == [(1, True, 0, 0)]
