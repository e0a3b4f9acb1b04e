"""What becomes of a delivery when its attempt has ended."""

from dataclasses import replace
from datetime import datetime

import pytest

from channel.core.arriving import text_hash
from channel.core.conversation import Conversation, State
from channel.core.decision import Decision, Due, End, Settled
from channel.core.errors import (
    Ambiguous,
    DeliveryError,
    Refused,
    Rejected,
    RoomGone,
    Unavailable,
    VisitorGone,
    Waiting,
)
from channel.core.events import Timer
from channel.core.handoff import Handoff
from channel.core.held import Behind, Delivery
from channel.core.learned import Posted, Received, Registered, Reported, RoomOpened
from channel.core.owed import OpenRoom, Owed, ReadHistory, RegisterVisitor, ReportStatus, Status
from channel.core.people import Agent
from tests.core.building import (
    DELIVERY,
    ID,
    JOAO,
    KEY,
    NOON,
    POST,
    REPLY,
    REPORT,
    ROOM,
    after,
    agents,
    arrived,
    at,
    broke,
    conversation,
    delivery,
    ended,
    held,
    message,
    standing,
)

CLOSED, QUEUED, SERVED = State.CLOSED, State.QUEUED, State.SERVED
DONE = (Settled(DELIVERY, End.DONE),)
AWAY = Unavailable("away", "away")
ON_ITS_WAY = message(pending=1)
MARIA = Agent("aMaria", "maria", "Maria")
HOUR = 3600.0


def report(status: Status, seconds: float) -> Due:
    return Due(ReportStatus(ID, status), KEY, at(seconds))


# Words that arrived


@pytest.mark.parametrize(("state", "status"), [(QUEUED, Status.SENT), (SERVED, Status.DELIVERED)])
def test_words_that_are_posted_are_sent_or_delivered_alone_if_an_agent_serves(state: State, status: Status) -> None:
    decision = ended(held(state, ON_ITS_WAY, now=0.3), arrived(Posted(ROOM)))
    assert decision.owed == (report(status, 2.0),)
    assert decision.settled == DONE
    assert [(m.status, m.room, m.pending) for m in decision.messages] == [(status, ROOM, 0)]


def test_words_posted_later_than_2_s_after_our_answer_are_reported_at_once() -> None:
    assert ended(held(QUEUED, ON_ITS_WAY, now=30), arrived(Posted(ROOM))).owed == (report(Status.SENT, 30),)


def test_nothing_is_reported_until_all_parts_so_far_are_posted() -> None:
    decision = ended(held(QUEUED, message("a", "b", pending=2)), arrived(Posted(ROOM)))
    assert decision.owed == ()
    assert [(m.status, m.pending) for m in decision.messages] == [(None, 1)]


def test_a_message_that_failed_is_not_sent_by_its_other_part() -> None:
    known = message("a", "b", pending=1, dead=1, status=Status.FAILED)
    assert ended(held(QUEUED, known), arrived(Posted(ROOM))).owed == ()


def test_a_part_that_stays_dead_is_reported_when_the_others_have_gone() -> None:
    """As after a resend of which only the first part came, or after an operator discarded a part."""
    known = message("a", "b", pending=1, dead=1)
    assert ended(held(QUEUED, known, now=30), arrived(Posted(ROOM))).owed == (report(Status.FAILED, 30),)


def test_words_that_rocketchat_put_into_a_new_room_open_it() -> None:
    decision = ended(held(SERVED, ON_ITS_WAY), arrived(Posted("rNew")))
    assert standing(decision) == (QUEUED, "rNew", None)
    assert decision.owed == (report(Status.SENT, 2),)
    assert decision.room_seen == "rNew"
    assert after(decision).handoff == Handoff(began_at=NOON, room="rNew", room_before=ROOM, lost=True)
    assert {timer.why: timer.at for timer in decision.timers} == {Timer.IDLE: None, Timer.MAX_WAIT: at(1800)}


