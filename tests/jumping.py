"""Time that goes on at once to where something may happen."""

import json

import asyncpg

from channel.core import limits
from channel.core.pacing import ROUTES


async def jump(connection: "asyncpg.Connection[asyncpg.Record]", lane: str | None = None) -> bool:
    """Let time go on to the next moment at which something may go (in such lanes), unless something may now.

    Nothing happens while anything is under way: a lease would end under it. Returns whether time went on.
    """
    done: str = await connection.execute(_JUMP, lane, limits.PROBE_GAP, json.dumps(ROUTES))
    return done != "UPDATE 0"


_JUMP = """
UPDATE clock SET shift_seconds = shift_seconds + extract(epoch FROM next.due - live_agents_now())
FROM (
    SELECT min(greatest(
        head_due,
        CASE WHEN peer.state = 'open' THEN (peer.breaker ->> 'probed_at')::timestamptz + make_interval(secs => $2) END,
        CASE WHEN said ->> 'left' = '0' THEN (said ->> 'until')::timestamptz END
    )) AS due
    FROM lane LEFT JOIN peer ON peer.id = peer_id LEFT JOIN jsonb_each($3::jsonb) window_of ON window_of.key = route
    CROSS JOIN LATERAL (SELECT peer.windows -> (window_of.value #>> '{}') AS said) limiter
    WHERE kind = coalesce($1, kind)
) next
WHERE next.due > live_agents_now() AND NOT EXISTS (SELECT FROM lane WHERE lease_until > live_agents_now())
"""
