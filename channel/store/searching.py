"""Conversations as an operator finds them: by their latest words, or by what somebody has in their hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from channel.core import limits
from channel.core.values import dataclass
from channel.store.database import Pool, borrowed
from channel.store.forgetting import identity_in, our_id
from channel.store.queries import query


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of conversations, and where the next one begins."""

    rows: Sequence[Mapping[str, Any]]
    older: datetime | None


async def latest(pool: Pool, channel: UUID | None, state: str | None, before: datetime | None) -> Listed:
    """Conversations with words that are kept, those first in which somebody spoke last."""
    most = limits.SHOWN_CONVERSATIONS
    values = channel, before, limits.SCANNED_MESSAGES, most + 1, state
    async with borrowed(pool) as connection:
        rows = [dict(row) for row in await connection.fetch(query("latest_conversations"), *values)]
    if len(rows) > most:
        return Listed(rows[:most], rows[most - 1]["at"])
    is_full = bool(rows) and rows[0]["scanned"] >= limits.SCANNED_MESSAGES
    return Listed(rows, rows[0]["scanned_to"] if is_full else None)


async def search(pool: Pool, sought: str) -> list[dict[str, Any]]:
    """Conversations by a contact's UUID, URN or our id, a room or any id of a message; if none, by an agent."""
    async with borrowed(pool) as connection:
        channels = await connection.fetch("SELECT id, scheme FROM channel")
        found = await connection.fetch(
            query("search_conversations"),
            sought,
            uuid_of(sought),
            our_id(sought),
            [row["id"] for row in channels],
            [identity_in(row["scheme"], sought) for row in channels],
            limits.FOUND_CONVERSATIONS,
        ) or await connection.fetch(query("search_by_agent"), sought, limits.FOUND_CONVERSATIONS)
    return [dict(row) for row in found]


def uuid_of(text: str) -> UUID | None:
    """Our ids are UUIDs; peers' are anything."""
    try:
        return UUID(text)
    except ValueError:
        return None
