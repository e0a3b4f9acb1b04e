"""What a look at the database for metrics takes beside all that is stored: `python -m tests.k8s.looking [DELIVERIES]`.

That many deliveries (5,000,000) are over; then some wait, then many. Printed is the median of each question. It takes
some minutes to make them. Nothing is judged.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import asyncpg

from channel.core import limits
from channel.embedded import embedded_postgres
from channel.store.database import open_pool
from channel.store.migrations import migrate
from channel.store.vitals import backlog, vitals
from tests.store.premises import connected

CONTACTS = 20_000
TIMES = 5

_CONTACTS = """
WITH made AS (
    INSERT INTO contact (channel_id, urn, visitor_token, visitor_token_hash, created_at)
    SELECT $1, 'contact' || n, '', 'hash' || n, live_agents_now() FROM generate_series(1, $2::int) AS n RETURNING id
), its AS (INSERT INTO conversation (id, contact_id) SELECT id, id FROM made RETURNING id)
INSERT INTO lane (conversation_id, kind, peer_id)
SELECT its.id, kind, (SELECT min(id) FROM peer) FROM its
CROSS JOIN unnest('{to_agent,to_contact,to_author,status}'::text[]) AS kind
"""
_DELIVERIES = """
INSERT INTO delivery (lane_id, seq, kind, body, state, due_at, created_at)
SELECT first + n % lanes, n, 'PostToRoom', '{"text": "Are you there?"}', $2, live_agents_now(), live_agents_now()
FROM generate_series(1, $1::int) AS n, (SELECT min(id) AS first, count(*) AS lanes FROM lane) its
"""
_DUE = "UPDATE lane SET head_due = live_agents_now() WHERE id IN (SELECT lane_id FROM delivery WHERE state = 'waiting')"


async def look(database: str, over: int) -> None:
    await migrate(database)
    pool = await open_pool(database, size=2, name="looking")
    premises = await connected(database, pool)
    connection = await asyncpg.connect(database)
    await connection.execute("SET synchronous_commit = off")
    await connection.execute(_CONTACTS, premises.channel, CONTACTS)
    await connection.execute(_DELIVERIES, over, "done")
    for waiting in (5_000, limits.BACKLOG_COUNTED):
        await connection.execute(_DELIVERIES, waiting, "waiting")
        await connection.execute(_DUE)
        await connection.execute("ANALYZE lane, delivery")
        for question in (vitals, backlog):
            took = []
            for _ in range(TIMES):
                began = perf_counter()
                await question(pool)
                took.append(perf_counter() - began)
            print(f"{over} over, {waiting} more wait: {question.__name__} {median(took) * 1000:.1f} ms", flush=True)
    await connection.close()
    await pool.close()


def main() -> None:
    over = int((sys.argv[1:] or ["5000000"])[0])
    with tempfile.TemporaryDirectory() as home, embedded_postgres(Path(home) / "database") as url:
        asyncio.run(look(url, over))


if __name__ == "__main__":
    main()
