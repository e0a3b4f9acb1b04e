"""Does it matter what is stored, what waits, or that somebody holds an old snapshot?"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from statistics import median
from typing import Final
from uuid import uuid4

import asyncpg

from benchmarks.conversations import Made
from benchmarks.figures import Figure, Options, Told, spread
from benchmarks.measure import measured
from benchmarks.running import used
from benchmarks.stage import Lost, Stage
from channel.bridge import handle
from channel.core.addresses import ByUrn
from channel.core.events import ContactWrote
from channel.store import claims, peers
from channel.store.claims import Demand
from channel.store.conversations import Store
from channel.store.database import Pool, open_pool
from channel.store.keyring import hash_key
from channel.store.vault import Vault

THROUGHPUT: Final = 0.85
WORK: Final = 1.1
#: accepts and claims that are counted one by one
COUNTED: Final = 100
AT_ONCE: Final = 100_000

_STORED: Final = """
WITH its AS (
    SELECT row_number() OVER (ORDER BY cv.id) - 1 AS place, cv.id, ct.channel_id, l.id AS lane
    FROM conversation cv JOIN contact ct ON ct.id = cv.id
    JOIN lane l ON l.conversation_id = cv.id AND l.kind = 'to_agent'
), made AS (
    INSERT INTO message (id, channel_id, conversation_id, author, key, external_id, texts, answered_at, status, room,
                         created_at)
    SELECT gen_random_uuid(), its.channel_id, its.id, 'contact', 'old-' || n, 'old-' || n, '{words that were said}',
           live_agents_now(), 'delivered', 'room', live_agents_now() - interval '1 day'
    FROM generate_series($1::bigint, $2::bigint) AS n JOIN its ON its.place = n % (SELECT count(*) FROM its)
    RETURNING id, conversation_id, created_at
)
INSERT INTO delivery (lane_id, message_id, seq, state, kind, body, due_at, created_at, ended_at, attempts)
SELECT its.lane, made.id, -1, 'done', 'PostToRoom', '{"text": "words that were said"}', made.created_at,
       made.created_at, made.created_at, 1
FROM made JOIN its ON its.id = made.conversation_id
"""
_WAITING: Final = """
WITH its AS (
    SELECT l.id, row_number() OVER () - 1 AS place FROM lane l JOIN contact ct ON ct.id = l.conversation_id
    WHERE l.kind = 'to_contact' AND substr(ct.urn, 2)::int >= 5000
), made AS (
    INSERT INTO delivery (lane_id, seq, kind, body, due_at, created_at)
    SELECT its.id, 1000000 + n, 'ReplyToContact', '{"text": "later"}', live_agents_now() + interval '1 day',
           live_agents_now()
    FROM generate_series(1, $1::bigint) AS n JOIN its ON its.place = n % (SELECT count(*) FROM its)
)
UPDATE lane SET head_due = live_agents_now() + interval '1 day', next_seq = 2000000 FROM its WHERE lane.id = its.id
"""
#: what was counted is owed to nobody
_UNDO: Final = """
WITH lanes AS (
    UPDATE lane SET head_due = NULL, lease_until = NULL FROM contact ct
    WHERE ct.id = lane.conversation_id AND lane.kind = 'to_agent' AND substr(ct.urn, 2)::int >= $1
    RETURNING lane.id
)
UPDATE delivery SET state = 'done', attempt_open = false FROM lanes
WHERE delivery.lane_id = lanes.id AND delivery.state = 'waiting'
"""
_COUNTED_FROM: Final = 9_000
_COUNTERS: Final = (
    "SELECT pg_stat_force_next_flush(), blks_hit + blks_read AS buffers, tup_returned + tup_fetched AS rows "
    "FROM pg_stat_database WHERE datname = current_database()"
)

Work = dict[str, tuple[float, float]]


async def growth(stage: Stage, options: Options, told: Told) -> None:
    """The same load on a database that is empty, and on each other one, in turn."""
    async with stage.database() as empty:
        await used(stage, empty)
        base = await _work(empty)
        for stored in options.stored:
            async with stage.database() as full:
                await store(full[0], stored)
                await used(stage, full)
                await _compare(stage, options, told, empty, full, f"{stored:,} stored", base)
        async with stage.database() as behind:
            connection = await asyncpg.connect(behind[0])
            await connection.execute(_WAITING, options.waiting, timeout=600)
            await connection.close()
            await used(stage, behind)
            await _compare(stage, options, told, empty, behind, f"{options.waiting:,} waiting", base)
        await _compare(stage, options, told, empty, empty, "a snapshot that is held", None)


async def store(url: str, count: int) -> None:
    """Messages that are over, each with its delivery."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off")
        for first in range(0, count, AT_ONCE):
            await connection.execute(_STORED, first, min(first + AT_ONCE, count) - 1, timeout=600)
    finally:
        await connection.close()


