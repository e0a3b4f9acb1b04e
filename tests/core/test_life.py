"""The machine of three states."""

from itertools import product

import pytest

from channel.core.conversation import State
from channel.core.life import IGNORED, TRANSITIONS, Turn, concerns, turned
from tests.core.building import JOAO, ROOM, conversation

CLOSED, QUEUED, SERVED = State.CLOSED, State.QUEUED, State.SERVED


def test_every_pair_is_in_one_table_and_in_one_only() -> None:
    assert sorted([*TRANSITIONS, *IGNORED]) == sorted(product(State, Turn))


def test_every_ignored_pair_has_its_reason() -> None:
    assert all(IGNORED.values())


@pytest.mark.parametrize("pair", IGNORED)
def test_an_ignored_turn_changes_nothing(pair: tuple[State, Turn]) -> None:
    before = conversation(pair[0])
    assert turned(before, pair[1], room="another", agent="another") == before


@pytest.mark.parametrize("pair", TRANSITIONS)
def test_a_room_is_open_unless_closed_and_served_by_somebody_only_if_served(pair: tuple[State, Turn]) -> None:
    after = turned(conversation(pair[0]), pair[1], room=ROOM, agent=JOAO.id if pair[1] is Turn.ROOM_TAKEN else None)
    assert after.state is TRANSITIONS[pair]
    assert after.room is None or after.state is not CLOSED
    assert (after.agent is not None) == (after.state is SERVED)


@pytest.mark.parametrize(
    ("before", "turn", "room", "agent", "after"),
    [
        (CLOSED, Turn.HANDED_OFF, None, None, (QUEUED, None, None)),
        (CLOSED, Turn.ROOM_OPENED, "r2", None, (QUEUED, "r2", None)),
        (QUEUED, Turn.HANDED_OFF, None, None, (QUEUED, ROOM, None)),
        (QUEUED, Turn.ROOM_TAKEN, ROOM, "a1", (SERVED, ROOM, "a1")),
        (QUEUED, Turn.ROOM_OPENED, "r2", None, (QUEUED, "r2", None)),
        (QUEUED, Turn.ROOM_CLOSED, None, None, (CLOSED, None, None)),
        (QUEUED, Turn.ROOM_LOST, None, None, (QUEUED, None, None)),
        (SERVED, Turn.HANDED_OFF, None, None, (SERVED, ROOM, JOAO.id)),
        (SERVED, Turn.ROOM_TAKEN, ROOM, "a2", (SERVED, ROOM, "a2")),
        (SERVED, Turn.ROOM_QUEUED, ROOM, None, (QUEUED, ROOM, None)),
        (SERVED, Turn.ROOM_OPENED, "r2", None, (QUEUED, "r2", None)),
        (SERVED, Turn.ROOM_LOST, None, None, (QUEUED, None, None)),
        (SERVED, Turn.ROOM_CLOSED, None, None, (CLOSED, None, None)),
    ],
)
def test_turned(
    before: State, turn: Turn, room: str | None, agent: str | None, after: tuple[State, str | None, str | None]
) -> None:
    found = turned(conversation(before), turn, room=room, agent=agent)
    assert (found.state, found.room, found.agent) == after


@pytest.mark.parametrize(
    ("state", "open_room", "room", "closed_rooms", "is_ours"),
    [
        (CLOSED, None, "r1", set(), False),
        (QUEUED, None, "r1", set(), True),  # while it is being opened
        (QUEUED, None, "r1", {"r1"}, False),  # an earlier one's late event
        (QUEUED, "r1", "r1", set(), True),
        (QUEUED, "r1", "r2", set(), False),
        (SERVED, "r1", "r1", set(), True),
        (SERVED, "r1", "r0", set(), False),
    ],
)
def test_concerns(state: State, open_room: str | None, room: str, closed_rooms: set[str], is_ours: bool) -> None:
    assert concerns(conversation(state, room=open_room), room, frozenset(closed_rooms)) is is_ours
