"""What can happen, as values in the past tense.

A peer's `wire` makes them from what came in; the delivery worker makes the outcomes. Each event knows how to find its
conversation (`address`); an event without one belongs to a workspace, or to nobody here.
"""

from dataclasses import field
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from channel.core.addresses import ByContact, ByConversation, ByDelivery, ByRoom, ByUrn
from channel.core.errors import Failure
from channel.core.learned import Learned
from channel.core.people import Agent
from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message."""

    type: str  #: media type, or "" where the peer does not say
    url: str = field(repr=False)  #: absolute or relative, as the peer gave it; "" where there is none
    name: str = field(default="", repr=False)


class There(StrEnum):
    """Would a chat be taken now?"""

    AVAILABLE = "available"
    NO_AGENTS = "no_agents"
    UNKNOWN_DEPARTMENT = "unknown_department"


@dataclass(frozen=True, slots=True)
class Presence:
    """What Rocket.Chat says of a department, as far as it could be asked in time."""

    there: There = There.AVAILABLE
    certain: bool = False  #: it is what Rocket.Chat said within the last seconds
    visitors_may_close: bool = True


class Timer(StrEnum):
    """What a conversation waits for by itself."""

    QUEUED = "queued"  #: to tell the contact that they wait
    STILL_WAITING = "still_waiting"
    MAX_WAIT = "max_wait"
    DELAYED = "delayed"  #: to tell the contact that their words have not been posted
    IDLE = "idle"
    HOLD = "hold"  #: to look whether the chat rests
    UNDELIVERED = "undelivered"  #: to tell agents that their words wait


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
class Introduced:
    """What a flow says of the contact and of the hand-off, in any of its calls. "" and () where it says nothing."""

    name: str = field(default="", repr=False)
    language: str = ""  #: ISO 639-3, as RapidPro has it
    department: str = ""  #: by name or id
    results: tuple[tuple[str, str], ...] = field(default=(), repr=False)  #: the flow's, name and value, in its order
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)  #: the contact's, key and value
    flow: str = ""  #: its name


@dataclass(frozen=True, slots=True)
class AgentAsked:
    """A flow asks for a human: registerClient."""

    address: ByContact
    introduced: Introduced
    presence: Presence
    key: str | None = None  #: by which a repeat of the call is known
    first: "ContactSaid | None" = None  #: what the contact has written already, for the agent


@dataclass(frozen=True, slots=True)
class ContactSaid:
    """A flow passes on what the contact wrote, whole: sendMessageToAgent."""

    address: ByContact
    introduced: Introduced
    text: str = field(repr=False)
    raw: bytes = field(repr=False)
    message_id: str  #: RapidPro's, by which a repeat is known; where the flow names none, one of its own
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class CloseAsked:
    """A flow asks to close the contact's room."""

    address: ByContact
    presence: Presence


@dataclass(frozen=True, slots=True)
class Rated:
    """The contact rated the chat, in a flow. `answers`: Rocket.Chat's names of them, and the values."""

    address: ByContact
    answers: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Woke:
    """A time that the conversation set itself has come."""

    address: ByConversation
    why: Timer


@dataclass(frozen=True, slots=True)
class RoomSought:
    """It is time to look whether a room's webhooks have told everything."""

    address: ByConversation
    room: str
    why: str


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """RapidPro could not bring an agent's words, or a part of them, that it had taken."""

    address: ByConversation
    message: UUID
    reply: int  #: the delivery


@dataclass(frozen=True, slots=True)
class ReplyResent:
    """RapidPro has brought words that it had failed: somebody there had them sent again."""

    address: ByConversation
    message: UUID
    reply: int  #: the delivery


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
    digest: str = ""  #: SHA-256 of the whole body, by which an item without `_id` is known,
    place: int = 0  #: with its place there
    custom_emoji: frozenset[str] = frozenset()  #: names of the workspace's own, as far as they are known
    found_by: str | None = None  #: of what no webhook brought: the time of the newest message that it was found with


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
    asked: bool = False  #: no event tells it: Rocket.Chat was asked who serves a room that seemed to wait


@dataclass(frozen=True, slots=True)
class RoomForwarded:
    """The room went to another agent (`agent`) or to a department's queue (None)."""

    address: ByRoom
    agent: Agent | None
    key: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """The room is closed, for good. `closer`: "user" or "visitor", as Rocket.Chat says.

    `or_taken`: who has taken the room, if this is told of a queued one: a bare live-agents `LivechatSession` that
    nothing else marks as a close (6 of the live-agents contract, docs/live-agents.md).
    """

    address: ByRoom
    closer: str
    key: str
    raw: bytes = field(repr=False)
    comment: str = field(default="", repr=False)  #: the words with which an agent closed it
    or_taken: Agent | None = None
    by_system: bool = False  #: by an automaton of Rocket.Chat's own
    closed_at: str | None = None  #: as Rocket.Chat says it
    is_whole: bool = True  #: it came with all that was said in the room
    custom_emoji: frozenset[str] = frozenset()  #: as of an agent's other words


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


FlowEvent: TypeAlias = AgentAsked | ContactSaid | CloseAsked | Rated
RoomEvent: TypeAlias = AgentWrote | RoomStarted | RoomQueued | RoomTaken | RoomForwarded | RoomClosed | Echoed | Noted
Outcome: TypeAlias = DeliveryDone | DeliveryFailed
Followed: TypeAlias = ReplyFailed | ReplyResent
OfConversation: TypeAlias = ContactWrote | FlowEvent | Woke | RoomSought | Followed | RoomEvent | Outcome
Event: TypeAlias = OfConversation | WorkspaceNoted
