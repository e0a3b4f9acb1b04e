"""What becomes of an agent's words that no webhook brought, and that a room's history or its transcript has."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from channel.core import limits, order
from channel.core.addresses import ByRoom
from channel.core.decision import Decision, Due
from channel.core.events import AgentWrote, Event, Outcome
from channel.core.held import Held
from channel.core.learned import HistoryRead
from channel.core.owed import ReplyToContact
from channel.core.undelivered import author_told
from channel.core.words import agent_wrote

#: of words that nobody expects any more, unless an operator says so
STALE: Final = "stale"
#: why what was found is nothing new, or nothing of ours
_NOTHING = {"repeat", "echo"}


def told(outcome: Outcome) -> Iterator[Sequence[Event]]:
    """What an attempt has brought, and its own end as the last: in turns, in order, each of which may be one commit.

    If not all are made, it is all found again, and what is known by then is a repeat.
    """
    learned = getattr(outcome, "learned", None)
    whole = [*(learned.events if isinstance(learned, HistoryRead) else ()), outcome]
    for first in range(0, len(whole), limits.FOUND_AT_ONCE):
        yield whole[first : first + limits.FOUND_AT_ONCE]


def rooms_of(events: Iterable[Event]) -> set[tuple[UUID, str]]:
    """Rooms in whose histories that stands which these told, by workspace."""
    addresses = [getattr(event, "address", None) for event in events]
    return {(each.workspace, each.room) for each in addresses if isinstance(each, ByRoom)}


def found(held: Held, event: AgentWrote) -> Decision:
    """Treated as if the webhook had brought it, once, if it was said in a room of ours since we know that room.

    What is too old to be sent by itself becomes a dead letter.
    """
    since = held.since.get(event.address.room)
    if since is None or order.moment(event.said_at) <= since:
        return Decision(conversation=held.conversation, reason="before_us")
    decision = agent_wrote(held, event)
    if decision.reason in _NOTHING:
        return Decision(conversation=held.conversation, reason=decision.reason)
    if not any(isinstance(due.owed, ReplyToContact) for due in decision.owed):
        return decision
    decision = replace(decision, owed=tuple(_in_its_place(due) for due in decision.owed))
    if _is_stale(event) and not decision.replaced:  # what it replaces was waiting anyway
        return _buried(decision, held)
    return replace(decision, counted=(*decision.counted, "repaired"))


def _in_its_place(due: Due) -> Due:
    return replace(due, by_place=True) if isinstance(due.owed, ReplyToContact) else due


def _is_stale(event: AgentWrote) -> bool:
    """An edit is as old as itself: the words were written anew then."""
    written_at = order.moment(event.edited_at or event.said_at)
    return order.seconds_between(written_at, order.moment(event.found_by)) > limits.STALE


def _buried(decision: Decision, held: Held) -> Decision:
    *others, found = decision.messages
    dead = replace(found, reason=STALE, pending=0, dead=found.pending)
    buried = replace(
        decision,
        messages=(*others, dead),
        owed=tuple(_dead(due) for due in decision.owed),
        reason=STALE,
        counted=(*decision.counted, "dead_letters"),
    )
    return author_told(buried, held, dead)


def _dead(due: Due) -> Due:
    """It waits for nobody, and has its place among the others."""
    if not isinstance(due.owed, ReplyToContact):
        return due
    return replace(due, owed=replace(due.owed, awaits=""), dead=STALE)
