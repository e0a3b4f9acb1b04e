"""What the end of an attempt makes of a hand-off: it is over, it begins anew, and the contact hears of it."""

from dataclasses import replace
from datetime import datetime

import pytest

from channel.core.conversation import KEPT, Conversation, State
from channel.core.decision import Decision, Due, End, SetTimer, Settled
from channel.core.errors import (
    DeliveryError,
    Refused,
    RoomGone,
    Unavailable,
    Waiting,
)
from channel.core.events import Timer
from channel.core.giving_up import BLOCKED
from channel.core.handoff import Ending, Handoff
from channel.core.learned import Closed, Reported, RoomOpened
from channel.core.notices import Notice
from channel.core.owed import (
    CloseRoom,
    LeaveGroup,
    LeaveOffline,
    OpenRoom,
    PostToRoom,
    ReadHistory,
    ReportStatus,
    Status,
)
from channel.core.people import Agent
from tests.core.building import (
    DELIVERY,
    ID,
    KEY,
    ROOM,
    after,
    arrived,
    at,
    broke,
    conversation,
    delivery,
    ended,
    handed,
    held,
    message,
    options,
    owed,
    standing,
    told,
)

CLOSED, QUEUED, SERVED = State.CLOSED, State.QUEUED, State.SERVED
DONE = (Settled(DELIVERY, End.DONE),)
AWAY = Unavailable("away", "away")
LIMITED = Waiting("limited", "slow down", seconds=60)
ROOM_GONE = RoomGone("room-closed", "closed")
ON_ITS_WAY = message(pending=1)
MARIA = Agent("aMaria", "maria", "Maria")


def report(status: Status, seconds: float) -> Due:
    return Due(ReportStatus(ID, status), KEY, at(seconds))


def settled(decision: Decision) -> tuple[End, str | None]:
    (only,) = decision.settled
    return only.end, only.reason


# A room that is opened, or lost


def test_a_room_opened_for_words_that_were_given_up_meanwhile_is_closed() -> None:
    decision = ended(held(conversation(CLOSED)), arrived(RoomOpened("r2")), delivery(OpenRoom()))
    assert decision.conversation == conversation(CLOSED)
    assert [due.owed for due in decision.owed] == [CloseRoom("r2")]


@pytest.mark.parametrize(("agent", "timers"), [(None, {Timer.QUEUED: at(3)}), (MARIA, None)])
def test_who_is_served_at_once_is_told_by_whom_and_not_that_they_wait(
    agent: Agent | None, timers: dict[Timer, datetime] | None
) -> None:
    known = held(conversation(QUEUED, room=None, options=options(Notice.QUEUED, Notice.TAKEN)))
    decision = ended(known, arrived(RoomOpened("r2", agent)), delivery(OpenRoom()))
    assert told(decision) == (["taken"] if agent else [])
    set_timers = {timer.why: timer.at for timer in decision.timers}
    assert set_timers == (timers or dict.fromkeys((Timer.QUEUED, Timer.STILL_WAITING, Timer.MAX_WAIT, Timer.DELAYED)))


@pytest.mark.parametrize(("before", "waits"), [(handed(QUEUED), False), (handed(SERVED), True), (handed(CLOSED), True)])
def test_who_has_lost_a_room_waits_for_the_next_no_longer_than_the_longest_wait(
    before: Conversation, *, waits: bool
) -> None:
    decision = ended(held(before, ON_ITS_WAY, now=60), broke(ROOM_GONE))
    assert (SetTimer(Timer.MAX_WAIT, at(60 + 1800)) in decision.timers) is waits


def test_words_that_come_too_late_for_their_room_begin_another_hand_off() -> None:
    over = replace(handed(CLOSED).handoff, closed_at=at(50), told=("queued",), department="Help", close_heard=False)
    decision = ended(held(handed(CLOSED, over), ON_ITS_WAY, now=60), broke(ROOM_GONE))
    assert after(decision).handoff == Handoff(department="Help", by_flow=True, began_at=at(60), room_before=ROOM)


def test_what_only_prepares_is_needless_once_nobody_waits_for_it() -> None:
    decision = ended(held(CLOSED), broke(AWAY), delivery(OpenRoom()))
    assert settled(decision) == (End.DISCARDED, "needless")


# A close of ours


CLOSE = CloseRoom(ROOM)
CLOSING = replace(handed(SERVED).handoff, closing=Ending.FLOW)


