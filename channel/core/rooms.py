"""What becomes of what happened to a room."""

from dataclasses import replace
from typing import TypeAlias

from channel.core import life
from channel.core.conversation import Decision, Due, Held, Message, Note, State
from channel.core.events import Echoed, Noted, RoomClosed, RoomForwarded, RoomQueued, RoomStarted, RoomTaken
from channel.core.life import Turn
from channel.core.owed import Status
from channel.core.words import heard_at, is_repeat, reported

Happening: TypeAlias = RoomStarted | RoomQueued | RoomTaken | RoomForwarded | RoomClosed


def happened(held: Held, event: Happening) -> Decision:
    """Turn the conversation, if it is its open room; store the event with its reason. A repeat changes nothing."""
    if _is_repeated_mention(held, event):
        return Decision(conversation=held.conversation, reason="repeat")
    if event.key in held.seen:
        return Decision(conversation=held.conversation, reason="repeat", counted=("duplicates",))
    noted = Decision(
        conversation=held.conversation,
        note=_note(event),
        reason="not_for_contact",
        room_seen=event.address.room,
        room_closed=event.address.room if isinstance(event, RoomClosed) else None,
    )
    if held.conversation is None or not life.concerns(held.conversation, event.address.room, held.closed_rooms):
        return noted
    return _turn(held, event, noted)


def noted(held: Held, event: Noted | Echoed) -> Decision:
    """Something for nobody here, kept with its reason."""
    if event.key in held.seen:
        return Decision(conversation=held.conversation, reason="repeat", counted=("duplicates",))
    if isinstance(event, Echoed):
        note = Note("echo", "echo", event.key, event.address.room)
    else:
        note = Note(event.kind, event.reason, event.key, event.address.room, event.raw)
    heard = heard_at(event.address.room, event.said_at) if isinstance(event, Echoed) else ()
    return Decision(
        conversation=held.conversation, note=note, heard=heard, reason=note.reason, room_seen=event.address.room
    )


def _is_repeated_mention(held: Held, event: Happening) -> bool:
    """Was the event that mentions the agent told before? Then it says nothing of who has the room now."""
    if not isinstance(event, RoomTaken):
        return False
    return event.told_by in held.seen or (event.words is not None and is_repeat(held, event.words))


def _note(event: Happening) -> Note | None:
    if event.key is None:
        return None
    return Note(type(event).__name__, "not_for_contact", event.key, event.address.room, event.raw)


def _turn(held: Held, event: Happening, noted: Decision) -> Decision:
    conversation, room = held.conversation, event.address.room
    if conversation is None:
        return noted
    match event:
        case RoomTaken(agent=agent) | RoomForwarded(agent=agent) if agent is not None:
            taken = life.turned(conversation, Turn.ROOM_TAKEN, room=room, agent=agent.id)
            return _delivered(held, replace(noted, conversation=taken), room)
        case RoomClosed():
            unserved = conversation.state is State.QUEUED
            closed = life.turned(conversation, Turn.ROOM_CLOSED)
            return replace(noted, conversation=closed, counted=("unserved",) if unserved else ())
        case RoomStarted() if conversation.room == room:
            return noted
        case RoomQueued(is_new=True) if conversation.state is State.SERVED:
            # Rocket.Chat sends it side by side with the taking that followed it.
            return noted
        case _:
            return replace(noted, conversation=life.turned(conversation, Turn.ROOM_QUEUED, room=room))


def _delivered(held: Held, decision: Decision, room: str) -> Decision:
    """An agent has the room: what was *sent* there is *delivered* now."""
    messages: list[Message] = []
    owed: list[Due] = []
    for known in held.unserved.values():
        message = held.messages.get(known.key, known)
        if message.room == room and message.status is Status.SENT:
            message, report = reported(held, message, Status.DELIVERED)
            messages.append(message)
            owed.append(report)
    return replace(decision, messages=tuple(messages), owed=tuple(owed))
