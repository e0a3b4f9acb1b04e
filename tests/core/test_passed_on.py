"""What becomes of words that a flow passes on, and of the contact who leaves or writes after a close."""

from dataclasses import replace
from typing import Any

import pytest

from channel.core.answers import Outcome, Refusal
from channel.core.conversation import KEPT, Author, Conversation, State
from channel.core.decide import decide
from channel.core.decision import Decision
from channel.core.errors import Refused
from channel.core.events import Attachment
from channel.core.handoff import Ending, Handoff
from channel.core.held import Held
from channel.core.keys import key_of
from channel.core.learned import Posted
from channel.core.notices import Notice
from channel.core.owed import CloseRoom, OpenRoom, PostToRoom, RegisterVisitor, ReportStatus, Status
from tests.core.building import (
    ID,
    NOON,
    ROOM,
    after,
    arrived,
    asked,
    at,
    broke,
    close_asked,
    closed,
    conversation,
    delivery,
    ended,
    handed,
    held,
    message,
    options,
    owed,
    passed,
    standing,
    told,
    wrote,
)

CLOSED, QUEUED, SERVED = State.CLOSED, State.QUEUED, State.SERVED
PASSED = key_of("passed", ID)
PICTURE = (Attachment("image/png", "https://files.example/1.png"),)
VOICE = (Attachment("", "https://files.example/1.ogg"),)
LEAVING = options(leave_word="Exit")


REGISTER = RegisterVisitor("Ana")


def answered(decision: Decision) -> tuple[Outcome, Refusal | None]:
    assert decision.answer is not None
    assert decision.answer.message
    return decision.answer.outcome, decision.answer.reason


@pytest.mark.parametrize(
    ("known", "steps", "state"),
    [
        (conversation(), [REGISTER, OpenRoom()], QUEUED),  # without a registerClient before it
        (conversation(QUEUED, room=None), [], QUEUED),
        (conversation(QUEUED), [], QUEUED),
        (conversation(SERVED), [], SERVED),
    ],
)
def test_words_are_accepted_and_owed_to_the_agent(known: Conversation, steps: list[object], state: State) -> None:
    decision = decide(held(known), passed("Hello"))
    assert answered(decision) == (Outcome.ACCEPTED, None)
    assert owed(decision) == [*steps, PostToRoom("Hello")]
    assert after(decision).state is state
    assert [(m.key, m.texts, m.raw) for m in decision.messages] == [(PASSED, ("Hello",), b"raw")]


def test_a_hand_off_by_words_is_the_flows_who_passed_them_on() -> None:
    assert after(decide(held(), passed())).handoff.by_flow
    assert not after(decide(held(), wrote())).handoff.by_flow


@pytest.mark.parametrize(
    ("event", "too_long", "reason"),
    [
        (passed(""), "split", Refusal.EMPTY),
        (passed(" \n"), "split", Refusal.EMPTY),
        (passed("\u200b\u2060"), "split", Refusal.EMPTY),
        (passed("\u200b", attachments=PICTURE), "split", Refusal.MEDIA),
        (passed("", attachments=PICTURE), "split", Refusal.MEDIA),
        (passed("", attachments=VOICE), "split", Refusal.MEDIA),
        (passed("w" * 641), "refuse", Refusal.TOO_LONG),
        (passed("ሰ" * 641), "refuse", Refusal.TOO_LONG),
        (passed("\u0958" * 321), "refuse", Refusal.TOO_LONG),  # composed, it has 642
    ],
)
def test_words_that_do_not_go_are_refused_with_the_reason_and_kept(event: Any, too_long: str, reason: Refusal) -> None:
    known = held(conversation(options=options(*Notice, too_long=too_long)))
    decision = decide(known, event)
    assert answered(decision) == (Outcome.REFUSED, reason)
    assert (decision.owed, decision.reason) == ((), reason)
    assert [(m.reason, m.pending) for m in decision.messages] == [(reason, 0)]
    assert standing(decision) == (CLOSED, None, None)
    again = decide(known.after(decision), event)
    assert (answered(again), again.owed) == ((Outcome.REFUSED, reason), ())


@pytest.mark.parametrize("too_long", ["split", "refuse"])
def test_640_characters_go_either_way(too_long: str) -> None:
    decision = decide(held(conversation(SERVED, options=options(too_long=too_long))), passed("ሰ" * 640))
    assert owed(decision) == [PostToRoom("ሰ" * 640)]


def test_640_characters_that_are_not_composed_are_not_too_long() -> None:
    decision = decide(held(conversation(SERVED, options=options(too_long="refuse"))), passed("e\u0301" * 640))
    assert answered(decision) == (Outcome.ACCEPTED, None)
    assert "".join(post.text for post in owed(decision) if isinstance(post, PostToRoom)) == "e\u0301" * 640


def test_longer_words_go_in_parts_unless_the_channel_refuses_them() -> None:
    decision = decide(held(SERVED), passed("w" * 1300))
    assert [len(post.text) for post in owed(decision) if isinstance(post, PostToRoom)] == [640, 640, 20]
    assert [m.pending for m in decision.messages] == [3]


