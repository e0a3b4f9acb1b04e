"""A claim reads what may go, and nothing else: beside 100,000 lanes that are due at a peer which is away."""

import json
import re
from time import perf_counter
from typing import Any, Final

import pytest

from channel.core import limits, pacing
from channel.core.breaker import State
from channel.store import peers
from channel.store.claims import Demand, claim, columns_of
from channel.store.database import open_pool
from channel.store.queries import query
from tests.store.premises import Premises, texts

STUCK = 100_000
#: one row for each installation, or for each server
SMALL: Final = {"workspace", "channel", "peer"}
#: to queries that are given more than numbers
GIVEN: Final = {
    "load_messages": "'{}', '{}', '{}', '{}'",
    "mark_due": "'{1,2,3}', '{4,5,6}', '{1,2}', true, 20, '{1}'",
    "claim": "25, 20, 1, '{1}', '{message}', '{}', '{5}', '{5}', '{0}', '{f}', '{NULL}', '{2}', '{message}'",
}
TYPES: Final = {
    "load_messages": "bigint[], text[], uuid[], text[]",
    "mark_due": "bigint[], bigint[], bigint[], bool, float8, bigint[]",
    "claim": "int, float8, bigint, bigint[], text[], text[], int[], int[], float8[], bool[], float8[], bigint[],"
    " text[]",
}


async def stuck(premises: Premises) -> None:
    """So many lanes of another Rocket.Chat, due for an hour, each with words to post; its breaker is open."""
    await premises.pool.execute(
        "INSERT INTO peer (dest, address, state, breaker) VALUES ('rocketchat', 'http://dead.test', 'open',"
        " jsonb_build_object('state', 'open', 'turned_at', live_agents_now(), 'probed_at', live_agents_now()))"
    )
    await premises.pool.execute(
        """
        INSERT INTO contact (channel_id, urn, visitor_token, visitor_token_hash, created_at)
        SELECT $1, 'c' || n, '', n::text, now() FROM generate_series(1, $2::int) AS n
        """,
        premises.channel,
        STUCK,
    )
    await premises.pool.execute(
        "INSERT INTO conversation (id, contact_id) SELECT id, id FROM contact ON CONFLICT DO NOTHING"
    )
    await premises.pool.execute(
        """
        INSERT INTO lane (conversation_id, kind, route, peer_id, head_due)
        SELECT c.id, 'to_agent', 'message', p.id, live_agents_now() - interval '1 hour'
        FROM conversation c, peer p WHERE p.address = 'http://dead.test' ON CONFLICT DO NOTHING
        """
    )
    await premises.pool.execute("ANALYZE lane")


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in nodes(child))]


async def test_a_claim_finds_others_lanes_on_its_index_and_touches_none_of_the_dead_ones(premises: Premises) -> None:
    contacts = [f"ana{n}" for n in range(10)]
    await premises.ready_room(*contacts)
    await stuck(premises)
    for to in contacts:
        await premises.handle(premises.wrote(f"words of {to}", to, to))
    known, now = await peers.read(premises.pool)
    assert {peer.breaker.state for peer in known} == {State.OPEN, State.CLOSED}
    gates = [gate for peer in known if not peer.paced for gate in pacing.free(peer, 0)]
    gates += [gate for peer in known if peer.paced for gate in pacing.gates(peer, 0, 0, now)]
    (explained,) = await premises.column(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query('claim')}",
        50,
        limits.LEASE,
        1,
        *columns_of(gates),
        [],
        [],
    )
    plan = json.loads(explained)[0]["Plan"]
    of_lanes = [node for node in nodes(plan) if node.get("Relation Name") == "lane" and "Scan" in node["Node Type"]]
    assert {node.get("Index Name") for node in of_lanes} == {"lane_due", "lane_pkey"}
    assert sum(node.get("Rows Removed by Filter", 0) for node in of_lanes) == 0
    read = [node["Actual Rows"] * node["Actual Loops"] for node in of_lanes if node["Index Name"] == "lane_due"]
    assert round(sum(read)) <= len(contacts)
    await premises.pool.execute("UPDATE lane SET lease_until = NULL")
    began = perf_counter()
    assert sorted(texts(await claim(premises.pool, premises.vault, 50, Demand(known)))) == sorted(
        f"words of {to}" for to in contacts
    )
    took = perf_counter() - began
    print(f"a claim beside {STUCK} lanes of a peer that is away: {took * 1000:.1f} ms")
    leased = "SELECT count(*) FROM lane WHERE lease_token > 0 AND peer_id = (SELECT id FROM peer WHERE state = 'open')"
    assert await premises.column(leased) == [0]


@pytest.mark.parametrize(("plans_once", "mode"), [(True, "force_generic_plan"), (False, "auto")])
async def test_only_where_the_same_is_asked_all_day_a_plan_is_made_once(
    premises: Premises, mode: str, *, plans_once: bool
) -> None:
    """What people leave out of a search, or what retention finds old, makes a plan for everybody a bad one."""
    pool = await open_pool(premises.url, size=1, name="test", plans_once=plans_once)
    assert await pool.fetchval("SHOW plan_cache_mode") == mode
    await pool.close()


async def test_a_plan_made_while_tables_were_small_reads_none_of_them_whole(premises: Premises) -> None:
    pool = await open_pool(premises.url, size=1, name="test", plans_once=True)
    async with pool.acquire() as connection:
        for name in (*GIVEN, "count_heads", "hold_unheard", "load_deliveries", "hold_conversations", "hold_lanes"):
            given = GIVEN.get(name, "'{1,2,3}'")
            types = TYPES.get(name, "bigint[]")
            await connection.execute(f"PREPARE {name} ({types}) AS {query(name)}")
            plan = await connection.fetch(f"EXPLAIN EXECUTE {name} ({given})")
            read = {found[1] for row in plan if (found := re.search(r"Seq Scan on (\w+)", row[0]))}
            assert read <= SMALL, (name, read)
    await pool.close()
