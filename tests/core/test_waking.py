"""What a conversation does when a time has come that it set itself."""

from dataclasses import replace
from typing import Any

import pytest

from channel.core.addresses import ByRoom
from channel.core.conversation import Conversation, State
from channel.core.decide import decide
from channel.core.decision import Decision, SetTimer
from channel.core.events import RoomForwarded, Timer
from channel.core.handoff import Ending, Handoff
from channel.core.held import Held, Lately, Queue
from channel.core.notices import Notice
from channel.core.owed import CloseRoom, LeaveOffline, ReplyToContact, ReportStatus, Status
from tests.core.building import (
    ID,
    JOAO,
    KEY,
    NOON,
    ROOM,
    WORKSPACE,
    after,
    at,
    conversation,
    handed,
    held,
    message,
    options,
    owed,
    said,
    standing,
    taken,
    told,
    woke,
    wrote,
)

CLOSED, QUEUED, SERVED = State.CLOSED, State.QUEUED, State.SERVED
EVERY = options(*Notice, leave_word="exit")
MINUTE = 60


def awake(known: Conversation, why: Timer, now: float = 0.0, **more: Any) -> Decision:
    return decide(held(known, now=now, due=frozenset({why}), **more), woke(why))


def waits(room: str | None = ROOM, **changes: Any) -> Conversation:
    return handed(QUEUED, **{"room": room, "options": EVERY, **changes})


def texts(decision: Decision) -> list[str]:
    return [each.text for each in owed(decision) if isinstance(each, ReplyToContact)]


@pytest.mark.parametrize("why", Timer)
@pytest.mark.parametrize("state", State)
def test_a_time_that_was_given_up_or_set_anew_meanwhile_is_nothing(why: Timer, state: State) -> None:
    known = handed(state, options=EVERY)
    decision = decide(held(known, due=frozenset(Timer) - {why}), woke(why))
    assert (decision.conversation, decision.owed, decision.timers, decision.reason) == (known, (), (), "needless")


@pytest.mark.parametrize("why", Timer)
@pytest.mark.parametrize("state", State)
def test_a_time_that_has_come_does_not_come_again_at_once(why: Timer, state: State) -> None:
    known = handed(state, options=replace(EVERY, idle_warn_minutes=5))
    decision = awake(known, why, 3600)
    assert [timer for timer in decision.timers if timer.why is why and (timer.at is None or timer.at > at(3600))]
    assert not [timer for timer in decision.timers if timer.at is not None and timer.at <= at(3600)]


@pytest.mark.parametrize("why", Timer)
@pytest.mark.parametrize("state", [QUEUED, SERVED])
def test_nothing_is_told_or_done_while_we_close_the_room(why: Timer, state: State) -> None:
    known = handed(state, options=replace(EVERY, idle_warn_minutes=5, idle_close_minutes=5))
    known = replace(known, handoff=replace(known.handoff, closing=Ending.FLOW))
    decision = awake(known, why, 9000)
    assert (decision.conversation, decision.owed, decision.timers) == (known, (), (SetTimer(why, None),))


def test_a_contact_who_was_forgotten_is_told_nothing() -> None:
    decision = decide(Held(NOON, None), woke(Timer.MAX_WAIT))
    assert (decision.owed, decision.reason, decision.counted) == ((), "needless", ())


# They wait


@pytest.mark.parametrize(
    ("known", "notices"),
    [
        (waits(), ["queued"]),
        (waits(room=None), []),  # no room waits yet
        (waits(options=options()), []),
        (waits(handoff=Handoff(told=("queued",))), []),
        (handed(SERVED, options=EVERY), []),
        (handed(CLOSED, options=EVERY), []),
    ],
)
def test_who_is_not_served_within_3_s_is_told_once_that_they_wait(known: Conversation, notices: list[str]) -> None:
    decision = awake(known, Timer.QUEUED)
    assert told(decision) == notices
    assert decision.timers == (SetTimer(Timer.QUEUED, None),)
    again = decide(held(after(decision), due=frozenset({Timer.QUEUED})), woke(Timer.QUEUED))
    assert told(again) == []


@pytest.mark.parametrize(
    ("queue", "shown", "not_shown"),
    [
        (Queue(3, 240.0), ["position: 3", "about 4 minutes", "exit"], []),
        (Queue(3), ["position: 3"], ["Usual wait"]),
        (None, [], ["position", "Usual wait"]),
    ],
)
@pytest.mark.parametrize("why", [Timer.QUEUED, Timer.STILL_WAITING])
def test_position_and_usual_wait_are_told_where_they_are_known(
    why: Timer, queue: Queue | None, shown: list[str], not_shown: list[str]
) -> None:
    (text,) = texts(awake(waits(), why, lately=Lately(queue)))
    assert [part for part in shown if part not in text] == []
    assert [part for part in not_shown if part in text] == []


