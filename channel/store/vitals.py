"""How it stands with the database and with what waits there: one query each, whatever there is besides."""

from channel.core import limits, pacing
from channel.core.breaker import State
from channel.core.owed import Lane
from channel.core.pacing import Dest
from channel.core.vitals import Backlog, Vitals, Waiting
from channel.store.database import Pool, borrowed
from channel.store.queries import query


async def vitals(pool: Pool) -> Vitals:
    """StoreUnavailable if the database does not say."""
    async with borrowed(pool) as connection:
        row = await connection.fetchrow(query("vitals"), list(pacing.ROUTES))
    states = {dest: row[f"{dest}_states"] or () for dest in Dest}
    return Vitals(
        head_age=row["head_age"],
        dead_letters=row["dead_letters"],
        snapshot_age=row["snapshot_age"],
        breakers={
            dest: max(map(State, found), key=list(State).index, default=State.CLOSED) for dest, found in states.items()
        },
    )


async def backlog(pool: Pool) -> Backlog:
    """Of the first `limits.BACKLOG_COUNTED` that wait. StoreUnavailable if the database does not say."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("count_waiting"), limits.BACKLOG_COUNTED)
    return Backlog([Waiting(row["channel"], Lane(row["lane"]), row["waiting"], row["failing_for"]) for row in rows])
