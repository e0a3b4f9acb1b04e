"""Chats that rest: looked for only where a contact is to know."""

import pytest

from channel.core.conversation import State
from channel.core.decide import decide
from channel.core.decision import SetTimer
from channel.core.errors import Refused
from channel.core.events import Timer
from channel.core.handoff import Handoff
from channel.core.learned import HoldSeen
from channel.core.notices import Notice
from channel.core.owed import LookForHold
from tests.core.building import (
    NOON,
    ROOM,
    after,
    arrived,
    at,
    broke,
    delivery,
    ended,
    handed,
    held,
    options,
    owed,
    told,
    woke,
)

SERVED = State.SERVED
BOTH = options(Notice.ON_HOLD, Notice.RESUMED)
LOOK = delivery(LookForHold(ROOM))
RESTING = Handoff(began_at=NOON, room=ROOM, on_hold=True)


@pytest.mark.parametrize("switched_on", [Notice.ON_HOLD, Notice.RESUMED])
def test_a_served_chat_is_looked_at_now_and_then_where_a_contact_is_to_know(switched_on: Notice) -> None:
    known = handed(SERVED, path="ana", options=options(switched_on))
    decision = decide(held(known, now=60, due=frozenset({Timer.HOLD})), woke(Timer.HOLD))
    assert owed(decision) == [LookForHold(ROOM)]
    assert decision.timers == (SetTimer(Timer.HOLD, at(120)),)


def test_elsewhere_nothing_is_asked() -> None:
    known = handed(State.QUEUED, path="ana", options=BOTH)
    decision = decide(held(known, now=60, due=frozenset({Timer.HOLD})), woke(Timer.HOLD))
    assert (owed(decision), decision.timers) == ([], (SetTimer(Timer.HOLD, None),))


@pytest.mark.parametrize(
    ("handoff", "seen", "notices"),
    [
        (None, HoldSeen(ROOM, on_hold=True), ["on_hold"]),
        (None, HoldSeen(ROOM, on_hold=False), []),
        (RESTING, HoldSeen(ROOM, on_hold=True), []),
        (RESTING, HoldSeen(ROOM, on_hold=False), ["resumed"]),
        (None, HoldSeen("rOther", on_hold=True), []),
    ],
)
def test_the_contact_is_told_when_it_changes(handoff: Handoff | None, seen: HoldSeen, notices: list[str]) -> None:
    known = held(handed(SERVED, handoff, path="ana", options=BOTH))
    decision = ended(known, arrived(seen), LOOK)
    assert told(decision) == notices
    assert after(decision).handoff.on_hold is (seen.on_hold if seen.room == ROOM else False)


def test_what_cannot_be_looked_at_ends_quietly_and_keeps_the_room() -> None:
    decision = ended(held(handed(SERVED, options=BOTH)), broke(Refused("invalid-room", "gone")), LOOK)
    assert [settled.end for settled in decision.settled] == ["discarded"]
    assert after(decision).room == ROOM