@pytest.mark.parametrize(
    ("known", "stuck_for", "notices"),
    [
        (waits(), "", ["still_waiting"]),
        (waits(room=None), "http_503", ["still_waiting"]),
        (waits(room=None), "no_agents", ["nobody"]),
        (waits(room=None, handoff=Handoff(told=("nobody",))), "no_agents", []),
        (waits(options=options()), "", []),
        (handed(SERVED, options=EVERY), "", []),
        (handed(CLOSED, options=EVERY), "", []),
    ],
)
def test_who_still_waits_is_told_so(known: Conversation, stuck_for: str, notices: list[str]) -> None:
    assert told(awake(known, Timer.STILL_WAITING, lately=Lately(stuck_for=stuck_for))) == notices


# They have waited too long


def test_who_has_waited_in_a_room_is_told_and_the_room_is_closed() -> None:
    decision = awake(waits(), Timer.MAX_WAIT, 1800)
    assert owed(decision)[0] == CloseRoom(ROOM)
    assert told(decision) == ["gave_up"]
    assert (standing(decision), after(decision).handoff.closing) == ((QUEUED, ROOM, None), Ending.MAX_WAIT)
    assert {timer.why for timer in decision.timers if timer.at is None} == set(Timer)


def test_who_has_waited_for_a_room_is_told_and_rapidpro_has_their_words_as_failed() -> None:
    unposted = message(pending=2)
    decision = awake(waits(room=None), Timer.MAX_WAIT, 1800, waiting={KEY: unposted})
    assert standing(decision) == (CLOSED, None, None)
    assert decision.abandoned == "max_wait"
    assert told(decision) == ["gave_up"]
    assert ReportStatus(ID, Status.FAILED) in owed(decision)
    assert [(m.reason, m.status) for m in decision.messages if m.key == KEY] == [("max_wait", Status.FAILED)]


def test_words_for_which_there_is_an_address_are_left_offline_instead() -> None:
    offline = replace(EVERY, offline_email="desk@example.org")
    unposted = message("Hello", "again", pending=2)
    known = waits(room=None, options=offline, handoff=Handoff(department="Help", began_at=NOON))
    decision = awake(known, Timer.MAX_WAIT, 1800, waiting={KEY: unposted})
    assert LeaveOffline("Hello\nagain", "desk@example.org", "Help") in owed(decision)
    assert not [each for each in owed(decision) if isinstance(each, ReportStatus)]  # it is not there yet
    assert [(m.reason, m.status, m.pending) for m in decision.messages if m.key == KEY] == [("offline", None, 1)]


@pytest.mark.parametrize("state", [SERVED, CLOSED])
def test_who_waits_no_more_has_not_waited_too_long(state: State) -> None:
    decision = awake(handed(state, options=EVERY), Timer.MAX_WAIT, 1800)
    assert (decision.owed, decision.timers) == ((), (SetTimer(Timer.MAX_WAIT, None),))


# Their words have not been posted


@pytest.mark.parametrize(
    ("since", "stuck_for", "notices", "again"),
    [
        (0, "http_503", ["delayed"], None),
        (30, "http_503", ["delayed"], None),
        (31, "http_503", [], 91),
        (None, "", [], None),
        (0, "no_agents", [], None),  # that is told otherwise
    ],
)
def test_words_not_posted_for_a_minute_are_told_of_once(
    since: float | None, stuck_for: str, notices: list[str], again: float | None
) -> None:
    lately = Lately(stuck_since=None if since is None else at(since), stuck_for=stuck_for)
    known = waits(room=None)
    decision = awake(known, Timer.DELAYED, 90, lately=lately)
    assert told(decision) == notices
    assert decision.timers == (SetTimer(Timer.DELAYED, None if again is None else at(again)),)
    later = awake(after(decision), Timer.DELAYED, 120, lately=replace(lately, stuck_since=at(0)))
    assert told(later) == ([] if notices or stuck_for == "no_agents" else ["delayed"])


# Nobody speaks


def idle(warn: int, close: int, warned: bool = False, **changes: Any) -> Conversation:
    told_of = ("idle_warning",) if warned else ()
    known = Handoff(by_flow=True, began_at=NOON, room=ROOM, taken_at=NOON, agent=JOAO, told=told_of)
    minutes = replace(EVERY, idle_warn_minutes=warn, idle_close_minutes=close)
    return handed(SERVED, known, options=minutes, **changes)


