"""What becomes of a delivery that did not arrive, or of which nobody knows: again at a time, or a dead letter."""

from dataclasses import replace
from datetime import timedelta

from channel.core import limits, retry
from channel.core.contact_words import OFFLINE
from channel.core.conversation import Conversation, State
from channel.core.decision import Decision, End, SetTimer, Settled
from channel.core.errors import Ambiguous, Rejected, RoomGone, VisitorGone, Waiting
from channel.core.events import DeliveryFailed, Timer
from channel.core.giving_up import beside, given_up
from channel.core.handoff import Ending
from channel.core.held import Behind, Delivery, Held
from channel.core.notices import Notice
from channel.core.owed import (
    Lane,
    LeaveGroup,
    LookForHold,
    OpenRoom,
    PostContext,
    PostToRoom,
    ReadContact,
    RegisterVisitor,
    ReplyToContact,
    ReportStatus,
    StartFlow,
)
from channel.core.rehoming import rehomed
from channel.core.telling import telling_once
from channel.core.undelivered import will_be_told

#: of words for which no room is opened any more
_ABANDONED = {OFFLINE, Ending.CONTACT.value, Ending.FLOW.value, Ending.MAX_WAIT.value}


def failed(held: Held, event: DeliveryFailed) -> Decision:
    """It did not arrive, or nobody knows: it goes again at a time, or is a dead letter."""
    delivery, conversation = held.attempted(event.address.delivery)
    failure = event.failure
    if _is_needless(held, delivery, conversation, event):
        dropped = Settled(delivery.id, End.DISCARDED, reason="needless")
        return Decision(conversation=conversation, settled=(dropped,), reason="needless")
    if abandoned := _was_abandoned(held, delivery, conversation, event):
        end = End.DEAD if abandoned == Ending.MAX_WAIT else End.DISCARDED
        over = Settled(delivery.id, end, reason=abandoned)
        return Decision(conversation=conversation, settled=(over,), reason=abandoned)
    follows = _follows(held, delivery, conversation, event)
    if isinstance(follows, retry.DeadLetter):
        return given_up(held, delivery, conversation, follows.reason)
    if isinstance(delivery.owed, LeaveGroup | StartFlow) and not delivery.owed.beside:
        return beside(held, delivery, conversation, follows, failure)
    again = Settled(
        delivery.id,
        End.WAITING,
        reason=failure.code,
        due_at=follows.when,
        uncounted=not failure.kind.spends_attempt,
        silent=failure.kind is Ambiguous,
        rejected=failure.kind is Rejected,
        rehomed=failure.kind in {RoomGone, VisitorGone},
        failing=failure.kind not in {Waiting, RoomGone, VisitorGone},
    )
    decision = Decision(conversation=conversation, settled=(again,), reason=failure.code)
    if failure.kind in {RoomGone, VisitorGone}:
        return rehomed(decision, held, delivery, conversation, event)
    if isinstance(delivery.owed, ReplyToContact):
        return will_be_told(decision, held, delivery)
    return _contact_told(decision, held, delivery, conversation, event)


def _is_needless(held: Held, delivery: Delivery, conversation: Conversation, event: DeliveryFailed) -> bool:
    """Is it owed to a hand-off that has ended meanwhile?"""
    behind = held.behind.get(delivery.id, Behind(None))
    if delivery.prepares:
        return conversation.state is State.CLOSED and behind.words is None
    if isinstance(delivery.owed, PostContext):
        return conversation.state is State.CLOSED and event.failure.kind in {RoomGone, VisitorGone}
    return False


def _was_abandoned(held: Held, delivery: Delivery, conversation: Conversation, event: DeliveryFailed) -> str | None:
    """Why words that were under way then are not to open a room any more: RapidPro was told that they are over."""
    message = held.messages.get(delivery.message or "")
    if message is None or not isinstance(delivery.owed, PostToRoom) or conversation.state is not State.CLOSED:
        return None
    over = message.reason in _ABANDONED and event.failure.kind in {RoomGone, VisitorGone}
    return message.reason if over else None


def _contact_told(
    decision: Decision, held: Held, delivery: Delivery, conversation: Conversation, event: DeliveryFailed
) -> Decision:
    """What keeps the contact's words from being posted is told to the contact, once, when it has lasted."""
    if conversation.state is not State.QUEUED and not isinstance(delivery.owed, PostToRoom):
        return decision
    if event.failure.code == "no_agents":
        return telling_once(decision, held, Notice.NOBODY)
    told = Notice.DELAYED.value in conversation.handoff.told
    if told or not isinstance(delivery.owed, RegisterVisitor | OpenRoom | PostToRoom):
        return decision
    when = held.now + timedelta(seconds=limits.DELAYED_WAIT)
    return replace(decision, timers=(SetTimer(Timer.DELAYED, when, keep=True),))


def _follows(
    held: Held, delivery: Delivery, conversation: Conversation, event: DeliveryFailed
) -> retry.RetryAt | retry.DeadLetter:
    failure, first_failed_at = event.failure, delivery.first_failed_at or held.now
    if isinstance(delivery.owed, ReplyToContact) and failure.kind is Ambiguous:
        if conversation.can_ask:
            return retry.after_silence_asked(failure, first_failed_at=first_failed_at, now=held.now)
        silences = delivery.ambiguous + 1
        return retry.after_silence(failure, silences=silences, hold=conversation.hold_ambiguous, now=held.now)
    if isinstance(delivery.owed, ReportStatus) and _too_old(held, delivery):
        return retry.DeadLetter("superseded" if delivery.superseded else "given_up")
    if delivery.owed.lane is Lane.TO_AUTHOR and _seconds_failing(held, delivery) >= limits.TOLD_HORIZON:
        return retry.DeadLetter("given_up")
    if isinstance(delivery.owed, ReadContact | LookForHold) and delivery.attempts >= limits.QUESTION_ATTEMPTS:
        return retry.DeadLetter("given_up")
    return retry.after(
        failure,
        attempts=delivery.attempts,
        rejections=delivery.rejections + (failure.kind is Rejected),
        rehomings=delivery.rehomings + (failure.kind in {RoomGone, VisitorGone}),
        first_failed_at=first_failed_at,
        now=held.now,
        jitter=event.jitter,
    )


def _too_old(held: Held, delivery: Delivery) -> bool:
    """A status is worth an hour, and nothing once there is a newer one."""
    return delivery.superseded or _seconds_failing(held, delivery) >= limits.STATUS_HORIZON


def _seconds_failing(held: Held, delivery: Delivery) -> float:
    return (held.now - (delivery.first_failed_at or held.now)).total_seconds()
