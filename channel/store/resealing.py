"""Seal every secret with the newest key, row by row, while the service runs."""

from dataclasses import dataclass
from typing import Final

import asyncpg

from channel.store.database import translated
from channel.store.vault import UnreadableSecret, Vault

#: table, key column, sealed column
SEALED: Final = (
    ("workspace", "id", "webhook_secret"),
    ("workspace", "id", "bot_token"),
    ("channel", "id", "rapidpro_token"),
    ("contact", "id", "visitor_token"),
    ("message", "id", "original"),
    ("event", "id", "original"),
    ("keyring", "name", "value"),
)
ROWS: Final = 200
#: a replica that still has the old key first can go on sealing with it; it is asked this often whether that has ended
PASSES: Final = 5


@dataclass(frozen=True, slots=True)
class Resealed:
    sealed: int  #: rows that have the newest key now and had not
    left: int  #: rows that still have an older one, or one we do not have


async def reseal(url: str, vault: Vault) -> Resealed:
    """Go over all of it until a pass finds nothing on an older key, or nothing that can be changed."""
    sealed = 0
    with translated():
        connection = await asyncpg.connect(url, timeout=10)
        try:
            for _ in range(PASSES):
                passes = [await _pass(connection, vault, *column) for column in SEALED]
                found = sum(each.sealed for each in passes)
                sealed += found
                if not found:
                    break
        finally:
            await connection.close()
    return Resealed(sealed, found + sum(each.left for each in passes))


async def _pass(
    connection: "asyncpg.Connection[asyncpg.Record]", vault: Vault, table: str, key: str, column: str
) -> Resealed:
    """The names are our own, from the list above; no value is put into the text of a statement."""
    select = (
        f"SELECT {key} AS key, {column} AS sealed FROM {table} WHERE {column} IS NOT NULL "  # noqa: S608
        f"AND ($1::text IS NULL OR {key}::text > $1) ORDER BY {key}::text LIMIT {ROWS}"
    )
    update = f"UPDATE {table} SET {column} = $2 WHERE {key} = $1 AND {column} = $3"  # noqa: S608
    sealed, left, last = 0, 0, None
    while rows := await connection.fetch(select, last):
        for row in rows:
            if vault.is_newest(row["sealed"]):
                continue
            try:
                await connection.execute(update, row["key"], vault.reseal(row["sealed"]), row["sealed"])
                sealed += 1
            except UnreadableSecret:
                left += 1
        last = str(rows[-1]["key"])
    return Resealed(sealed, left)
