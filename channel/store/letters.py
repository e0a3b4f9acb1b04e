"""Dead letters as the console has them: why there are any, which, and what an operator decides of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from channel.core import limits
from channel.core.values import dataclass
from channel.store.database import Pool, borrowed
from channel.store.histories import with_attempts
from channel.store.listings import Nothing, Which, dead_letters, discard
from channel.store.queries import query
from channel.store.replaying import again, again_as

Row: TypeAlias = dict[str, Any]
Cursor: TypeAlias = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Letters:
    """A page of them, the latest first, and where the next one begins."""

    rows: Sequence[Row]
    older: Cursor | None


async def reasons(pool: Pool) -> list[Row]:
    """Why there are dead letters, by reason and channel, the most first."""
    async with borrowed(pool) as connection:
        return [dict(row) for row in await connection.fetch(query("dead_letter_reasons"), limits.BACKLOG_COUNTED)]


async def latest(pool: Pool, which: Which, before: Cursor | None, *, words: bool) -> Letters:
    most = limits.SHOWN_LETTERS
    rows = await _letters(pool, which, None, before, words, most + 1)
    last = rows[most - 1] if len(rows) > most else None
    return Letters(rows[:most], (last["ended_at"], last["delivery"]) if last else None)


async def one(pool: Pool, number: int, *, words: bool) -> Row:
    """A dead letter, with its attempts. Nothing if this delivery is none."""
    rows = await _letters(pool, Which(), number, None, words, 1)
    if not rows:
        raise Nothing(f"delivery {number} is no dead letter, or no longer")
    async with borrowed(pool) as connection:
        (whole,) = await with_attempts(connection, [{**rows[0], "id": number, "conversation": rows[0]["id"]}])
    return whole


async def replay(pool: Pool, numbers: Sequence[int]) -> int:
    """Those of these deliveries that are dead letters of a message go again. How many."""
    return await again(pool, await _by_id(pool, numbers))


async def replay_all(pool: Pool, which: Which) -> int:
    """The same of all that are meant; those that die meanwhile are not."""
    return await again(pool, await dead_letters(pool, which))


async def replay_as(pool: Pool, number: int, text: str) -> None:
    """One goes again with other words. Nothing if it is no dead letter of a message; NotSo if the words may not go."""
    for letter in await _by_id(pool, [number]):
        if letter["message"] is not None and await again_as(pool, letter, text):
            return
    raise Nothing(f"delivery {number} is no dead letter, or has no words any more")


async def discard_letters(pool: Pool, numbers: Sequence[int], reason: str) -> int:
    """Dead letters that are not to be made, with all that waits or is dead of their messages. How many deliveries."""
    letters = await _by_id(pool, numbers)
    messages = sorted({str(letter["message"]) for letter in letters if letter["message"] is not None})
    count = await discard(pool, *messages, reason=reason) if messages else 0
    async with borrowed(pool) as connection:
        alone = [letter["delivery"] for letter in letters if letter["message"] is None]
        return count + len(await connection.fetch(query("discard_alone"), alone, reason))


async def standing(pool: Pool, numbers: Sequence[int]) -> list[Row]:
    """How it stands with deliveries now, each with its attempts."""
    async with borrowed(pool) as connection:
        return await with_attempts(connection, await connection.fetch(query("deliveries_by_id"), numbers))


async def _letters(
    pool: Pool, which: Which, number: int | None, before: Cursor | None, words: bool, most: int
) -> list[Row]:
    at, last = before or (None, None)
    meant = which.since, which.until, which.channel, which.reason
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("latest_dead_letters"), *meant, number, at, last, words, most)
    return [dict(row) for row in rows]


async def _by_id(pool: Pool, numbers: Sequence[int]) -> list[Row]:
    async with borrowed(pool) as connection:
        return [dict(row) for row in await connection.fetch(query("dead_letters_by_id"), list(numbers))]
