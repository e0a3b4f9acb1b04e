"""Lanes that are locked: the places at their ends, and when their heads may go."""

from collections.abc import Iterable, Mapping, Sequence

from channel.core import limits
from channel.store.database import Connection
from channel.store.queries import query
from channel.store.rows import Row


class Places:
    """At the end of lanes that stay locked, until they are written with all else about the lanes (`mark_due`)."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """`rows`: as `hold_lanes_of` returns them."""
        held = list(rows)
        self._lanes = {(row["conversation_id"], row["kind"]): row["id"] for row in held}
        self._ends = {row["id"]: row["next_seq"] for row in held}
        self._taken: dict[int, int] = {}

    def take(self, conversation: int, kind: str, places: int) -> tuple[int, int]:
        """The lane, and the first of so many places at its end that nobody else gets."""
        lane = self._lanes[conversation, kind]
        end = self._ends[lane]
        self._ends[lane] = self._taken[lane] = end + places
        return lane, end

    @property
    def taken(self) -> Mapping[int, int]:
        """By lane, the first place behind those that were taken."""
        return self._taken


async def mark_due(connection: Connection, lanes: Iterable[int], places: Places | None = None) -> None:
    """Write when the heads of lanes may go, and which places were taken in them."""
    await _mark(connection, lanes, places or Places(), (), (), keep=False)


async def settle_lanes(
    connection: Connection,
    lanes: Iterable[int],
    places: Places,
    ours: Sequence[int],
    unheard: Sequence[int],
    *,
    keep: bool,
) -> list[int]:
    """The same after a settle; of those that are `ours`, each whose head is due stays so, if `keep`. Returns these.

    `unheard`: those of them of which this was saved before, and the answer was lost.
    """
    rows = await _mark(connection, {*lanes, *ours}, places, ours, unheard, keep=keep)
    return [row["id"] for row in rows if row["kept"]]


async def _mark(
    connection: Connection,
    lanes: Iterable[int],
    places: Places,
    ours: Sequence[int],
    unheard: Sequence[int],
    *,
    keep: bool,
) -> Sequence[Row]:
    numbers = sorted(lanes)
    ends = [places.taken.get(lane) for lane in numbers]
    given = (numbers, ends, list(ours), keep, limits.LEASE, list(unheard))
    rows: Sequence[Row] = await connection.fetch(query("mark_due"), *given)
    return rows
