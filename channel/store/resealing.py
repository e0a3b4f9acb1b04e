"""Seal every secret with the newest key, a few rows at a time, while the service runs."""

from typing import Final

import asyncpg

from channel.store.database import translated
from channel.store.vault import Vault

#: table, key column, sealed column
SEALED: Final = (
    ("workspace", "id", "webhook_secret"),
    ("channel", "id", "rapidpro_token"),
    ("contact", "id", "visitor_token"),
    ("message", "id", "original"),
    ("event", "id", "original"),
    ("keyring", "name", "value"),
)
ROWS: Final = 200


async def reseal(url: str, vault: Vault) -> int:
    """How many were sealed anew. A row that changes meanwhile is sealed with the newest key by who changes it."""
    with translated():
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return sum([await _reseal_column(connection, vault, *column) for column in SEALED])
        finally:
            await connection.close()


async def _reseal_column(
    connection: "asyncpg.Connection[asyncpg.Record]", vault: Vault, table: str, key: str, column: str
) -> int:
    """The names are our own, from the list above; no value is put into the text of a statement."""
    select = (
        f"SELECT {key} AS key, {column} AS sealed FROM {table} WHERE {column} IS NOT NULL "  # noqa: S608
        f"AND ($1::text IS NULL OR {key}::text > $1) ORDER BY {key}::text LIMIT {ROWS}"
    )
    update = f"UPDATE {table} SET {column} = $2 WHERE {key} = $1 AND {column} = $3"  # noqa: S608
    count, last = 0, None
    while rows := await connection.fetch(select, last):
        await connection.executemany(update, [(r["key"], vault.reseal(r["sealed"]), r["sealed"]) for r in rows])
        count += len(rows)
        last = str(rows[-1]["key"])
    return count
