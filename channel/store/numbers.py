"""The numbers that a coordinator asks for, counted by the database: a serving process has other things to do."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from channel.core import limits
from channel.core.numbers import Days, Numbers, Spread
from channel.store.database import Pool, transaction
from channel.store.queries import query


class TooMany(Exception):
    """It would take too long to count: fewer days are to be asked for."""


async def numbers(pool: Pool, channel: UUID, days: Days, names: Mapping[str, str] | None = None) -> list[Numbers]:
    """By department and day, by either, and of all. Of what had no rooms there is nothing, but for the last.

    `names`: of departments, by their ids, as far as they are known: one that is called by both is one.
    TooMany after `limits.NUMBERS_SECONDS`; StoreUnavailable if the database does not say.
    """
    async with transaction(pool) as connection:
        await connection.execute(query("limit_counting"), str(round(limits.NUMBERS_SECONDS * 1000)))
        try:
            rows = await connection.fetch(
                query("numbers"), channel, days.bounds(), [*(names or ())], [*(names or {}).values()]
            )
        except asyncpg.QueryCanceledError:
            raise TooMany from None
    each = days.each()
    return [
        Numbers(
            None if row["all_departments"] else row["department"],
            None if row["all_days"] else each[row["day"] - 1],
            row["opened"],
            row["taken"],
            row["answered"],
            row["unserved"],
            _spread(row["waited"]),
            _spread(row["first_answer"]),
        )
        for row in rows
    ]


def _spread(times: Sequence[float] | None) -> Spread | None:
    return Spread(*times) if times else None
