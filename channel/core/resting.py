"""Chats that rest: Rocket.Chat tells of it in a room's history only, so it is looked at where a contact is to know."""

from dataclasses import replace
from datetime import timedelta

from channel.core import limits
from channel.core.conversation import Conversation, State
from channel.core.decision import Decision, Due, SetTimer
from channel.core.events import Timer
from channel.core.held import Held
from channel.core.notices import Notice, is_on
from channel.core.owed import LookForHold
from channel.core.telling import telling


def hold_timer(held: Held, conversation: Conversation) -> tuple[SetTimer, ...]:
    """When to look next; never where the channel tells nobody."""
    options = conversation.options
    if not is_on(Notice.ON_HOLD, options) and not is_on(Notice.RESUMED, options):
        return ()
    return (SetTimer(Timer.HOLD, held.now + timedelta(seconds=limits.HOLD_LOOKED_FOR)),)


def looked_for(done: Decision, held: Held, conversation: Conversation) -> Decision:
    """The time to look has come."""
    if conversation.state is not State.SERVED or conversation.room is None:
        return done
    look = Due(LookForHold(conversation.room), None, held.now)
    return replace(done, owed=(look,), timers=hold_timer(held, conversation) or done.timers)


def held_or_resumed(
    decision: Decision, held: Held, conversation: Conversation, room: str, *, on_hold: bool
) -> Decision:
    """The contact is told when the chat begins to rest, and when it goes on."""
    if conversation.room != room or conversation.handoff.on_hold == on_hold:
        return decision
    # the event of the taking by which it goes on can still come, and tells nothing new then
    taken_by = conversation.handoff.taken_by if on_hold else ""
    known = replace(conversation, handoff=replace(conversation.handoff, on_hold=on_hold, taken_by=taken_by))
    return telling(replace(decision, conversation=known), held, Notice.ON_HOLD if on_hold else Notice.RESUMED)
