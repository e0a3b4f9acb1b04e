"""Which rooms' histories are to be read, and how far they are known."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any
from uuid import UUID

from channel.core import limits
from channel.core.addresses import ByConversation
from channel.core.conversation import State
from channel.core.events import RoomSought
from channel.core.limiter import HISTORY
from channel.core.owed import ReadHistory
from channel.core.values import dataclass
from channel.store.database import Pool, borrowed
from channel.store.queries import query
from channel.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a room's history."""

    until: str  #: everything up to this time of Rocket.Chat's
    is_closed: bool
    is_needless: bool = False  #: what was missing has been told meanwhile


async def known(pool: Pool, workspace: UUID, wanted: ReadHistory) -> Known:
    """How far the room is known, and whether it need not be read any more."""
    async with borrowed(pool) as connection:
        row = await connection.fetchrow(query("known_room"), workspace, wanted.room, wanted.unless)
    if row is None:
        return Known("", is_closed=False)
    have_come = all(at in row["heard"] or at <= row["read_until"] for at in wanted.awaits)
    is_needless = wanted.is_conditional and have_come and (row["told"] or not wanted.unless)
    return Known(max(row["since"], row["read_until"]), row["closed"], is_needless=is_needless)


async def unsought(pool: Pool) -> Sequence[RoomSought]:
    """Rooms that it is time to look at; another replica may have them too."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("unsought_rooms"), limits.SOUGHT_EVERY, limits.SOUGHT_AT_ONCE)
        left = limits.SOUGHT_AT_ONCE - len(rows)
        unsure = (
            await connection.fetch(query("unsure_rooms"), limits.UNSURE_LOOKED_AT, left, HISTORY, limits.UNSURE_SHARE)
            if left
            else []
        )
    return [
        *(_sought(row, "outage" if row["after_outage"] else "routine") for row in rows),
        *(_sought(row, "unsure") for row in unsure),
    ]


def _sought(row: Mapping[str, Any], why: str) -> RoomSought:
    return RoomSought(ByConversation(row["conversation"]), row["rid"], why)


async def seek(pool: Pool, workspace: UUID | None = None) -> None:
    """Something was away: the open rooms of a workspace, or all, are to be looked at."""
    async with borrowed(pool) as connection:
        await connection.execute(query("seek_rooms"), workspace)


async def seek_rooms(pool: Pool, rooms: Sequence[tuple[UUID, str]]) -> None:
    """These rooms of workspaces are to be looked at, those that are open."""
    workspaces, names = [workspace for workspace, _ in rooms], [name for _, name in rooms]
    async with borrowed(pool) as connection:
        await connection.execute(query("seek_these_rooms"), workspaces, names)


@dataclass(frozen=True, slots=True)
class Readable:
    """A room of which an operator has the history read."""

    workspace: UUID
    room: str
    url: str  #: of Rocket.Chat
    since: str
    is_closed: bool
    seems_to_wait: bool  #: nobody is known to serve it
    bot: str
    visitor_token: str = field(repr=False)


async def readable(pool: Pool, vault: Vault, channel: UUID | None, room: str | None) -> Sequence[Readable]:
    """The room of this name, or those that are open or were closed lately; of one channel, or of all."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("readable_rooms"), channel, room, limits.STALE)
    return [
        Readable(
            row["workspace_id"],
            row["rid"],
            row["base_url"],
            row["since"],
            row["closed"],
            row["state"] == State.QUEUED,
            row["bot_user_id"],
            vault.open(f"visitor:{row['visitor_token_hash']}", row["visitor_token"]).decode(),
        )
        for row in rows
    ]


async def ids_that_came(pool: Pool, channel: UUID, ids: Sequence[str]) -> set[str]:
    """Which of these messages of RapidPro's have ever reached us."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("ids_that_came"), channel, list(ids))
    return {row["external_id"] for row in rows}
