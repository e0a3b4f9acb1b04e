"""Seal every secret with the newest key, row by row, while the service runs.

Each row is changed by a statement of its own, and only if it is still what was read: nobody waits for it, and what
somebody else has changed or locked is looked at again. Interrupted anywhere, it can be run again. The service's own key
goes last, and only once nothing else is left: until then a process without the older key refuses to start.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Final
from uuid import UUID

import asyncpg

from channel.core.values import dataclass
from channel.store.database import Connection, connected
from channel.store.replicas import Replica, sealing_otherwise
from channel.store.vault import UnreadableSecret, Vault


@dataclass(frozen=True, slots=True)
class Column:
    """A sealed column, and by which key its rows are gone over, from before the first on."""

    table: str
    name: str
    key: str = "id"
    before_all: object = 0


NOBODY: Final = UUID(int=0)
SEALED: Final = (
    Column("workspace", "webhook_secret", before_all=NOBODY),
    Column("workspace", "bot_token", before_all=NOBODY),
    Column("workspace", "provisioned", before_all=NOBODY),
    Column("channel", "rapidpro_token", before_all=NOBODY),
    Column("contact", "visitor_token"),
    Column("message", "original", before_all=NOBODY),
    Column("event", "original"),
)
OWN: Final = Column("keyring", "value", key="name", before_all="")
ROWS: Final = 200
#: a replica that still has the old key first can go on sealing with it; it is asked this often whether that has ended
PASSES: Final = 5
#: a row that somebody has locked is left for the next pass
_SESSION: Final = {"lock_timeout": "1500", "application_name": "live-agents keys"}


@dataclass(slots=True)
class Resealed:
    sealed: int = 0  #: rows that have the newest key now and had not
    left: int = 0  #: rows that still have an older one
    unreadable: dict[str, int] = field(default_factory=dict)  #: by table, rows that none of our keys opens
    otherwise: Sequence[Replica] = ()  #: processes that run and seal with another key; nothing is sealed while they do

    def add(self, other: "Resealed") -> None:
        self.sealed += other.sealed
        self.left += other.left
        for table, count in other.unreadable.items():
            self.unreadable[table] = self.unreadable.get(table, 0) + count


async def reseal(url: str, vault: Vault) -> Resealed:
    """Go over all of it until a pass finds nothing on an older key; then count what is left, if that never came.

    Not while a process runs that seals with another key: what it seals next would be left.
    """
    async with connected(url, settings=_SESSION) as connection:
        if otherwise := await sealing_otherwise(connection, vault.fingerprint):
            return Resealed(otherwise=otherwise)
        done = await _until_nothing_is_left(connection, vault)
        if not done.left:
            done.otherwise = await sealing_otherwise(connection, vault.fingerprint)
        if not done.left and not done.otherwise:
            done.add(await _pass(connection, vault, [OWN]))
    return done


async def _until_nothing_is_left(connection: Connection, vault: Vault) -> Resealed:
    sealed = 0
    for _ in range(PASSES):
        done = await _pass(connection, vault, SEALED)
        sealed += done.sealed
        if not done.sealed and not done.left:
            break
    else:
        done = await _pass(connection, vault, SEALED, counting=True)
    return Resealed(sealed, done.left, done.unreadable)


async def _pass(connection: Connection, vault: Vault, columns: Sequence[Column], *, counting: bool = False) -> Resealed:
    """Once over these columns; `counting`: nothing is changed."""
    done = Resealed()
    for column in columns:
        async for row in _older(connection, vault, column):
            try:
                anew = vault.reseal(row["sealed"])
            except UnreadableSecret:
                done.add(Resealed(unreadable={column.table: 1}))
                continue
            changed = not counting and await _replace(connection, column, row, anew)
            done.add(Resealed(int(changed), int(not changed)))
    return done


async def _older(connection: Connection, vault: Vault, column: Column) -> AsyncIterator[Mapping[str, Any]]:
    """The rows that are not sealed with the newest key. The names are our own; no value is put into the statement."""
    select = (
        f"SELECT {column.key} AS key, {column.name} AS sealed FROM {column.table} "  # noqa: S608
        f"WHERE {column.key} > $1 AND {column.name} IS NOT NULL ORDER BY {column.key} LIMIT {ROWS}"
    )
    last = column.before_all
    while rows := await connection.fetch(select, last):
        for row in rows:
            if not vault.is_newest(row["sealed"]):
                yield row
        last = rows[-1]["key"]


async def _replace(connection: Connection, column: Column, row: Mapping[str, Any], anew: bytes) -> bool:
    """Put it there, unless the row is another by now, or somebody holds it."""
    update = f"UPDATE {column.table} SET {column.name} = $2 WHERE {column.key} = $1 AND {column.name} = $3"  # noqa: S608
    try:
        done: str = await connection.execute(update, row["key"], anew, row["sealed"])
    except asyncpg.LockNotAvailableError:
        return False
    return done == "UPDATE 1"
