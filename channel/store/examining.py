"""What the doctor reads of the database: how it is, what its channels say of themselves, how much passes."""

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from typing import Any
from uuid import UUID

from channel.core import limits
from channel.core.availability import Office
from channel.core.checks.database import Sealed
from channel.core.people import Bot
from channel.core.secrets import token_hash
from channel.core.values import dataclass
from channel.store.database import Connection, Pool, borrowed
from channel.store.queries import query
from channel.store.resealing import OWN, SEALED, Column
from channel.store.rows import hours_of, options_of
from channel.store.vault import UnreadableSecret, Vault


@dataclass(frozen=True, slots=True)
class Examined:
    """A channel with what is to be looked at, secrets opened. One that none of our keys opens counts as none."""

    id: UUID
    name: str
    set_up: str
    reply_via: str
    scheme: str
    office: Office
    rapidpro_url: str
    rapidpro_channel: str | None
    rapidpro_token: str | None = field(repr=False)
    workspace: UUID
    rocketchat_url: str
    webhook_secret: str = field(repr=False)
    secret_hashes: tuple[str | None, ...]  #: the newest first
    bot: Bot | None
    rotating: bool  #: are two of its tokens valid?

    @property
    def via_api(self) -> bool:
        return self.reply_via == "api"

    def is_newest_secret(self, secret: str) -> bool:
        return token_hash(secret) == self.secret_hashes[0]


@dataclass(frozen=True, slots=True)
class Facts:
    """Of the database itself."""

    version: int
    size: int
    schema: str
    away: tuple[str, ...]  #: addresses of peers that do not answer


@dataclass(frozen=True, slots=True)
class Busiest:
    """What passed at most: posts and new rooms of a workspace in a minute, replies of a channel in an hour."""

    posts: int
    rooms: int
    replies: int
    is_sent_through: bool  #: RapidPro has sent messages through the channel, so it has the Send role


@dataclass(frozen=True, slots=True)
class Over:
    """A contact whose chat is over, as RapidPro knows them."""

    uuid: str | None
    path: str = field(repr=False)


async def channels(pool: Pool, vault: Vault, ids: Sequence[UUID]) -> list[Examined]:
    """These channels, or all of them; without those that are not there."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("examined_channels"), list(ids))
    return [_examined(vault, row) for row in rows]


async def facts(pool: Pool) -> Facts:
    async with borrowed(pool) as connection:
        row = await connection.fetchrow(query("examined_database"))
        away = await connection.fetch(query("away_peers"))
    return Facts(row["version"], row["size"], row["schema"] or "", tuple(each["address"] for each in away))


async def busiest(pool: Pool, channel: Examined) -> Busiest:
    async with borrowed(pool) as connection:
        numbers = channel.workspace, channel.id, limits.EXAMINED_DELIVERIES
        row = await connection.fetchrow(query("busiest"), *numbers)
    return Busiest(row["posts"], row["rooms"], row["replies"], row["is_sent_through"])


async def lately_over(pool: Pool, channel: UUID) -> list[Over]:
    """Contacts who were answered lately and whose chat is over, the latest first."""
    async with borrowed(pool) as connection:
        numbers = limits.EXAMINED_DELIVERIES, limits.EXAMINED_CONTACTS
        rows = await connection.fetch(query("lately_over"), channel, *numbers)
    return [Over(row["uuid"], row["path"]) for row in rows]


async def samples(pool: Pool, workspace: UUID, since: datetime) -> set[str]:
    """The keys of the samples that came in since then, of a test button or of the doctor. They are not kept."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("forget_samples"), workspace, since)
    return {row["key"] for row in rows}


async def sealed(pool: Pool, vault: Vault, keys: int) -> Sealed:
    """Of a part of what is sealed, how much is not on the newest of so many keys, or on none of them."""
    looked_at = left = unreadable = 0
    async with borrowed(pool) as connection:
        for column in (*SEALED, OWN):
            for value in await _some(connection, column):
                looked_at += 1
                if vault.is_newest(value):
                    continue
                try:
                    vault.reseal(value)
                    left += 1
                except UnreadableSecret:
                    unreadable += 1
    return Sealed(keys, looked_at, left, unreadable)


async def _some(connection: Connection, column: Column) -> list[bytes]:
    """Of the first rows and of the last ones: at a cost that does not grow with the table."""
    select = f"SELECT {column.key} AS key, {column.name} AS sealed FROM {column.table}"  # noqa: S608 - our own names
    ends = (
        f"(SELECT key, sealed FROM ({select} ORDER BY {column.key} {way} LIMIT {limits.EXAMINED_ROWS}) part "  # noqa: S608
        f"WHERE sealed IS NOT NULL LIMIT {limits.EXAMINED_SEALED})"
        for way in ("ASC", "DESC")
    )
    rows = await connection.fetch(" UNION ".join(ends))
    return [row["sealed"] for row in rows]


def _examined(vault: Vault, row: Any) -> Examined:
    token = _opened(vault, f"bot_token:{row['workspace']}", row["bot_token"])
    return Examined(
        row["id"],
        row["name"],
        row["set_up"],
        row["reply_via"],
        row["scheme"],
        Office(row["department"], hours_of(row["hours"]), options_of(row["options"])),
        row["rapidpro_url"],
        row["rapidpro_channel"],
        _opened(vault, f"rapidpro_token:{row['id']}", row["rapidpro_token"]),
        row["workspace"],
        row["base_url"],
        _opened(vault, f"webhook_secret:{row['workspace']}", row["webhook_secret"]) or "",
        (row["webhook_secret_hash"], row["previous_secret_hash"]),
        Bot(row["bot_user_id"], token) if token else None,
        row["previous_send_token_hash"] is not None or row["previous_live_agents_token_hash"] is not None,
    )


def _opened(vault: Vault, place: str, value: bytes | None) -> str | None:
    try:
        return vault.open(place, value).decode() if value is not None else None
    except UnreadableSecret:
        return None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is owed for a message, and how far it is; of a message for which nothing is owed, one without."""

    message: UUID
    room: str | None  #: in which the message is
    open_room: str | None  #: of the contact, now
    why_not: str | None  #: why nothing goes
    kind: str | None
    state: str | None
    reason: str | None
    status: str | None  #: that is reported
    opening: str | None  #: what the contact's room waits for


async def steps(pool: Pool, channel: UUID, name: str) -> list[Step]:
    """Of the message that a peer calls so."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("followed"), channel, name)
    return [Step(**dict(row)) for row in rows]


async def lend_token(pool: Pool, channel: UUID, token: str) -> bool:
    """Let a channel take this token, too, until it is taken back. False while two of its tokens are valid already."""
    async with borrowed(pool) as connection:
        return await connection.fetchval(query("lend_token"), channel, token_hash(token)) is not None


async def take_token_back(pool: Pool, channel: UUID, token: str) -> None:
    async with borrowed(pool) as connection:
        await connection.execute(query("take_token_back"), channel, token_hash(token))
