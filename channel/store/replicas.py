"""Which processes of ours run, and the key that each seals with, as they say of themselves."""

from collections.abc import Sequence
from uuid import UUID

from channel.core import limits
from channel.core.values import dataclass
from channel.store.database import Connection, Pool, borrowed
from channel.store.queries import query


@dataclass(frozen=True, slots=True)
class Replica:
    """A process that says it runs."""

    id: UUID
    role: str
    seals_with: str  #: fingerprint of the key


async def show(pool: Pool, replica: Replica) -> None:
    """It runs; those that have said nothing for long are gone."""
    async with borrowed(pool) as connection:
        await connection.execute(query("show_replica"), replica.id, replica.role, replica.seals_with)
        await connection.execute(query("drop_replicas"), limits.GONE_AFTER)


async def leave(pool: Pool, replica: Replica) -> None:
    """It seals nothing any more."""
    async with borrowed(pool) as connection:
        await connection.execute(query("leave_replica"), replica.id)


async def sealing_otherwise(connection: Connection, fingerprint: str) -> Sequence[Replica]:
    """Those that run and seal with another key than this one."""
    rows = await connection.fetch(query("replicas_sealing_otherwise"), fingerprint, limits.GONE_AFTER)
    return [Replica(row["id"], row["role"], row["seals_with"]) for row in rows]
