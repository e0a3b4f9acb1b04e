"""What is held of one conversation while an event is decided."""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import datetime

from channel.core.conversation import KEPT, Author, Conversation, Message
from channel.core.decision import Decision
from channel.core.events import Timer
from channel.core.owed import OpenRoom, Owed, RegisterVisitor, Status
from channel.core.values import dataclass


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
    unsent: tuple[Message, ...] = ()  #: agents' messages of which words wait, the oldest first


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of one conversation while its lock is ours."""

    now: datetime
    conversation: Conversation | None
    messages: Mapping[str, Message] = field(default_factory=dict)  #: those the events are about
    deliveries: Mapping[int, Delivery] = field(default_factory=dict)
    behind: Mapping[int, Behind] = field(default_factory=dict)  #: what waits behind a preparing delivery
    unserved: Mapping[str, Message] = field(default_factory=dict)  #: reported *sent*, their room not taken yet
    closed_rooms: frozenset[str] = frozenset()
    heard: Mapping[str, frozenset[str]] = field(default_factory=dict)  #: message times known of the events' rooms
    since: Mapping[str, str] = field(default_factory=dict)  #: from when on what is said in those rooms is ours
    posted: frozenset[str] = frozenset()  #: which of the events' items are ours
    quoted: Mapping[str, str] = field(default_factory=dict)  #: the words of messages that the events answer to, by item
    seen: frozenset[str] = frozenset()  #: keys of events told before
    kept: Mapping[str, Message] = field(default_factory=dict)  #: words that came after a close, for the next room
    waiting: Mapping[str, Message] = field(default_factory=dict)  #: messages with words that are not posted yet
    due: frozenset[Timer] = frozenset()  #: timers whose time has come
    lately: Lately = field(default_factory=Lately)
    failed: frozenset[tuple[str, int]] = frozenset()  #: of the events' messages the replies that RapidPro has failed

    def attempted(self, number: int) -> tuple[Delivery, Conversation]:
        """The delivery whose attempt has ended, and whose it is."""
        if self.conversation is None:
            raise ValueError("an outcome without a conversation")
        return self.deliveries[number], self.conversation

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
            failed=(self.failed | set(decision.failed)) - set(decision.resent),
            lately=replace(
                self.lately, unsent=tuple(m for m in self.lately.unsent if changed.get(m.key, m).pending > 0)
            ),
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
