"""What becomes of what a contact wrote and RapidPro sends in parts, through the send URL."""

import re
from dataclasses import replace
from datetime import datetime

from channel.core import limits, text
from channel.core.beginning import begun
from channel.core.closing import ended_with, is_ending, left
from channel.core.conversation import KEPT, Author, Conversation, Message, State
from channel.core.decision import Decision, Due, Note
from channel.core.events import ContactWrote
from channel.core.for_agent import posts_of
from channel.core.handoff import Ending
from channel.core.held import Held
from channel.core.keys import key_of
from channel.core.owed import Status
from channel.core.parts import Parts, Placed, Verdict, place
from channel.core.reporting import report_again, reported
from channel.core.telling import standing

#: the reason of words that were no words, but ended the waiting
LEFT = "leave_word"
#: of words that no room got, but an offline message
OFFLINE = "offline"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def contact_wrote(held: Held, event: ContactWrote) -> Decision:
    """A part of a message from RapidPro: new, a repeat, a conflict or empty (see `core.parts`)."""
    conversation = _addressed(held, event.address.path)
    key = key_of("send", event.message_id)
    known = held.messages.get(key)
    if known and known.erased:
        return repeat_of_erased(held, conversation, known)
    words = text.with_quick_replies(event.text, event.quick_replies)
    placed = place(
        _parts(known), "" if text.is_blank(words) else words, now=held.now, max_length=conversation.max_length
    )
    message = _answered(known or first_of(key, event.message_id, event.raw, held.now), placed)
    match placed.verdict:
        case Verdict.NEW:
            return _new_part(held, conversation, message, placed.index)
        case Verdict.REPEAT:
            return repeated(held, conversation, message, placed.index)
        case Verdict.CONFLICT:
            return conflicting(held, conversation, message, event.message_id, event.raw)
        case Verdict.EMPTY:
            return _empty_part(held, conversation, message)


def first_of(key: str, external_id: str, raw: bytes, now: datetime) -> Message:
    """A message of which nothing is stored yet."""
    return Message(
        id=None,
        key=key,
        author=Author.CONTACT,
        external_id=external_id,
        texts=(),
        answered_at=now,
        created_at=now,
        raw=raw,
    )


def posted(decision: Decision, held: Held, message: Message, index: int) -> Decision:
    """The decision, with the words of this part owed to the agent behind it."""
    posts = posts_of(message, index, standing(decision, held).options)
    message = replace(message, pending=message.pending + len(posts))
    if not message.dead:  # a message with a dead part stays failed
        message = replace(message, status=None, reason=None)
    return replace(
        decision,
        messages=(*decision.messages, message),
        owed=(*decision.owed, *(Due(post, message.key, held.now) for post in posts)),
        withdrawn=(message.key,) if message.id and not message.dead else (),
    )


def repeated(held: Held, conversation: Conversation, message: Message, index: int) -> Decision:
    """The same answer again; what was given up goes again; what is there is reported again."""
    repeat = Decision(conversation=conversation, messages=(message,), reason="repeat", counted=("duplicates",))
    if message.dead and message.reason != OFFLINE:
        replayed = replace(message, status=None, reason=None)
        return replace(repeat, messages=(replayed,), replayed=((message.key, index),), withdrawn=(message.key,))
    return replace(repeat, owed=report_again(held, message))


def repeat_of_erased(held: Held, conversation: Conversation, message: Message) -> Decision:
    """Nobody knows its words any more, so no others can be told from them: a repeat, whatever comes."""
    if message.forgotten:
        return Decision(conversation=conversation, reason="repeat", counted=("duplicates",))
    message = replace(message, answered_at=held.now)
    again = report_again(held, message)
    return Decision(
        conversation=conversation, messages=(message,), owed=again, reason="repeat", counted=("duplicates",)
    )


def conflicting(held: Held, conversation: Conversation, message: Message, external_id: str, raw: bytes) -> Decision:
    """The same id with other words: the first words stay."""
    key = key_of("conflict", external_id, held.now.isoformat())
    return Decision(
        conversation=conversation,
        messages=(message,),
        owed=report_again(held, message),
        note=Note("conflict", "conflict", key, raw=raw),
        reason="conflict",
        counted=("conflict",),
    )


def leaves(conversation: Conversation, words: str) -> bool:
    """Is this the word with which a contact leaves the queue? The whole text only, and only while nobody is there."""
    word = conversation.options.leave_word.strip().casefold()
    waits = conversation.state is State.QUEUED and not is_ending(conversation.handoff)
    return bool(word) and waits and words.strip().casefold() == word


def _addressed(held: Held, path: str) -> Conversation:
    """The contact, at the path last received; one that is a UUID is the contact's own, as set-up b makes it."""
    if held.conversation is None:
        raise ValueError("words without a conversation")
    known = held.conversation.uuid
    if known is None and held.conversation.scheme == "ext" and _UUID.fullmatch(path.lower()):
        known = path.lower()
    return replace(held.conversation, path=path, uuid=known)


def _parts(known: Message | None) -> Parts | None:
    return Parts(known.texts, known.position, known.answered_at) if known else None


def _answered(message: Message, placed: Placed) -> Message:
    parts = placed.parts
    return replace(message, texts=parts.texts, position=parts.position, answered_at=parts.answered_at)


def _new_part(held: Held, conversation: Conversation, message: Message, index: int) -> Decision:
    if index == 0 and leaves(conversation, message.texts[0]):
        return _left(held, conversation, message)
    if _after_the_close(held, conversation) and (index == 0 or message.reason == KEPT):
        kept = replace(message, reason=KEPT, status=None)
        return Decision(conversation=conversation, messages=(kept,), reason=KEPT)
    if conversation.state is State.CLOSED:
        return posted(begun(held, conversation, words=(message.texts[index],)), held, message, index)
    return posted(Decision(conversation=conversation), held, message, index)


def _after_the_close(held: Held, conversation: Conversation) -> bool:
    """So soon after a close words are a thank-you more often than a new question."""
    handoff = conversation.handoff
    if is_ending(handoff):
        return True
    if conversation.state is not State.CLOSED or handoff.closed_at is None:
        return False
    return (held.now - handoff.closed_at).total_seconds() < limits.GRACE


def _left(held: Held, conversation: Conversation, message: Message) -> Decision:
    message, report = reported(held, replace(message, reason=LEFT), Status.SENT)
    own = Decision(conversation=conversation, messages=(message,), owed=report)
    return replace(ended_with(own, held, left(held, conversation, Ending.CONTACT)), reason=LEFT)


def _empty_part(held: Held, conversation: Conversation, message: Message) -> Decision:
    """Nothing is posted. A message of which nothing else came is one that nobody will get."""
    if message.texts or message.reason == "empty":
        again = report_again(held, message)
        return Decision(conversation=conversation, messages=(message,), owed=again, reason="empty")
    failed, report = reported(held, replace(message, reason="empty"), Status.FAILED)
    return Decision(conversation=conversation, messages=(failed,), owed=report, reason="empty")
