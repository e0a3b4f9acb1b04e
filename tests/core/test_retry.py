"""Retry is arithmetic."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core import limits
from channel.core.errors import (
    Ambiguous,
    DeliveryError,
    Failure,
    Refused,
    Rejected,
    RoomGone,
    Unavailable,
    VisitorGone,
    Waiting,
)
from channel.core.retry import DeadLetter, RetryAt, after, after_silence, wait
from tests.core.building import NOON, at

AWAY = Unavailable("away", "away")
HOUR = 3600.0


def follows(
    error: DeliveryError, attempts: int = 1, *, since: float = 0.0, jitter: float = 1.0
) -> RetryAt | DeadLetter:
    """What follows at noon, `since` seconds after the first failure."""
    first = NOON - timedelta(seconds=since)
    return after(
        Failure.of(error),
        attempts=attempts,
        rejections=attempts,
        rehomings=attempts,
        first_failed_at=first,
        now=NOON,
        jitter=jitter,
    )


@pytest.mark.parametrize(
    ("error", "attempts", "since", "then"),
    [
        (AWAY, 1, 0, RetryAt(at(1))),
        (AWAY, 2, 1, RetryAt(at(2))),
        (AWAY, 3, 3, RetryAt(at(4))),
        (AWAY, 6, 31, RetryAt(at(18))),
        (AWAY, 7, 49, RetryAt(at(18))),
        (AWAY, 9000, 72 * HOUR - 1, RetryAt(at(18))),
        (AWAY, 9000, 72 * HOUR, DeadLetter("away")),
        (Refused("no", "no"), 1, 0, DeadLetter("no")),
        (Rejected("odd", "odd"), 2, 3, RetryAt(at(2))),
        (Rejected("odd", "odd"), 3, 7, DeadLetter("odd")),
        (Waiting("nobody", "nobody", seconds=15), 1, 0, RetryAt(at(15))),
        (Waiting("nobody", "nobody", seconds=15), 40, 100 * HOUR, RetryAt(at(15))),
        (RoomGone("gone", "gone"), 1, 0, RetryAt(NOON)),
        (RoomGone("gone", "gone"), 2, 0, RetryAt(at(2))),
        (VisitorGone("gone", "gone"), 1, 0, RetryAt(NOON)),
        (VisitorGone("gone", "gone"), 3, 0, RetryAt(at(4))),
        (RoomGone("gone", "gone"), 19, 0, RetryAt(at(18))),
        (RoomGone("gone", "gone"), 20, 0, DeadLetter("gone")),
    ],
)
def test_after(error: DeliveryError, attempts: int, since: float, then: RetryAt | DeadLetter) -> None:
    assert follows(error, attempts, since=since) == then


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_peer_that_is_back_hears_from_us_within_30_s(attempts: int, jitter: float) -> None:
    assert 0.25 <= wait(attempts, jitter) <= 30 - limits.EXCHANGE_DEADLINE


def test_only_its_own_kind_of_failure_counts_towards_an_end() -> None:
    common = {"first_failed_at": NOON, "now": NOON, "jitter": 1.0}
    for error in (Rejected("odd", "odd"), RoomGone("gone", "gone")):
        then = after(Failure.of(error), attempts=500, rejections=1, rehomings=1, **common)  # type: ignore[arg-type]
        assert isinstance(then, RetryAt)


def test_the_dice_shorten_a_wait() -> None:
    assert follows(AWAY, 6, jitter=0.5) == RetryAt(at(9))
    assert follows(AWAY, 6, jitter=0.0) == RetryAt(at(0.25))


LOST = Failure.of(Ambiguous("no_answer", "lost", connection_lost=True))
SILENT = Failure.of(Ambiguous("timeout", "silent"))


@pytest.mark.parametrize(
    ("failure", "silences", "hold", "then"),
    [
        (LOST, 1, False, RetryAt(NOON)),  # courier's window swallows it
        (SILENT, 1, False, RetryAt(at(5))),
        (LOST, 2, False, DeadLetter("ambiguous")),
        (SILENT, 2, False, DeadLetter("ambiguous")),
        (LOST, 1, True, DeadLetter("ambiguous")),
        (SILENT, 1, True, DeadLetter("ambiguous")),
    ],
)
def test_after_silence(failure: Failure, silences: int, hold: bool, then: RetryAt | DeadLetter) -> None:
    assert after_silence(failure, silences=silences, hold=hold, now=NOON) == then


def test_only_an_ambiguous_attempt_is_a_silence() -> None:
    with pytest.raises(ValueError, match="ambiguous"):
        after_silence(Failure.of(AWAY), silences=1, hold=False, now=NOON)
