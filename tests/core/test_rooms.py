"""What becomes of what happened to a room."""

from dataclasses import replace

import pytest

from channel.core.addresses import ByRoom
from channel.core.conversation import Message, State
from channel.core.decide import decide
from channel.core.decision import Due, Note
from channel.core.events import Echoed, Event, Noted, RoomForwarded, RoomQueued, RoomStarted, WorkspaceNoted
from channel.core.held import Held
from channel.core.owed import ReportStatus, Status
from channel.core.people import Agent
from tests.core.building import ID, JOAO, KEY, NOON, ROOM, WORKSPACE, at, closed, conversation, held, message, taken

CLOSED, QUEUED, SERVED = State.CLOSED, State.QUEUED, State.SERVED
HERE = ByRoom(WORKSPACE, ROOM, "token")
MARIA = Agent("aMaria", "maria", "Maria")


def started(room: str = ROOM) -> RoomStarted:
    return RoomStarted(replace(HERE, room=room), "started:1", b"raw")


def queued(room: str = ROOM) -> RoomQueued:
    return RoomQueued(replace(HERE, room=room), "queued:1", b"raw")


def forwarded(agent: Agent | None) -> RoomForwarded:
    return RoomForwarded(HERE, agent, "forwarded:1", b"raw")


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        (QUEUED, taken(), (SERVED, ROOM, JOAO.id)),
        (SERVED, taken(agent=MARIA), (SERVED, ROOM, MARIA.id)),
        (SERVED, forwarded(MARIA), (SERVED, ROOM, MARIA.id)),
        (SERVED, forwarded(None), (QUEUED, ROOM, None)),
        (SERVED, queued(), (QUEUED, ROOM, None)),
        (SERVED, started(), (SERVED, ROOM, JOAO.id)),
        (QUEUED, queued(), (QUEUED, ROOM, None)),
        (QUEUED, closed(), (CLOSED, None, None)),
        (SERVED, closed(), (CLOSED, None, None)),
        (CLOSED, taken(), (CLOSED, None, None)),
        (CLOSED, queued(), (CLOSED, None, None)),
        (CLOSED, closed(), (CLOSED, None, None)),
        (SERVED, closed("rOther"), (SERVED, ROOM, JOAO.id)),
        (SERVED, taken("rOther", MARIA), (SERVED, ROOM, JOAO.id)),
        (SERVED, queued("rOther"), (SERVED, ROOM, JOAO.id)),
    ],
)
def test_what_happens_to_the_open_room_turns_the_conversation_and_nothing_else_does(
    before: State, event: Event, after: tuple[State, str | None, str | None]
) -> None:
    found = decide(held(before), event).conversation
    assert found is not None
    assert (found.state, found.room, found.agent) == after


@pytest.mark.parametrize("event", [started("rNew"), queued("rNew"), taken("rNew")])
def test_while_a_room_is_being_opened_the_first_one_heard_of_is_taken_for_it(event: Event) -> None:
    found = decide(held(conversation(QUEUED, room=None)), event).conversation
    assert found is not None
    assert found.room == "rNew"


def test_a_closed_room_is_never_taken_for_the_one_being_opened() -> None:
    known = held(conversation(QUEUED, room=None), closed_rooms=frozenset({"rOld"}))
    assert decide(known, taken("rOld")).conversation == known.conversation


def test_a_room_closed_in_this_very_batch_is_closed_for_the_next_event() -> None:
    known = held(conversation(QUEUED, room=None))
    after = replace(known.after(decide(known, closed())), conversation=known.conversation)
    assert decide(after, taken()).conversation == known.conversation


def test_an_event_told_twice_changes_nothing() -> None:
    decision = decide(held(QUEUED, seen=frozenset({"closed:1"})), closed())
    assert (decision.conversation, decision.reason, decision.counted) == (
        conversation(QUEUED),
        "repeat",
        ("duplicates",),
    )
    assert decision.room_closed is None


