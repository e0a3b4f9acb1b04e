"""What RapidPro says later of agents' words that it took: that it could not bring them, or that it has after all."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from channel.core.authors import marked
from channel.core.conversation import Author, Message
from channel.core.decision import Decision
from channel.core.events import ReplyFailed, ReplyResent
from channel.core.held import Held
from channel.core.owed import Mark
from channel.core.undelivered import author_told, went
from channel.core.values import dataclass

#: the reason of a message, and of a delivery, that RapidPro took and then failed
FAILED_LATER: Final = "failed_later"
#: what stands before the name of a broadcast, which is how a RapidPro before 8.2 sends to one contact
BROADCAST: Final = "broadcast:"


@dataclass(frozen=True, slots=True)
class Account:
    """A RapidPro workspace that has words of agents' which it may fail still, and the channels they went through."""

    url: str
    token: str = field(repr=False)
    channels: tuple[UUID, ...]
    since: datetime  #: what RapidPro made before is not asked for


@dataclass(frozen=True, slots=True)
class Reply:
    """An agent's words, or a part of them, that RapidPro has taken."""

    id: int  #: the delivery
    conversation: int
    message: UUID
    name: str  #: what RapidPro calls it
    has_failed: bool  #: as far as we know


@dataclass(frozen=True, slots=True)
class Listed:
    """What RapidPro calls the failed messages of a page, and what to ask for the next one with; None after the last."""

    names: frozenset[str]
    following: Mapping[str, str] | None = field(repr=False)


def followed(held: Held, event: ReplyFailed | ReplyResent) -> Decision:
    """What RapidPro says of words that it took; said again, it changes nothing."""
    return _failed(held, event) if isinstance(event, ReplyFailed) else _resent(held, event)


def has_failed(message: Message) -> bool:
    """Is any of it, as far as we know, failed in RapidPro after it was taken?"""
    return message.reason == FAILED_LATER


def is_an_agents(held: Held, key: str | None) -> bool:
    """Is the message with this key an agent's?"""
    message = held.messages.get(key or "")
    return message is not None and message.author is Author.AGENT


def _failed(held: Held, event: ReplyFailed) -> Decision:
    """Whoever wrote it is told, once for all parts of a message; nothing is sent again."""
    message = _message(held, event.message)
    if message is None or (message.key, event.reply) in held.failed:
        return Decision(conversation=held.conversation, reason="repeat")
    known = replace(message, reason=FAILED_LATER)
    noted = Decision(
        conversation=held.conversation, messages=(known,), failed=((message.key, event.reply),), reason=FAILED_LATER
    )
    if has_failed(message) or message.dead:
        return noted
    return author_told(noted, held, known)


def _resent(held: Held, event: ReplyResent) -> Decision:
    """That it went is told to whoever was told of the failure, once nothing of the message is failed."""
    message, reply = _message(held, event.message), event.reply
    if message is None or (message.key, reply) not in held.failed:
        return Decision(conversation=held.conversation, reason="repeat")
    noted = Decision(conversation=held.conversation, resent=((message.key, reply),), reason="resent")
    if any(key == message.key and other != reply for key, other in held.failed):
        return noted
    known = replace(message, reason=None)
    noted = replace(noted, messages=(known,))
    if message.pending or message.dead:
        return noted
    return went(marked(noted, held, known, Mark.ARRIVED), held, known)


def _message(held: Held, number: UUID) -> Message | None:
    found = next((message for message in held.messages.values() if message.id == number), None)
    return found if found is not None and found.author is Author.AGENT else None
