"""What agents are to be told, before it is written: notices that wait in one room become one, a newer mark replaces an
older."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from channel.core.decision import Due
from channel.core.owed import MarkMessage, TellAuthor
from channel.store.batch import Batch
from channel.store.database import Connection
from channel.store.queries import query
from channel.store.rows import json_of


async def settle_authors(connection: Connection, batch: Batch, ids: Mapping[tuple[int, str], UUID]) -> None:
    """Leave in the batch what is to be inserted. The lanes are locked already."""
    notices, marks = _summed_up(batch), _latest_marks(batch)
    if not notices and not marks:
        return
    others = [(n, due) for n, due in batch.owed if not isinstance(due.owed, TellAuthor | MarkMessage)]
    notices = await _not_summed_up(connection, notices)
    batch.owed = [*others, *notices, *await _newest(connection, marks, ids)]


async def forget_rooms(connection: Connection, batch: Batch) -> set[int]:
    """What was to be told in a room that is closed is discarded with it. Returns the lanes concerned."""
    if not batch.rooms_closed:
        return set()
    rooms = [rid for _, rid in batch.rooms_closed]
    rows = await connection.fetch(query("discard_of_rooms"), list(batch.rooms_closed.values()), rooms)
    return {row["lane_id"] for row in rows}


def _summed_up(batch: Batch) -> list[tuple[int, Due]]:
    """One notice for each room, with all that this batch has to tell there; due with the first."""
    by_room: dict[tuple[int, str], tuple[Due, TellAuthor]] = {}
    for number, due in batch.owed:
        if isinstance(due.owed, TellAuthor):
            place = number, due.owed.room
            first, summed = by_room.get(place, (due, replace(due.owed, told=())))
            by_room[place] = first, replace(summed, told=(*summed.told, *due.owed.told))
    return [(number, replace(due, owed=owed)) for (number, _), (due, owed) in by_room.items()]


async def _not_summed_up(connection: Connection, notices: list[tuple[int, Due]]) -> list[tuple[int, Due]]:
    """Those that could not be added to one that waits there."""
    notices = await _readable(connection, notices)
    told = [(number, due.owed) for number, due in notices if isinstance(due.owed, TellAuthor)]
    if not told:
        return []
    rows = await connection.fetch(
        query("sum_up"),
        [number for number, _ in told],
        [each.room for _, each in told],
        [json_of(each.told) for _, each in told],
    )
    summed = {row["n"] - 1 for row in rows}
    return [each for n, each in enumerate(notices) if n not in summed]


async def _readable(connection: Connection, notices: list[tuple[int, Due]]) -> list[tuple[int, Due]]:
    """Those in rooms that are open: nobody reads the others."""
    rooms = [(number, due.owed.room) for number, due in notices if isinstance(due.owed, TellAuthor)]
    if not rooms:
        return []
    rows = await connection.fetch(query("closed_of"), [number for number, _ in rooms], [room for _, room in rooms])
    closed = {(row["conversation"], row["room"]) for row in rows}
    return [notice for notice, place in zip(notices, rooms, strict=True) if place not in closed]


def _latest_marks(batch: Batch) -> list[tuple[int, Due, MarkMessage]]:
    marks = {(n, due.owed.item): (n, due, due.owed) for n, due in batch.owed if isinstance(due.owed, MarkMessage)}
    return list(marks.values())


async def _newest(
    connection: Connection, marks: list[tuple[int, Due, MarkMessage]], ids: Mapping[tuple[int, str], UUID]
) -> list[tuple[int, Due]]:
    """The marks of messages as they read now, each with whether another can be there; an older one that waits is not
    to be made any more."""
    if not marks:
        return []
    rows = await connection.fetch(
        query("supersede_marks"), [number for number, _, _ in marks], [mark.item for _, _, mark in marks]
    )
    known = {(row["conversation"], row["item"]): row for row in rows}
    newest: list[tuple[int, Due]] = []
    for number, due, mark in marks:
        row = known[number, mark.item]
        if ids[number, due.message or ""] in {row["newest"], row["last"], row["goes"]}:
            newest.append((number, replace(due, owed=replace(mark, first=not row["marked"]))))
    return newest
