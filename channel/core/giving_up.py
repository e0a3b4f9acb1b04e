"""What becomes of a delivery that nobody will try again, and of those behind it."""

from dataclasses import replace

from channel.core import life, retry
from channel.core.beginning import with_kept
from channel.core.closing import after_close
from channel.core.conversation import Author, Conversation, Message
from channel.core.decision import Decision, Due, End, Settled
from channel.core.errors import Ambiguous, Failure
from channel.core.following_up import has_failed
from channel.core.handoff import Ending
from channel.core.held import Behind, Delivery, Held
from channel.core.life import Turn
from channel.core.notices import Notice
from channel.core.owed import (
    CloseRoom,
    LeaveGroup,
    LookForHold,
    MarkMessage,
    PostContext,
    RateRoom,
    ReadContact,
    ReadHistory,
    ReportStatus,
    StartFlow,
    Status,
    TellAuthor,
)
from channel.core.reporting import reported
from channel.core.telling import telling_once
from channel.core.undelivered import author_told

#: nobody's words
_DROPPED = ReportStatus | ReadContact | ReadHistory | LookForHold | PostContext | RateRoom | TellAuthor | MarkMessage
#: Rocket.Chat takes no chat of this contact
BLOCKED = "error-contact-channel-blocked"


def given_up(held: Held, delivery: Delivery, conversation: Conversation, reason: str) -> Decision:
    """Words become a dead letter; a status is dropped; what prepares takes with it the words right behind it."""
    if isinstance(delivery.owed, _DROPPED):
        dropped = Settled(delivery.id, End.DISCARDED, reason=reason)
        return Decision(conversation=conversation, settled=(dropped,), reason=reason)
    if isinstance(delivery.owed, CloseRoom) and conversation.room == delivery.owed.room:
        return _not_closed(held, delivery, conversation, reason)
    if not delivery.prepares:
        ambiguous = ("ambiguous",) if reason == "ambiguous" else ()
        return _dead(held, conversation, (Settled(delivery.id, End.DEAD, reason=reason),), delivery.message, ambiguous)
    behind = held.behind.get(delivery.id, Behind(None))
    ended = tuple(Settled(step, End.DISCARDED, reason=reason) for step in (delivery.id, *behind.steps))
    over = _not_handed_off(held, conversation, reason)
    if behind.words is None:
        decision = Decision(conversation=over, settled=ended, reason=reason)
    else:
        words, message = behind.words
        decision = _dead(held, over, (*ended, Settled(words, End.DEAD, reason=reason)), message)
    if conversation.room is not None or Notice.GAVE_UP.value in conversation.handoff.told:
        return decision
    return after_close(telling_once(decision, held, Notice.GAVE_UP), held, conversation, Ending.REFUSED)


def beside(
    held: Held, delivery: Delivery, conversation: Conversation, follows: retry.RetryAt, failure: Failure
) -> Decision:
    """It goes on beside the words to the contact, which are not to wait for it. That it may have arrived goes along."""
    owed = delivery.owed
    if isinstance(owed, StartFlow):
        in_doubt = failure.kind is Ambiguous or delivery.ambiguous > 0
        owed = replace(owed, doubted_since=held.now.isoformat() if in_doubt else "")
    elif not isinstance(owed, LeaveGroup):
        raise TypeError(f"{type(owed).__name__} does not go beside others")
    moved = Settled(delivery.id, End.DISCARDED, reason="beside")
    again = Due(replace(owed, beside=True), delivery.message, follows.when)
    return Decision(conversation=conversation, settled=(moved,), owed=(again,), reason=failure.code)


def _not_closed(held: Held, delivery: Delivery, conversation: Conversation, reason: str) -> Decision:
    """Rocket.Chat keeps the room open, and so do we: what was kept for the next room belongs into this one."""
    failed = _dead(held, conversation, (Settled(delivery.id, End.DEAD, reason=reason),), delivery.message)
    handoff = replace(conversation.handoff, room=conversation.room or "", closing=None)
    return with_kept(replace(failed, conversation=replace(conversation, handoff=handoff)), held)


def _not_handed_off(held: Held, conversation: Conversation, reason: str) -> Conversation:
    """No room could be opened: the hand-off is over, and what comes next begins another."""
    if conversation.room is not None:
        return conversation
    blocked = held.now if reason == BLOCKED else conversation.handoff.blocked_at
    before = conversation.handoff
    handoff = replace(before, agent=None, closing=None, blocked_at=blocked, close_heard=not before.by_flow)
    return life.turned(replace(conversation, handoff=handoff), Turn.LEFT)


def _dead(
    held: Held,
    conversation: Conversation,
    settled: tuple[Settled, ...],
    key: str | None,
    counted: tuple[str, ...] = (),
) -> Decision:
    reason = settled[-1].reason
    decision = Decision(conversation=conversation, settled=settled, reason=reason, counted=("dead_letters", *counted))
    message = held.messages.get(key or "")
    if message is None:
        return decision
    is_told = message.dead > 0 or has_failed(message)
    reason = message.reason if has_failed(message) else reason
    message = replace(message, pending=message.pending - 1, dead=message.dead + 1, reason=reason)
    decision = reported_failed(held, decision, message)
    return decision if is_told else author_told(decision, held, message)


def reported_failed(held: Held, decision: Decision, message: Message) -> Decision:
    """RapidPro knows what the operator's list of dead letters says, once."""
    if message.author is not Author.CONTACT or message.status is Status.FAILED:
        return replace(decision, messages=(*decision.messages, message))
    message, report = reported(held, message, Status.FAILED)
    return replace(decision, messages=(*decision.messages, message), owed=(*decision.owed, *report))
