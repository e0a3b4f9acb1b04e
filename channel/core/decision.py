"""What an event makes of a conversation, and what is owed because of it."""

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from channel.core.answers import Answer
from channel.core.conversation import Conversation, Message
from channel.core.events import Timer
from channel.core.owed import Owed, PostToRoom
from channel.core.values import dataclass


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
    external_id: str | None = None  #: what the peer calls it


@dataclass(frozen=True, slots=True)
class Due:
    """Something owed, not before `at`, as part of the message with this key."""

    owed: Owed
    message: str | None
    at: datetime
    by_place: bool = False  #: words that were overtaken go before those said later that still wait
    instead_of: str | None = None  #: key of the message whose place they take
    dead: str = ""  #: why it is a dead letter from the beginning


@dataclass(frozen=True, slots=True)
class SetTimer:
    """The conversation wants to be woken at a time; None: no more."""

    why: Timer
    at: datetime | None
    keep: bool = False  #: one that is set already stays as it is


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
    replaced: tuple[str, ...] = ()  #: agents' messages whose words are not to go: there are others in their place
    withdrawn: tuple[str, ...] = ()  #: messages whose status is not to be reported yet
    abandoned: str | None = None  #: why nothing that waits in `to_agent` is to be made any more
    timers: tuple[SetTimer, ...] = ()
    note: Note | None = None
    failed: tuple[tuple[str, int], ...] = ()  #: messages and replies that RapidPro has failed after it took them,
    resent: tuple[tuple[str, int], ...] = ()  #: and those that it has brought after all
    room_seen: str | None = None
    room_closed: str | None = None
    room_taken: str | None = None  #: a room that an agent has now
    heard: tuple[tuple[str, str], ...] = ()  #: rooms, and times of messages now known of them
    room_read: tuple[str, str] | None = None  #: a room, and up to when its history is known now
    room_unsure: str | None = None  #: a room of which no event to come says whether all before it was told
    visitor_token: str | None = field(default=None, repr=False)
    reason: str | None = None
    answer: Answer | None = None  #: to the flow that asked
    counted: tuple[str, ...] = ()  #: metrics to count


def part_of(owed: Owed) -> int:
    return owed.part if isinstance(owed, PostToRoom) else 0
