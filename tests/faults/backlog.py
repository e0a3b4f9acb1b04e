"""Words that wait in the database for a RapidPro that takes them at once, and how fast they go."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import time
from uuid import uuid4

from channel.bridge import handle
from channel.core.addresses import ByUrn
from channel.core.events import ContactWrote
from channel.store.conversations import Store
from channel.store.database import open_pool
from channel.store.keyring import hash_key
from channel.store.vault import Vault
from tests.faults.campaign import pick
from tests.faults.rig import Rig, running_rig
from tests.faults.sink import Sink, a_sink

#: So many words for each of these contacts, due after so many seconds. Lanes are locked in the order in which all do.
_OWE = """
WITH held AS MATERIALIZED (
    SELECT l.id FROM lane l JOIN contact ct ON ct.id = l.conversation_id
    WHERE l.kind = 'to_contact' AND ct.urn = ANY($1::text[]) ORDER BY l.id FOR NO KEY UPDATE OF l
), its AS (
    UPDATE lane SET next_seq = next_seq + $2 FROM held WHERE lane.id = held.id
    RETURNING lane.id, lane.next_seq - $2 AS first
)
INSERT INTO delivery (lane_id, seq, kind, body, due_at, created_at)
SELECT id, first + n, 'ReplyToContact', jsonb_build_object('text', $4::text || ' ' || lpad(n::text, 6, '0')),
       live_agents_now() + make_interval(secs => $3), live_agents_now()
FROM its CROSS JOIN generate_series(0, $2::int - 1) AS n
"""
_DUE = """
WITH held AS MATERIALIZED (
    SELECT l.id FROM lane l JOIN contact ct ON ct.id = l.conversation_id
    WHERE l.kind = 'to_contact' AND ct.urn = ANY($1::text[]) ORDER BY l.id FOR NO KEY UPDATE OF l
)
UPDATE lane SET head_due = live_agents_now() + make_interval(secs => $2) FROM held WHERE lane.id = held.id
"""


_rig = partial(running_rig, replicas=0, api_token=False, database_line=False)


@asynccontextmanager
async def rig_with_sink(database_url: str, directory: Path, seed: int) -> AsyncIterator[tuple[Rig, Sink]]:
    """No replica runs yet, and the channel's RapidPro is the sink."""
    async with a_sink() as sink, _rig(database_url, directory, seed) as rig:
        address = f"http://127.0.0.1:{sink.port}"
        await rig.query("UPDATE channel SET rapidpro_url = $1, rapidpro_channel = $2", address, str(uuid4()))
        yield rig, sink


async def known(rig: Rig, names: Sequence[str]) -> None:
    """Contacts who have written once, and nothing is owed any more."""
    pool = await open_pool(rig.database_url, size=2, name="rig")
    vault = Vault([rig.key])
    store = Store(pool, vault, await hash_key(pool, vault), lambda: {rig.channel_id: "ext"})
    for first in range(0, len(names), 50):
        some = names[first : first + 50]
        await handle(store, [ContactWrote(ByUrn(rig.channel_id, n), f"first-{n}", "Hello", b"raw") for n in some])
    await pool.close()
    await rig.query("UPDATE delivery SET state = 'done'")
    await rig.query("UPDATE lane SET head_due = NULL")


async def owe(rig: Rig, names: Sequence[str], each: int, words: str, *, after: float = 0.0) -> float:
    """Owe these contacts so many words each. Returns when they became due."""
    await rig.query(_OWE, names, each, after, words)
    await rig.query(_DUE, names, after)
    return time()


async def rate(sink: Sink, count: int, began: float) -> float:
    """Wait until so many have come; how many a second, of those that were to come since then."""
    before = sink.count
    await sink.until(lambda: sink.count >= count, pick(short=120, long=900))
    return (count - before) / (sink.times[-1] - began)


def check_order(sink: Sink, names: Sequence[str], each: int, words: str) -> None:
    for name in names:
        wanted = [text for n in range(each) if not sink.refuses(name, text := f"{words} {n:06}")]
        assert [text for text in sink.texts[name] if text.startswith(words)] == wanted
