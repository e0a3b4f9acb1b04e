"""A held snapshot keeps what was claimed in the index of what is due; a claim does not go through it each time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from channel.claiming import Claiming
from channel.core import limits, pacing
from channel.core.pacing import Dest, Gate
from channel.core.reaching import EVERYTHING_MOST, REACH
from channel.delivery.hearing import Clock, Hearing
from channel.store import peers
from channel.store.claims import columns_of
from channel.store.database import Connection
from channel.store.queries import query
from tests.store.premises import Premises, texts

#: times that a lane was due, and is not any more
TURNS: Final = 2_000


@asynccontextmanager
async def held_snapshot(url: str) -> AsyncIterator[None]:
    holding = await asyncpg.connect(url)
    try:
        async with holding.transaction(isolation="repeatable_read"):
            await holding.execute("CREATE TEMPORARY TABLE held AS SELECT count(*) FROM lane")
            yield
    finally:
        await holding.close()


async def has_its_turns(premises: Premises) -> None:
    """A lane is due again and again, up to an hour ago, and is not any more."""
    due = "UPDATE lane SET head_due = live_agents_now() - make_interval(secs => $1) WHERE kind = 'to_agent'"
    await premises.pool.executemany(due, [(3600.0 + turn,) for turn in range(TURNS, 0, -1)])
    await premises.pool.execute("UPDATE lane SET head_due = NULL")


async def gone_through(premises: Premises, gates: list[Gate]) -> int:
    """Entries of the index of what is due, by a claim that finds nothing."""
    async with premises.pool.acquire() as connection:
        before = await _read(connection)
        assert await connection.fetch(query("claim"), 50, limits.LEASE, 1, *columns_of(gates), [], []) == []
        return await _read(connection) - before


async def _read(connection: Connection) -> int:
    await connection.execute("SELECT pg_stat_force_next_flush()")
    found: int = await connection.fetchval(
        "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'lane_due'"
    )
    return found


async def test_within_its_reach_a_claim_does_not_go_through_what_a_held_snapshot_keeps(premises: Premises) -> None:
    await premises.ready_room("ana")
    known = next(peer for peer in (await peers.read(premises.pool))[0] if peer.dest is Dest.ROCKETCHAT)
    async with held_snapshot(premises.url):
        await has_its_turns(premises)
        near = await gone_through(premises, pacing.free(known, 0, reach=REACH))
        everything = await gone_through(premises, pacing.free(known, 0))
    print(f"index entries that a claim goes through, {TURNS} turns later: {near} within its reach, {everything} in all")
    assert near <= 5  # what was due a moment ago
    assert everything >= TURNS


async def test_a_lane_that_was_given_back_late_is_found_when_everything_is_looked_at_again(premises: Premises) -> None:
    """As one is that a killed process had: its head was due long before its lease ends."""
    await premises.ready_room("ana", "joao")
    seconds = [0.0]
    clock = Clock(lambda: seconds[0])
    claiming = Claiming(premises.pool, premises.vault, Hearing(clock), clock, rate=0.0)
    assert await claiming(25, {}) == []
    await premises.handle(premises.wrote("of late", "1", "ana"))
    await premises.pool.execute("UPDATE lane SET head_due = head_due - interval '1 hour' WHERE head_due IS NOT NULL")
    await premises.handle(premises.wrote("of now", "2", "joao"))
    assert texts(await claiming(25, {})) == ["of now"]
    seconds[0] += EVERYTHING_MOST
    assert texts(await claiming(25, {})) == ["of late"]
