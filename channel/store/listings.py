"""What an operator looks at, and the two things an operator decides: to replay, and to discard."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from channel.core import limits
from channel.store.database import translated
from channel.store.queries import query

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Nothing(Exception):
    """There is nothing of that id, or nothing to do to it."""


async def backlog(url: str) -> list[dict[str, Any]]:
    """What waits and what is dead, by channel and lane."""
    with translated():
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return [dict(row) for row in await connection.fetch(query("backlog"))]
        finally:
            await connection.close()


async def trace(url: str, number: str) -> list[dict[str, Any]]:
    """The life of the messages of this id, ours or the peer's: deliveries and attempts. Nothing if there is none."""
    with translated():
        connection = await asyncpg.connect(url, timeout=10)
        try:
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
        finally:
            await connection.close()


async def replay(url: str, number: str) -> int:
    """Dead letters of the message of this id go again, in their old places. How many; Nothing if there is none."""

    async def decide(connection: Connection, ids: Sequence[UUID]) -> tuple[int, set[int]]:
        rows = await connection.fetch(query("replay"), ids)
        replayed = sorted({row["message_id"] for row in rows})
        withdrawn = await connection.fetch(query("withdraw_statuses"), replayed)
        await connection.execute(query("forget_outcome"), replayed)
        return len(rows), {row["lane_id"] for row in [*rows, *withdrawn]}

    return await _decide(url, number, decide, "no dead letter")


async def discard(url: str, number: str, reason: str) -> int:
    """What waits or is dead of the message of this id is not to be made. How many; Nothing if there is none.

    What only prepared it goes with it, and RapidPro is told that the message failed.
    """

    async def decide(connection: Connection, ids: Sequence[UUID]) -> tuple[int, set[int]]:
        rows = await connection.fetch(query("discard"), ids, reason)
        lanes = sorted({row["lane_id"] for row in rows})
        await connection.execute(query("discard_needless"), lanes)
        await connection.execute(query("note_discarded"), ids, reason)
        reported = await connection.fetch(query("report_discarded"), ids, limits.STATUS_DELAY)
        return len(rows), {*lanes, *(row["lane_id"] for row in reported)}

    return await _decide(url, number, decide, "nothing that waits or is dead")


_Deciding = Callable[[Connection, Sequence[UUID]], Awaitable[tuple[int, set[int]]]]


async def _decide(url: str, number: str, decide: _Deciding, lack: str) -> int:
    with translated():
        connection = await asyncpg.connect(url, timeout=10)
        try:
            async with connection.transaction():
                messages = await connection.fetch(query("hold_messages"), _id(number), number)
                if not messages:
                    raise Nothing(f"there is no message {number}")
                if len({row["channel_id"] for row in messages}) > 1:
                    raise Nothing(
                        f"messages of several channels are called {number}: use our own id, as `trace` shows it"
                    )
                ids = [row["id"] for row in messages]
                await connection.execute(query("hold_lanes_of_messages"), ids)
                count, lanes = await decide(connection, ids)
                if not count:
                    raise Nothing(f"message {number} has {lack}")
                await connection.execute(query("mark_due"), sorted(lanes))
                return count
        finally:
            await connection.close()


def _id(number: str) -> UUID | None:
    try:
        return UUID(number)
    except ValueError:
        return None
