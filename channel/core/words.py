"""What becomes of what a contact or an agent wrote."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from channel.core import life, limits, order, text
from channel.core.conversation import Author, Conversation, Decision, Due, Held, Message, Note, State
from channel.core.events import AgentWrote, ContactWrote
from channel.core.keys import key_of
from channel.core.life import Turn
from channel.core.owed import OpenRoom, PostToRoom, RegisterVisitor, ReplyToContact, ReportStatus, Status
from channel.core.parts import Parts, Placed, Verdict, may_go_on, place


def contact_wrote(held: Held, event: ContactWrote) -> Decision:
    """A part of a message from RapidPro: new, a repeat, a conflict or empty (see `core.parts`)."""
    conversation = replace(_conversation(held), path=event.address.path)
    key = key_of("send", event.message_id)
    known = held.messages.get(key)
    words = text.with_quick_replies(event.text, event.quick_replies)
    placed = place(_parts(known), words if words.strip() else "", now=held.now, max_length=conversation.max_length)
    message = _answered(known or _first_part(key, event, held.now), placed)
    match placed.verdict:
        case Verdict.NEW:
            return _new_part(held, conversation, message, placed.index)
        case Verdict.REPEAT:
            return _repeated_part(held, conversation, message, placed.index)
        case Verdict.CONFLICT:
            return _conflicting_part(held, conversation, message, event)
        case Verdict.EMPTY:
            return _empty_part(held, conversation, message)


def status_due(held: Held, message: Message) -> datetime:
    """When RapidPro may be told: after courier has written *wired*, and apart from an earlier status.

    While the last part is a full one, and no empty one behind it, another may still come. If it failed, courier has
    the message down as *errored* and sends all of it again, minutes later; but not once a status of ours is over it.
    """
    more = may_go_on(message.texts, message.position, _conversation(held).max_length)
    delay = limits.FULL_PART_DELAY if more else limits.STATUS_DELAY
    settled = message.answered_at + timedelta(seconds=delay)
    apart = held.now + timedelta(seconds=limits.STATUS_GAP) if message.status else held.now
    return max(settled, apart)


def reported(held: Held, message: Message, status: Status) -> tuple[Message, Due]:
    """The message with its new status, and the report that is owed for it."""
    report = Due(ReportStatus(message.external_id, status), message.key, status_due(held, message))
    return replace(message, status=status), report


def _conversation(held: Held) -> Conversation:
    if held.conversation is None:
        raise ValueError("words without a conversation")
    return held.conversation


def _parts(known: Message | None) -> Parts | None:
    return Parts(known.texts, known.position, known.answered_at) if known else None


def _first_part(key: str, event: ContactWrote, now: datetime) -> Message:
    return Message(
        id=None,
        key=key,
        author=Author.CONTACT,
        external_id=event.message_id,
        texts=(),
        answered_at=now,
        created_at=now,
        raw=event.raw,
    )


def _answered(message: Message, placed: Placed) -> Message:
    parts = placed.parts
    return replace(message, texts=parts.texts, position=parts.position, answered_at=parts.answered_at)


def _new_part(held: Held, conversation: Conversation, message: Message, index: int) -> Decision:
    posts = [PostToRoom(piece, index) for piece in text.split(message.texts[index])]
    opening = _opening(conversation) if conversation.state is State.CLOSED else ()
    message = replace(message, pending=message.pending + len(posts))
    if not message.dead:  # a message with a dead part stays failed
        message = replace(message, status=None, reason=None)
    return Decision(
        conversation=life.turned(conversation, Turn.CONTACT_WROTE),
        messages=(message,),
        owed=(
            *(Due(step, None, held.now) for step in opening),
            *(Due(post, message.key, held.now) for post in posts),
        ),
        withdrawn=(message.key,) if message.id and not message.dead else (),
    )


def _opening(conversation: Conversation) -> tuple[RegisterVisitor | OpenRoom, ...]:
    """What words in a closed conversation need before them."""
    if conversation.registered == conversation.profile:
        return (OpenRoom(),)
    return (RegisterVisitor(conversation.name, conversation.department), OpenRoom())


def _repeated_part(held: Held, conversation: Conversation, message: Message, index: int) -> Decision:
    """The same answer again; what was given up goes again; what is there is reported again."""
    repeat = Decision(conversation=conversation, messages=(message,), reason="repeat", counted=("duplicates",))
    if message.dead:
        replayed = replace(message, status=None, reason=None)
        return replace(repeat, messages=(replayed,), replayed=((message.key, index),), withdrawn=(message.key,))
    return replace(repeat, owed=_report_again(held, message))


def _report_again(held: Held, message: Message) -> tuple[Due, ...]:
    """The status there is, due anew: courier writes *wired* after each of our answers."""
    if message.pending or message.status is None:
        return ()
    return (Due(ReportStatus(message.external_id, message.status), message.key, status_due(held, message)),)


def _conflicting_part(held: Held, conversation: Conversation, message: Message, event: ContactWrote) -> Decision:
    key = key_of("conflict", event.message_id, held.now.isoformat())
    return Decision(
        conversation=conversation,
        messages=(message,),
        owed=_report_again(held, message),
        note=Note("conflict", "conflict", key, raw=event.raw),
        reason="conflict",
        counted=("conflict",),
    )


def _empty_part(held: Held, conversation: Conversation, message: Message) -> Decision:
    """Nothing is posted. A message of which nothing else came is one that nobody will get."""
    if message.texts or message.reason == "empty":
        again = _report_again(held, message)
        return Decision(conversation=conversation, messages=(message,), owed=again, reason="empty")
    failed, report = reported(held, message, Status.FAILED)
    return Decision(
        conversation=conversation, messages=(replace(failed, reason="empty"),), owed=(report,), reason="empty"
    )


#: an agent's words that do not go, and why
EMPTY: Final = "empty"
MEDIA: Final = "media"
TOO_LONG: Final = "too_long"
UNCHANGED: Final = "unchanged"


def agent_wrote(held: Held, event: AgentWrote) -> Decision:
    """An agent's message, or new words for one: owed to the contact once, or refused with a reason."""
    conversation = _conversation(held)
    if event.item is not None and event.item in held.posted:
        note = Note("echo", "echo", key_of("echo", event.item), event.address.room)
        return Decision(conversation=conversation, note=note, reason="echo", room_seen=event.address.room)
    if is_repeat(held, event):
        return Decision(conversation=conversation, reason="repeat", counted=("duplicates",))
    reason = _refusal(event, _versions(held, event))
    message = _agents_message(event, held.now, reason)
    return Decision(
        conversation=conversation,
        messages=(message,),
        owed=() if reason else (_reply(held, event, message.key),),
        heard=heard_at(event.address.room, event.said_at),
        reason=reason,
        room_seen=event.address.room,
    )


