"""The decisions of a batch of events, gathered by what has to be written."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from channel.core.addresses import ByRoom
from channel.core.conversation import Conversation, Message
from channel.core.decision import Decision, Due, Note, SetTimer, Settled
from channel.core.events import AttemptMade, DeliveryDone, DeliveryFailed, Event, Timer, WorkspaceNoted
from channel.core.following_up import FAILED_LATER
from channel.core.held import Held
from channel.core.learned import RoomOpened
from channel.core.order import moment
from channel.core.owed import (
    Lane,
    OpenRoom,
    Owed,
    PostContext,
    PostToRoom,
    RegisterVisitor,
    ReplyToContact,
    ReportStatus,
)

#: what nobody needs any more once the waiting for a room is over; the rest belongs to another room, or to none
ABANDONED = (RegisterVisitor, OpenRoom, PostContext, PostToRoom)


@dataclass(slots=True)
class Batch:
    """By conversation and by message key. A later decision's value replaces an earlier's."""

    conversations: dict[int, Conversation] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict, repr=False)
    messages: dict[tuple[int, str], Message] = field(default_factory=dict)
    owed: list[tuple[int, Due]] = field(default_factory=list)
    reports: set[tuple[int, str]] = field(default_factory=set)  #: of which messages there may be any among those
    first: dict[int, tuple[Owed, ...]] = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)
    attempts: list[tuple[int, str, AttemptMade]] = field(default_factory=list)
    replayed: list[tuple[int, str, int]] = field(default_factory=list)
    withdrawn: list[tuple[int, str]] = field(default_factory=list)
    replaced: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[UUID, int | None, Note]] = field(default_factory=list)
    rooms_seen: dict[tuple[UUID, str], int] = field(default_factory=dict)
    seen_since: dict[tuple[UUID, str], str] = field(default_factory=dict)  #: from when on what is said there is ours
    rooms_opened: set[tuple[UUID, str]] = field(default_factory=set)
    rooms_read: dict[tuple[UUID, str], str] = field(default_factory=dict)  #: and up to when
    heard: list[tuple[UUID, str, int, str]] = field(default_factory=list)  #: workspace, room, conversation, time
    rooms_unsure: set[tuple[UUID, str]] = field(default_factory=set)
    rooms_closed: dict[tuple[UUID, str], int] = field(default_factory=dict)
    rooms_taken: dict[tuple[UUID, str], str] = field(default_factory=dict)  #: by room, the department it waited for
    timers: dict[tuple[int, Timer], SetTimer] = field(default_factory=dict)
    abandoned: dict[int, str] = field(default_factory=dict)
    followed: dict[int, str | None] = field(default_factory=dict)  #: replies, and why RapidPro has failed them
    given_up: list[tuple[int, Due]] = field(default_factory=list)  #: words owed in this batch, and then abandoned

    def reported(self) -> list[tuple[int, str]]:
        """Messages with a new status: an older one that waits is not to be reported any more."""
        return [(number, due.message or "") for number, due in self.owed if isinstance(due.owed, ReportStatus)]

    def lanes(self) -> list[tuple[int, Lane]]:
        """Which lanes of which conversations get new deliveries, or lose some."""
        touched = {(number, due.owed.lane) for number, due in self.owed}
        touched |= {(number, Lane.STATUS) for number, _ in self.withdrawn}
        touched |= {(number, Lane.TO_AGENT) for number, *_ in self.replayed}
        touched |= {(number, Lane.TO_AGENT) for number in (*self.first, *self.abandoned)}
        touched |= {(number, Lane.TO_CONTACT) for number, _ in self.replaced}
        touched |= {(number, Lane.TO_AUTHOR) for number in self.rooms_closed.values()}
        return sorted(touched)


def gathered(before: Sequence[tuple[Event, Held, Decision]]) -> Batch:
    """What these events, each decided upon what was held then, have come to."""
    batch = Batch()
    for event, held, decision in before:
        number = held.conversation.id if held.conversation else None
        if isinstance(event, DeliveryDone):
            batch.attempts.append((event.address.delivery, "done", event.attempt))
        elif isinstance(event, DeliveryFailed):
            batch.attempts.append((event.address.delivery, event.failure.code, event.attempt))
        if decision.note:
            batch.notes.append((_workspace(event, held), number, decision.note))
        if number is None or held.conversation is None:
            continue
        _gather(batch, number, held.conversation.workspace, decision)
        _gather_rooms(batch, event, held.conversation.workspace, decision)
    return batch


def _gather_rooms(batch: Batch, event: Event, workspace: UUID, decision: Decision) -> None:
    """A room that we opened is ours from its beginning, one that we are told of from what was said there before on."""
    if isinstance(event.address, ByRoom):
        batch.seen_since.setdefault((workspace, event.address.room), moment(event.address.last_at))
    if isinstance(event, DeliveryDone) and isinstance(event.learned, RoomOpened):
        batch.rooms_opened.add((workspace, event.learned.room))
    if decision.room_read:
        room, until = decision.room_read
        batch.rooms_read[workspace, room] = max(until, batch.rooms_read.get((workspace, room), ""))


def _gather(batch: Batch, number: int, workspace: UUID, decision: Decision) -> None:
    if decision.conversation:
        batch.conversations[number] = decision.conversation
    if decision.visitor_token:
        batch.tokens[number] = decision.visitor_token
    batch.messages |= {(number, message.key): message for message in decision.messages}
    withdrawn = {(number, key) for key in decision.withdrawn}
    batch.withdrawn += withdrawn
    outdated = withdrawn | {(number, due.message or "") for due in decision.owed if isinstance(due.owed, ReportStatus)}
    if outdated & batch.reports:
        batch.owed = [(n, due) for n, due in batch.owed if not _is_of(n, due, ReportStatus, outdated)]
    batch.reports |= outdated
    batch.replaced += [(number, key) for key in decision.replaced]
    if decision.abandoned:
        batch.abandoned[number] = decision.abandoned
        batch.first.pop(number, None)
        batch.given_up += [(n, due) for n, due in batch.owed if n == number and isinstance(due.owed, PostToRoom)]
        batch.owed = [(n, due) for n, due in batch.owed if n != number or not isinstance(due.owed, ABANDONED)]
    _owe(batch, number, decision)
    if decision.first:
        batch.first[number] = decision.first
    batch.settled += decision.settled
    batch.replayed += [(number, key, part) for key, part in decision.replayed]
    batch.followed |= {reply: FAILED_LATER for _, reply in decision.failed} | {
        reply: None for _, reply in decision.resent
    }
    batch.timers |= {(number, timer.why): timer for timer in decision.timers}
    if decision.room_taken and decision.conversation:
        batch.rooms_taken[workspace, decision.room_taken] = decision.conversation.wanted_department
    for room in (decision.room_seen, decision.room_closed, decision.room_taken):
        if room:
            batch.rooms_seen[workspace, room] = number
    batch.heard += [(workspace, room, number, at) for room, at in decision.heard]
    if decision.room_unsure:
        batch.rooms_unsure.add((workspace, decision.room_unsure))
    if decision.room_closed:
        batch.rooms_closed[workspace, decision.room_closed] = number


def _owe(batch: Batch, number: int, decision: Decision) -> None:
    """What is owed, behind what is; words that take the place of others of this batch, in their place."""
    if not decision.replaced:
        batch.owed += [(number, due) for due in decision.owed]
        return
    replaced = {(number, key) for key in decision.replaced}
    place = next((n for n, each in enumerate(batch.owed) if _is_of(*each, ReplyToContact, replaced)), len(batch.owed))
    before, behind = batch.owed[:place], batch.owed[place:]
    kept = [each for each in behind if not _is_of(*each, ReplyToContact, replaced)]
    if kept == behind:
        batch.owed += [(number, due) for due in decision.owed]
        return
    old = behind[0][1]
    instead = [
        (number, replace(due, instead_of=old.instead_of, by_place=old.by_place))
        for due in decision.owed
        if due.instead_of
    ]
    others = [(number, due) for due in decision.owed if not due.instead_of]
    batch.owed = [*before, *instead, *kept, *others]


def _is_of(number: int, due: Due, kind: type[Owed], messages: set[tuple[int, str]]) -> bool:
    return isinstance(due.owed, kind) and (number, due.message or "") in messages


def _workspace(event: Event, held: Held) -> UUID:
    """Whose record it is: the conversation's workspace, or the one that told of it."""
    if held.conversation:
        return held.conversation.workspace
    if isinstance(event, WorkspaceNoted):
        return event.workspace
    if isinstance(event.address, ByRoom):
        return event.address.workspace
    raise ValueError("nobody's event, of no workspace")