@pytest.mark.parametrize(("on", "notices"), [([Notice.NOT_CARRIED], ["not_carried"]), ([], [])])
def test_words_with_a_file_go_without_it_and_the_contact_is_told(on: list[Notice], notices: list[str]) -> None:
    decision = decide(held(conversation(SERVED, options=options(*on))), passed("See", attachments=PICTURE))
    assert answered(decision) == (Outcome.ACCEPTED, None)
    assert owed(decision)[0] == PostToRoom("See")
    assert told(decision) == notices


# Repeats


def test_the_same_id_is_answered_the_same_and_has_no_second_effect() -> None:
    known = held()
    first = decide(known, passed())
    again = decide(known.after(first), passed())
    assert (again.answer, again.owed, again.reason, again.counted) == (first.answer, (), "repeat", ("duplicates",))


def test_two_equal_texts_under_two_ids_are_two_messages() -> None:
    known = held(SERVED)
    assert owed(decide(known.after(decide(known, passed())), passed(id="1002"))) == [PostToRoom("words")]


def test_other_words_under_the_same_id_change_nothing() -> None:
    known = held(SERVED)
    decision = decide(known.after(decide(known, passed("first"))), passed("second"))
    assert (answered(decision), decision.owed, decision.reason) == ((Outcome.ACCEPTED, None), (), "conflict")
    assert [m.texts for m in decision.messages] == [("first",)]


def test_a_repeat_of_what_was_given_up_goes_again() -> None:
    known = message(key=PASSED, status=Status.FAILED, dead=1, reason="no")
    decision = decide(held(SERVED, known), passed())
    assert (answered(decision), decision.replayed) == ((Outcome.ACCEPTED, None), ((PASSED, 0),))


def test_rapidpro_is_told_no_status_of_words_that_are_incoming_ones_to_it() -> None:
    known = held(QUEUED, message(key=PASSED, pending=1))
    posted = ended(known, arrived(Posted(ROOM)), delivery(message=PASSED))
    gone = ended(known, broke(Refused("no", "no")), delivery(message=PASSED))
    assert [m.status for m in (*posted.messages, *gone.messages)] == [Status.SENT, Status.FAILED]
    assert not [due for due in (*posted.owed, *gone.owed) if isinstance(due.owed, ReportStatus)]


# The leave word


@pytest.mark.parametrize("text", ["Exit", " exit\n", "EXIT"])
@pytest.mark.parametrize("room", [ROOM, None])
def test_a_contact_who_waits_leaves_by_the_leave_word(text: str, room: str | None) -> None:
    decision = decide(held(handed(QUEUED, room=room, options=LEAVING)), passed(text))
    assert answered(decision) == (Outcome.CLOSED, None)
    assert owed(decision) == ([CloseRoom(ROOM)] if room else [])
    theirs = [m for m in decision.messages if m.author is Author.CONTACT]
    assert [(m.key, m.reason, m.pending) for m in theirs] == [(PASSED, "leave_word", 0)]
    assert after(decision).state is (QUEUED if room else CLOSED)
    assert told(decision) == []


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (handed(QUEUED, options=LEAVING), "Exit please"),
        (handed(QUEUED, options=LEAVING), "no exit"),
        (handed(SERVED, options=LEAVING), "exit"),  # an agent has the room
        (conversation(options=LEAVING), "exit"),  # nothing to leave
        (handed(QUEUED), "exit"),  # the channel has none
    ],
)
def test_only_the_whole_text_of_who_waits_is_the_leave_word(known: Conversation, text: str) -> None:
    decision = decide(held(known), passed(text))
    assert answered(decision) == (Outcome.ACCEPTED, None)
    assert PostToRoom(text) in owed(decision)


def test_the_leave_word_closes_through_the_send_url_too_and_rapidpro_has_it_as_sent() -> None:
    decision = decide(held(conversation(QUEUED, options=LEAVING)), wrote("exit"))
    assert owed(decision) == [ReportStatus(ID, Status.SENT), CloseRoom(ROOM)]
    assert decision.reason == "leave_word"


def test_a_further_part_is_never_the_leave_word() -> None:
    known = held(conversation(QUEUED, options=LEAVING), message("l" * 60), now=1)
    assert PostToRoom("exit", 1) in owed(decide(known, wrote("exit")))


def test_who_leaves_twice_closes_once() -> None:
    known = held(handed(QUEUED, options=LEAVING))
    known = known.after(decide(known, passed("exit")))
    assert CloseRoom(ROOM) not in owed(decide(known, passed("exit", "1002")))


def test_a_flow_that_was_told_so_at_the_leave_word_is_not_told_again() -> None:
    known = held(handed(QUEUED, options=LEAVING))
    known = known.after(decide(known, passed("exit")))
    decision = decide(known, passed("Back again", "1002"))
    assert answered(decision) == (Outcome.ACCEPTED, None)
    assert OpenRoom() in owed(decision)


