"""The claim reads what is due from its index, however much is stuck behind a peer that is away."""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from cryptography.fernet import Fernet

from channel.core import limits
from channel.store.admin import Wanted, administering
from channel.store.queries import query
from channel.store.vault import Vault

pytestmark = pytest.mark.anyio

#: deliveries that wait for their next try, in as many lanes as half of them
STUCK = 100_000
#: what a claim of ten lanes may read of the database, in pages
PAGES = 500

#: two lanes with nearly all of it, many with one, and some that are due
_STUCK = """
INSERT INTO contact (channel_id, urn, path, visitor_token, visitor_token_hash, created_at)
SELECT channel.id, 'ext:' || n, n::text, ''::bytea, n::text, now() FROM channel, generate_series(1, 50002) n;
INSERT INTO conversation (id, contact_id) SELECT id, id FROM contact;
INSERT INTO lane (conversation_id, kind, head_due)
SELECT id, 'to_agent', now() + CASE WHEN id % 2500 = 0 THEN interval '-1 s' ELSE interval '1 hour' END
FROM conversation;
INSERT INTO delivery (lane_id, seq, kind, body, due_at, created_at)
SELECT id, 0, 'OpenRoom', '{}', head_due, now() FROM lane;
INSERT INTO delivery (lane_id, seq, kind, body, due_at, created_at)
SELECT lane.id, n, 'OpenRoom', '{}', now() + interval '1 hour', now()
FROM (SELECT id FROM lane ORDER BY id LIMIT 2) lane, generate_series(1, 25000) n;
ANALYZE
"""


async def test_a_claim_keeps_to_its_index_with_a_hundred_thousand_stuck(database_url: str) -> None:
    async with administering(database_url, Vault([Fernet.generate_key().decode()])) as admin:
        await admin.connect(
            Wanted("stuck", "http://127.0.0.1:9", "http://127.0.0.1:9", None, "ext", "b", "", "receive")
        )
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(_STUCK)
        assert await connection.fetchval("SELECT count(*) FROM delivery WHERE state = 'waiting'") >= STUCK
        claim = await _plan(connection, query("claim_lanes"), "10", str(limits.LEASE))
        assert {node["Index Name"] for node in claim if "Index Name" in node} >= {"lane_head_due"}
        due = await connection.fetch("SELECT id FROM lane WHERE head_due <= now() LIMIT 10")
        heads = await _plan(connection, query("count_heads"), f"'{{{','.join(str(row['id']) for row in due)}}}'")
        for nodes in (claim, heads):
            assert [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan" and _large(node)] == []
            assert nodes[0]["Shared Hit Blocks"] + nodes[0]["Shared Read Blocks"] < PAGES
    finally:
        await connection.close()


def _large(node: dict[str, Any]) -> bool:
    return node["Relation Name"] in {"lane", "delivery", "conversation", "contact"}


async def _plan(connection: "asyncpg.Connection[asyncpg.Record]", sql: str, *values: str) -> list[dict[str, Any]]:
    """The nodes of the plan by which this is really executed, the outermost first."""
    for number, value in enumerate(values, start=1):
        sql = sql.replace(f"${number}", value)
    async with connection.transaction():
        said = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"))
    return list(_nodes(said[0]["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
