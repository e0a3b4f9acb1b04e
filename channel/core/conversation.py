"""One contact through all their rooms: what is held of it while an event is decided, and what a decision says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from channel.core.answers import Answer
from channel.core.events import Timer
from channel.core.handoff import Handoff
from channel.core.hours import Hours
from channel.core.options import Options
from channel.core.owed import OpenRoom, Owed, PostToRoom, RegisterVisitor, Status

#: the reason of words that came after a close: they open the next room's context
KEPT: Final = "kept"


class State(StrEnum):
    """Where a conversation is: no room open, a room that waits for an agent, a room that has one."""

    CLOSED = "closed"
    QUEUED = "queued"
    SERVED = "served"


class Author(StrEnum):
    CONTACT = "contact"
    AGENT = "agent"
    BRIDGE = "bridge"  #: ourselves: notices, and what is done after a close


@dataclass(frozen=True, slots=True)
class Conversation:
    id: int
    workspace: UUID
    state: State
    room: str | None  #: Rocket.Chat's id of the open room
    agent: str | None  #: Rocket.Chat's id of who serves it
    path: str  #: the URN path last received in `to`, byte for byte
    name: str
    department: str
    registered: str | None  #: what Rocket.Chat was last told of the visitor (`profile`)
    max_length: int  #: courier's part size, in bytes
    hold_ambiguous: bool
    received_uuid: str  #: courier's last answer for this URN,
    received_text_hash: str  #: the SHA-256 of the text it took,
    received_at: datetime | None  #: and when
    can_ask: bool = False  #: is there a token for RapidPro's API?
    uuid: str | None = None  #: RapidPro's, of the contact
    urn: str | None = None  #: what two ways to write the contact's URN have in common
    language: str = ""  #: ISO 639-3; "" where it is not known
    shown_fields: tuple[tuple[str, str], ...] = ()  #: RapidPro's fields that an agent is shown
    scheme: str = "ext"
    reply_via: str = "receive"
    bot: str = ""  #: Rocket.Chat's user id of the account that is ours
    options: Options = field(default_factory=Options)
    hours: Hours | None = None  #: None: somebody is always there
    handoff: Handoff = field(default_factory=Handoff)

    @property
    def wanted_department(self) -> str:
        """For which this hand-off is: as the flow says, or the channel."""
        return self.handoff.department or self.department

    @property
    def reachable(self) -> bool:
        """Is there any way to bring words to the contact?"""
        if self.path or (self.uuid and self.scheme == "ext"):
            return True
        return self.uuid is not None and (self.can_ask or self.reply_via == "api")


@dataclass(frozen=True, slots=True)
class Message:
    """Something one person wrote to another; `id` is None until it is stored."""

    id: UUID | None
    key: str
    author: Author
    external_id: str
    texts: tuple[str, ...] = field(repr=False)
    answered_at: datetime
    created_at: datetime
    position: int = 0
    edited_at: str | None = None
    status: Status | None = None  #: what RapidPro was told of it, or is about to be
    reason: str | None = None
    room: str | None = None
    raw: bytes | None = field(default=None, repr=False)
    pending: int = 0  #: posts not there yet
    dead: int = 0  #: posts given up

    @property
    def by_flow(self) -> bool:
        """Did a flow pass it on? RapidPro has no status for such a message: to it, it is an incoming one."""
        return self.author is Author.CONTACT and not self.key.startswith(("send:", "send#"))


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery whose attempt has ended."""

    id: int
    owed: Owed
    message: str | None  #: key of the message it is part of
    attempts: int
    ambiguous: int  #: attempts before this one of which nobody knows whether they arrived
    tried_room: str | None
    first_failed_at: datetime | None
    rejections: int = 0  #: attempts before this one that were said no to, or swallowed
    rehomings: int = 0  #: rooms and visitors lost under it before
    superseded: bool = False  #: a newer status of the same message waits

    @property
    def prepares(self) -> bool:
        """Is it nobody's words, but what the words behind it need?"""
        return isinstance(self.owed, RegisterVisitor | OpenRoom)


@dataclass(frozen=True, slots=True)
class Behind:
    """The words right behind a delivery that prepares them, and what else prepares them in between."""

    words: tuple[int, str] | None  #: delivery, and key of its message
    steps: tuple[int, ...] = ()