def test_words_found_in_the_room_they_were_tried_in_first_do_not_reopen_it() -> None:
    known = held(conversation(SERVED, room="rNew"), ON_ITS_WAY)
    decision = ended(known, arrived(Posted(ROOM)), delivery(POST, tried_room=ROOM))
    assert decision.conversation == known.conversation
    assert [m.status for m in decision.messages] == [Status.SENT]


# What prepares


def test_a_registered_visitor_is_known_by_the_token_of_the_answer() -> None:
    decision = ended(
        held(conversation(QUEUED, registered=None)),
        arrived(Registered("another")),
        delivery(RegisterVisitor("Ana", "Help")),
    )
    assert decision.visitor_token == "another"
    assert decision.conversation == conversation(QUEUED, registered="Ana\nHelp")


@pytest.mark.parametrize(
    ("before", "learned", "found"),
    [
        (conversation(QUEUED, room=None), RoomOpened("r2"), (QUEUED, "r2", None)),
        (conversation(QUEUED, room=None), RoomOpened("r2", MARIA), (SERVED, "r2", MARIA.id)),
        (conversation(CLOSED), RoomOpened("r2"), (QUEUED, "r2", None)),
        (conversation(SERVED), RoomOpened(ROOM), (SERVED, ROOM, JOAO.id)),  # the answer did not say who serves it
        (conversation(SERVED), RoomOpened("r2"), (QUEUED, "r2", None)),
        (conversation(SERVED), RoomOpened(ROOM, MARIA), (SERVED, ROOM, MARIA.id)),
    ],
)
def test_an_opened_room(before: Conversation, learned: RoomOpened, found: tuple[State, str | None, str | None]) -> None:
    known = held(before, ON_ITS_WAY, behind={DELIVERY: Behind((8, KEY))})
    decision = ended(known, arrived(learned), delivery(OpenRoom()))
    assert (standing(decision), decision.room_seen) == (found, learned.room)
    assert found[:2] == (SERVED, ROOM) or after(decision).handoff.room == learned.room


def test_a_status_that_arrived_owes_nothing() -> None:
    decision = ended(held(QUEUED, message(status=Status.SENT)), arrived(Reported()), delivery(REPORT))
    assert (decision.settled, decision.owed, decision.messages) == (DONE, (), ())


# Replies that arrived


def test_a_reply_that_courier_took_is_remembered_by_its_uuid_and_text() -> None:
    decision = ended(held(SERVED, now=5), arrived(Received("u1")), delivery(REPLY))
    assert decision.settled == DONE
    assert decision.conversation == conversation(
        SERVED, received_uuid="u1", received_text_hash=text_hash("words"), received_at=at(5)
    )


TOLD = conversation(SERVED, received_uuid="u1", received_text_hash=text_hash("words"), received_at=NOON)


def test_a_reply_that_courier_swallowed_goes_again() -> None:
    decision = ended(held(TOLD, now=1), arrived(Received("u1")), delivery(REPLY))
    assert decision.settled == (Settled(DELIVERY, End.WAITING, reason="swallowed", due_at=at(5.1), rejected=True),)
    assert decision.counted == ("swallowed",)


@pytest.mark.parametrize(
    ("known", "uuid", "of"),
    [
        (TOLD, "u2", delivery(REPLY)),  # a new message
        (TOLD, "u1", delivery(REPLY, ambiguous=1)),  # the repeat of one that may have arrived
        (TOLD, "u1", delivery(REPLY, attempts=3, rejections=2)),  # no more than three times
        (replace(TOLD, received_text_hash=text_hash("other")), "u1", delivery(REPLY)),
        (replace(TOLD, received_uuid=""), "", delivery(REPLY)),  # a courier that names nothing
    ],
)
def test_a_reply_that_was_not_swallowed_is_done(known: Conversation, uuid: str, of: Delivery) -> None:
    decision = ended(held(known, now=1), arrived(Received(uuid)), of)
    assert decision.settled == DONE


# Attempts that failed


