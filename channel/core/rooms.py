"""What becomes of what happened to a room."""

from dataclasses import replace
from typing import TypeAlias

from channel.core import life, limits
from channel.core.beginning import queued_timer, waiting_timers
from channel.core.closing import closed, is_earlier, is_ending, without_room
from channel.core.comments import end_told, may_be_read
from channel.core.conversation import Conversation, Message, State
from channel.core.decision import Decision, Due, Note, SetTimer
from channel.core.events import Echoed, Noted, RoomClosed, RoomForwarded, RoomQueued, RoomStarted, RoomTaken, Timer
from channel.core.held import Held
from channel.core.life import Turn
from channel.core.missing import behind_history
from channel.core.notices import Notice, shown_name
from channel.core.owed import Status
from channel.core.people import Agent
from channel.core.reporting import reported
from channel.core.resting import hold_timer
from channel.core.telling import standing, telling
from channel.core.waking import idle_timer, unwarned
from channel.core.words import heard_at, is_repeat

Happening: TypeAlias = RoomStarted | RoomQueued | RoomTaken | RoomForwarded | RoomClosed

#: what is waited for only while nobody has the room
_WAITING = (Timer.QUEUED, Timer.STILL_WAITING, Timer.MAX_WAIT, Timer.DELAYED)


def happened(held: Held, event: Happening) -> Decision:
    """Turn the conversation, if it is its open room; store the event with its reason. A repeat changes nothing."""
    if _is_repeated_mention(held, event) or _is_known_already(held, event):
        return Decision(conversation=held.conversation, reason="repeat")
    if event.key in held.seen and not _tells_the_end_now(held, event):
        return Decision(conversation=held.conversation, reason="repeat", counted=("duplicates",))
    noted = Decision(
        conversation=held.conversation,
        note=_note(event),
        reason="not_for_contact",
        room_seen=event.address.room,
        room_closed=event.address.room if isinstance(event, RoomClosed) and event.or_taken is None else None,
    )
    if held.conversation is None or not life.concerns(held.conversation, event.address.room, held.closed_rooms):
        return _last_words(held, event, noted)
    return _turn(held, held.conversation, event, noted)


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


def taken(decision: Decision, held: Held, room: str, agent: Agent) -> Decision:
    """The decision, once `agent` has the room: the contact hears who it is, and RapidPro that the words are there."""
    before = standing(decision, held)
    served = life.turned(before, Turn.ROOM_TAKEN, room=room, agent=agent.id)
    handoff = replace(unwarned(served.handoff), room=room, taken_at=served.handoff.taken_at or held.now)
    was_told = handoff.agent
    if not is_ending(handoff) and (was_told is None or not _is_same(was_told, agent)):
        handoff = replace(handoff, agent=agent)
    conversation = replace(served, handoff=handoff)
    ended = tuple(SetTimer(why, None) for why in _WAITING) if before.state is State.QUEUED else ()
    later = (*idle_timer(conversation, held.now), *hold_timer(held, conversation))
    timers = (*decision.timers, *ended, *(later if before.state is State.QUEUED else ()))
    changed = replace(decision, conversation=conversation, room_taken=room, timers=timers)
    if handoff.agent is not was_told:
        notice = Notice.TAKEN if was_told is None else Notice.TRANSFERRED
        changed = telling(changed, held, notice, agent.id, agent=shown_name(agent, conversation.options))
    return _delivered(held, changed, room)


def _is_same(one: Agent, other: Agent) -> bool:
    """A bare live-agents body knows an agent by name alone."""
    return one.id == other.id or (bool(one.name) and one.name == other.name and other.name in {one.id, other.id})


def _is_repeated_mention(held: Held, event: Happening) -> bool:
    """Was the event that mentions the agent told before? Then it says nothing of who has the room now."""
    if not isinstance(event, RoomTaken):
        return False
    return event.told_by in held.seen or (event.words is not None and is_repeat(held, event.words))


def _is_known_already(held: Held, event: Happening) -> bool:
    """Who serves a room was asked because none was known to; a webhook may have told meanwhile."""
    waits = held.conversation is not None and held.conversation.state is State.QUEUED
    return isinstance(event, RoomTaken) and event.asked and not waits


def _tells_the_end_now(held: Held, event: Happening) -> bool:
    """Has the same bare body told before that the room was taken? So soon after it is a repeat; later, the close."""
    conversation = held.conversation
    if not isinstance(event, RoomClosed) or event.or_taken is None or conversation is None:
        return False
    taken_at = conversation.handoff.taken_at
    if conversation.state is not State.SERVED or conversation.room != event.address.room or taken_at is None:
        return False
    return (held.now - taken_at).total_seconds() >= limits.BARE_REPEAT