# After a close


CLOSES = {
    "an agent's": Ending.AGENT,
    "ours, for idleness": Ending.IDLE,
    "ours, for waiting": Ending.MAX_WAIT,
}


def closing(ending: Ending) -> Held:
    """While we close the room, or after an agent has closed it."""
    if ending is Ending.AGENT:
        known = held(handed(SERVED))
        return known.after(decide(known, closed()))
    return held(handed(SERVED, replace(handed(SERVED).handoff, closing=ending, close_heard=False)))


@pytest.mark.parametrize("ending", CLOSES.values(), ids=CLOSES)
def test_the_first_words_after_a_close_are_kept_and_the_next_begin_anew(ending: Ending) -> None:
    known = closing(ending)
    first = decide(known, passed("Thanks"))
    assert (answered(first), first.owed, first.reason) == ((Outcome.CLOSED, None), (), KEPT)
    assert [(m.reason, m.status) for m in first.messages] == [(KEPT, None)]
    again = decide(known.after(first), passed("Thanks"))
    assert (answered(again), again.owed) == ((Outcome.CLOSED, None), ())
    known = known.after(first)
    second = decide(known, passed("One more thing", "1002"))
    assert answered(second) == (Outcome.ACCEPTED, None)
    assert owed(second)[-2:] == [PostToRoom("Thanks"), PostToRoom("One more thing")]
    assert [(m.key, m.reason, m.pending) for m in second.messages] == [
        (PASSED, None, 1),
        (key_of("passed", "1002"), None, 1),
    ]


def test_a_flow_that_heard_of_our_close_is_not_told_again_when_the_room_is_closed() -> None:
    known = closing(Ending.IDLE)
    known = known.after(decide(known, passed("Thanks")))
    known = known.after(decide(known, closed()))
    assert answered(decide(known, passed("One more thing", "1002"))) == (Outcome.ACCEPTED, None)


@pytest.mark.parametrize("call", [asked(), close_asked()])
def test_any_answer_tells_the_flow_how_it_stands(call: Any) -> None:
    known = closing(Ending.AGENT)
    known = known.after(decide(known, call))
    assert answered(decide(known, passed())) == (Outcome.ACCEPTED, None)


@pytest.mark.parametrize(
    "known",
    [
        conversation(handoff=Handoff(began_at=NOON, closed_at=at(1))),  # no flow spoke for them
        handed(SERVED, replace(handed(SERVED).handoff, closing=Ending.FLOW)),  # it closed it itself
    ],
)
def test_words_begin_a_new_hand_off_at_once_where_the_flow_knows(known: Conversation) -> None:
    decision = decide(held(known, now=2), passed())
    assert answered(decision) == (Outcome.ACCEPTED, None)
    assert owed(decision) == [REGISTER, OpenRoom(), PostToRoom("words")]


@pytest.mark.parametrize(("seconds", "kept"), [(0, True), (119.9, True), (120, False), (9000, False)])
def test_words_through_the_send_url_are_kept_for_two_minutes_after_a_close(seconds: float, *, kept: bool) -> None:
    known = held(conversation(handoff=Handoff(began_at=at(-60), closed_at=NOON)), now=seconds)
    decision = decide(known, wrote("Thanks"))
    assert (decision.reason, decision.owed == ()) == ((KEPT, True) if kept else (None, False))
    assert [(m.reason, m.status) for m in decision.messages] == [(KEPT if kept else None, None)]


def test_words_through_the_send_url_are_kept_while_we_close_the_room() -> None:
    known = handed(SERVED, replace(handed(SERVED).handoff, closing=Ending.MAX_WAIT))
    decision = decide(held(known), wrote("Thanks"))
    assert (decision.reason, decision.owed) == (KEPT, ())


def test_the_rest_of_a_message_goes_where_its_first_part_went() -> None:
    known = held(conversation(handoff=Handoff(began_at=at(-60), closed_at=NOON)), message("l" * 60), now=1)
    assert owed(decide(known, wrote("more"))) == [REGISTER, OpenRoom(), PostToRoom("more", 1)]
    kept = message("l" * 60, reason=KEPT)
    known = held(conversation(handoff=Handoff(began_at=at(-60), closed_at=NOON)), kept, now=1, kept={kept.key: kept})
    decision = decide(known, wrote("more"))
    assert (decision.owed, [m.texts for m in decision.messages]) == ((), [("l" * 60, "more")])


def test_kept_words_are_reported_once_the_next_room_has_them() -> None:
    known = held(conversation(handoff=Handoff(began_at=at(-60), closed_at=NOON)), now=1)
    known = known.after(decide(known, wrote("Thanks", "1")))
    known = replace(known, now=at(300))
    known = known.after(decide(known, wrote("Another thing", "2")))
    decision = ended(known, arrived(Posted(ROOM)), delivery(PostToRoom("Thanks"), message=key_of("send", "1")))
    assert owed(decision) == [ReportStatus("1", Status.SENT)]
