"""What is known of the rooms that events came from: which are closed, and up to when all that was said is known."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Final
from uuid import UUID

from channel.core.addresses import ByRoom
from channel.core.events import AgentWrote, Event
from channel.core.values import dataclass
from channel.store.database import Connection
from channel.store.queries import query


@dataclass(frozen=True, slots=True)
class Known:
    """Of those rooms of one workspace, as `Held` has it; its conversations share it."""

    closed: frozenset[str] = frozenset()
    heard: Mapping[str, frozenset[str]] = field(default_factory=dict)
    since: Mapping[str, str] = field(default_factory=dict)


NOTHING: Final = Known()


async def known_rooms(connection: Connection, events: Sequence[Event]) -> Mapping[UUID, Known]:
    """What is known of the events' rooms, by workspace."""
    asked = {(e.address.workspace, e.address.room) for e in events if isinstance(e.address, ByRoom)}
    if not asked:
        return {}
    rows: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in await connection.fetch(query("load_rooms"), *_columns(asked)):
        rows[row["workspace_id"]].append(row)
    unnamed = await _unnamed(connection, events)
    return {workspace: _known(found, workspace, unnamed) for workspace, found in rows.items()}


def _known(rooms: Sequence[Any], workspace: UUID, unnamed: set[tuple[UUID, str]]) -> Known:
    return Known(
        closed=frozenset(room["rid"] for room in rooms if room["closed"]),
        heard={room["rid"]: _heard(room) for room in rooms},
        since={room["rid"]: room["since"] for room in rooms if (workspace, room["rid"]) not in unnamed},
    )


async def _unnamed(connection: Connection, events: Sequence[Event]) -> set[tuple[UUID, str]]:
    """Of the rooms in which something was found: those in which it could be known under no name."""
    rooms = {
        (e.address.workspace, e.address.room) for e in events if isinstance(e, AgentWrote) and e.found_by is not None
    }
    if not rooms:
        return set()
    rows = await connection.fetch(query("load_unnamed"), *_columns(rooms))
    return {(row["workspace_id"], row["rid"]) for row in rows}


def _heard(room: Mapping[str, Any]) -> frozenset[str]:
    """Times up to which everything is known, and those of messages since."""
    return frozenset({*room["heard"], room["since"], room["read_until"]} - {""})


def _columns(rooms: Iterable[tuple[UUID, str]]) -> tuple[list[UUID], list[str]]:
    workspaces, rids = zip(*sorted(rooms), strict=True)
    return list(workspaces), list(rids)