@pytest.mark.parametrize(
    ("known", "minutes", "spoke", "notices", "closes", "again"),
    [
        # a warning, then the end
        (idle(10, 5), 10, 0, ["idle_warning"], False, 15),
        (idle(10, 5), 10, 4, [], False, 14),
        (idle(10, 5, warned=True), 15, 0, [], True, None),
        (idle(10, 5, warned=True), 15, 11, [], False, 21),  # somebody has spoken since the warning
        # the same, with a longer wait behind the warning than before it
        (idle(5, 30), 5, 0, ["idle_warning"], False, 35),
        (idle(5, 30, warned=True), 35, 6, ["idle_warning"], False, 65),
        (idle(5, 30, warned=True), 35, 34, [], False, 39),
        (idle(5, 30, warned=True), 35, 0, [], True, None),
        # the end without a warning
        (idle(0, 10), 10, 0, [], True, None),
        (idle(0, 10), 10, 3, [], False, 13),
        # a warning and no end
        (idle(10, 0), 10, 0, ["idle_warning"], False, 20),
        (idle(10, 0, warned=True), 20, 0, [], False, 30),
        (idle(10, 0, warned=True), 20, 12, [], False, 22),
        # switched off meanwhile
        (idle(0, 0), 10, 0, [], False, None),
        (idle(0, 0, warned=True), 10, 0, [], False, None),
        # nobody has spoken at all since the room was taken
        (idle(10, 5), 10, None, ["idle_warning"], False, 15),
        # it is not served any more
        (waits(), 10, 0, [], False, None),
        (handed(CLOSED, options=EVERY), 10, 0, [], False, None),
    ],
)
def test_an_idle_chat_is_warned_of_and_then_closed_unless_somebody_speaks(
    known: Conversation, minutes: int, spoke: int | None, notices: list[str], *, closes: bool, again: int | None
) -> None:
    lately = Lately(spoke_at=None if spoke is None else at(spoke * MINUTE))
    decision = awake(known, Timer.IDLE, minutes * MINUTE, lately=lately)
    assert told(decision) == notices
    assert (CloseRoom(ROOM) in owed(decision)) is closes
    assert after(decision).handoff.closing is (Ending.IDLE if closes else None)
    (found,) = [timer.at for timer in decision.timers if timer.why is Timer.IDLE]
    assert found == (None if again is None else at(again * MINUTE))


def test_the_warning_says_how_long_is_left_where_there_is_an_end() -> None:
    (text,) = texts(awake(idle(10, 5), Timer.IDLE, 600, lately=Lately(spoke_at=NOON)))
    assert "5 min" in text
    (text,) = texts(awake(idle(10, 0), Timer.IDLE, 600, lately=Lately(spoke_at=NOON)))
    assert "min" not in text


@pytest.mark.parametrize(("warn", "close", "first"), [(10, 5, 10), (0, 5, 5), (10, 0, 10), (0, 0, None)])
def test_a_room_that_is_taken_is_looked_at_again(warn: int, close: int, first: int | None) -> None:
    known = waits(options=replace(EVERY, idle_warn_minutes=warn, idle_close_minutes=close))
    decision = decide(held(known), taken())
    set_for = [timer.at for timer in decision.timers if timer.why is Timer.IDLE]
    assert set_for == ([at(first * MINUTE)] if first else [])


def test_who_takes_the_room_anew_starts_the_silence_anew() -> None:
    known = replace(idle(10, 5, warned=True), state=QUEUED, agent=None)
    assert "idle_warning" not in after(decide(held(known, now=3600), taken())).handoff.told


def test_a_served_room_waits_for_nobody() -> None:
    decision = decide(held(waits()), taken())
    ended = {timer.why for timer in decision.timers if timer.at is None}
    assert ended == {Timer.QUEUED, Timer.STILL_WAITING, Timer.MAX_WAIT, Timer.DELAYED}


@pytest.mark.parametrize(
    ("changes", "timers"),
    [
        ({}, {Timer.MAX_WAIT: 1800, Timer.STILL_WAITING: 300}),
        ({"max_wait_minutes": 0}, {Timer.STILL_WAITING: 300}),
        ({"still_waiting_minutes": 0, "max_wait_minutes": 1}, {Timer.MAX_WAIT: 60}),
        ({"notices": {"still_waiting": False}}, {Timer.MAX_WAIT: 1800}),
    ],
)
def test_a_hand_off_sets_what_it_waits_for(changes: dict[str, Any], timers: dict[Timer, int]) -> None:
    decision = decide(held(conversation(options=replace(EVERY, **changes))), wrote())
    assert {timer.why: timer.at for timer in decision.timers} == {why: at(s) for why, s in timers.items()}


def test_an_agent_who_only_writes_is_told_of_before_their_words() -> None:
    known = held(waits())
    served = decide(known, taken(key=None))
    spoken = decide(known.after(served), said("Hi"))
    assert told(served) == ["taken"]
    assert owed(spoken) == [ReplyToContact("Hi")]


def test_a_room_that_is_moved_back_waits_anew_and_not_for_silence() -> None:
    decision = decide(held(idle(10, 5), now=60), RoomForwarded(ByRoom(WORKSPACE, ROOM, "token"), None, "f1", b""))
    set_for = {timer.why: timer.at for timer in decision.timers}
    assert set_for == {Timer.IDLE: None, Timer.MAX_WAIT: at(60 + 1800), Timer.STILL_WAITING: at(60 + 300)}
