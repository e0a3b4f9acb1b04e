"""What can be owed to a peer, in which lane, and what is learned when it arrives."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, TypeAlias


class Lane(StrEnum):
    """A conversation's lanes: each is claimed and delivered in order, but `status`, where the newest wins."""

    TO_AGENT = "to_agent"
    TO_CONTACT = "to_contact"
    STATUS = "status"


class Status(StrEnum):
    """What RapidPro is told of an outbound message."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RegisterVisitor:
    """The contact becomes a visitor of the workspace; owed once, and again when something changed."""

    lane: ClassVar[Lane] = Lane.TO_AGENT
    name: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """The visitor gets a room: the open one, or a new one."""

    lane: ClassVar[Lane] = Lane.TO_AGENT


@dataclass(frozen=True, slots=True)
class PostToRoom:
    """Words for the agent, in the room that is open when they go. Posting twice is posting once: `_id` is ours."""

    lane: ClassVar[Lane] = Lane.TO_AGENT
    text: str = field(repr=False)
    part: int = 0  #: which of the message's parts these words are of


@dataclass(frozen=True, slots=True)
class ReplyToContact:
    """Words for the contact, through courier's `receive`."""

    lane: ClassVar[Lane] = Lane.TO_CONTACT
    text: str = field(repr=False)
    said_at: str = ""  #: RFC 3339, or "" where unknown
    place: str = ""  #: the same in the form that orders (`core.order.moment`)
    awaits: str = ""  #: the time of a message that should go before and has not come


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """RapidPro is told what became of its message. The newest of a message replaces an older unsent one."""

    lane: ClassVar[Lane] = Lane.STATUS
    external_id: str
    status: Status


Owed: TypeAlias = RegisterVisitor | OpenRoom | PostToRoom | ReplyToContact | ReportStatus


@dataclass(frozen=True, slots=True)
class Registered:
    """Rocket.Chat knows the visitor by `token`, which need not be the one we sent."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RoomOpened:
    """The visitor's open room. `agent`: who serves it already, by Rocket.Chat's user id."""

    room: str
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """The words are in `room`: not always the one we named, for a room can close meanwhile."""

    room: str
    at: str | None = None  #: Rocket.Chat's `ts` of the message


@dataclass(frozen=True, slots=True)
class Received:
    """Courier took the words, and calls them `uuid`."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Reported:
    """Courier took the status."""


Learned: TypeAlias = Registered | RoomOpened | Posted | Received | Reported
