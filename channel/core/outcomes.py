"""What becomes of a delivery when its attempt has ended."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from channel.core import life, limits, retry
from channel.core.conversation import Behind, Conversation, Decision, Delivery, End, Held, Message, Settled, State
from channel.core.errors import Ambiguous, Rejected, RoomGone, VisitorGone, Waiting
from channel.core.events import DeliveryDone, DeliveryFailed
from channel.core.life import Turn
from channel.core.owed import (
    OpenRoom,
    Owed,
    Posted,
    PostToRoom,
    Received,
    Registered,
    RegisterVisitor,
    ReplyToContact,
    Reported,
    ReportStatus,
    RoomOpened,
    Status,
)
from channel.core.words import heard_at, reported


def done(held: Held, event: DeliveryDone) -> Decision:
    """It arrived: the conversation learns what the peer's answer told."""
    delivery, conversation = _held(held, event.address.delivery)
    settled = Decision(conversation=conversation, settled=(Settled(delivery.id, End.DONE),))
    match event.learned:
        case Registered(token):
            told = delivery.owed
            profile = f"{told.name}\n{told.department}" if isinstance(told, RegisterVisitor) else None
            return replace(settled, conversation=replace(conversation, registered=profile), visitor_token=token)
        case RoomOpened(room, agent):
            return replace(settled, conversation=_opened(conversation, room, agent), room_seen=room)
        case Posted(room, at):
            posted = _posted(held, delivery, _moved(conversation, delivery, room), room)
            return replace(posted, heard=heard_at(room, at))
        case Received(uuid):
            return _received(held, delivery, conversation, uuid)
        case Reported():
            return settled


def failed(held: Held, event: DeliveryFailed) -> Decision:
    """It did not arrive, or nobody knows: it goes again at a time, or is a dead letter."""
    delivery, conversation = _held(held, event.address.delivery)
    failure = event.failure
    follows = _follows(held, delivery, conversation, event)
    if isinstance(follows, retry.DeadLetter):
        return _given_up(held, delivery, conversation, follows.reason)
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
        return _rehomed(decision, delivery, conversation, event)
    return decision


def text_hash(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def _held(held: Held, number: int) -> tuple[Delivery, Conversation]:
    if held.conversation is None:
        raise ValueError("an outcome without a conversation")
    return held.deliveries[number], held.conversation


def _opened(conversation: Conversation, room: str, agent: str | None) -> Conversation:
    if conversation.room == room and conversation.state is State.SERVED and agent is None:
        return conversation
    opened = life.turned(conversation, Turn.ROOM_OPENED, room=room)
    return life.turned(opened, Turn.ROOM_TAKEN, room=room, agent=agent) if agent else opened


def _moved(conversation: Conversation, delivery: Delivery, room: str) -> Conversation:
    """Rocket.Chat puts words into a new room when theirs closes at that moment: that one is open now."""
    if room in {conversation.room, delivery.tried_room}:
        return conversation
    return life.turned(conversation, Turn.ROOM_OPENED, room=room)


def _posted(held: Held, delivery: Delivery, conversation: Conversation, room: str) -> Decision:
    message = held.messages.get(delivery.message or "")
    settled = Decision(conversation=conversation, settled=(Settled(delivery.id, End.DONE),), room_seen=room)
    if message is None:
        return settled
    message = replace(message, room=room, pending=message.pending - 1)
    if message.pending or message.status is Status.FAILED:
        return replace(settled, messages=(message,))
    if message.dead:
        return _reported_failed(held, settled, message)
    served = conversation.state is State.SERVED and conversation.room == room
    message, report = reported(held, message, Status.DELIVERED if served else Status.SENT)
    return replace(settled, messages=(message,), owed=(report,))


def _received(held: Held, delivery: Delivery, conversation: Conversation, uuid: str) -> Decision:
    """Courier has it, unless it swallowed it: then it answers with the uuid of the equal text before."""
    digest = text_hash(delivery.owed.text) if isinstance(delivery.owed, ReplyToContact) else ""
    swallowed = uuid and uuid == conversation.received_uuid and digest == conversation.received_text_hash
    if swallowed and not delivery.ambiguous and delivery.rejections + 1 < limits.REJECTED_ATTEMPTS:
        due = held.now + timedelta(seconds=limits.EQUAL_TEXT_GAP)
        again = Settled(delivery.id, End.WAITING, reason="swallowed", due_at=due, rejected=True)
        return Decision(conversation=conversation, settled=(again,), reason="swallowed", counted=("swallowed",))
    message = held.messages.get(delivery.message or "")
    known = replace(conversation, received_uuid=uuid, received_text_hash=digest, received_at=held.now)
    return Decision(
        conversation=known,
        messages=(replace(message, pending=message.pending - 1),) if message else (),
        settled=(Settled(delivery.id, End.DONE),),
    )


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
    first = delivery.first_failed_at or held.now
    return delivery.superseded or (held.now - first).total_seconds() >= limits.STATUS_HORIZON


def _given_up(held: Held, delivery: Delivery, conversation: Conversation, reason: str) -> Decision:
    """Words become a dead letter; a status is dropped; what prepares takes with it the words right behind it."""
    if isinstance(delivery.owed, ReportStatus):
        dropped = Settled(delivery.id, End.DISCARDED, reason=reason)
        return Decision(conversation=conversation, settled=(dropped,), reason=reason)
    if not delivery.prepares:
        ambiguous = ("ambiguous",) if reason == "ambiguous" else ()
        return _dead(held, conversation, (Settled(delivery.id, End.DEAD, reason=reason),), delivery.message, ambiguous)
    behind = held.behind.get(delivery.id, Behind(None))
    ended = tuple(Settled(step, End.DISCARDED, reason=reason) for step in (delivery.id, *behind.steps))
    if behind.words is None:
        return Decision(conversation=conversation, settled=ended, reason=reason)
    words, message = behind.words
    return _dead(held, conversation, (*ended, Settled(words, End.DEAD, reason=reason)), message)


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
    message = replace(message, pending=message.pending - 1, dead=message.dead + 1, reason=reason)
    return _reported_failed(held, decision, message)


def _reported_failed(held: Held, decision: Decision, message: Message) -> Decision:
    """RapidPro knows what the operator's list of dead letters says, once."""
    if message.author != "contact" or message.status is Status.FAILED:
        return replace(decision, messages=(message,))
    message, report = reported(held, message, Status.FAILED)
    return replace(decision, messages=(message,), owed=(report,))


def _rehomed(decision: Decision, delivery: Delivery, conversation: Conversation, event: DeliveryFailed) -> Decision:
    """The words keep their place and their `_id`; what they need goes before them. A room that is gone stays gone."""
    tried = event.attempt.room
    if event.failure.kind is VisitorGone:
        register = RegisterVisitor(conversation.name, conversation.department)
        steps: tuple[Owed, ...] = (register, OpenRoom()) if isinstance(delivery.owed, PostToRoom) else (register,)
        lost = life.turned(replace(conversation, registered=None), Turn.ROOM_LOST)
        return replace(decision, conversation=lost, first=steps)
    if conversation.room not in {None, tried}:
        return replace(decision, room_closed=tried)
    lost = life.turned(conversation, Turn.ROOM_LOST)
    return replace(decision, conversation=lost, first=(OpenRoom(),), room_closed=tried)
