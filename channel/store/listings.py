"""What an operator looks at, and what an operator decides of messages: to replay, and to discard."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from channel.core import limits
from channel.core.values import dataclass
from channel.store.database import Connection, Pool, connected
from channel.store.lanes import mark_due
from channel.store.queries import query
from channel.store.replaying import again


class Nothing(Exception):
    """There is nothing of that id, or nothing to do to it."""


@dataclass(frozen=True, slots=True)
class Which:
    """Which dead letters are meant; None where it does not matter."""

    since: datetime | None = None  #: when they died: from this moment on,
    until: datetime | None = None  #: and before this one
    channel: UUID | None = None
    reason: str | None = None


async def backlog(where: str | Pool) -> list[dict[str, Any]]:
    """What waits and what is dead, by channel and lane."""
    async with connected(where) as connection:
        return [dict(row) for row in await connection.fetch(query("backlog"))]


async def trace(where: str | Pool, number: str) -> list[dict[str, Any]]:
    """The life of the messages of this id, ours or the peer's: deliveries and attempts. Nothing if there is none."""
    async with connected(where) as connection:
        messages = [dict(row) for row in await connection.fetch(query("trace_messages"), _id(number), number)]
        if not messages:
            raise Nothing(f"there is no message {number}")
        for message in messages:
            deliveries = await connection.fetch(query("trace_deliveries"), message["id"])
            message["deliveries"] = [dict(row) for row in deliveries]
            for delivery in message["deliveries"]:
                attempts = await connection.fetch(query("trace_attempts"), delivery["id"])
                delivery["attempts"] = [dict(row) for row in attempts]
        return messages


async def dead_letters(where: str | Pool, which: Which) -> list[dict[str, Any]]:
    """Dead letters, those first that died first. Nothing if it is of a channel that is not there."""
    async with connected(where) as connection:
        known = await connection.fetchval("SELECT count(*) FROM channel WHERE id = $1", which.channel)
        if which.channel and not known:
            raise Nothing(f"there is no channel {which.channel}")
        return await _dead(connection, which, None)


async def dead_letters_of(where: str | Pool, numbers: Sequence[str]) -> list[dict[str, Any]]:
    """The dead letters of the messages of these ids. Nothing if one of them has none, or is not clear."""
    async with connected(where) as connection:
        by_number = {number: await _messages_of(connection, number) for number in numbers}
        dead = await _dead(connection, Which(), [each for ids in by_number.values() for each in ids])
        for number, ids in by_number.items():
            if not any(row["message"] in ids for row in dead):
                raise Nothing(f"message {number} has no dead letter")
        return dead


async def replay(where: str | Pool, *numbers: str) -> int:
    """Dead letters of the messages of these ids go again, in their old places. How many; Nothing if one has none."""
    return await again(where, await dead_letters_of(where, numbers))


async def discard(where: str | Pool, *numbers: str, reason: str) -> int:
    """What waits or is dead of the messages of these ids is not to be made. How many; Nothing if one has nothing so.

    What only prepared it goes with it, and RapidPro is told that the message failed. All of it, or nothing.
    """
    async with connected(where) as connection, connection.transaction():
        by_number = {number: await _messages_of(connection, number) for number in numbers}
        ids = [each for found in by_number.values() for each in found]
        await connection.execute(query("hold_messages"), ids)
        await connection.execute(query("hold_lanes_of_messages"), ids)
        rows = await connection.fetch(query("discard"), ids, reason)
        for number, found in by_number.items():
            if not any(row["message_id"] in found for row in rows):
                raise Nothing(f"message {number} has nothing that waits or is dead")
        lanes = sorted({row["lane_id"] for row in rows})
        await connection.execute(query("discard_needless"), lanes)
        await connection.execute(query("note_discarded"), ids, reason)
        reported = await connection.fetch(query("report_discarded"), ids, limits.STATUS_DELAY)
        await mark_due(connection, sorted({*lanes, *(row["lane_id"] for row in reported)}))
        return len(rows)


async def _dead(connection: Connection, which: Which, messages: Sequence[UUID] | None) -> list[dict[str, Any]]:
    rows = await connection.fetch(
        query("dead_letters"), which.since, which.until, which.channel, which.reason, messages
    )
    return [dict(row) for row in rows]


async def _messages_of(connection: Connection, number: str) -> list[UUID]:
    """The messages of one id: more than one where an agent's was edited. Nothing if there is none, or no telling."""
    found = await connection.fetch(query("find_messages"), _id(number), number)
    if not found:
        raise Nothing(f"there is no message {number}")
    if len({row["channel_id"] for row in found}) > 1:
        raise Nothing(f"messages of several channels are called {number}: use our own id, as `trace` shows it")
    return [row["id"] for row in found]


def _id(number: str) -> UUID | None:
    try:
        return UUID(number)
    except ValueError:
        return None
