"""Keep what goes no further, with its reason."""

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from channel.core.decision import Note
from channel.store.database import Connection
from channel.store.queries import query
from channel.store.vault import PIECE, Sealed, Vault, seal_beside

#: an event, as `insert_large_event` takes it
Row: TypeAlias = tuple[UUID, int | None, str | None, str, str, str, Sealed | None]


async def note(connection: Connection, vault: Vault, notes: Sequence[tuple[UUID, int | None, Note]]) -> None:
    """Insert the notes of workspaces and of their conversations, if they have any."""
    # in one order: two replicas that are told the same twice wait for each other's rows, not in a circle
    rows = [await _row_of(vault, *each) for each in sorted(notes, key=lambda each: (each[0], each[2].key))]
    small = [row for row in rows if not _is_large(row)]
    if small:
        columns = [list(column) for column in zip(*small, strict=True)]
        await connection.execute(query("insert_events"), *columns)
    for row in rows:
        if _is_large(row):
            await connection.execute(query("insert_large_event"), *row)


async def _row_of(vault: Vault, workspace: UUID, conversation: int | None, noted: Note) -> Row:
    sealed = await seal_beside(vault, f"event:{noted.key}", noted.raw) if noted.raw else None
    return workspace, conversation, noted.room, noted.kind, noted.reason, noted.key, sealed


def _is_large(row: Row) -> bool:
    *_, sealed = row
    return len(sealed or b"") > PIECE