def test_a_room_that_we_closed_is_closed_without_its_webhook() -> None:
    decision = ended(held(handed(SERVED, CLOSING), now=60), arrived(Closed(ROOM)), delivery(CLOSE))
    assert (standing(decision), decision.room_closed, decision.settled) == ((CLOSED, None, None), ROOM, DONE)
    assert (after(decision).handoff.closing, after(decision).handoff.closed_at) == (None, at(60))


def test_a_hand_off_that_began_meanwhile_goes_on_without_the_room() -> None:
    anew = Handoff(by_flow=True, began_at=at(50))
    decision = ended(held(conversation(SERVED, handoff=anew), now=60), arrived(Closed(ROOM)), delivery(CLOSE))
    assert (standing(decision), after(decision).handoff, decision.room_closed) == ((QUEUED, None, None), anew, ROOM)


def test_a_room_that_was_closed_before_us_is_closed_once() -> None:
    decision = ended(held(handed(CLOSED)), arrived(Closed(ROOM)), delivery(CLOSE))
    assert (decision.conversation, decision.room_closed) == (handed(CLOSED), ROOM)
    assert owed(decision) == [ReadHistory(ROOM, "close", unless=f"close:{ROOM}")]


def test_a_room_that_may_not_be_closed_stays_open_with_what_was_kept_for_the_next_one() -> None:
    kept = message("Still here", key="send:9", external_id="9", reason=KEPT)
    known = held(handed(SERVED, CLOSING), kept={kept.key: kept})
    decision = ended(known, broke(Refused("not_allowed", "no")), delivery(CLOSE, message=None))
    assert settled(decision) == (End.DEAD, "not_allowed")
    assert (standing(decision)[:2], after(decision).handoff.closing) == ((SERVED, ROOM), None)
    assert owed(decision) == [PostToRoom("Still here")]
    assert decision.counted == ("dead_letters",)


# An offline message


OFFLINE = LeaveOffline("words", "desk@example.org")


def test_words_left_offline_are_sent_once_they_are_there() -> None:
    known = held(CLOSED, message(pending=1, reason="offline"), now=30)
    decision = ended(known, arrived(Reported()), delivery(OFFLINE))
    assert decision.owed == (report(Status.SENT, 30),)
    assert [(m.status, m.pending) for m in decision.messages] == [(Status.SENT, 0)]


def test_words_that_could_not_be_left_offline_either_are_failed() -> None:
    known = held(CLOSED, message(pending=1, reason="offline"), now=30)
    assert ended(known, broke(Refused("no", "no")), delivery(OFFLINE)).owed == (report(Status.FAILED, 30),)


# What the contact hears of it


@pytest.mark.parametrize(
    ("error", "notices"), [(Waiting("no_agents", "nobody", seconds=15), ["nobody"]), (AWAY, []), (LIMITED, [])]
)
def test_that_nobody_is_there_is_told_once(error: DeliveryError, notices: list[str]) -> None:
    known = held(conversation(QUEUED, room=None, options=options(Notice.NOBODY)), ON_ITS_WAY)
    first = ended(known, broke(error), delivery(OpenRoom()))
    assert told(first) == notices
    assert told(ended(known.after(first), broke(error), delivery(OpenRoom()))) == []


def test_a_delay_is_looked_at_after_a_minute_whenever_it_began() -> None:
    decision = ended(held(QUEUED, ON_ITS_WAY), broke(AWAY))
    assert decision.timers == (SetTimer(Timer.DELAYED, at(60), keep=True),)


def test_a_contact_whom_nobody_can_be_found_for_is_told_so_once() -> None:
    known = held(conversation(QUEUED, room=None, options=options(Notice.GAVE_UP)))
    first = ended(known, broke(Refused("no", "no")), delivery(OpenRoom()))
    assert told(first) == ["gave_up"]


def test_a_contact_whom_rocketchat_blocks_is_remembered_as_blocked() -> None:
    known = held(conversation(QUEUED, room=None), now=60)
    decision = ended(known, broke(Refused(BLOCKED, "no")), delivery(OpenRoom()))
    assert after(decision).handoff.blocked_at == at(60)


def test_a_contact_for_whom_no_room_is_opened_is_told_and_leaves_the_group() -> None:
    known = conversation(QUEUED, room=None, path="ana", options=options(Notice.GAVE_UP, leave_group="Live chat"))
    decision = ended(held(known), broke(Refused("error-invalid-department", "no")), delivery(OpenRoom()))
    assert told(decision) == ["gave_up"]
    assert LeaveGroup("Live chat") in owed(decision)
    assert standing(decision) == (State.CLOSED, None, None)
