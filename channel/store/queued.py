"""Who of ours waits for an agent."""

from uuid import UUID

from channel.core.values import dataclass
from channel.store.database import Pool, borrowed
from channel.store.queries import query


@dataclass(frozen=True, slots=True)
class Queued:
    """Contacts of one department."""

    department: str
    contacts: int
    seconds: float | None  #: for how long the first of them has waited


async def queued(pool: Pool, workspace: UUID) -> list[Queued]:
    """By department, in the order of their names. StoreUnavailable if the database does not say."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("queued_now"), workspace)
    return [Queued(row["department"], row["contacts"], row["seconds"]) for row in rows]
