"""How a hand-off ends: by an agent, by a flow, by the contact's leave word, or because nobody came or spoke."""

from dataclasses import replace
from datetime import datetime

from channel.core import life
from channel.core.comments import end_told
from channel.core.conversation import Conversation, State
from channel.core.decision import Decision, SetTimer
from channel.core.events import Timer
from channel.core.handoff import Ending, Handoff
from channel.core.held import Held
from channel.core.life import Turn
from channel.core.notices import shown_name
from channel.core.owed import CloseRoom, LeaveGroup, StartFlow, Status
from channel.core.reporting import reported
from channel.core.telling import owing, standing

#: no time is waited for any more
NO_TIMERS = tuple(SetTimer(why, None) for why in Timer)
#: of these the contact knows: they did it, or were told
_KNOWN = {Ending.CONTACT, Ending.FLOW, Ending.MAX_WAIT}


def left(held: Held, conversation: Conversation, ending: Ending, comment: str = "") -> Decision:
    """We end the hand-off: an open room is closed behind the words that are to be in it; one that is not, never is."""
    heard = _is_heard(conversation.handoff, ending)
    closing = replace(conversation, handoff=replace(conversation.handoff, closing=ending, close_heard=heard))
    if conversation.room is None:
        return _abandoned(held, life.turned(closing, Turn.LEFT), ending)
    if is_earlier(conversation, conversation.room):
        gone = _abandoned(held, life.turned(without_room(closing), Turn.LEFT), ending)
        return replace(gone, room_seen=conversation.room, room_closed=conversation.room)
    ending_it = Decision(conversation=closing, timers=NO_TIMERS)
    return owing(ending_it, held, CloseRoom(conversation.room, comment), "close")


def closed(
    held: Held,
    conversation: Conversation,
    room: str,
    *,
    closer: str,
    comment: str = "",
    custom_emoji: frozenset[str] = frozenset(),
    by_system: bool = False,
) -> Decision:
    """The conversation's open room is closed: the contact hears of it, and RapidPro does what the channel wants.

    `closer`: "user" or "visitor", as Rocket.Chat says.
    """
    unserved = conversation.state is State.QUEUED
    ending = conversation.handoff.closing or _ending(closer, by_system=by_system)
    decision = Decision(
        conversation=_ended(held, life.turned(conversation, Turn.ROOM_CLOSED), ending),
        timers=NO_TIMERS,
        room_seen=room,
        room_closed=room,
        counted=("unserved",) if unserved else (),
    )
    if ending not in _KNOWN:
        decision = end_told(decision, held, room, comment, custom_emoji)
    return after_close(decision, held, conversation, ending)


def after_close(decision: Decision, held: Held, conversation: Conversation, ending: Ending) -> Decision:
    """What the channel wants done in RapidPro, behind the notices: each by itself, so that one does not fail both."""
    options = conversation.options
    if options.leave_group:
        decision = owing(decision, held, LeaveGroup(options.leave_group), "leave_group")
    if options.start_flow:
        decision = owing(decision, held, StartFlow(options.start_flow, _params(held, conversation, ending)), "flow")
    return decision


def _abandoned(held: Held, conversation: Conversation, ending: Ending) -> Decision:
    """Nobody will get the words that wait for a room; RapidPro is told so. Those nobody came for are dead letters."""
    gone = [
        reported(held, replace(message, reason=ending.value, dead=message.dead + message.pending), Status.FAILED)
        for message in held.waiting.values()
        if message.status is not Status.FAILED
    ]
    decision = Decision(
        conversation=_ended(held, conversation, ending),
        messages=tuple(message for message, _ in gone),
        owed=tuple(due for _, dues in gone for due in dues),
        abandoned=ending.value,
        timers=NO_TIMERS,
        counted=("dead_letters",) * len(gone) if ending is Ending.MAX_WAIT else (),
    )
    return after_close(decision, held, conversation, ending)


def _ended(held: Held, conversation: Conversation, ending: Ending) -> Conversation:
    handoff = conversation.handoff
    heard = handoff.close_heard if is_ending(handoff) else _is_heard(handoff, ending)
    return replace(conversation, handoff=replace(handoff, closing=None, closed_at=held.now, close_heard=heard))


def _is_heard(handoff: Handoff, ending: Ending) -> bool:
    """Does a flow that speaks for the contact know of this end already?"""
    return ending is Ending.FLOW or not handoff.by_flow


def _ending(closer: str, *, by_system: bool) -> Ending:
    if closer == "visitor":
        return Ending.CONTACT
    return Ending.ROCKETCHAT if by_system else Ending.AGENT


def _params(held: Held, conversation: Conversation, ending: Ending) -> tuple[tuple[str, str], ...]:
    """What the flow may look at, as `@trigger.params`; times are whole seconds."""
    handoff = conversation.handoff
    agent = shown_name(handoff.agent, conversation.options) if handoff.agent else ""
    return (
        ("reason", ending.value),
        ("agent", agent),
        ("department", conversation.wanted_department),
        ("waited", _seconds(handoff.began_at, handoff.taken_at or held.now)),
        ("duration", _seconds(handoff.began_at, held.now)),
    )


def _seconds(since: datetime | None, until: datetime) -> str:
    return str(int((until - since).total_seconds())) if since else "0"


def is_earlier(conversation: Conversation, room: str) -> bool:
    """Is this still the room of the hand-off before? One that began while we were closing it has none yet."""
    handoff = conversation.handoff
    return handoff.began_at is not None and conversation.room == room and handoff.room != room


def without_room(conversation: Conversation) -> Conversation:
    """The room of the hand-off before is gone; the one that has begun since waits for its own."""
    return replace(conversation, state=State.QUEUED, room=None, agent=None)


def is_ending(handoff: Handoff) -> bool:
    """Is the room being closed by us? What is said now comes after that close."""
    return handoff.closing is not None


def ended_with(decision: Decision, held: Held, more: Decision) -> Decision:
    """Both decisions as one: `more` was made upon what `decision` leaves."""
    return replace(
        more,
        conversation=standing(more, held),
        messages=(*decision.messages, *more.messages),
        owed=(*decision.owed, *more.owed),
        timers=(*decision.timers, *more.timers),
        counted=(*decision.counted, *more.counted),
        withdrawn=(*decision.withdrawn, *more.withdrawn),
    )