def _note(event: Happening) -> Note | None:
    if event.key is None:
        return None
    return Note(type(event).__name__, "not_for_contact", event.key, event.address.room, event.raw)


def _turn(held: Held, conversation: Conversation, event: Happening, noted: Decision) -> Decision:
    room = event.address.room
    if is_earlier(conversation, room):
        # We are closing it; what is done there meanwhile does not make it the room of the hand-off that has begun.
        return _closed(held, conversation, event, noted) if isinstance(event, RoomClosed) else noted
    match event:
        case RoomTaken(agent=agent, key=str()) if event.address.from_rocketchat:
            return _told_taken(held, conversation, agent, taken(noted, held, room, agent))
        case RoomTaken(agent=agent) | RoomForwarded(agent=agent) if agent is not None:
            return taken(noted, held, room, agent)
        case RoomClosed(or_taken=agent) if agent is not None:
            return _taken_or_closed(held, conversation, event, agent, noted)
        case RoomClosed():
            return _closed(held, conversation, event, noted)
        case RoomStarted() if conversation.room == room:
            return noted
        case RoomQueued(is_new=True) if conversation.state is State.SERVED:
            # Rocket.Chat sends it side by side with the taking that followed it.
            return noted
        case _:
            return _queued(held, conversation, room, noted)


def _last_words(held: Held, event: Happening, noted: Decision) -> Decision:
    """The close of a room that we had found gone before we were told: what the agent said with it is not lost."""
    conversation = held.conversation
    if not isinstance(event, RoomClosed) or conversation is None or event.or_taken is not None:
        return noted
    known = conversation.handoff.room_before == event.address.room and conversation.handoff.lost
    if not known or not may_be_read(conversation, event.comment):
        return noted
    return end_told(noted, held, event.address.room, event.comment, event.custom_emoji, event.key)


def _told_taken(held: Held, before: Conversation, agent: Agent, decision: Decision) -> Decision:
    """The event of a taking. One more for the agent who has the room already means that it was on hold."""
    conversation = standing(decision, held)
    told = replace(conversation, handoff=replace(conversation.handoff, taken_by=agent.id, on_hold=False))
    decision = replace(decision, conversation=told)
    rested = before.handoff.on_hold or before.handoff.taken_by == agent.id
    resumed = before.state is State.SERVED and rested
    return telling(decision, held, Notice.RESUMED) if resumed else decision


def _taken_or_closed(
    held: Held, conversation: Conversation, event: RoomClosed, agent: Agent, noted: Decision
) -> Decision:
    """Of a room that waits, a bare body which names an agent tells that it was taken; of any other, that it ended."""
    if conversation.state is State.QUEUED:
        return taken(noted, held, event.address.room, agent)
    return _closed(held, conversation, event, noted)


def _closed(held: Held, conversation: Conversation, event: RoomClosed, noted: Decision) -> Decision:
    room = event.address.room
    if is_earlier(conversation, room):
        return replace(noted, conversation=without_room(conversation), room_closed=room)
    if is_ending(conversation.handoff) and held.waiting:
        return noted  # words from before our close open another room, and that close is behind them still
    ended = closed(
        held,
        conversation,
        room,
        closer=event.closer,
        comment=event.comment,
        custom_emoji=event.custom_emoji,
        by_system=event.by_system,
    )
    return behind_history(replace(ended, note=noted.note, reason=noted.reason), held, event)


def _queued(held: Held, conversation: Conversation, room: str, noted: Decision) -> Decision:
    """It waits for an agent: for the first one, or, moved back, for another."""
    queued = life.turned(conversation, Turn.ROOM_QUEUED, room=room)
    queued = replace(queued, handoff=replace(queued.handoff, room=room, taken_by=""))
    decision = replace(noted, conversation=queued)
    if conversation.state is State.SERVED:
        again = replace(decision, timers=(SetTimer(Timer.IDLE, None), *waiting_timers(queued, held.now)))
        return telling(again, held, Notice.REQUEUED)
    return replace(decision, timers=queued_timer(held, queued))


def _delivered(held: Held, decision: Decision, room: str) -> Decision:
    """An agent has the room: what was *sent* there is *delivered* now."""
    messages: list[Message] = []
    owed: list[Due] = []
    for known in held.unserved.values():
        message = held.messages.get(known.key, known)
        if message.room == room and message.status is Status.SENT:
            message, report = reported(held, message, Status.DELIVERED)
            messages.append(message)
            owed += report
    return replace(decision, messages=(*decision.messages, *messages), owed=(*decision.owed, *owed))
