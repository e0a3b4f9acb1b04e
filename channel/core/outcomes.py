"""What becomes of a delivery when its attempt has ended."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from channel.core import limits, retry, rooms
from channel.core.beginning import queued_timer, registration
from channel.core.closing import closed, is_earlier, without_room
from channel.core.contact_words import OFFLINE
from channel.core.conversation import (
    Behind,
    Conversation,
    Decision,
    Delivery,
    Due,
    End,
    Held,
    SetTimer,
    Settled,
    State,
)
from channel.core.errors import Ambiguous, Rejected, RoomGone, VisitorGone, Waiting
from channel.core.events import DeliveryDone, DeliveryFailed, Timer
from channel.core.giving_up import beside, given_up, reported_failed
from channel.core.handoff import Ending
from channel.core.notices import Notice
from channel.core.owed import (
    Closed,
    CloseRoom,
    ContactRead,
    HoldSeen,
    LeaveGroup,
    LeaveOffline,
    LookForHold,
    OpenRoom,
    PostContext,
    Posted,
    PostToRoom,
    ReadContact,
    Received,
    Registered,
    RegisterVisitor,
    ReplyToContact,
    Reported,
    ReportStatus,
    RoomOpened,
    Sent,
    StartFlow,
    Status,
    profile_of,
)
from channel.core.people import Agent
from channel.core.rehoming import moved, opened_anew, rehomed
from channel.core.reporting import reported
from channel.core.resting import held_or_resumed
from channel.core.telling import owing, standing, telling_once
from channel.core.words import heard_at

#: of words for which no room is opened any more
_ABANDONED = {OFFLINE, Ending.CONTACT.value, Ending.FLOW.value, Ending.MAX_WAIT.value}


def done(held: Held, event: DeliveryDone) -> Decision:
    """It arrived: the conversation learns what the peer's answer told."""
    delivery, conversation = _held(held, event.address.delivery)
    settled = Decision(conversation=conversation, settled=(Settled(delivery.id, End.DONE),))
    match event.learned:
        case Registered(token):
            told = delivery.owed
            profile = profile_of(told) if isinstance(told, RegisterVisitor) else None
            return replace(settled, conversation=replace(conversation, registered=profile), visitor_token=token)
        case RoomOpened(room, agent):
            if conversation.state is State.CLOSED and held.behind.get(delivery.id, Behind(None)).words is None:
                return owing(replace(settled, room_seen=room), held, CloseRoom(room), "close")
            return _opened(replace(settled, room_seen=room), held, conversation, room, agent)
        case Posted(room, at):
            now = moved(Decision(conversation=conversation), held, delivery, room)
            return replace(_posted(now, held, delivery, room), heard=heard_at(room, at))
        case Received(uuid):
            return _received(held, delivery, conversation, uuid)
        case Sent(number):
            return _sent(held, delivery, conversation, number)
        case Closed(room):
            return _closed(settled, held, conversation, room)
        case ContactRead() as told:
            return _read(settled, held, conversation, told)
        case HoldSeen(room, on_hold):
            return held_or_resumed(settled, held, conversation, room, on_hold=on_hold)
        case Reported():
            return _left_offline(_with_message(settled, held, delivery), held, delivery)


def failed(held: Held, event: DeliveryFailed) -> Decision:
    """It did not arrive, or nobody knows: it goes again at a time, or is a dead letter."""
    delivery, conversation = _held(held, event.address.delivery)
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
    return _contact_told(decision, held, delivery, conversation, event)


def text_hash(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def _held(held: Held, number: int) -> tuple[Delivery, Conversation]:
    if held.conversation is None:
        raise ValueError("an outcome without a conversation")
    return held.deliveries[number], held.conversation


def _opened(decision: Decision, held: Held, conversation: Conversation, room: str, agent: Agent | None) -> Decision:
    """The room is open: with an agent, or one is waited for."""
    if is_earlier(conversation, room) or (
        conversation.room == room and conversation.state is State.SERVED and agent is None
    ):
        return decision
    opened = opened_anew(replace(decision, conversation=conversation), held, room)
    if agent is not None:
        return rooms.taken(opened, held, room, agent)
    return replace(opened, timers=(*opened.timers, *queued_timer(held, standing(opened, held))))


def _posted(decision: Decision, held: Held, delivery: Delivery, room: str) -> Decision:
    conversation = standing(decision, held)
    message = held.messages.get(delivery.message or "")
    settled = replace(decision, settled=(Settled(delivery.id, End.DONE),), room_seen=room)
    if message is None:
        return settled
    message = replace(message, room=room, pending=message.pending - 1)
    if message.pending or message.status is Status.FAILED:
        return replace(settled, messages=(*settled.messages, message))
    if message.dead:
        return reported_failed(held, settled, message)
    served = conversation.state is State.SERVED and conversation.room == room
    message, report = reported(held, message, Status.DELIVERED if served else Status.SENT)
    return replace(settled, messages=(*settled.messages, message), owed=(*settled.owed, *report))


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


def _sent(held: Held, delivery: Delivery, conversation: Conversation, number: str) -> Decision:
    """RapidPro's API has it."""
    digest = text_hash(delivery.owed.text) if isinstance(delivery.owed, ReplyToContact) else ""
    known = replace(conversation, received_uuid=number, received_text_hash=digest, received_at=held.now)
    return _with_message(Decision(conversation=known, settled=(Settled(delivery.id, End.DONE),)), held, delivery)


def _with_message(decision: Decision, held: Held, delivery: Delivery) -> Decision:
    message = held.messages.get(delivery.message or "")
    if message is None or isinstance(delivery.owed, ReportStatus):
        return decision
    return replace(decision, messages=(replace(message, pending=message.pending - 1),))


def _left_offline(decision: Decision, held: Held, delivery: Delivery) -> Decision:
    """RapidPro is told that words which wait for no room any more are where somebody will read them."""
    if not isinstance(delivery.owed, LeaveOffline) or not decision.messages:
        return decision
    (message,) = decision.messages
    if message.pending or message.status is not None:
        return decision
    message, report = reported(held, message, Status.SENT)
    return replace(decision, messages=(message,), owed=report)


def _closed(decision: Decision, held: Held, conversation: Conversation, room: str) -> Decision:
    """The room we closed is closed, whether or not a webhook will say so; a hand-off that has begun since goes on."""
    if conversation.room != room:
        return replace(decision, room_closed=room, room_seen=room)
    if is_earlier(conversation, room):
        return replace(decision, conversation=without_room(conversation), room_closed=room)
    ended = closed(held, conversation, room, closer="visitor")
    return replace(ended, settled=decision.settled)


def _read(decision: Decision, held: Held, conversation: Conversation, told: ContactRead) -> Decision:
    """What RapidPro's API says of the contact; Rocket.Chat is told where it matters there."""
    shown = tuple(pair for pair in told.fields if pair[0] in conversation.options.context_fields)
    known = replace(
        conversation,
        uuid=conversation.uuid or told.uuid or None,
        name=told.name or conversation.name,
        language=told.language or conversation.language,
        shown_fields=shown or conversation.shown_fields,
    )
    decision = replace(decision, conversation=known)
    register = registration(known)
    if known.state is State.CLOSED or known.registered == profile_of(register) or known.name == conversation.name:
        return decision
    return replace(decision, owed=(Due(register, None, held.now),))


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
    first = delivery.first_failed_at or held.now
    return delivery.superseded or (held.now - first).total_seconds() >= limits.STATUS_HORIZON
