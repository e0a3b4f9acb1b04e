"""What a conversation learns when a delivery has arrived."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from channel.core import limits, rooms
from channel.core.authors import marked
from channel.core.beginning import queued_timer, registration
from channel.core.closing import closed, is_earlier, without_room
from channel.core.conversation import Conversation, State
from channel.core.decision import Decision, Due, End, Settled
from channel.core.events import DeliveryDone
from channel.core.following_up import has_failed, is_an_agents
from channel.core.giving_up import reported_failed
from channel.core.held import Behind, Delivery, Held
from channel.core.learned import (
    AuthorTold,
    Closed,
    ContactRead,
    HistoryRead,
    HoldSeen,
    Posted,
    Received,
    Registered,
    Reported,
    RoomOpened,
    Sent,
)
from channel.core.owed import (
    CloseRoom,
    LeaveOffline,
    Mark,
    MarkMessage,
    RegisterVisitor,
    ReplyToContact,
    ReportStatus,
    Status,
    TellAuthor,
    profile_of,
)
from channel.core.people import Agent
from channel.core.rehoming import moved, opened_anew
from channel.core.reporting import reported
from channel.core.resting import held_or_resumed
from channel.core.telling import owing, standing
from channel.core.undelivered import went
from channel.core.words import heard_at


def done(held: Held, event: DeliveryDone) -> Decision:
    """It arrived: the conversation learns what the peer's answer told."""
    delivery, conversation = held.attempted(event.address.delivery)
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
        case AuthorTold(room, at):
            return _author_told(replace(settled, heard=heard_at(room, at)), held, delivery, room)
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
        case HistoryRead(room, until):
            return replace(settled, room_read=(room, until) if until else None)
        case Reported():
            return _left_offline(_with_message(settled, held, delivery), held, delivery)


def text_hash(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


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
    known = held.conversation is not None and held.conversation.room == room
    settled = replace(decision, settled=(Settled(delivery.id, End.DONE),), room_seen=None if known else room)
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


def _author_told(decision: Decision, held: Held, delivery: Delivery, room: str) -> Decision:
    """A line for which Rocket.Chat opened another room, because its own closed at that moment, is nobody's chat."""
    if not isinstance(delivery.owed, TellAuthor) or delivery.owed.room == room or room == standing(decision, held).room:
        return decision
    return owing(replace(decision, room_seen=room), held, CloseRoom(room), "close", room)


def _received(held: Held, delivery: Delivery, conversation: Conversation, uuid: str) -> Decision:
    """Courier has it, unless it swallowed it: then it answers with the uuid of the equal text before."""
    digest = text_hash(delivery.owed.text) if isinstance(delivery.owed, ReplyToContact) else ""
    swallowed = uuid and uuid == conversation.received_uuid and digest == conversation.received_text_hash
    if swallowed and not delivery.ambiguous and delivery.rejections + 1 < limits.REJECTED_ATTEMPTS:
        due = held.now + timedelta(seconds=limits.EQUAL_TEXT_GAP)
        again = Settled(delivery.id, End.WAITING, reason="swallowed", due_at=due, rejected=True)
        return Decision(conversation=conversation, settled=(again,), reason="swallowed", counted=("swallowed",))
    known = replace(conversation, received_uuid=uuid, received_text_hash=digest, received_at=held.now)
    return _reached(Decision(conversation=known, settled=(Settled(delivery.id, End.DONE),)), held, delivery)


def _sent(held: Held, delivery: Delivery, conversation: Conversation, number: str) -> Decision:
    """RapidPro's API has it, and may fail it still: an agent's words are known again by what it calls them."""
    digest = text_hash(delivery.owed.text) if isinstance(delivery.owed, ReplyToContact) else ""
    known = replace(conversation, received_uuid=number, received_text_hash=digest, received_at=held.now)
    name = number if is_an_agents(held, delivery.message) else None
    settled = Settled(delivery.id, End.DONE, external_id=name)
    return _reached(Decision(conversation=known, settled=(settled,)), held, delivery)


def _reached(decision: Decision, held: Held, delivery: Delivery) -> Decision:
    """Words are with RapidPro: the agent sees it at the message once all of it is, and reads it where it had to wait.

    A message that comes behind one which was said later is late, once it is whole.
    """
    decision = _with_message(decision, held, delivery)
    is_whole = not any(message.pending for message in decision.messages)
    decision = _in_its_place(decision, held, delivery, is_whole=is_whole)
    if not decision.messages or not is_whole or decision.messages[-1].dead or has_failed(decision.messages[-1]):
        return decision
    message = decision.messages[-1]
    return went(marked(decision, held, message, Mark.ARRIVED), held, message)


def _in_its_place(decision: Decision, held: Held, delivery: Delivery, *, is_whole: bool) -> Decision:
    place = delivery.owed.place if isinstance(delivery.owed, ReplyToContact) else ""
    conversation = standing(decision, held)
    if place < conversation.handoff.told_until:
        return replace(decision, counted=("late",) if place and is_whole else ())
    told = replace(conversation, handoff=replace(conversation.handoff, told_until=place))
    return replace(decision, conversation=told)


def _with_message(decision: Decision, held: Held, delivery: Delivery) -> Decision:
    message = held.messages.get(delivery.message or "")
    if message is None or isinstance(delivery.owed, ReportStatus | TellAuthor | MarkMessage):
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
