"""What can be owed to a peer, and in which lane."""

from dataclasses import field
from enum import StrEnum
from typing import ClassVar, TypeAlias

from channel.core.values import dataclass


class Lane(StrEnum):
    """A conversation's lanes: each is claimed and delivered in order, but `status`, where the newest wins."""

    TO_AGENT = "to_agent"
    TO_CONTACT = "to_contact"
    TO_AUTHOR = "to_author"
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
    name: str = field(default="", repr=False)
    department: str = ""
    #: those the workspace has not defined are skipped there
    custom_fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def profile_of(told: RegisterVisitor) -> str:
    """What Rocket.Chat knows of a visitor who was registered so, as one text to compare."""
    return "\n".join((told.name, told.department, *(f"{key}={value}" for key, value in told.custom_fields)))


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
class PostContext:
    """What the agent sees first in a room. Where RapidPro's API can be asked, the last messages are added."""

    lane: ClassVar[Lane] = Lane.TO_AGENT
    lines: tuple[str, ...] = field(repr=False)
    messages: int = 0  #: how many of the last messages between contact and bot,
    before: str = ""  #: said before this moment, RFC 3339,
    words: tuple[str, ...] = field(default=(), repr=False)  #: but these, which are posted by themselves


@dataclass(frozen=True, slots=True)
class CloseRoom:
    """The room is closed: as its visitor, or, where that may not, by the workspace's bot user."""

    lane: ClassVar[Lane] = Lane.TO_AGENT
    room: str
    comment: str = field(default="", repr=False)  #: of the bot user's; a visitor can give none


@dataclass(frozen=True, slots=True)
class RateRoom:
    """The contact's rating of a room, for Rocket.Chat's survey."""

    lane: ClassVar[Lane] = Lane.TO_AGENT
    room: str
    answers: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LeaveOffline:
    """Words for a department in which nobody is: an offline message. No room comes of it."""

    lane: ClassVar[Lane] = Lane.TO_AGENT
    text: str = field(repr=False)
    email: str
    department: str = ""
    part: int = 0


@dataclass(frozen=True, slots=True)
class ReplyToContact:
    """Words for the contact, through courier's `receive` or RapidPro's API."""

    lane: ClassVar[Lane] = Lane.TO_CONTACT
    text: str = field(repr=False)
    said_at: str = ""  #: RFC 3339, or "" where unknown
    place: str = ""  #: the same in the form that orders (`core.order.moment`)
    awaits: str = ""  #: the time of a message that should go before and has not come


@dataclass(frozen=True, slots=True)
class Told:
    """What an agent is told of one thing that they wrote. `what`: a `notices.Tell`."""

    what: str
    text: str = field(default="", repr=False)  #: how it begins
    length: int = 0  #: its characters, where there are too many


@dataclass(frozen=True, slots=True)
class TellAuthor:
    """An agent is told, in the room where they wrote, what did not go, or waits. Summed up with one that waits there.

    As the workspace's bot user; where there is none, as the visitor's line with a mark.
    """

    lane: ClassVar[Lane] = Lane.TO_AUTHOR
    room: str
    told: tuple[Told, ...]


class Mark(StrEnum):
    """The state of an agent's message, as a reaction to it."""

    ARRIVED = "arrived"  #: RapidPro has it
    FAILED = "failed"  #: it was refused, or nobody will try again


@dataclass(frozen=True, slots=True)
class MarkMessage:
    """An agent's message carries its state, as a reaction of the bot user's. A newer mark replaces an older."""

    lane: ClassVar[Lane] = Lane.TO_AUTHOR
    room: str
    item: str  #: the message's `_id`
    mark: Mark
    first: bool = True  #: no other can be there to be taken away


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """After a close: the contact leaves a group in RapidPro. Once it has failed it holds up nobody's words."""

    group: str
    beside: bool = False

    @property
    def lane(self) -> Lane:
        return Lane.STATUS if self.beside else Lane.TO_CONTACT


@dataclass(frozen=True, slots=True)
class StartFlow:
    """After a close: a flow is started for the contact. Once it has failed it holds up nobody's words."""

    flow: str
    params: tuple[tuple[str, str], ...] = field(repr=False)
    beside: bool = False
    doubted_since: str = ""  #: RFC 3339: an attempt of unknown end was made then

    @property
    def lane(self) -> Lane:
        return Lane.STATUS if self.beside else Lane.TO_CONTACT


@dataclass(frozen=True, slots=True)
class ReadContact:
    """What RapidPro's API says of the contact: name, language, fields, UUID. Blocks nothing, and may fail."""

    lane: ClassVar[Lane] = Lane.STATUS


@dataclass(frozen=True, slots=True)
class LookForHold:
    """Does the chat rest? Asked only where a channel tells contacts so. Blocks nothing, and may fail."""

    lane: ClassVar[Lane] = Lane.STATUS
    room: str


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """A room's history is read for what no webhook has told. Blocks nothing; of one room, one is owed at a time."""

    lane: ClassVar[Lane] = Lane.STATUS
    room: str
    why: str = ""
    awaits: tuple[str, ...] = ()  #: needless once messages of these times are known,
    unless: str = ""  #: and the event of this key has been told
    asks_agent: bool = False  #: who serves the room is to be asked, too

    @property
    def is_conditional(self) -> bool:
        return bool(self.awaits or self.unless)


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """RapidPro is told what became of its message. The newest of a message replaces an older unsent one."""

    lane: ClassVar[Lane] = Lane.STATUS
    external_id: str
    status: Status


AfterClose: TypeAlias = LeaveGroup | StartFlow
Owed: TypeAlias = (
    RegisterVisitor
    | OpenRoom
    | PostContext
    | PostToRoom
    | CloseRoom
    | RateRoom
    | LeaveOffline
    | ReplyToContact
    | TellAuthor
    | MarkMessage
    | AfterClose
    | ReadContact
    | LookForHold
    | ReadHistory
    | ReportStatus
)
