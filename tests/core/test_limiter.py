"""Rocket.Chat's limiter, reckoned from its answers: no call is begun that it would refuse."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core import limits
from channel.core.limiter import (
    Allowance,
    Window,
    allowance,
    returned,
    room,
    route_of,
    seconds_left,
    spare,
    spared,
    taken,
    told,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DATE = "Wed, 25 Nov 2026 12:00:00 GMT"
JSON = {"content-type": "application/json"}
SAID = "Error, too many requests. You must wait 17 seconds before trying this endpoint again. [error-too-many-requests]"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def headers(limit: int, left: int, seconds: float) -> dict[str, str]:
    reset = int((NOON + timedelta(seconds=seconds)).timestamp() * 1000)
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(left),
        "x-ratelimit-reset": str(reset),
        "date": DATE,
    }


@pytest.mark.parametrize(
    ("method", "path", "login", "route"),
    [
        ("POST", "/api/v1/livechat/message", {}, "POST livechat/message"),
        ("GET", "/api/v1/livechat/message/la-1", {}, "GET livechat/message"),
        ("GET", "/api/v1/livechat/messages.history/r1", {}, "GET livechat/messages.history"),
        ("POST", "/api/v1/livechat/room.closeByUser", {"X-Auth-Token": "t"}, "POST livechat/room.closeByUser as bot"),
        ("POST", "/api/v1/chat.postMessage", {"X-Auth-Token": "t"}, "POST chat.postMessage as bot"),
        ("POST", "/c/ex/1/receive", {}, ""),
        ("GET", "/api/v2/messages.json", {}, ""),
    ],
)
def test_what_is_counted_together(method: str, path: str, login: Mapping[str, str], route: str) -> None:
    assert route_of(method, path, login) == route


@pytest.mark.parametrize(
    ("status", "head", "said", "expected"),
    [
        (200, {**JSON, **headers(10, 3, 42)}, "", Allowance(10, 3, 42)),
        (400, {**JSON, **headers(5, 0, 42)}, "", Allowance(5, 0, 42)),
        (200, JSON, "", Allowance(None)),
        (200, {"content-type": "text/html"}, "", None),  # a proxy's page
        (502, {"content-type": "text/html"}, "", None),
        (400, JSON, "", None),
        (429, {**JSON, **headers(10, 0, 42)}, SAID, Allowance(10, 0, 42)),
        (429, JSON, SAID, Allowance(0, 0, 17)),
        (429, JSON, "", Allowance(0, 0, limits.LIMITER_WINDOW)),
        (200, {**headers(10, 3, 42), "date": "yesterday"}, "", Allowance(10, 3, limits.LIMITER_WINDOW)),
    ],
)
def test_what_an_answer_says(status: int, head: Mapping[str, str], said: str, expected: Allowance | None) -> None:
    assert allowance(status, head, said) == expected


def test_until_an_answer_has_said_how_a_route_is_limited_one_call_is_made() -> None:
    window = Window()
    assert room(window, at(0)) == 1
    window = taken(window, 1, at(0))
    assert room(window, at(19.9)) == 0
    assert room(window, at(limits.LEASE)) == 1  # its process was killed
    assert room(returned(window), at(1)) == 1  # it was not answered


@pytest.mark.parametrize(
    ("said", "may"), [(Allowance(None), None), (Allowance(5, 4, 60), 4), (Allowance(600, 599, 60), None)]
)
def test_then_as_many_as_it_says(said: Allowance, may: int | None) -> None:
    assert room(told(taken(Window(), 1, at(0)), said, at(0)), at(1)) == may


def test_what_was_taken_and_is_not_answered_yet_is_not_given_twice() -> None:
    window = taken(told(Window(), Allowance(10, 9, 60), at(0)), 5, at(1))
    assert room(told(window, Allowance(10, 8, 59), at(1)), at(2)) == 4


def test_what_others_of_our_address_have_taken_is_believed() -> None:
    window = told(Window(), Allowance(10, 9, 60), at(0))
    assert room(told(window, Allowance(10, 2, 59), at(1)), at(2)) == 2


def test_nothing_goes_before_the_window_ends_and_then_as_much_as_before() -> None:
    window = told(Window(), Allowance(5, 0, 42), at(0))
    assert [room(window, at(s)) for s in (0, 41.9, 42)] == [0, 0, 5]
    assert seconds_left(window, at(40)) == 2
    window = taken(window, 5, at(42))
    assert [room(window, at(s)) for s in (43, 101.9, 102)] == [0, 0, 5]
    assert room(told(window, Allowance(5, 4, 30), at(43)), at(44)) == 0


def test_a_limit_that_was_changed_is_believed() -> None:
    window = told(Window(), Allowance(5, 0, 42), at(0))
    assert room(told(window, Allowance(50, 49, 60), at(1)), at(1)) == 49
    assert room(told(window, Allowance(None), at(1)), at(1)) is None


def test_an_answer_from_before_a_refusal_does_not_undo_it_where_only_refusals_tell() -> None:
    window = told(told(Window(), Allowance(None), at(0)), Allowance(0, 0, 17), at(1))
    assert [room(told(window, Allowance(None), at(2)), at(s)) for s in (2, 17.9)] == [0, 0]
    assert room(window, at(18)) == 1  # one call finds out how it is
    assert room(told(taken(window, 1, at(18)), Allowance(None), at(18)), at(18)) is None


def test_a_wide_limit_is_reckoned_with_only_near_its_end() -> None:
    window = told(Window(), Allowance(1000, 999, 60), at(0))
    assert told(window, Allowance(1000, 500, 30), at(30)) is window
    assert taken(window, 20, at(30)) is window
    near = told(window, Allowance(1000, 60, 5), at(55))
    assert room(near, at(56)) == 60
    assert room(near, at(60)) is None


def test_what_is_not_urgent_takes_a_fifth_at_most() -> None:
    window = told(Window(), Allowance(10, 9, 60), at(0))
    assert spare(window, at(1)) == 2
    window = spared(spared(window, at(1)), at(1))
    assert (spare(window, at(2)), room(window, at(2))) == (0, 7)
    assert spare(window, at(60)) == 2
    assert spare(told(Window(), Allowance(None), at(0)), at(0)) is None
    assert spare(told(Window(), Allowance(3, 2, 60), at(0)), at(0)) == 1


@given(
    limit=st.integers(1, 12),
    steps=st.lists(st.tuples(st.floats(0, 25), st.integers(0, 15), st.booleans()), max_size=40),
)
def test_no_call_is_begun_that_the_limiter_would_refuse(limit: int, steps: list[tuple[float, int, bool]]) -> None:
    """A server whose window begins with its first call, as Rocket.Chat's; some answers never arrive."""
    now, ends, calls = 0.0, 0.0, 0
    window = told(Window(), Allowance(limit, limit, 0), at(0))
    for seconds, wanted, answered in steps:
        now += seconds
        may = min(wanted, room(window, at(now)) or 0)
        window = taken(window, may, at(now))
        for _ in range(may):
            if now >= ends:
                ends, calls = now + limits.LIMITER_WINDOW, 0
            calls += 1
            assert calls <= limit
            if answered:
                window = told(window, Allowance(limit, limit - calls, ends - now), at(now))