async def _compare(
    stage: Stage,
    options: Options,
    told: Told,
    empty: tuple[str, Made],
    other: tuple[str, Made],
    what: str,
    base: Work | None,
) -> None:
    ratios: list[float] = []
    try:
        for _ in range(options.pairs):
            async with stage.bridge(*empty) as target:
                before = await measured(stage, target, "to_agent", seconds=options.seconds, window=200)
            async with AsyncExitStack() as stack:
                if base is None:
                    await _held(stack, other[0])
                async with stage.bridge(*other) as target:
                    after = await measured(stage, target, "to_agent", seconds=options.seconds, window=200)
            ratios.append(after.rate / before.rate)
    except Lost as error:
        told.lost.append(f"growth, {what}: {error}")
        return
    value = f"{spread(ratios)} of the throughput with none (at last {after.rate:.0f} of {before.rate:.0f} messages/s)"
    wanted, met = (f"at least {THROUGHPUT}", median(ratios) >= THROUGHPUT) if base is not None else ("", None)
    told.tell(Figure("growth", what, value, after.verdict, wanted, met, {"ratios": ratios}))
    if base is None:
        return
    for name, (buffers, rows) in (await _work(other)).items():
        value = f"{buffers:.0f} buffers and {rows:.0f} rows; with none {base[name][0]:.0f} and {base[name][1]:.0f}"
        fair = buffers <= WORK * base[name][0] and rows <= WORK * base[name][1]
        verdict = f"{COUNTED} made, one after the other, and counted by Postgres"
        numbers = {"buffers": buffers, "rows": rows, "with_none": base[name]}
        told.tell(Figure("growth", f"{what}: {name}", value, verdict, "within 10%", fair, numbers))


async def _held(stack: AsyncExitStack, url: str) -> None:
    """A transaction that sees what was there at its beginning, until the stack is left."""
    holding = await asyncpg.connect(url)
    stack.push_async_callback(holding.close)
    await stack.enter_async_context(holding.transaction(isolation="repeatable_read"))
    await holding.fetchval("SELECT count(*) FROM channel")


async def _work(database: tuple[str, Made]) -> Work:
    """What one accept and one claim of one lane read, by buffers and by rows."""
    url, made = database
    pool, vault = await open_pool(url, size=1, name="bench", plans_once=True), Vault([made.key])
    bridge = Store(pool, vault, await hash_key(pool, vault), lambda: {made.channel: "ext"})
    names = iter(f"c{n}" for n in range(_COUNTED_FROM, 10_000))  # no load speaks there
    try:
        return {
            "an accept": await _counted(pool, lambda: _accept(bridge, made, next(names))),
            "a claim": await _counted(pool, lambda: _claim(pool, vault)),
        }
    finally:
        await pool.execute(_UNDO, _COUNTED_FROM)
        await pool.close()


async def _counted(pool: Pool, once: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    for _ in range(10):  # by then statements are prepared, and plans are made
        await once()
    before = await _counters(pool)
    for _ in range(COUNTED):
        await once()
    after = await _counters(pool)
    return (after[0] - before[0]) / COUNTED, (after[1] - before[1]) / COUNTED


async def _counters(pool: Pool) -> tuple[float, float]:
    await pool.fetchrow(_COUNTERS)  # what is under way is told by the next one
    row = await pool.fetchrow(_COUNTERS)
    return (float(row["buffers"]), float(row["rows"])) if row else (0.0, 0.0)


async def _accept(bridge: Store, made: Made, name: str) -> None:
    await handle(bridge, [ContactWrote(ByUrn(made.channel, name), f"counted-{uuid4().hex}", "words", b"words")])


async def _claim(pool: Pool, vault: Vault) -> None:
    known, _ = await peers.read(pool)
    if not await claims.claim(pool, vault, 1, Demand(known)):
        raise Lost("nothing was there to be claimed")
