"""Agents' words that wait too long, are given up, or go after all: told to whoever wrote them."""

from dataclasses import replace
from datetime import timedelta

from channel.core import limits
from channel.core.authors import marked, told
from channel.core.conversation import Author, Message
from channel.core.decision import Decision, SetTimer
from channel.core.events import Timer
from channel.core.held import Delivery, Held
from channel.core.notices import Tell
from channel.core.owed import Mark
from channel.core.telling import standing

_WAIT = timedelta(seconds=limits.UNDELIVERED_WAIT)


def will_be_told(decision: Decision, held: Held, delivery: Delivery) -> Decision:
    """The decision about words that go again later: whose words have not gone by then, behind these too, is told so."""
    conversation, message = standing(decision, held), held.messages.get(delivery.message or "")
    when = held.now + _WAIT
    if message is not None and message.author is Author.AGENT and message.key not in conversation.handoff.late:
        when = max(message.created_at + _WAIT, held.now)
    return replace(decision, timers=(*decision.timers, SetTimer(Timer.UNDELIVERED, when, keep=True)))


def waiting_told(decision: Decision, held: Held) -> Decision:
    """What has waited for so long is told, each message once; what has not yet is looked at again."""
    for message in held.lately.unsent:
        late = standing(decision, held).handoff.late
        if message.key in late:
            continue
        if message.created_at + _WAIT > held.now:
            return replace(decision, timers=(SetTimer(Timer.UNDELIVERED, message.created_at + _WAIT),))
        decision = told(_with_late(decision, held, (*late, message.key)), held, message, Tell.WAITING)
    return decision


def went(decision: Decision, held: Held, message: Message) -> Decision:
    """The decision, with the end of a wait told to whoever was told of it, or that the words were given up."""
    late = standing(decision, held).handoff.late
    if message.key not in late:
        return decision
    no_more = _with_late(decision, held, tuple(key for key in late if key != message.key))
    return told(no_more, held, message, Tell.WENT)


def author_told(decision: Decision, held: Held, message: Message) -> Decision:
    """The decision, with a dead letter told to its author, once, and shown at the message.

    When it is replayed and goes, that is told, too.
    """
    if message.author is not Author.AGENT:
        return decision
    late = standing(decision, held).handoff.late
    decision = _with_late(decision, held, (*(key for key in late if key != message.key), message.key))
    what = Tell.AMBIGUOUS if message.reason == "ambiguous" else Tell.UNDELIVERED
    return marked(told(decision, held, message, what), held, message, Mark.FAILED)


def _with_late(decision: Decision, held: Held, late: tuple[str, ...]) -> Decision:
    conversation = standing(decision, held)
    return replace(decision, conversation=replace(conversation, handoff=replace(conversation.handoff, late=late)))
