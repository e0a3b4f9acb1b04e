"""Have dead letters tried again: any number of them, in transactions that hold up nobody for long."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from channel.core import limits
from channel.core.correcting import corrected
from channel.store.database import Connection, Pool, connected
from channel.store.lanes import mark_due
from channel.store.queries import query
from channel.store.rows import body_of, options_of, owed_of

#: a row of `dead_letters`
DeadLetter: TypeAlias = Mapping[str, Any]


def goes_again(dead: Iterable[DeadLetter]) -> list[DeadLetter]:
    """Those that are of a message. A room that could not be closed may be somebody's chat by now: it stays."""
    return [each for each in dead if each["message"] is not None]


async def again(
    where: str | Pool,
    dead: Iterable[DeadLetter],
    said: Callable[[int], None] = lambda _: None,
    *,
    most: int | None = None,
) -> int:
    """They wait again, in their old places in their lanes. How many did: some may have gone again meanwhile.

    Each transaction takes `most` of them, and `said` is told how many have gone after each. Lane by lane, what was
    owed first goes first: so no later words can overtake those of the next transaction.
    """
    ordered = sorted(goes_again(dead), key=lambda each: (each["lane_id"], each["seq"], each["delivery"]))
    most = most or limits.REPLAYED_AT_ONCE
    count = 0
    async with connected(where) as connection:
        for place in range(0, len(ordered), most):
            count += await _some(connection, ordered[place : place + most])
            said(count)
    return count


async def again_as(where: str | Pool, dead: DeadLetter, text: str) -> bool:
    """It waits again with these words instead of its own; False if it is none any more. NotSo if they may not go."""
    async with connected(where) as connection, connection.transaction():
        await connection.execute(query("hold_messages"), [dead["message"]])
        await connection.execute(query("hold_lanes_of_messages"), [dead["message"]])
        row = await connection.fetchrow(query("hold_dead_letter"), dead["delivery"])
        if row is None:
            return False
        owed = corrected(owed_of(row["kind"], row["body"]), text, options_of(row["options"]))
        await connection.execute(query("write_anew"), dead["delivery"], body_of(owed))
        return bool(await _some(connection, [dead]))


async def _some(connection: Connection, dead: Sequence[DeadLetter]) -> int:
    messages = sorted({each["message"] for each in dead})
    async with connection.transaction():
        await connection.execute(query("hold_messages"), messages)
        await connection.execute(query("hold_lanes_of_messages"), messages)
        rows = await connection.fetch(query("replay"), [each["delivery"] for each in dead])
        replayed = sorted({row["message_id"] for row in rows})
        whole = [row["id"] for row in await connection.fetch(query("forget_outcome"), replayed)]
        withdrawn = await connection.fetch(query("withdraw_statuses"), whole)
        await mark_due(connection, sorted({row["lane_id"] for row in [*rows, *withdrawn]}))
    return len(rows)
