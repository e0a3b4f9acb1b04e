"""What can happen, as values in the past tense.

A peer's `wire` makes them from what came in; the delivery worker makes the outcomes. Each event knows how to find its
conversation (`address`); an event without one belongs to a workspace, or to nobody here.
"""

from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from channel.core.errors import Failure
from channel.core.owed import Learned


@dataclass(frozen=True, slots=True)
class ByUrn:
    """The contact of a channel with this URN path, begun if there is none yet."""

    channel: UUID
    path: str


@dataclass(frozen=True, slots=True)
class ByRoom:
    """The contact whose room this is: by the room, then by the visitor token, then by the token as contact UUID."""

    workspace: UUID
    room: str
    token: str | None = field(repr=False)
    from_rocketchat: bool = True  #: a payload of Rocket.Chat's own has `visitor._id`; a bare live-agents body has not


@dataclass(frozen=True, slots=True)
class ByDelivery:
    """The contact to or from whom this delivery is."""

    delivery: int


Address: TypeAlias = ByUrn | ByRoom | ByDelivery


@dataclass(frozen=True, slots=True)
class Agent:
    """Who serves a room, or wrote in it, as Rocket.Chat names them."""

    id: str
    username: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message."""

    type: str  #: media type, or "" where the peer does not say
    url: str  #: absolute or relative, as the peer gave it; "" where there is none
    name: str = ""


@dataclass(frozen=True, slots=True)
class ContactWrote:
    """RapidPro sent a part of a message through the send URL."""

    address: ByUrn
    message_id: str  #: RapidPro's, opaque; the parts of one message share it
    text: str = field(repr=False)
    raw: bytes = field(repr=False)
    quick_replies: tuple[str, ...] = ()
    session_status: str = ""
    rapidpro_channel: str | None = None  #: the External channel's UUID, where the template names it


@dataclass(frozen=True, slots=True)
class AgentWrote:
    """A person who is not the visitor wrote in a room; with `edited_at`, wrote it anew."""

    address: ByRoom
    item: str | None  #: the message's `_id`; None in the bare live-agents form
    text: str = field(repr=False)
    raw: bytes = field(repr=False)
    author: Agent | None = None
    attachments: tuple[Attachment, ...] = ()
    said_at: str | None = None  #: Rocket.Chat's `ts`, RFC 3339
    edited_at: str | None = None
    previous_at: str | None = None  #: what it says of the room's message before (`lastMessageAt`)
    began_at: str | None = None  #: what it says of the room's beginning (`createdAt`)
    digest: str = ""  #: SHA-256 of the whole body, by which an item without `_id` is known,
    place: int = 0  #: with its place there


@dataclass(frozen=True, slots=True)
class RoomStarted:
    address: ByRoom
    key: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RoomQueued:
    address: ByRoom
    key: str
    raw: bytes = field(repr=False)
    is_new: bool = False  #: nothing has been said in the room yet


@dataclass(frozen=True, slots=True)
class RoomTaken:
    """An agent serves the room. Without a `key` another event only mentions it, and nothing is stored of it.

    A mention tells nothing when the event it comes with is a repeat: `told_by` is that event's key, `words` are its
    words.
    """

    address: ByRoom
    agent: Agent
    key: str | None = None
    raw: bytes | None = field(default=None, repr=False)
    told_by: str | None = None
    words: AgentWrote | None = None


@dataclass(frozen=True, slots=True)
class RoomForwarded:
    """The room went to another agent (`agent`) or to a department's queue (None)."""

    address: ByRoom
    agent: Agent | None
    key: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """The room is closed, for good. `closer`: "user" or "visitor", as Rocket.Chat says."""

    address: ByRoom
    closer: str
    key: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Echoed:
    """What we posted as the visitor came back by webhook."""

    address: ByRoom
    item: str | None
    key: str
    said_at: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """Something of a room that is for nobody here; kept with its reason."""

    address: ByRoom
    kind: str
    reason: str
    key: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WorkspaceNoted:
    """Something that belongs to the workspace alone: an offline message, the test button, what cannot be read."""

    workspace: UUID
    kind: str
    reason: str
    key: str
    raw: bytes = field(repr=False)
    address: None = None


@dataclass(frozen=True, slots=True)
class DeliveryDone:
    """A delivery arrived; `learned` is what the peer's answer told us."""

    address: ByDelivery
    lease: int  #: the lane's lease token, by which a settle that comes too late is fenced out
    learned: Learned
    attempt: "AttemptMade"


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    """A delivery did not arrive, or nobody knows. `jitter`: the dice, between 0 and 1."""

    address: ByDelivery
    lease: int
    failure: Failure
    jitter: float
    attempt: "AttemptMade"


@dataclass(frozen=True, slots=True)
class AttemptMade:
    """What was asked and answered, in a line each, without secrets and without anybody's words."""

    asked: str = ""
    answered: str = ""
    seconds: float = 0.0
    number: int = 1  #: which attempt of its delivery
    room: str | None = None  #: the open room at the time


RoomEvent: TypeAlias = AgentWrote | RoomStarted | RoomQueued | RoomTaken | RoomForwarded | RoomClosed | Echoed | Noted
Outcome: TypeAlias = DeliveryDone | DeliveryFailed
Event: TypeAlias = ContactWrote | RoomEvent | WorkspaceNoted | Outcome
