"""What all replicas know of a peer, in its row: read, and changed under its lock."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

import msgspec

from channel.core import limits
from channel.core.breaker import Breaker
from channel.core.limiter import Window
from channel.core.pacing import Dest, Peer, is_paced
from channel.store.database import Connection, Pool, borrowed, transaction
from channel.store.lanes import mark_due
from channel.store.queries import query
from channel.store.rows import Row, json_of

#: what becomes of a peer, at the database's time
Change: TypeAlias = Callable[[Peer, datetime], Peer]


async def read(pool: Pool) -> tuple[list[Peer], datetime]:
    """Every peer, and the time at which that was so. Lanes that lead to nobody known are given their peer."""
    rows = await _rows(pool)
    if rows[0]["strays"]:
        await _place_strays(pool)
        rows = await _rows(pool)
    return [_peer(row) for row in rows if row["id"] is not None], rows[0]["now"]


async def change(pool: Pool, number: int, change: Change, rate: float) -> Peer | None:
    """Let this become of a peer; None if it is gone. It waits for whoever has the peer at the moment."""
    async with transaction(pool) as connection:
        row = await connection.fetchrow(query("hold_peer"), number)
        if row is None:
            return None
        before = _peer(row)
        after = change(before, row["now"])
        after = replace(after, paced=is_paced(after, rate, row["now"]))
        if after != before:
            await save(connection, after)
        return after


async def hold(connection: Connection, numbers: Sequence[int]) -> list[tuple[Peer, datetime]]:
    """These peers for us alone, each with the time; without those that somebody else has."""
    return [(_peer(row), row["now"]) for row in await connection.fetch(query("hold_peers"), numbers)]


async def save(connection: Connection, peer: Peer) -> None:
    await connection.execute(
        query("save_peer"),
        peer.id,
        peer.paced,
        peer.breaker.state,
        json_of(peer.breaker),
        json_of(peer.windows),
        peer.next_at,
    )


async def _rows(pool: Pool) -> Sequence[Row]:
    async with borrowed(pool) as connection:
        rows: Sequence[Row] = await connection.fetch(query("read_peers"))
    return rows


async def _place_strays(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute(query("make_peers"))
        strays = await connection.fetch(query("hold_strays"), limits.STRAYS_AT_ONCE)
        await mark_due(connection, [row["id"] for row in strays])


def _peer(row: Row) -> Peer:
    return Peer(
        id=row["id"],
        dest=Dest(row["dest"]),
        address=row["address"],
        paced=row["paced"],
        breaker=msgspec.json.decode(row["breaker"], type=Breaker),
        windows=msgspec.json.decode(row["windows"], type=dict[str, Window]),
        next_at=row["next_at"],
        waits=row.get("waits", True),
    )
