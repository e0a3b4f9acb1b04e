"""Words whose room or visitor is gone: they keep their place and their `_id`, and what they need goes before them."""

from dataclasses import replace

from channel.core import life
from channel.core.beginning import queued_timer, registration, waiting_timers, with_kept
from channel.core.closing import is_ending
from channel.core.conversation import Conversation, State
from channel.core.decision import Decision, SetTimer
from channel.core.errors import VisitorGone
from channel.core.events import DeliveryFailed, Timer
from channel.core.handoff import Handoff
from channel.core.held import Delivery, Held
from channel.core.life import Turn
from channel.core.owed import CloseRoom, OpenRoom, Owed, PostContext, PostToRoom
from channel.core.telling import owing, standing


def rehomed(
    decision: Decision, held: Held, delivery: Delivery, conversation: Conversation, event: DeliveryFailed
) -> Decision:
    """The words keep their place and their `_id`; what they need goes before them. A room that is gone stays gone."""
    tried = event.attempt.room
    if event.failure.kind is VisitorGone:
        register = registration(conversation)
        opens = isinstance(delivery.owed, PostToRoom | PostContext)
        steps: tuple[Owed, ...] = (register, OpenRoom()) if opens else (register,)
        lost = _lost(held, replace(conversation, registered=None))
        return _anew(replace(decision, conversation=lost, first=steps), held, conversation)
    if conversation.room not in {None, tried}:
        return replace(decision, room_closed=tried)
    lost = _lost(held, conversation)
    return _anew(replace(decision, conversation=lost, first=(OpenRoom(),), room_closed=tried), held, conversation)


def moved(decision: Decision, held: Held, delivery: Delivery, room: str) -> Decision:
    """Rocket.Chat puts words into a new room when theirs closes at that moment: that one is open now."""
    conversation = standing(decision, held)
    if room in {conversation.room, delivery.tried_room}:
        return decision
    next_one = replace(conversation, handoff=_next(held, conversation))
    opened = opened_anew(replace(decision, conversation=next_one), held, room, before=conversation)
    return replace(opened, timers=(*opened.timers, *queued_timer(held, standing(opened, held))))


def opened_anew(decision: Decision, held: Held, room: str, *, before: Conversation | None = None) -> Decision:
    """The decision, once the conversation's room is open. `before`: how it stood, if it had another.

    A room that was opened for words accepted before a close of ours is closed behind them, too.
    """
    conversation = standing(decision, held)
    before = before or conversation
    handoff = _next(held, conversation) if conversation.state is State.CLOSED else conversation.handoff
    opened = life.turned(replace(conversation, handoff=replace(handoff, room=room)), Turn.ROOM_OPENED, room=room)
    decision = replace(decision, conversation=opened)
    if is_ending(opened.handoff):
        return owing(decision, held, CloseRoom(room), "close", room)
    return (
        _anew(decision, held, before) if before.room not in {None, room} or before.state is State.CLOSED else decision
    )


def _lost(held: Held, conversation: Conversation) -> Conversation:
    """The next room has its own agent, of whom the contact is to hear."""
    return life.turned(replace(conversation, handoff=_next(held, conversation)), Turn.ROOM_LOST)


def _next(held: Held, conversation: Conversation) -> Handoff:
    """Behind a close it is another hand-off, but where none could begin, the same is tried again."""
    before = conversation.handoff
    room_before = conversation.room or before.room or before.room_before
    if conversation.state is State.CLOSED and before.closed_at is not None:
        asked = (before.asked_key, before.asked_before, before.asked_earlier)
        return Handoff(before.department, before.by_flow, *asked, began_at=held.now, room_before=room_before)
    lost = conversation.room is not None
    began_at = before.began_at or held.now
    anew = replace(before, agent=None, taken_at=None, taken_by="", room="", began_at=began_at)
    return replace(anew, room_before=room_before, lost=lost)


def _anew(decision: Decision, held: Held, before: Conversation) -> Decision:
    """What waits is waited for from here, unless it has been; and behind a close, words that were kept go on, too."""
    now = decision.conversation
    if now is None or is_ending(now.handoff):
        return decision
    if before.state is not State.QUEUED:
        timers = (SetTimer(Timer.IDLE, None), *waiting_timers(now, held.now))
        decision = replace(decision, timers=(*decision.timers, *timers))
    return with_kept(decision, held) if before.state is State.CLOSED else decision