def test_an_event_is_kept_with_its_reason_and_known_to_the_next() -> None:
    known = held(QUEUED)
    decision = decide(known, taken())
    assert decision.note == Note("RoomTaken", "not_for_contact", "taken:1", ROOM, b"raw")
    assert decide(known.after(decision), taken()).reason == "repeat"


def test_a_room_that_was_only_mentioned_as_taken_is_taken_and_nothing_is_kept() -> None:
    decision = decide(held(QUEUED), taken(key=None))
    assert decision.note is None
    assert decision.conversation is not None
    assert decision.conversation.state is SERVED


@pytest.mark.parametrize(("state", "counted"), [(QUEUED, ("unserved",)), (SERVED, ()), (CLOSED, ())])
def test_a_room_closed_while_it_waited_is_counted_unserved(state: State, counted: tuple[str, ...]) -> None:
    decision = decide(held(state), closed())
    assert (decision.counted, decision.room_closed, decision.owed) == (counted, ROOM, ())


def waiting(*messages: Message, now: float = 60.0) -> Held:
    return held(QUEUED, now=now, unserved={m.key: m for m in messages})


SENT = message(status=Status.SENT, room=ROOM)


def test_what_was_sent_is_delivered_once_the_room_is_taken() -> None:
    known = waiting(SENT, replace(SENT, key="send:1002", external_id="1002"))
    decision = decide(known, taken())
    assert [due.owed for due in decision.owed] == [
        ReportStatus(ID, Status.DELIVERED),
        ReportStatus("1002", Status.DELIVERED),
    ]
    assert {m.status for m in decision.messages} == {Status.DELIVERED}
    assert decide(known.after(decision), forwarded(MARIA)).owed == ()


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (0.5, 2.0),  # not before 2 s after our answer
        (1.5, 2.5),  # nor within 1 s of the status before
        (60.0, 61.0),
    ],
)
def test_delivered_is_due_2_s_after_our_answer_and_1_s_after_sent(now: float, due: float) -> None:
    decision = decide(waiting(SENT, now=now), taken())
    assert decision.owed == (Due(ReportStatus(ID, Status.DELIVERED), KEY, at(due)),)


@pytest.mark.parametrize("other", [replace(SENT, room="rOther"), replace(SENT, status=Status.FAILED)])
def test_what_was_sent_elsewhere_or_failed_is_not_delivered(other: Message) -> None:
    assert decide(waiting(other), taken()).owed == ()


def test_a_room_that_goes_to_a_queue_delivers_nothing() -> None:
    assert decide(waiting(SENT), forwarded(None)).owed == ()


def test_what_is_for_nobody_is_kept_once() -> None:
    known, event = held(SERVED), Noted(HERE, "LivechatEdit", "not_for_contact", "noted:1", b"raw")
    decision = decide(known, event)
    assert decision.note == Note("LivechatEdit", "not_for_contact", "noted:1", ROOM, b"raw")
    assert decide(known.after(decision), event).note is None


def test_our_own_words_come_back_as_an_echo_without_their_text() -> None:
    decision = decide(held(SERVED), Echoed(HERE, "la-1", "echo:la-1"))
    assert decision.note == Note("echo", "echo", "echo:la-1", ROOM)
    assert decision.owed == ()


@pytest.mark.parametrize(
    "event", [taken(), closed(), queued(), Echoed(HERE, "m", "k"), Noted(HERE, "x", "y", "k", b"")]
)
def test_a_foreign_room_is_counted_and_not_kept(event: Event) -> None:
    decision = decide(Held(NOON, None), event)
    assert (decision.note, decision.reason, decision.counted) == (None, "foreign_room", ("ignored:foreign_room",))


def test_what_belongs_to_the_workspace_is_kept_there() -> None:
    decision = decide(Held(NOON, None), WorkspaceNoted(WORKSPACE, "unreadable", "unreadable", "unreadable:1", b"raw"))
    assert decision.note == Note("unreadable", "unreadable", "unreadable:1", raw=b"raw")
    assert (decision.reason, decision.counted) == ("unreadable", ("ignored:unreadable",))
