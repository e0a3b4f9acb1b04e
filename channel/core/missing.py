"""When a room's history is to be read: something that webhooks should have told may be missing.

It is read because an event names a message that we have not heard of, because a room has ended without being told to
the end, because a post of ours stands before whatever an event could name, and now and then. What is found there is
decided about elsewhere.
"""

from dataclasses import replace
from datetime import timedelta

from channel.core import limits, order
from channel.core.conversation import Author, Conversation, State
from channel.core.decision import Decision, Due
from channel.core.events import (
    AgentWrote,
    DeliveryDone,
    DeliveryFailed,
    Echoed,
    Event,
    Noted,
    RoomClosed,
    RoomForwarded,
    RoomQueued,
    RoomSought,
    RoomStarted,
    RoomTaken,
)
from channel.core.held import Held
from channel.core.keys import key_of
from channel.core.learned import AuthorTold, Posted
from channel.core.notices import Notice
from channel.core.owed import ReadHistory, ReplyToContact
from channel.core.telling import standing

#: what Rocket.Chat tells of a room that goes on
_TELLING = AgentWrote | Echoed | Noted | RoomStarted | RoomQueued | RoomTaken | RoomForwarded


def gap(held: Held, event: Event) -> str:
    """The time of a message that should have been told before this event and was not; "" if there is none."""
    if not isinstance(event, _TELLING) or not event.address.from_rocketchat:
        return ""
    address = event.address
    last_at, began_at = order.moment(address.last_at), order.moment(address.began_at)
    heard = held.heard.get(address.room, frozenset())
    if isinstance(event, AgentWrote) and event.found_by is not None:
        return ""
    if isinstance(event, RoomTaken) and event.key is None:
        return ""  # the event that mentions the agent is asked
    if not isinstance(event, AgentWrote | Echoed):
        return order.unheard(last_at, {*heard, began_at})
    said_at = order.moment(event.said_at)
    if isinstance(event, AgentWrote) and event.edited_at is not None:
        return order.unheard(last_at, {*heard, began_at, said_at})
    return order.awaited(said_at, last_at, began_at, heard)


def with_read(decision: Decision, held: Held, event: Event) -> Decision:
    """The decision, with a read of the room's history owed if the event shows that something may be missing."""
    if held.conversation is None:
        return decision
    if isinstance(event, DeliveryDone | DeliveryFailed):
        return _after_the_end(_unsure(decision, held, event), held, event)
    awaits = "" if decision.reason == "repeat" else gap(held, event)
    if not awaits or not isinstance(event, _TELLING):
        return decision
    wanted = ReadHistory(event.address.room, "gap", (awaits,), asks_agent=_seems_to_wait(standing(decision, held)))
    return _owing(decision, held, wanted, limits.GAP_LOOKED_AT)


def merged(one: Due, other: Due) -> Due:
    """One read for two that are owed of one room: as early as is wanted, and needless only if both are."""
    if not isinstance(one.owed, ReadHistory) or not isinstance(other.owed, ReadHistory):
        raise TypeError("no reads of a history")
    first = min(one, other, key=lambda due: due.at)
    both = replace(one.owed, awaits=(), unless="", asks_agent=one.owed.asks_agent or other.owed.asks_agent)
    if one.owed.is_conditional and other.owed.is_conditional:
        awaits = tuple(dict.fromkeys((*one.owed.awaits, *other.owed.awaits)))
        both = replace(both, awaits=awaits, unless=one.owed.unless or other.owed.unless)
    return replace(first, owed=both)


def sought(held: Held, event: RoomSought) -> Decision:
    """The time has come to look at an open room; one that is closed meanwhile has been told to its end."""
    conversation = held.conversation
    if conversation is None or conversation.room != event.room:
        return Decision(conversation=conversation, reason="needless")
    looked = Decision(conversation=conversation, reason=event.why)
    return _owing(looked, held, ReadHistory(event.room, event.why, asks_agent=_seems_to_wait(conversation)))


def behind_history(decision: Decision, held: Held, event: RoomClosed) -> Decision:
    """A close that came without all that was said in the room: that is read, and goes before the notice of the end."""
    if event.is_whole:
        return decision
    notices = {m.key for m in decision.messages if m.author is Author.BRIDGE and m.external_id == Notice.CLOSED.value}
    wait = timedelta(seconds=limits.OVERTAKEN_WAIT)
    place = order.later(order.moment(event.closed_at), limits.CLOSE_SLACK)
    owed = tuple(_held_back(due, place, wait) if due.message in notices else due for due in decision.owed)
    return _owing(replace(decision, owed=owed), held, ReadHistory(event.address.room, "close"))


def _held_back(due: Due, place: str, wait: timedelta) -> Due:
    if not isinstance(due.owed, ReplyToContact):
        return due
    return replace(due, owed=replace(due.owed, place=place), at=due.at + wait)


def _after_the_end(decision: Decision, held: Held, event: DeliveryDone | DeliveryFailed) -> Decision:
    """A room that we closed, or found gone, is told of by a webhook, too, with all that was said there: if it comes."""
    room = decision.room_closed
    if room is None or room in held.closed_rooms:
        return decision
    why = "close" if isinstance(event, DeliveryDone) else "lost"
    wanted = ReadHistory(room, why, unless=key_of("close", room))
    return _owing(decision, held, wanted, limits.CLOSE_LOOKED_AT)


def _unsure(decision: Decision, held: Held, event: DeliveryDone | DeliveryFailed) -> Decision:
    """Behind a post of ours the next event names that post: of an agent's words lost before it, none says anything."""
    if not isinstance(event, DeliveryDone) or not isinstance(event.learned, Posted | AuthorTold):
        return decision
    is_served = standing(decision, held).state is State.SERVED
    return replace(decision, room_unsure=event.learned.room) if is_served else decision


def _seems_to_wait(conversation: Conversation) -> bool:
    return conversation.state is State.QUEUED


def _owing(decision: Decision, held: Held, wanted: ReadHistory, seconds: float = 0.0) -> Decision:
    return replace(decision, owed=(*decision.owed, Due(wanted, None, held.now + timedelta(seconds=seconds))))