def heard_at(room: str, at: str | None) -> tuple[tuple[str, str], ...]:
    """What is known of a room once a message of this time is."""
    known = order.moment(at)
    return ((room, known),) if known else ()


def _reply(held: Held, event: AgentWrote, key: str) -> Due:
    """The words for the contact. Those that overtook others wait a moment for them; overtaken ones go before them."""
    said_at = event.edited_at or event.said_at
    place = order.moment(said_at)
    if event.edited_at is not None:
        return Due(ReplyToContact(event.text, said_at or "", place), key, held.now)
    heard = held.heard.get(event.address.room, frozenset())
    awaits = order.awaited(place, order.moment(event.previous_at), order.moment(event.began_at), heard)
    wait = timedelta(seconds=limits.OVERTAKEN_WAIT if awaits else 0)
    reply = ReplyToContact(event.text, said_at or "", place, awaits)
    return Due(reply, key, held.now + wait, by_place=order.overtaken(place, heard))


def is_repeat(held: Held, event: AgentWrote) -> bool:
    """Is there a record of these words already, at this or a later edit?"""
    return _seen_before(_versions(held, event), event, held.now)


def external_id(event: AgentWrote) -> str:
    """By what a message of Rocket.Chat's is known; one without `_id`, by its whole body."""
    return event.item if event.item is not None else f"body:{event.digest}:{event.place}"


def _versions(held: Held, event: AgentWrote) -> list[Message]:
    own = external_id(event)
    return sorted(
        (m for m in held.messages.values() if m.author is Author.AGENT and m.external_id == own),
        key=lambda m: (m.edited_at or "", m.created_at),
    )


def _seen_before(versions: list[Message], event: AgentWrote, now: datetime) -> bool:
    """Is there a record of it at this or a later edit? Without an `_id`, only the last seconds count."""
    if event.item is None:
        return any((now - m.created_at).total_seconds() < limits.BARE_REPEAT for m in versions)
    return any((m.edited_at or "") >= (event.edited_at or "") for m in versions)


def _refusal(event: AgentWrote, versions: list[Message]) -> str | None:
    if not event.text.strip():
        return MEDIA if event.attachments else EMPTY
    if len(event.text) > limits.TEXT_LENGTH:
        return TOO_LONG
    if versions and event.edited_at and versions[-1].texts == (event.text,):
        return UNCHANGED
    return None


def _agents_message(event: AgentWrote, now: datetime, reason: str | None) -> Message:
    own = external_id(event)
    distinct = event.edited_at if event.item is not None else now.isoformat()
    return Message(
        id=None,
        key=key_of("said", own, distinct or ""),
        author=Author.AGENT,
        external_id=own,
        texts=(event.text,),
        answered_at=now,
        created_at=now,
        edited_at=event.edited_at,
        reason=reason or (MEDIA if event.attachments else None),  # a caption goes, its file does not
        room=event.address.room,
        raw=event.raw,
        pending=0 if reason else 1,
    )
