"""A claim that was committed and got no answer is taken back: nobody made the attempts that it has counted."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import asyncpg
import pytest

from channel.claiming import Claiming
from channel.core.errors import StoreUnavailable
from channel.core.unheard import PAUSES
from channel.delivery.hearing import Clock, Hearing
from channel.store import peers
from channel.store.claims import ClaimUnheard, Demand, claim, take_back
from channel.store.database import Pool, open_pool
from channel.store.queries import query
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
def answers_are_lost(monkeypatch: pytest.MonkeyPatch, *, committed: bool, at_once: bool = False) -> Iterator[None]:
    """Every commit is done, or undone, and then the connection is lost; with `at_once` every claim as well."""
    execute, fetch = asyncpg.Connection.execute, asyncpg.Connection.fetch

    def lost(connection: Any) -> asyncpg.ConnectionDoesNotExistError:
        connection.terminate()
        return asyncpg.ConnectionDoesNotExistError("the connection was lost")

    async def executed(connection: Any, statement: str, *arguments: Any, **named: Any) -> Any:
        if statement != "COMMIT;":
            return await execute(connection, statement, *arguments, **named)
        await execute(connection, "COMMIT;" if committed else "ROLLBACK;")
        raise lost(connection)

    async def fetched(connection: Any, statement: str, *arguments: Any, **named: Any) -> Any:
        if statement != query("claim") or not at_once:
            return await fetch(connection, statement, *arguments, **named)
        if committed:
            await fetch(connection, statement, *arguments, **named)
        raise lost(connection)

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "execute", executed)
        patched.setattr(asyncpg.Connection, "fetch", fetched)
        yield


Lose: TypeAlias = Callable[..., Awaitable[list[int]]]


@pytest.fixture(params=[False, True], ids=["at once", "paced"])
async def lose(request: pytest.FixtureRequest, premises: Premises, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Lose:
    """Words wait, and are claimed and nobody hears: of a peer that takes all, or of one that is accounted for."""
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("words"))

    async def unheard(*, committed: bool) -> list[int]:
        await premises.pool.execute("UPDATE peer SET paced = $1", request.param)
        lost = answers_are_lost(monkeypatch, committed=committed, at_once=not request.param)
        with lost, pytest.raises(ClaimUnheard) as told:
            await premises.claim(pool=pool)
        return [told.value.token]

    return unheard


async def test_a_claim_that_nobody_heard_of_costs_no_attempt_however_often(premises: Premises, lose: Lose) -> None:
    for _ in range(4):
        tokens = await lose(committed=True)
        assert await premises.column(LEASED) == [1]
        assert await premises.claim() == []
        await take_back(premises.pool, tokens)
        assert await premises.rows(COUNTED) == [(0, False, 0, 0)]
        assert await premises.column(LEASED) == [0]
    (claimed,) = await premises.claim()
    assert (texts([claimed]), claimed.attempts, claimed.ambiguous, claimed.crashes) == (["words"], 1, 0, 0)


async def test_what_was_in_doubt_before_stays_so(premises: Premises, lose: Lose) -> None:
    await premises.claim()  # by a process that ends then
    await premises.later(60)
    await take_back(premises.pool, await lose(committed=True))
    (claimed,) = await premises.claim()
    assert (claimed.attempts, claimed.ambiguous, claimed.crashes) == (2, 1, 1)


async def test_a_claim_that_came_to_nothing_takes_nothing_from_who_has_the_lane_now(
    premises: Premises, lose: Lose
) -> None:
    tokens = await lose(committed=False)
    (claimed,) = await premises.claim()
    assert claimed.lease not in tokens
    await take_back(premises.pool, tokens)
    assert await premises.rows(COUNTED) == [(1, True, 0, 0)]
    assert await premises.claim() == []


async def test_a_lane_that_somebody_took_after_the_lease_is_theirs(premises: Premises, lose: Lose) -> None:
    tokens = await lose(committed=True)
    await premises.later(60)
    (claimed,) = await premises.claim()
    await take_back(premises.pool, tokens)
    assert (claimed.attempts, await premises.rows(COUNTED)) == (2, [(2, True, 1, 1)])


async def test_a_lane_that_somebody_has_locked_is_found_at_the_next_look(
    premises: Premises, pool: Pool, lose: Lose
) -> None:
    tokens = await lose(committed=True)
    async with premises.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM lane FOR UPDATE")
        await take_back(pool, tokens)
        assert await premises.rows(COUNTED) == [(1, True, 0, 0)]
    await take_back(pool, tokens)
    assert await premises.rows(COUNTED) == [(0, False, 0, 0)]


async def test_an_unanswered_taking_back_can_be_done_again(
    premises: Premises, pool: Pool, lose: Lose, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = await lose(committed=True)
    with answers_are_lost(monkeypatch, committed=True), pytest.raises(StoreUnavailable):
        await take_back(pool, tokens)
    (claimed,) = await premises.claim()
    await take_back(premises.pool, tokens)
    assert await premises.rows(COUNTED) == [(claimed.attempts, True, 0, 0)] == [(1, True, 0, 0)]


async def test_nothing_was_asked_where_no_connection_is_to_be_had(premises: Premises, pool: Pool) -> None:
    known, _ = await peers.read(premises.pool)
    await pool.close()
    with pytest.raises(StoreUnavailable) as told:
        await claim(pool, premises.vault, 50, Demand(known))
    assert not isinstance(told.value, ClaimUnheard)


async def test_a_taking_back_that_fails_keeps_nobody_waiting_and_is_made_again(
    premises: Premises, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await premises.ready_room("ana", "bob")
    await premises.unlimited()
    seconds = [0.0]
    clock = Clock(lambda: seconds[0])
    claiming = Claiming(pool, premises.vault, Hearing(clock), clock, rate=0.0)
    await premises.handle(premises.wrote("words"))
    with answers_are_lost(monkeypatch, committed=True, at_once=True), pytest.raises(ClaimUnheard):
        await claiming(50, {})
    await premises.handle(premises.wrote("others' words", "2", "bob"))
    with answers_are_lost(monkeypatch, committed=False):
        assert texts(await claiming(50, {})) == ["others' words"]
    seconds[0] += PAUSES[0]
    (claimed,) = await claiming(50, {})
    assert (texts([claimed]), claimed.attempts, claimed.ambiguous) == (["words"], 1, 0)
