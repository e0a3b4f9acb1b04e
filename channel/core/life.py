"""The life of a conversation: a machine of three states.

Every pair of a state and a turn is in `TRANSITIONS` or in `IGNORED` with its reason.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from channel.core.conversation import Conversation, State


class Turn(StrEnum):
    """What can turn a conversation's state."""

    HANDED_OFF = "handed off"  #: by the contact's words, or by a flow
    ROOM_OPENED = "room opened"
    ROOM_QUEUED = "room queued"
    ROOM_TAKEN = "room taken"
    ROOM_CLOSED = "room closed"
    LEFT = "left"  #: before there was a room
    ROOM_LOST = "room lost"  #: Rocket.Chat takes no more words in it, and we had not heard of a close


TRANSITIONS: Final[dict[tuple[State, Turn], State]] = {
    (State.CLOSED, Turn.HANDED_OFF): State.QUEUED,
    (State.CLOSED, Turn.ROOM_OPENED): State.QUEUED,
    (State.CLOSED, Turn.ROOM_LOST): State.QUEUED,
    (State.QUEUED, Turn.ROOM_OPENED): State.QUEUED,
    (State.QUEUED, Turn.ROOM_QUEUED): State.QUEUED,
    (State.QUEUED, Turn.ROOM_TAKEN): State.SERVED,
    (State.QUEUED, Turn.ROOM_CLOSED): State.CLOSED,
    (State.QUEUED, Turn.LEFT): State.CLOSED,
    (State.QUEUED, Turn.ROOM_LOST): State.QUEUED,
    (State.SERVED, Turn.ROOM_OPENED): State.QUEUED,
    (State.SERVED, Turn.ROOM_QUEUED): State.QUEUED,
    (State.SERVED, Turn.ROOM_TAKEN): State.SERVED,
    (State.SERVED, Turn.ROOM_CLOSED): State.CLOSED,
    (State.SERVED, Turn.ROOM_LOST): State.QUEUED,
}
IGNORED: Final[dict[tuple[State, Turn], str]] = {
    (State.CLOSED, Turn.ROOM_QUEUED): "the room is already closed",
    (State.CLOSED, Turn.ROOM_TAKEN): "the room is already closed",
    (State.CLOSED, Turn.ROOM_CLOSED): "the room is already closed",
    (State.CLOSED, Turn.LEFT): "nothing is waited for",
    (State.QUEUED, Turn.HANDED_OFF): "there is a room, or one is being opened",
    (State.SERVED, Turn.HANDED_OFF): "there is a room",
    (State.SERVED, Turn.LEFT): "there is a room, which is closed instead",
}


def turned(
    conversation: Conversation, turn: Turn, *, room: str | None = None, agent: str | None = None
) -> Conversation:
    """The conversation after `turn`, in `room` if it names one; unchanged where the turn is ignored."""
    state = TRANSITIONS.get((conversation.state, turn))
    if state is None:
        return conversation
    match turn:
        case Turn.HANDED_OFF:
            return replace(conversation, state=state)
        case Turn.ROOM_CLOSED | Turn.ROOM_LOST | Turn.LEFT:
            return replace(conversation, state=state, room=None, agent=None)
        case _:
            return replace(conversation, state=state, room=room or conversation.room, agent=agent)


def concerns(conversation: Conversation, room: str, closed_rooms: frozenset[str]) -> bool:
    """Is `room` the conversation's open one? While a room is being opened, the first one heard of is taken for it."""
    if conversation.room is None:
        return conversation.state is State.QUEUED and room not in closed_rooms
    return conversation.room == room
