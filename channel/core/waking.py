"""What a conversation does when a time has come that it set itself."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from channel.core import limits
from channel.core.closing import is_ending, left
from channel.core.contact_words import OFFLINE
from channel.core.conversation import Conversation, Message, State
from channel.core.decision import Decision, Due, SetTimer
from channel.core.events import Timer, Woke
from channel.core.handoff import Ending, Handoff
from channel.core.held import Held
from channel.core.languages import wait_text
from channel.core.notices import Notice, Value
from channel.core.owed import LeaveOffline
from channel.core.resting import looked_for
from channel.core.telling import telling, telling_once
from channel.core.undelivered import waiting_told

#: what a lane waits for when nobody is there, as opposed to a Rocket.Chat that is slow or away
NOBODY = "no_agents"


def woke(held: Held, event: Woke) -> Decision:
    """What is due by now; a time that was set anew or given up meanwhile is nothing."""
    conversation = held.conversation
    if conversation is None or event.why not in held.due:
        return Decision(conversation=conversation, reason="needless")
    done = Decision(conversation=conversation, timers=(SetTimer(event.why, None),), reason=event.why.value)
    if is_ending(conversation.handoff):
        return done
    match event.why:
        case Timer.QUEUED:
            return _queued(done, held, conversation)
        case Timer.STILL_WAITING:
            return _still_waiting(done, held, conversation)
        case Timer.MAX_WAIT:
            return _gave_up(done, held, conversation)
        case Timer.DELAYED:
            return _delayed(done, held)
        case Timer.IDLE:
            return _idle(done, held, conversation)
        case Timer.HOLD:
            return looked_for(done, held, conversation)
        case Timer.UNDELIVERED:
            return waiting_told(done, held)


def idle_timer(conversation: Conversation, since: datetime, *, warned: bool = False) -> tuple[SetTimer, ...]:
    """When the chat is to be looked at again: for the warning, then for the end; never where both are off."""
    options = conversation.options
    if not options.idle_close_minutes and not options.idle_warn_minutes:
        return ()
    first, then = options.idle_warn_minutes or options.idle_close_minutes, options.idle_close_minutes
    minutes = (then if warned else first) or first  # one that only warns looks whether somebody has spoken since
    return (SetTimer(Timer.IDLE, since + timedelta(minutes=minutes)),)


def unwarned(handoff: Handoff) -> Handoff:
    """Somebody has spoken, or taken the room: the next silence is warned of anew."""
    return replace(handoff, told=tuple(name for name in handoff.told if name != Notice.IDLE_WARNING.value))


def _queued(done: Decision, held: Held, conversation: Conversation) -> Decision:
    if conversation.state is not State.QUEUED or conversation.room is None:
        return done
    return telling_once(done, held, Notice.QUEUED, **_standing_in_line(held))


def _still_waiting(done: Decision, held: Held, conversation: Conversation) -> Decision:
    if conversation.state is not State.QUEUED:
        return done
    if held.lately.stuck_for == NOBODY:
        return telling_once(done, held, Notice.NOBODY)
    if conversation.room is None and Notice.DELAYED.value in conversation.handoff.told:
        return done  # the words are not there yet, and so is nobody's place in a queue
    return telling_once(done, held, Notice.STILL_WAITING, **_standing_in_line(held))


def _standing_in_line(held: Held) -> dict[str, Value]:
    """Position and usual wait, where they are known."""
    queue = held.lately.queue
    if queue is None:
        return {}
    wait = None if queue.usual_wait is None else partial(wait_text, queue.usual_wait)
    return {"position": str(queue.position), "wait": wait}


def _gave_up(done: Decision, held: Held, conversation: Conversation) -> Decision:
    """Nobody has come in the time the channel gives; the contact gets a way out, and their words a last place."""
    if conversation.state is not State.QUEUED:
        return done
    offline = _offline(held, conversation)
    ended = left(replace(held, waiting={}) if offline else held, conversation, Ending.MAX_WAIT)
    told = telling(replace(ended, reason=done.reason), held, Notice.GAVE_UP)
    return replace(
        told,
        messages=(*told.messages, *(message for message, _ in offline)),
        owed=(*told.owed, *(due for _, due in offline)),
        abandoned=OFFLINE if offline else told.abandoned,
    )


def _offline(held: Held, conversation: Conversation) -> list[tuple[Message, Due]]:
    """Words that are in no room become an offline message, where the channel has an address for those."""
    email = conversation.options.offline_email
    if not email or conversation.room is not None:
        return []
    department = conversation.wanted_department
    return [
        (
            replace(message, reason=OFFLINE, pending=1),
            Due(LeaveOffline("\n".join(message.texts), email, department), message.key, held.now),
        )
        for message in held.waiting.values()
    ]


def _delayed(done: Decision, held: Held) -> Decision:
    """Rocket.Chat has not taken the contact's words yet; that nobody is there is told otherwise."""
    lately = held.lately
    if lately.stuck_since is None or lately.stuck_for == NOBODY:
        return done
    ready = lately.stuck_since + timedelta(seconds=limits.DELAYED_WAIT)
    if ready > held.now:
        return replace(done, timers=(SetTimer(Timer.DELAYED, ready),))
    return telling_once(done, held, Notice.DELAYED)


def _idle(done: Decision, held: Held, conversation: Conversation) -> Decision:
    """Nobody has spoken for long: a warning, and then the end. Whoever speaks in between starts it anew."""
    if conversation.state is not State.SERVED:
        return done
    options, handoff = conversation.options, conversation.handoff
    spoke_at = max((at for at in (held.lately.spoke_at, handoff.taken_at) if at), default=held.now)
    first, then = options.idle_warn_minutes or options.idle_close_minutes, options.idle_close_minutes
    quiet = held.now - spoke_at
    warned = Notice.IDLE_WARNING.value in handoff.told
    if warned and quiet < timedelta(minutes=options.idle_warn_minutes + then):
        conversation, warned = replace(conversation, handoff=unwarned(handoff)), False
    done = replace(done, conversation=conversation)
    if not warned and quiet < timedelta(minutes=first):
        return _looking_again(done, conversation, spoke_at)
    if options.idle_warn_minutes and not warned:
        told = telling_once(done, held, Notice.IDLE_WARNING, minutes=str(then or ""))
        return _looking_again(told, conversation, held.now, warned=True)
    if then:
        return replace(left(held, conversation, Ending.IDLE), reason=done.reason)
    return _looking_again(done, conversation, held.now, warned=True)


def _looking_again(
    decision: Decision, conversation: Conversation, since: datetime, *, warned: bool = False
) -> Decision:
    return replace(decision, timers=idle_timer(conversation, since, warned=warned) or decision.timers)