class End(StrEnum):
    """How a delivery is left: waiting for its next attempt, or ended."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Settled:
    delivery: int
    end: End
    reason: str | None = None
    due_at: datetime | None = None  #: of the next attempt
    uncounted: bool = False  #: the attempt spent nothing
    silent: bool = False  #: nobody knows whether it arrived
    rejected: bool = False  #: it was said no to, or swallowed
    rehomed: bool = False  #: its room or its visitor was lost
    failing: bool = False  #: the time to giving up runs


@dataclass(frozen=True, slots=True)
class Due:
    """Something owed, not before `at`, as part of the message with this key."""

    owed: Owed
    message: str | None
    at: datetime
    by_place: bool = False  #: words that were overtaken go before those said later that still wait


@dataclass(frozen=True, slots=True)
class SetTimer:
    """The conversation wants to be woken at a time; None: no more."""

    why: Timer
    at: datetime | None
    keep: bool = False  #: one that is set already stays as it is


@dataclass(frozen=True, slots=True)
class Queue:
    """How it stands with those who wait for the same department."""

    position: int
    usual_wait: float | None = None  #: seconds; None where too few were served lately


@dataclass(frozen=True, slots=True)
class Lately:
    """What only a conversation that woke is asked: how its words to the agent stand, and when somebody last spoke."""

    queue: Queue | None = None
    stuck_since: datetime | None = None  #: the oldest words that are not posted yet
    stuck_for: str = ""  #: what the head of their lane waits for, as its last failure says
    spoke_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that goes no further, with its reason."""

    kind: str
    reason: str
    key: str
    room: str | None = None
    raw: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """What an event makes of a conversation, what is owed, and the reason if nothing is."""

    conversation: Conversation | None = None
    messages: tuple[Message, ...] = ()  #: new ones, and what became of known ones
    owed: tuple[Due, ...] = ()  #: behind what their lanes hold
    first: tuple[Owed, ...] = ()  #: ahead of what the `to_agent` lane holds
    settled: tuple[Settled, ...] = ()
    replayed: tuple[tuple[str, int], ...] = ()  #: message and part whose dead letters go again
    withdrawn: tuple[str, ...] = ()  #: messages whose status is not to be reported yet
    abandoned: str | None = None  #: why nothing that waits in `to_agent` is to be made any more
    timers: tuple[SetTimer, ...] = ()
    note: Note | None = None
    room_seen: str | None = None
    room_closed: str | None = None
    room_taken: str | None = None  #: a room that an agent has now
    heard: tuple[tuple[str, str], ...] = ()  #: rooms, and times of messages now known of them
    visitor_token: str | None = field(default=None, repr=False)
    reason: str | None = None
    answer: Answer | None = None  #: to the flow that asked
    counted: tuple[str, ...] = ()  #: metrics to count


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of one conversation while its lock is ours."""

    now: datetime
    conversation: Conversation | None
    messages: Mapping[str, Message] = field(default_factory=dict)  #: those the events are about
    deliveries: Mapping[int, Delivery] = field(default_factory=dict)
    behind: Mapping[int, "Behind"] = field(default_factory=dict)  #: what waits behind a preparing delivery
    unserved: Mapping[str, Message] = field(default_factory=dict)  #: reported *sent*, their room not taken yet
    closed_rooms: frozenset[str] = frozenset()
    heard: Mapping[str, frozenset[str]] = field(default_factory=dict)  #: message times known of the events' rooms
    posted: frozenset[str] = frozenset()  #: which of the events' items are ours
    seen: frozenset[str] = frozenset()  #: keys of events told before
    kept: Mapping[str, Message] = field(default_factory=dict)  #: words that came after a close, for the next room
    waiting: Mapping[str, Message] = field(default_factory=dict)  #: messages with words that are not posted yet
    due: frozenset[Timer] = frozenset()  #: timers whose time has come
    lately: Lately = field(default_factory=Lately)

    def after(self, decision: Decision) -> "Held":
        """What is known once `decision` holds: the next event of the same conversation is decided upon that."""
        changed = {message.key: message for message in decision.messages}
        return replace(
            self,
            conversation=decision.conversation or self.conversation,
            messages={**self.messages, **changed},
            unserved={key: m for key, m in self.unserved.items() if changed.get(key, m).status is Status.SENT},
            heard=_with(self.heard, decision.heard),
            closed_rooms=self.closed_rooms | ({decision.room_closed} if decision.room_closed else frozenset()),
            seen=self.seen | ({decision.note.key} if decision.note else frozenset()),
            kept=_still(self.kept, changed, lambda m: m.reason == KEPT),
            waiting={} if decision.abandoned else _still(self.waiting, changed, _waits),
            behind={} if decision.abandoned else self.behind,
            due=self.due - {timer.why for timer in decision.timers},
        )


def _waits(message: Message) -> bool:
    return message.author is Author.CONTACT and message.pending > 0


def _still(
    known: Mapping[str, Message], changed: Mapping[str, Message], holds: Callable[[Message], bool]
) -> Mapping[str, Message]:
    return {key: m for key, m in {**known, **changed}.items() if holds(m)}


def _with(heard: Mapping[str, frozenset[str]], more: tuple[tuple[str, str], ...]) -> Mapping[str, frozenset[str]]:
    known = dict(heard)
    for room, at in more:
        known[room] = known.get(room, frozenset()) | {at}
    return known


def part_of(owed: Owed) -> int:
    return owed.part if isinstance(owed, PostToRoom) else 0
