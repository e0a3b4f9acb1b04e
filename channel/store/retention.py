"""Erase the words of what is over: the keys stay, so that nothing old looks new.

Old rows are looked at along an index that leaves out what is erased; never a table. A few are erased in a transaction,
under their conversations' locks: who holds one of these is not waited for, but passed over until the next time.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from channel import metrics
from channel.core import limits
from channel.core.conversation import EXPIRED, KEPT
from channel.core.values import dataclass
from channel.store.database import Connection, Pool, transaction
from channel.store.queries import query
from channel.store.rows import options_of

#: of the advisory lock that one erasing transaction holds
LOCK: Final = 7_301_156

#: what of `channel.core.owed` is somebody's words or names, by the kind of value
TEXTS: Final = ("text", "name", "comment")
LISTS: Final = ("lines", "words", "answers", "params", "custom_fields", "told")

_BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OLD: Final = {
    "message": "old_messages",
    "delivery": "old_deliveries",
    "event": "old_events",
    "contact": "old_profiles",
}

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Days that words are kept, by channel and, of what is of no contact, by workspace; those for ever are left out."""

    channels: Mapping[UUID, int] = field(default_factory=dict)
    workspaces: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Stage:
    """Rows of one table, of one channel if that is a column of it, and the days that are kept."""

    table: str
    owners: Sequence[UUID]
    days: Sequence[int]


async def sweep(pool: Pool) -> AsyncGenerator[int]:
    """Erase what is old, a few at a time; after each few, how many. Ends at the end, or where another one is at it."""
    keeping = keeping_of(await _channels(pool))
    for stage in _stages(keeping):
        after: tuple[datetime, object] | None = (_BEFORE_ALL, _least(stage))
        looked = limits.ERASED_AT_ONCE
        while after is not None:
            async with transaction(pool) as connection:
                if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
                    return
                # lost in a crash, it is erased again: nobody's commit waits for this one to be on the disk
                await connection.execute("SET LOCAL synchronous_commit = off")
                erased, after = await _some(connection, stage, after, looked)
            looked = limits.ERASED_AT_ONCE if erased else min(2 * looked, limits.LOOKED_AT_ONCE)
            metrics.erased.inc(erased)
            yield erased


def keeping_of(channels: Sequence[Row]) -> Keeping:
    """A workspace keeps what is of no contact as long as the channel of it that keeps words longest."""
    days = {row["id"]: options_of(row["options"]).keep_days for row in channels}
    by_workspace: dict[UUID, list[int]] = {}
    for row in channels:
        by_workspace.setdefault(row["workspace_id"], []).append(days[row["id"]])
    return Keeping(
        {channel: kept for channel, kept in days.items() if kept},
        {workspace: max(kept) for workspace, kept in by_workspace.items() if all(kept)},
    )


def _stages(keeping: Keeping) -> list[_Stage]:
    channels, days = list(keeping.channels), list(keeping.channels.values())
    of_each = [
        _Stage(table, [channel], [kept])
        for table in ("message", "contact")
        for channel, kept in keeping.channels.items()
    ]
    workspaces = list(keeping.workspaces)
    of_nobody = _Stage("event", [*channels, *workspaces], [*days, *keeping.workspaces.values()])
    return [*of_each, _Stage("delivery", channels, days), of_nobody] if channels or workspaces else []


def _least(stage: _Stage) -> object:
    return UUID(int=0) if stage.table == "message" else 0


async def _channels(pool: Pool) -> list[Row]:
    async with transaction(pool) as connection:
        return list(await connection.fetch(query("keeping")))


async def _some(
    connection: Connection, stage: _Stage, after: tuple[datetime, object], looked: int
) -> tuple[int, tuple[datetime, object] | None]:
    """Erase what is over among the next rows. How many, and behind which row to go on; None at the end."""
    rows = await connection.fetch(query(_OLD[stage.table]), stage.owners, stage.days, *after, looked)
    over = [row for row in rows if row["over"]][: limits.ERASED_AT_ONCE]
    erased = await _erase(connection, stage, over) if over else 0
    last = over[-1] if len(over) == limits.ERASED_AT_ONCE else rows[-1] if len(rows) == looked else None
    return erased, (last["created_at"], last["id"]) if last else None


async def _erase(connection: Connection, stage: _Stage, over: Sequence[Row]) -> int:
    """Their words; and what is known of contacts of whom none are kept any more."""
    ids = [row["id"] for row in over]
    if stage.table == "event":
        return len(await connection.fetch(query("erase_events"), ids))
    if stage.table == "contact":
        return await _erase_profiles(
            connection, stage, [row["id"] for row in await connection.fetch(query("hold_idle"), ids)]
        )
    asked = sorted({row["conversation_id"] for row in over})
    held = [row["id"] for row in await connection.fetch(query("hold_idle"), asked)]
    if stage.table == "delivery":
        erased = [row["id"] for row in over if row["conversation_id"] in held]
        await connection.execute(query("erase_deliveries"), [], erased, TEXTS, LISTS)
    else:
        erased = [row["id"] for row in await connection.fetch(query("erase_messages"), ids, held, KEPT, EXPIRED)]
        await connection.execute(query("erase_deliveries"), erased, [], TEXTS, LISTS)
    await _erase_profiles(connection, stage, held)
    return len(erased)


async def _erase_profiles(connection: Connection, stage: _Stage, held: Sequence[int]) -> int:
    """What those of these contacts are called of whom nothing is kept and nothing goes on. How many there were."""
    quiet = await connection.fetch(query("erase_profiles"), held, stage.owners, stage.days)
    await connection.execute(query("erase_handoffs"), [row["id"] for row in quiet])
    return len(quiet)
