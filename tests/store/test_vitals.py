"""What is measured for whoever watches: what waits, what is dead, and how old the oldest snapshot is."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from channel.core import limits, pacing
from channel.core.breaker import State
from channel.core.errors import Refused, Unavailable, Waiting
from channel.core.owed import Lane
from channel.core.pacing import Dest
from channel.store.queries import query
from channel.store.vitals import backlog, vitals
from tests.store.premises import Premises, broke
from tests.store.test_claim_plan import nodes


async def test_nothing_waits_in_the_beginning(premises: Premises) -> None:
    found = await vitals(premises.pool)
    assert (found.head_age, found.dead_letters) == (0.0, 0)
    assert found.breakers == dict.fromkeys(Dest, State.CLOSED)
    assert (await backlog(premises.pool)).waiting == []


async def test_a_head_that_nobody_takes_grows_old(premises: Premises) -> None:
    await premises.handle(premises.wrote())
    await premises.later(100)
    assert (await vitals(premises.pool)).head_age == pytest.approx(100, abs=10)


async def test_so_does_one_that_leads_to_nobody_known(premises: Premises) -> None:
    await premises.handle(premises.wrote())
    await premises.pool.execute("UPDATE lane SET peer_id = NULL")
    await premises.later(100)
    assert (await vitals(premises.pool)).head_age == pytest.approx(100, abs=10)


@pytest.mark.parametrize(
    ("error", "old"), [(Unavailable("http_500", "it broke"), True), (Waiting("no_agents", "nobody", seconds=15), False)]
)
async def test_one_that_fails_again_and_again_is_old_and_one_that_waits_for_an_agent_is_not(
    error: Unavailable | Waiting, old: bool, premises: Premises
) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote())
    for _ in range(4):
        (claimed,) = [each for each in await premises.claim() if each.owed.lane is Lane.TO_AGENT]
        await premises.handle(broke(claimed, error))
        await premises.later(30)
    assert ((await backlog(premises.pool)).failing_for > 90) is old


async def test_dead_letters_are_counted_and_do_not_wait(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote())
    (claimed,) = [each for each in await premises.claim() if each.owed.lane is Lane.TO_AGENT]
    await premises.handle(broke(claimed, Refused("too_long", "no")))
    assert (await vitals(premises.pool)).dead_letters == 1
    assert Lane.TO_AGENT not in {each.lane for each in (await backlog(premises.pool)).waiting}


async def test_what_waits_is_counted_by_channel_and_direction(premises: Premises) -> None:
    await premises.ready_room("ana", "ben")
    await premises.handle(premises.wrote(to="ana"), premises.wrote(id="1002", to="ben"))
    (waiting,) = [each for each in (await backlog(premises.pool)).waiting if each.lane is Lane.TO_AGENT]
    assert (waiting.channel, waiting.deliveries) == (premises.channel, 2)


async def test_the_worst_breaker_of_a_kind_counts(premises: Premises) -> None:
    await premises.pool.execute(
        "INSERT INTO peer (dest, address, state) VALUES ('rocketchat', 'http://away.test', 'open')"
    )
    assert (await vitals(premises.pool)).breakers == {Dest.ROCKETCHAT: State.OPEN, Dest.RAPIDPRO: State.CLOSED}


@asynccontextmanager
async def held(url: str, *first: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(url)
    try:
        for statement in first:
            await connection.execute(statement)
        yield
    finally:
        await connection.close()


async def gone(premises: Premises) -> None:
    """Return when Postgres has seen that the other connections are gone."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    async with asyncio.timeout(10):
        while (await premises.column(f"{others} AND application_name = ''"))[0]:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)


READS = ("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM lane")
WRITES = ("BEGIN", "INSERT INTO peer (dest, address) VALUES ('rapidpro', 'http://other.test')")


@pytest.mark.parametrize("first", [READS, WRITES], ids=["reads", "writes"])
async def test_a_transaction_that_stays_open_has_an_old_snapshot(first: tuple[str, ...], premises: Premises) -> None:
    async with held(premises.url, *first):
        await asyncio.sleep(0.2)
        assert (await vitals(premises.pool)).snapshot_age >= 0.2
    await gone(premises)
    assert (await vitals(premises.pool)).snapshot_age < 0.2


async def test_the_shifted_clock_of_a_test_makes_no_snapshot_old(premises: Premises) -> None:
    await premises.later(3600)
    async with held(premises.url, *READS):
        assert (await vitals(premises.pool)).snapshot_age < 600


async def test_no_table_is_read_for_it(premises: Premises) -> None:
    """Beside what is over, however much that is; only what waits and what is dead is looked at."""
    await premises.handle(premises.wrote())
    await premises.pool.execute(
        "INSERT INTO delivery (lane_id, seq, kind, body, state, due_at, created_at)"
        " SELECT (SELECT min(id) FROM lane), n, 'PostToRoom', '{}', 'done', live_agents_now(), live_agents_now()"
        " FROM generate_series(1000, 51000) AS n"
    )
    await premises.pool.execute("ANALYZE")
    assert await scans(premises, "vitals", list(pacing.ROUTES)) == set()
    assert await scans(premises, "count_waiting", limits.BACKLOG_COUNTED) == set()


async def scans(premises: Premises, name: str, value: object) -> set[str]:
    """The large tables that a query reads from end to end."""
    explained = await premises.pool.fetchval(f"EXPLAIN (FORMAT JSON) {query(name)}", value)
    found = {n["Relation Name"] for n in nodes(json.loads(explained)[0]["Plan"]) if n["Node Type"] == "Seq Scan"}
    return found & {"delivery", "message", "attempt"}
