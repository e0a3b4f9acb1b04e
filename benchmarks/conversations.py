"""A channel between the peers, and conversations in which an agent has the room: all that is measured begins there."""

import secrets
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from benchmarks.relay import CHANNEL
from channel.core.notices import Notice
from channel.store.admin import Wanted, administering
from channel.store.database import open_pool
from channel.store.keyring import hash_key
from channel.store.queries import query
from channel.store.vault import Vault, keyed_hash

_SERVED: Final = """
UPDATE conversation SET state = 'served', room = 'room-' || ct.urn, agent = 'agent1', handoff = jsonb_build_object(
    'began_at', '2026-06-01T11:00:00Z', 'taken_at', '2026-06-01T11:01:00Z', 'room', 'room-' || ct.urn,
    'taken_by', 'agent1', 'agent', '{"id": "agent1", "username": "joao", "name": "Joao Lima"}'::jsonb
) FROM contact ct WHERE ct.id = conversation.id
"""
_ROOMS: Final = """
INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at, taken_at, sought_at)
SELECT $1, room, id, live_agents_now(), live_agents_now(), live_agents_now() + interval '1 day' FROM conversation
"""
#: what the first conversation with a Rocket.Chat learns whose rate limiter is off
_PEERS: Final = """
INSERT INTO peer (dest, address, paced, windows) SELECT 'rapidpro', rapidpro_url, false, '{}'::jsonb FROM channel
UNION ALL
SELECT 'rocketchat', base_url, false, (
    SELECT jsonb_object_agg(route, '{"known": true}'::jsonb)
    FROM unnest('{POST livechat/visitor,GET livechat/room,POST livechat/message}'::text[]) AS route
) FROM workspace
"""
#: rooms are looked at again now and then: not in the middle of a measurement
_SOUGHT: Final = "UPDATE contact SET registered = ''"
AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class Made:
    """A channel, and what whoever calls it has to show."""

    key: str = field(repr=False)
    channel: UUID
    workspace: UUID
    send_token: str = field(repr=False)
    webhook_secret: str = field(repr=False)


async def connected(url: str, key: str, peers: str) -> Made:
    """A channel in which no notice is given, between these peers."""
    wanted = Wanted("bench", peers, peers, str(CHANNEL), "ext", "b", "", "receive")
    async with administering(url, Vault([key])) as admin:
        made = await admin.connect(wanted)
        await admin.set_options(made.channel, {"notices": {notice.value: False for notice in Notice}})
    return Made(key, made.channel, made.workspace, made.send_token, made.webhook_secret)


async def made(url: str, channel: Made, count: int, first: int = 0) -> None:
    """Conversations of contacts `c0`, `c1`, … in rooms `room-c0`, …, each of which an agent has."""
    pool, vault = await open_pool(url, size=1, name="bench"), Vault([channel.key])
    key = await hash_key(pool, vault)
    await pool.close()
    connection = await asyncpg.connect(url)
    try:
        for start in range(first, first + count, AT_ONCE):
            names = [f"c{n}" for n in range(start, min(start + AT_ONCE, first + count))]
            tokens = [secrets.token_urlsafe(32) for _ in names]
            hashes = [keyed_hash(key, token) for token in tokens]
            pairs = zip(tokens, hashes, strict=True)
            sealed = [vault.seal(f"visitor:{digest}", token.encode()) for token, digest in pairs]
            channels, nobody = [channel.channel] * len(names), [None] * len(names)
            await connection.execute(query("begin_contacts"), channels, nobody, names, names, sealed, hashes)
        await connection.execute(_PEERS)
        await connection.execute(_SERVED)
        await connection.execute(_SOUGHT)
        await connection.execute(_ROOMS, channel.workspace)
    finally:
        await connection.close()
