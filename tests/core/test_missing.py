"""When a room's history is to be read, and what makes a read needless."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channel.core import limits
from channel.core.addresses import ByConversation, ByRoom
from channel.core.conversation import State
from channel.core.decide import decide
from channel.core.decision import Due
from channel.core.events import AgentWrote, Echoed, Event, Noted, RoomForwarded, RoomSought, RoomTaken
from channel.core.learned import AuthorTold, Closed, Learned, Posted, Reported
from channel.core.missing import merged
from channel.core.notices import Notice
from channel.core.owed import CloseRoom, PostToRoom, ReadHistory, ReplyToContact
from channel.core.people import Agent
from tests.core.building import (
    JOAO,
    NOON,
    ROOM,
    WORKSPACE,
    arrived,
    at,
    closed,
    conversation,
    delivery,
    ended,
    held,
    options,
    owed,
    said,
)

MARIA = Agent("aMaria", "maria", "Maria")
LATER = "2026-03-01T12:05:00.000Z"


def moment(minute: int) -> str:
    return f"2026-03-01T12:{minute:02}:00.000Z"


def form(minute: int) -> str:
    """The same in the form that orders."""
    return f"2026-03-01T12:{minute:02}:00.000000+00:00"


def here(last: int | None, began: int | None = 0, *, from_rocketchat: bool = True) -> ByRoom:
    return ByRoom(
        WORKSPACE,
        ROOM,
        "token",
        from_rocketchat=from_rocketchat,
        last_at=None if last is None else moment(last),
        began_at=None if began is None else moment(began),
    )


def wrote(minute: int, last: int | None, **more: Any) -> AgentWrote:
    return replace(said("words", f"m{minute}"), address=here(last), said_at=moment(minute), **more)


def reads(event: Event, *heard: int, state: State = State.SERVED) -> list[ReadHistory]:
    """What is to be read because of the event, in a room of which messages of these minutes are known."""
    known = held(state, heard={ROOM: frozenset(form(minute) for minute in heard)})
    return [each for each in owed(decide(known, event)) if isinstance(each, ReadHistory)]


GAP = [ReadHistory(ROOM, "gap", (form(2),))]


@pytest.mark.parametrize(
    ("event", "heard", "found"),
    [
        (wrote(3, 2), (1, 2), []),
        (wrote(3, 2), (1,), GAP),
        (wrote(3, 2), (1, 4), GAP),  # what came later says nothing of what came before
        (wrote(1, 0), (), []),  # the room's beginning
        (wrote(3, None), (), []),
        (wrote(2, 2, edited_at=LATER), (1,), []),  # an edit of the newest message names that one
        (wrote(1, 2, edited_at=LATER), (1,), GAP),
        (wrote(3, 2, found_by=moment(3)), (1,), []),
        (replace(wrote(3, 2), address=here(2, from_rocketchat=False)), (1,), []),
        (RoomTaken(here(2), MARIA, "taken:2", b""), (1,), GAP),
        (RoomTaken(here(2), MARIA, "taken:2", b""), (1, 2), []),
        (RoomTaken(here(2), JOAO, told_by="x"), (1,), []),  # the event that mentions it is asked
        (RoomForwarded(here(2), MARIA, "forwarded:2", b""), (1, 3), []),  # no later than what is known
        (RoomForwarded(here(2), MARIA, "forwarded:2", b""), (1,), GAP),
        (Echoed(here(2), "la-1", "echo:la-1", moment(3)), (1,), GAP),
        (Echoed(here(2), "la-1", "echo:la-1", moment(3)), (1, 2), []),
        (Noted(here(2), "LeadCapture", "lead_capture", "k", b""), (1,), GAP),
        (Noted(here(2), "LeadCapture", "lead_capture", "k", b""), (2,), []),
    ],
)
def test_a_message_that_an_event_names_and_nobody_told_is_looked_for(
    event: Event, heard: tuple[int, ...], found: list[ReadHistory]
) -> None:
    assert reads(event, *heard) == found


def test_a_repeat_looks_for_nothing_again() -> None:
    event = wrote(3, 2)
    first = decide(held(State.SERVED), event)
    again = decide(held(State.SERVED).after(first), event)
    assert [type(each) for each in owed(first)] == [ReplyToContact, ReadHistory]
    assert owed(again) == []


def test_what_only_overtook_another_message_gets_half_a_second_to_be_told() -> None:
    (*_, read) = decide(held(State.SERVED), wrote(3, 2)).owed
    assert read.at == at(limits.GAP_LOOKED_AT)


def test_in_a_room_that_seems_to_wait_it_is_asked_who_serves_it() -> None:
    (read,) = reads(Noted(here(2), "LeadCapture", "lead_capture", "k", b""), 1, state=State.QUEUED)
    assert read.asks_agent


@pytest.mark.parametrize(
    ("state", "room", "found"),
    [
        (State.SERVED, ROOM, [ReadHistory(ROOM, "routine")]),
        (State.QUEUED, ROOM, [ReadHistory(ROOM, "routine", asks_agent=True)]),
        (State.SERVED, "rBefore", []),
        (State.CLOSED, ROOM, []),
    ],
)
def test_an_open_room_is_looked_at_when_it_is_time(state: State, room: str, found: list[ReadHistory]) -> None:
    assert owed(decide(held(state), RoomSought(ByConversation(1), room, "routine"))) == found


@pytest.mark.parametrize(
    ("state", "learned", "room"),
    [
        (State.SERVED, Posted(ROOM, moment(3)), ROOM),
        (State.SERVED, AuthorTold(ROOM, moment(3)), ROOM),
        (State.QUEUED, Posted(ROOM, moment(3)), None),  # nobody is there whose words could be lost
        (State.SERVED, Reported(), None),
    ],
)
def test_behind_a_post_of_ours_nothing_is_sure(state: State, learned: Learned, room: str | None) -> None:
    decision = ended(held(state), arrived(learned), delivery(PostToRoom("words", 0)))
    assert decision.room_unsure == room


def test_a_room_that_we_closed_is_read_unless_its_close_is_told() -> None:
    decision = ended(held(State.SERVED), arrived(Closed(ROOM)), delivery(CloseRoom(ROOM), message=None))
    (read,) = [due for due in decision.owed if isinstance(due.owed, ReadHistory)]
    assert read == Due(ReadHistory(ROOM, "close", unless=f"close:{ROOM}"), None, at(limits.CLOSE_LOOKED_AT))


def test_the_notice_of_a_close_that_did_not_say_all_waits_for_the_history() -> None:
    told = conversation(State.SERVED, options=options(Notice.CLOSED))
    event = replace(closed(), is_whole=False, closed_at=moment(9))
    notice, read = decide(held(told), event).owed
    assert isinstance(notice.owed, ReplyToContact)
    assert notice.at == NOON + timedelta(seconds=limits.OVERTAKEN_WAIT)
    assert form(9) < notice.owed.place < form(10)
    assert (read.owed, read.at) == (ReadHistory(ROOM, "close"), NOON)
    (whole,) = decide(held(told), closed()).owed
    assert whole.at == NOON


A, B = ("a",), ("b",)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (ReadHistory(ROOM, "gap", A), ReadHistory(ROOM, "gap", A), ReadHistory(ROOM, "gap", A)),
        (ReadHistory(ROOM, "gap", A), ReadHistory(ROOM, "gap", B), ReadHistory(ROOM, "gap", (*A, *B))),
        (ReadHistory(ROOM, "gap", A), ReadHistory(ROOM, "routine"), ReadHistory(ROOM, "gap")),
        (ReadHistory(ROOM, "gap", A), ReadHistory(ROOM, "close", unless="k"), ReadHistory(ROOM, "gap", A, "k")),
        (ReadHistory(ROOM, "routine"), ReadHistory(ROOM, "gap", A), ReadHistory(ROOM, "routine")),
        (ReadHistory(ROOM, "gap", A, asks_agent=True), ReadHistory(ROOM), ReadHistory(ROOM, "gap", asks_agent=True)),
    ],
)
def test_of_two_reads_of_a_room_one_is_made_as_early_as_is_wanted(
    one: ReadHistory, other: ReadHistory, both: ReadHistory
) -> None:
    assert merged(Due(one, None, at(5)), Due(other, None, at(1))) == Due(both, None, at(1))
