"""Write what is owed into its lanes."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from channel.core.decision import Due, part_of
from channel.core.missing import merged
from channel.core.owed import Lane, Owed, PostContext, PostToRoom, ReadHistory, TellAuthor
from channel.store.batch import Batch
from channel.store.database import Connection
from channel.store.lanes import Places
from channel.store.placing import apart, has_place, place_of, runs
from channel.store.queries import query
from channel.store.rows import body_of

#: what our own posts' ids in Rocket.Chat begin with
POST_PREFIX: Final = "la-"

#: a delivery, as `insert_deliveries` takes it
Row: TypeAlias = tuple[int, UUID | None, int, str, str, int, str | None, datetime]


class Owing:
    """Deliveries of one batch; their lanes are locked already. Used once."""

    def __init__(self, connection: Connection, now: datetime, places: Places) -> None:
        self._connection = connection
        self._now = now
        self._places = places
        self._lanes: set[int] = set()

    async def owe(self, batch: Batch, ids: Mapping[tuple[int, str], UUID]) -> set[int]:
        """Insert what is owed. Returns the lanes that are to be looked at again.

        Deliveries at the end of their lanes, in the order decided; what a failed one needs, ahead of its lane; words
        that were written anew, in the place of those before.
        """
        owed = await self._without_reads_that_wait(batch.owed)
        await self._insert([*await self._ahead(batch), *await self._instead(batch, ids)])
        await self._in_order([each for each in owed if not each[1].instead_of], ids)
        await self._bury(owed, ids)
        if batch.heard:
            await self._release_overtaking(batch)
        return self._lanes

    async def owe_given_up(self, batch: Batch, ids: Mapping[tuple[int, str], UUID]) -> None:
        """Insert the words that are given up in the commit in which they came: they can be looked at, and replayed."""
        await self._insert(self._at_end(batch.given_up, ids))

    async def _in_order(self, owed: Sequence[tuple[int, Due]], ids: Mapping[tuple[int, str], UUID]) -> None:
        """What has its place among what waits goes there; what is decided behind it stays behind it."""
        others, placed = apart(owed)
        await self._insert(self._at_end(others, ids))
        for of_lane in placed:
            for run in runs(of_lane):
                await self._insert(await self._among(run, ids) if has_place(run[0][1]) else self._at_end(run, ids))

    async def _among(self, run: Sequence[tuple[int, Due]], ids: Mapping[tuple[int, str], UUID]) -> list[Row]:
        """Words of one lane, in the order in which they were said: each before those that wait and were said later."""
        number, first = run[0]
        lane, end = self._places.take(number, first.owed.lane, len(run))
        rows = await self._connection.fetch(query("make_way"), lane, [place_of(due) for _, due in run], end)
        return [
            row_of(lane, ids.get((number, due.message or "")), row["seq"], due.owed, due)
            for row, (_, due) in zip(rows, run, strict=True)
        ]

    async def _without_reads_that_wait(self, owed: Sequence[tuple[int, Due]]) -> list[tuple[int, Due]]:
        """All but reads of rooms for which one waits, which is made to be as good; of several of one room, one."""
        reads: dict[tuple[int, str], Due] = {}
        others: list[tuple[int, Due]] = []
        for number, due in owed:
            if isinstance(due.owed, ReadHistory):
                place = (number, due.owed.room)
                reads[place] = merged(reads.get(place, due), due)
            else:
                others.append((number, due))
        if not reads:
            return others
        waiting = await self._made_as_good(reads)
        return [*others, *((place[0], due) for place, due in reads.items() if place not in waiting)]

    async def _made_as_good(self, reads: Mapping[tuple[int, str], Due]) -> set[tuple[int, str]]:
        """Change reads that wait already into what is wanted. Returns of which rooms there were any."""
        numbers, rooms = [number for number, _ in reads], [room for _, room in reads]
        bodies = [body_of(due.owed) for due in reads.values()]
        rows = await self._connection.fetch(
            query("hasten_reads"), numbers, rooms, bodies, [due.at for due in reads.values()]
        )
        conditional = [isinstance(due.owed, ReadHistory) and due.owed.is_conditional for due in reads.values()]
        await self._connection.execute(query("note_sought"), numbers, rooms, conditional)
        self._lanes |= {row["lane_id"] for row in rows}
        return {(row["conversation"], row["room"]) for row in rows}

    async def _bury(self, owed: Sequence[tuple[int, Due]], ids: Mapping[tuple[int, str], UUID]) -> None:
        """What is a dead letter from the beginning has its place among the others, for a replay."""
        dead = {ids[number, due.message or ""]: due.dead for number, due in owed if due.dead}
        if dead:
            await self._connection.execute(query("bury"), list(dead), list(dead.values()))

    async def _release_overtaking(self, batch: Batch) -> None:
        """What has come need not be waited for any more."""
        found = await self._connection.fetch(
            query("find_overtaking"), [number for _, _, number, _ in batch.heard], [at for *_, at in batch.heard]
        )
        if not found:
            return
        conversations = sorted({row["conversation_id"] for row in found})
        await self._connection.execute(query("hold_lanes_of"), conversations, ["to_contact"] * len(conversations))
        rows = await self._connection.fetch(query("release_overtaking"), [row["id"] for row in found])
        self._lanes |= {row["lane_id"] for row in rows}

    async def _insert(self, rows: list[Row]) -> None:
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            await self._connection.execute(query("insert_deliveries"), *columns)
            self._lanes |= {row[0] for row in rows}

    async def _ahead(self, batch: Batch) -> list[Row]:
        if not batch.first:
            return []
        taken = [self._places.take(number, Lane.TO_AGENT, len(steps)) for number, steps in batch.first.items()]
        steps_of = {lane: steps for (lane, _), steps in zip(taken, batch.first.values(), strict=True)}
        counts = [len(steps) for steps in steps_of.values()]
        rows = await self._connection.fetch(query("make_room_ahead"), list(steps_of), counts, [end for _, end in taken])
        return [
            row_of(row["lane"], None, row["first"] + n, step, Due(step, None, self._now))
            for row in rows
            for n, step in enumerate(steps_of[row["lane"]])
        ]

    async def _instead(self, batch: Batch, ids: Mapping[tuple[int, str], UUID]) -> list[Row]:
        """What waits of messages that were written anew is not to go any more; the new words have its place."""
        if not batch.replaced:
            return []
        rows = await self._connection.fetch(query("replace_waiting"), [ids[place] for place in batch.replaced])
        self._lanes |= {row["lane_id"] for row in rows}
        places: dict[UUID, tuple[int, int]] = {}
        for row in rows:
            lane, seq = row["lane_id"], row["seq"]
            places[row["message_id"]] = lane, min(seq, places.get(row["message_id"], (lane, seq))[1])
        return [
            row_of(*_at(places[ids[number, due.instead_of]], ids.get((number, due.message or ""))), due.owed, due)
            for number, due in batch.owed
            if due.instead_of
        ]

    def _at_end(self, owed: Sequence[tuple[int, Due]], ids: Mapping[tuple[int, str], UUID]) -> list[Row]:
        rows: list[Row] = []
        for number, due in owed:
            lane, place = self._places.take(number, due.owed.lane, 1)
            rows.append(row_of(lane, ids.get((number, due.message or "")), place, due.owed, due))
        return rows


def _at(place: tuple[int, int], message: UUID | None) -> tuple[int, UUID | None, int]:
    lane, seq = place
    return lane, message, seq


def row_of(lane: int, message: UUID | None, seq: int, owed: Owed, due: Due) -> Row:
    external_id = (
        f"{POST_PREFIX}{uuid.uuid4().hex}" if isinstance(owed, PostToRoom | PostContext | TellAuthor) else None
    )
    return (lane, message, seq, type(owed).__name__, body_of(owed), part_of(owed), external_id, due.at)
