"""Putting a message into a room, and nothing else: no check, no event."""

from datetime import datetime
from typing import Any

from .ids import MILLISECOND, new_id, now
from .records import Author, Message, Room
from .workspace import Workspace


def store(
    workspace: Workspace,
    room: Room,
    author: Author,
    text: str,
    *,
    id: str | None = None,
    token: str | None = None,
    kind: str | None = None,
    extras: dict[str, Any] | None = None,
) -> Message:
    """Store a message at the room's next time; a system message (`kind`) leaves the room's `lm` alone."""
    moment = next_time(room)
    message = Message(
        id=id or new_id(),
        rid=room.id,
        ts=moment,
        author=author,
        text=text,
        token=token,
        kind=kind,
        updated_at=moment,
        extras=extras or {},
    )
    workspace.messages[message.id] = message
    if kind is None:
        room.last_message_at = moment
    workspace.changed()
    return message


def next_time(room: Room) -> datetime:
    """Return the time, or the millisecond after the room's newest message if that is later."""
    room.newest = max(now(), room.newest + MILLISECOND)
    return room.newest
