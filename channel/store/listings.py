"""What an operator looks at, and the two things an operator decides: to replay, and to discard."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from channel.store.database import translated
from channel.store.queries import query


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
    return await _decide(url, number, "replay", "no dead letter", [])


async def discard(url: str, number: str, reason: str) -> int:
    """What waits or is dead of the message of this id is not to be made. How many; Nothing if there is none."""
    return await _decide(url, number, "discard", "nothing that waits or is dead", [reason])


async def _decide(url: str, number: str, name: str, lack: str, values: Sequence[str]) -> int:
    with translated():
        connection = await asyncpg.connect(url, timeout=10)
        try:
            async with connection.transaction():
                messages = await connection.fetch(query("hold_messages"), _id(number), number)
                if not messages:
                    raise Nothing(f"there is no message {number}")
                ids = [row["id"] for row in messages]
                await connection.execute(query("hold_lanes_of_messages"), ids)
                lanes = await connection.fetch(query(name), ids, *values)
                if not lanes:
                    raise Nothing(f"message {number} has {lack}")
                if name == "replay":
                    await connection.execute(query("forget_outcome"), ids)
                await connection.execute(query("mark_due"), sorted({row["lane_id"] for row in lanes}))
                return len(lanes)
        finally:
            await connection.close()


def _id(number: str) -> UUID | None:
    try:
        return UUID(number)
    except ValueError:
        return None
