"""One conversation as an operator reads it: what was said, and what became of it. Words only for who may read them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from channel.core import limits
from channel.core.values import dataclass
from channel.store.database import Connection, Pool, borrowed
from channel.store.listings import Nothing
from channel.store.queries import query
from channel.store.searching import uuid_of

Row: TypeAlias = dict[str, Any]
Cursor: TypeAlias = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class History:
    """A page of it, the oldest message first."""

    about: Mapping[str, Any]
    rooms: Sequence[Row]
    messages: Sequence[Row]  #: each with its `deliveries`, and these with their `attempts`
    others: Sequence[Row]  #: deliveries of no message that wait or are dead
    events: Sequence[Row]  #: what went no further, in the time of these messages
    older: Cursor | None  #: where the page before begins


async def history(pool: Pool, number: int, before: Cursor | None, *, words: bool) -> History:
    """The latest messages of this conversation, or those before. Nothing if there is none."""
    async with borrowed(pool) as connection:
        about = await connection.fetchrow(query("one_conversation"), number)
        if about is None:
            raise Nothing(f"there is no conversation {number}")
        most = limits.SHOWN_MESSAGES
        at, place = before or (None, None)
        latest = await connection.fetch(query("messages_of_conversation"), number, at, place, most + 1, words, None)
        messages = [dict(row) for row in reversed(latest[:most])]
        is_more = len(latest) > most
        begins = messages[0]["created_at"] if is_more else about["created_at"]
        return History(
            dict(about),
            [dict(row) for row in await connection.fetch(query("rooms_of_conversation"), number, limits.SHOWN_ROOMS)],
            await _with_journeys(connection, messages, words=words),
            await with_attempts(connection, await connection.fetch(query("other_deliveries"), number)),
            [dict(r) for r in await connection.fetch(query("events_of_conversation"), number, begins, at, most)][::-1],
            (messages[0]["created_at"], messages[0]["id"]) if is_more else None,
        )


async def journeys(pool: Pool, number: str, *, words: bool) -> list[tuple[Row, Row]]:
    """The messages of this id, ours or a peer's, with their conversations. Nothing if there is none."""
    async with borrowed(pool) as connection:
        found = [row["id"] for row in await connection.fetch(query("find_messages"), uuid_of(number), number)]
        if not found:
            raise Nothing(f"there is no message {number}")
        of = await connection.fetch("SELECT DISTINCT conversation_id FROM message WHERE id = ANY($1::uuid[])", found)
        told = []
        for row in of:
            about = await connection.fetchrow(query("one_conversation"), row["conversation_id"])
            rows = await connection.fetch(
                query("messages_of_conversation"), row["conversation_id"], None, None, len(found), words, found
            )
            messages = await _with_journeys(connection, [dict(each) for each in reversed(rows)], words=words)
            told += [(dict(about), message) for message in messages]
        return told


async def _with_journeys(connection: Connection, messages: Sequence[Row], *, words: bool) -> Sequence[Row]:
    ids = [message["id"] for message in messages]
    rows = await connection.fetch(query("deliveries_of_messages"), ids, words)
    by_message: dict[UUID, list[Row]] = defaultdict(list)
    for delivery in await with_attempts(connection, rows):
        by_message[delivery["message_id"]].append(delivery)
    return [{**message, "deliveries": by_message[message["id"]]} for message in messages]


async def with_attempts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Deliveries, each with what was asked and answered, and whether an operator wrote its words anew."""
    by_delivery: dict[int, list[Row]] = defaultdict(list)
    for attempt in await connection.fetch(query("attempts_of_deliveries"), [row["id"] for row in rows]):
        by_delivery[attempt["delivery_id"]].append(dict(attempt))
    edited = await connection.fetch(query("edits_of"), [named(row["id"]) for row in rows])
    names = {row["about"] for row in edited}
    return [{**row, "attempts": by_delivery[row["id"]], "edited": named(row["id"]) in names} for row in rows]


def named(delivery: int) -> str:
    """How the audit calls a delivery."""
    return f"delivery:{delivery}"
