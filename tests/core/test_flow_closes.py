"""What a flow is answered when it closes the room or rates the chat."""

from dataclasses import replace

import pytest

from channel.core.answers import Outcome, Refusal
from channel.core.conversation import Conversation, State
from channel.core.decide import decide
from channel.core.events import FlowEvent
from channel.core.handoff import Ending, Handoff
from channel.core.held import Held
from channel.core.owed import CloseRoom, RateRoom
from tests.core.building import (
    NOON,
    ROOM,
    after,
    asked,
    at,
    close_asked,
    closed,
    conversation,
    handed,
    held,
    owed,
    rated,
    standing,
    told,
)

CLOSED, QUEUED, SERVED = State.CLOSED, State.QUEUED, State.SERVED
CLOSING = replace(handed(SERVED).handoff, closing=Ending.IDLE, close_heard=False)


# session close


@pytest.mark.parametrize(
    ("known", "outcome", "reason"),
    [
        (conversation(), Outcome.NOT_OPEN, None),
        (conversation(QUEUED), Outcome.CLOSING, None),
        (conversation(QUEUED, room=None), Outcome.CLOSING, None),
        (conversation(SERVED), Outcome.CLOSING, None),
        (handed(SERVED, CLOSING), Outcome.CLOSING, None),
    ],
)
def test_a_flow_can_close_at_any_time(known: Conversation, outcome: Outcome, reason: Refusal | None) -> None:
    decision = decide(held(known), close_asked())
    assert decision.answer is not None
    assert (decision.answer.outcome, decision.answer.reason) == (outcome, reason)
    closes = outcome is Outcome.CLOSING and known.room is not None and known.handoff.closing is None
    assert owed(decision) == ([CloseRoom(ROOM)] if closes else [])


@pytest.mark.parametrize(
    ("known", "outcome", "reason"),
    [
        (conversation(SERVED), Outcome.REFUSED, Refusal.NOT_ALLOWED),
        (conversation(QUEUED), Outcome.REFUSED, Refusal.NOT_ALLOWED),
        (conversation(SERVED, bot="bot"), Outcome.CLOSING, None),
        (conversation(QUEUED, room=None), Outcome.CLOSING, None),  # there is no room to be closed yet
        (conversation(), Outcome.NOT_OPEN, None),
    ],
)
def test_where_visitors_may_not_close_the_bot_user_does(
    known: Conversation, outcome: Outcome, reason: Refusal | None
) -> None:
    decision = decide(held(known), close_asked(visitors_may_close=False))
    assert decision.answer is not None
    assert (decision.answer.outcome, decision.answer.reason) == (outcome, reason)
    if outcome is Outcome.REFUSED:
        assert (decision.owed, standing(decision)) == ((), (known.state, known.room, known.agent))


def test_who_asks_to_close_twice_closes_once() -> None:
    known = held(SERVED)
    known = known.after(decide(known, close_asked()))
    assert decide(known, close_asked()).owed == ()


@pytest.mark.parametrize("event", [close_asked(), rated()])
def test_nothing_is_open_of_somebody_unknown(event: FlowEvent) -> None:
    decision = decide(Held(NOON, None), event)
    assert decision.answer is not None
    assert decision.answer.outcome is Outcome.NOT_OPEN
    assert (decision.conversation, decision.owed) == (None, ())


# survey


@pytest.mark.parametrize(
    ("known", "room"),
    [
        (handed(SERVED), ROOM),
        (handed(CLOSED), ROOM),  # the room that was closed last
        (conversation(SERVED), ROOM),
        (conversation(), None),
    ],
)
def test_a_rating_goes_to_the_survey_of_the_latest_room(known: Conversation, room: str | None) -> None:
    decision = decide(held(known), rated())
    assert decision.answer is not None
    assert decision.answer.outcome is (Outcome.ACCEPTED if room else Outcome.NOT_OPEN)
    assert owed(decision) == ([RateRoom(room, (("satisfaction", "5"),))] if room else [])
    assert [m.external_id for m in decision.messages] == (["rating"] if room else [])


# A hand-off that begins while the one before is being closed


def test_the_close_of_the_room_before_does_not_end_the_hand_off_that_has_begun() -> None:
    known = held(handed(SERVED), now=60)
    known = known.after(decide(known, close_asked()))
    known = known.after(decide(known, asked()))
    decision = decide(known, closed())
    assert standing(decision) == (QUEUED, None, None)
    assert (decision.room_closed, told(decision), decision.owed) == (ROOM, [], ())
    assert after(decision).handoff.began_at == at(60)


def test_a_rating_that_comes_late_is_of_the_chat_before() -> None:
    new = handed(QUEUED, Handoff(began_at=NOON, room="rTwo", room_before=ROOM), room="rTwo")
    decision = decide(held(new), rated())
    assert owed(decision) == [RateRoom(ROOM, (("satisfaction", "5"),))]