def settled(decision: Decision) -> tuple[End, str | None, datetime | None, bool, bool]:
    (only,) = decision.settled
    return only.end, only.reason, only.due_at, only.uncounted, only.silent


LOST = Ambiguous("no_answer", "lost", connection_lost=True)
SILENT = Ambiguous("timeout", "silent")
NOBODY = Waiting("no_agent", "nobody", seconds=15)
HOLDING = conversation(SERVED, hold_ambiguous=True)


@pytest.mark.parametrize(
    ("owed", "error", "after"),
    [
        (POST, AWAY, (End.WAITING, "away", at(1), False, False)),
        (REPLY, AWAY, (End.WAITING, "away", at(1), False, False)),
        (REPORT, AWAY, (End.WAITING, "away", at(1), False, False)),
        (OpenRoom(), NOBODY, (End.WAITING, "no_agent", at(15), True, False)),  # waiting spends no attempt
        (REPLY, LOST, (End.WAITING, "no_answer", at(0), False, True)),
        (REPLY, SILENT, (End.WAITING, "timeout", at(5), False, True)),
        (POST, SILENT, (End.WAITING, "timeout", at(1), False, True)),  # it has our id: it may go again
        (POST, Refused("no", "no"), (End.DEAD, "no", None, False, False)),
        (REPORT, Refused("no", "no"), (End.DISCARDED, "no", None, False, False)),
    ],
)
def test_a_failed_attempt(
    owed: Owed, error: DeliveryError, after: tuple[End, str | None, datetime | None, bool, bool]
) -> None:
    assert settled(ended(held(SERVED, ON_ITS_WAY), broke(error), delivery(owed))) == after


@pytest.mark.parametrize(
    ("known", "silences", "error"),
    [(conversation(SERVED), 1, LOST), (conversation(SERVED), 1, SILENT), (HOLDING, 0, LOST)],
)
def test_a_reply_of_unknown_end_is_a_dead_letter_after_its_one_repeat_or_at_once_if_held(
    known: Conversation, silences: int, error: DeliveryError
) -> None:
    said = agents(pending=1)
    decision = ended(held(known, said), broke(error), delivery(REPLY, ambiguous=silences, message=said.key))
    assert settled(decision) == (End.DEAD, "ambiguous", None, False, False)
    assert decision.counted == ("dead_letters", "ambiguous")
    assert decision.owed == ()  # RapidPro is told of its own messages only
    assert [(m.dead, m.pending, m.reason) for m in decision.messages] == [(1, 0, "ambiguous")]


@pytest.mark.parametrize(("seconds", "end"), [(72 * HOUR - 1, End.WAITING), (72 * HOUR, End.DEAD)])
def test_words_are_given_up_72_h_after_the_first_failure(seconds: float, end: End) -> None:
    of = delivery(POST, attempts=900, first_failed_at=NOON)
    assert settled(ended(held(QUEUED, ON_ITS_WAY, now=seconds), broke(AWAY), of))[0] is end


def test_waiting_for_an_agent_is_never_given_up() -> None:
    of = delivery(OpenRoom(), attempts=900, first_failed_at=NOON)
    decision = ended(held(QUEUED, now=100 * HOUR), broke(NOBODY), of)
    assert settled(decision) == (End.WAITING, "no_agent", at(100 * HOUR + 15), True, False)


@pytest.mark.parametrize(
    ("seconds", "superseded", "end", "reason"),
    [
        (HOUR - 1, False, End.WAITING, "away"),
        (HOUR, False, End.DISCARDED, "given_up"),
        (1, True, End.DISCARDED, "superseded"),
    ],
)
def test_a_status_is_given_up_after_an_hour_or_for_a_newer_one(
    seconds: float, superseded: bool, end: End, reason: str
) -> None:
    of = delivery(REPORT, first_failed_at=NOON, superseded=superseded)
    decision = ended(held(QUEUED, message(status=Status.SENT), now=seconds), broke(AWAY), of)
    assert settled(decision)[:2] == (end, reason)
    assert (decision.messages, decision.owed) == ((), ())


def test_waiting_does_not_keep_a_status_for_longer_than_an_hour() -> None:
    of = delivery(REPORT, first_failed_at=NOON)
    assert settled(ended(held(QUEUED, now=HOUR), broke(NOBODY), of))[0] is End.DISCARDED


def test_a_dead_letter_is_failed_once() -> None:
    known = held(QUEUED, message("a", "b", pending=2), now=1)
    first = ended(known, broke(Refused("no", "no")))
    assert first.owed == (report(Status.FAILED, 2),)
    assert first.counted == ("dead_letters",)
    second = ended(known.after(first), broke(Refused("no", "no")))
    assert second.owed == ()
    assert [(m.dead, m.pending, m.status) for m in second.messages] == [(2, 0, Status.FAILED)]


def test_failed_comes_1_s_after_sent_at_the_earliest() -> None:
    known = held(QUEUED, message("a", "b", pending=1, status=Status.SENT), now=30)
    assert ended(known, broke(Refused("no", "no"))).owed == (report(Status.FAILED, 31),)


def test_what_could_not_be_prepared_takes_the_words_right_behind_it() -> None:
    known = held(conversation(QUEUED, room=None), ON_ITS_WAY, behind={DELIVERY: Behind((8, KEY))})
    decision = ended(known, broke(Refused("no_department", "none")), delivery(OpenRoom()))
    assert standing(decision) == (CLOSED, None, None)
    assert decision.settled == (
        Settled(DELIVERY, End.DISCARDED, reason="no_department"),
        Settled(8, End.DEAD, reason="no_department"),
    )
    assert decision.owed == (report(Status.FAILED, 2),)


def test_what_could_not_be_prepared_for_nothing_is_only_discarded() -> None:
    decision = ended(held(QUEUED), broke(Refused("no", "no")), delivery(OpenRoom()))
    assert settled(decision)[0] is End.DISCARDED
    assert (decision.owed, decision.counted) == ((), ())


def test_an_error_the_contract_does_not_explain_is_tried_three_times() -> None:
    odd = Rejected("odd", "odd")
    ends = [settled(ended(held(QUEUED, ON_ITS_WAY), broke(odd), delivery(rejections=n)))[0] for n in (0, 1, 2)]
    assert ends == [End.WAITING, End.WAITING, End.DEAD]


# What is needed first


ROOM_GONE, VISITOR_GONE = RoomGone("room-closed", "closed"), VisitorGone("invalid-token", "unknown")
REGISTER = RegisterVisitor("Ana", "")


@pytest.mark.parametrize(
    ("owed", "error", "first", "registered"),
    [
        (POST, ROOM_GONE, (OpenRoom(),), "Ana\n"),
        (POST, VISITOR_GONE, (REGISTER, OpenRoom()), None),
        (OpenRoom(), VISITOR_GONE, (REGISTER,), None),
    ],
)
@pytest.mark.parametrize("state", State)
def test_words_keep_their_place_and_what_they_need_goes_first(
    state: State, owed: Owed, error: DeliveryError, first: tuple[Owed, ...], registered: str | None
) -> None:
    behind = {DELIVERY: Behind((8, KEY))} if isinstance(owed, OpenRoom) else {}
    decision = ended(held(state, ON_ITS_WAY, behind=behind), broke(error), delivery(owed))
    assert decision.first == first
    assert settled(decision) == (End.WAITING, error.code, NOON, False, False)
    assert (standing(decision), after(decision).registered) == ((QUEUED, None, None), registered)
    assert decision.messages == ()
    # what was said in the lost room to its end is looked for
    read = [ReadHistory(ROOM, "lost", unless=f"close:{ROOM}")] if error is ROOM_GONE else []
    assert [due.owed for due in decision.owed] == read


def test_the_agent_of_a_lost_room_serves_nobody() -> None:
    decision = ended(held(SERVED, ON_ITS_WAY), broke(ROOM_GONE))
    assert decision.conversation is not None
    assert decision.conversation.agent is None
