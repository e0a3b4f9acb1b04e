"""Is a peer there? A table of turns, and any order of attempts, answers, crashes and time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from channel.core import limits
from channel.core.addresses import ByDelivery
from channel.core.breaker import Breaker, State, Verdict, after, allowed, given_up, granted, idle, verdict
from channel.core.errors import Ambiguous, DeliveryError, Failure, Refused, Rejected, Unavailable, Waiting
from channel.core.events import AttemptMade, DeliveryDone, DeliveryFailed
from channel.core.learned import Reported

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ASKED = AttemptMade("POST /x", "503", 0.1)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def told(breaker: Breaker, said: Verdict, seconds: float, *, began: float | None = None) -> Breaker:
    """What an attempt, of the granted ones, comes to at a time; it began then, or earlier."""
    return after(
        breaker, said, began=at(seconds if began is None else began), was_granted=began is None, now=at(seconds)
    )


def opened(seconds: float = 0) -> Breaker:
    breaker = Breaker()
    for _ in range(limits.BREAKER_FAILURES):
        breaker = told(breaker, Verdict.AWAY, seconds)
    assert breaker.state is State.OPEN
    return breaker


@pytest.mark.parametrize(
    ("error", "asked", "said"),
    [
        (None, True, Verdict.ANSWERED),
        (None, False, Verdict.NOTHING),
        (Unavailable("http_503", ""), True, Verdict.AWAY),
        (Ambiguous("timeout", ""), True, Verdict.AWAY),
        (Unavailable("api_token_refused", "", answered=True), True, Verdict.ANSWERED),
        (Unavailable("api_no_token", ""), False, Verdict.NOTHING),
        (Rejected("odd", ""), True, Verdict.ANSWERED),
        (Refused("bad_urn", ""), True, Verdict.ANSWERED),
        (Waiting("limited", "", seconds=5), True, Verdict.ANSWERED),
        (Waiting("equal_text", "", seconds=5), False, Verdict.NOTHING),
    ],
)
def test_what_an_attempt_says_of_its_peer(error: DeliveryError | None, asked: bool, said: Verdict) -> None:
    made = ASKED if asked else AttemptMade()
    if error is None:
        assert verdict(DeliveryDone(ByDelivery(1, 1), 1, Reported(), made)) is said
    else:
        assert verdict(DeliveryFailed(ByDelivery(1, 1), 1, Failure.of(error), 0.5, made)) is said


def test_it_opens_after_at_most_ten_failures_in_a_row_and_an_answer_begins_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(limits.BREAKER_FAILURES - 1):
        breaker = told(breaker, Verdict.AWAY, 0)
    assert breaker.state is State.CLOSED
    breaker = told(breaker, Verdict.ANSWERED, 1)
    assert (breaker.state, breaker.failures) == (State.CLOSED, 0)
    assert opened().failures == limits.BREAKER_FAILURES <= 10


def test_the_first_probe_comes_soon_and_the_next_ones_sixteen_seconds_apart() -> None:
    breaker = opened()
    assert [allowed(breaker, at(s)) for s in (0, 1.9, 2)] == [0, 0, 1]
    breaker = told(granted(breaker, 1, at(2)), Verdict.AWAY, 12)
    assert [allowed(breaker, at(s)) for s in (12, 17.9, 18)] == [0, 0, 1]


def test_a_probe_that_was_answered_begins_a_slow_start_of_growing_steps() -> None:
    breaker = told(granted(opened(), 1, at(2)), Verdict.ANSWERED, 2.1)
    steps = []
    now = 3.0
    while breaker.state is State.HALF_OPEN:
        may = allowed(breaker, at(now)) or 0
        steps.append(may)
        breaker = granted(breaker, may, at(now))
        assert allowed(breaker, at(now)) == 0
        for _ in range(may):
            breaker = told(breaker, Verdict.ANSWERED, now + 0.1)
        now += 0.2
    assert steps == [2, 4, 8, 16]
    assert breaker.state is State.CLOSED
    assert allowed(breaker, at(now)) is None


def test_one_failure_in_a_slow_start_opens_it_again_and_the_probes_stay_apart() -> None:
    breaker = told(granted(opened(), 1, at(2)), Verdict.ANSWERED, 2.1)
    breaker = told(granted(breaker, 2, at(3)), Verdict.AWAY, 3)
    assert breaker.state is State.OPEN
    assert [allowed(breaker, at(s)) for s in (17.9, 18)] == [0, 1]


def test_a_failure_of_before_the_turn_says_nothing_of_now() -> None:
    breaker = told(granted(opened(), 1, at(2)), Verdict.ANSWERED, 2.1)
    assert told(breaker, Verdict.AWAY, 9, began=-1) == breaker


def test_a_slow_start_with_little_to_do_ends_by_time() -> None:
    breaker = told(granted(opened(), 1, at(2)), Verdict.ANSWERED, 2)
    breaker = told(granted(breaker, 1, at(10)), Verdict.ANSWERED, 10)
    assert breaker.state is State.HALF_OPEN
    late = 2 + limits.SLOW_START
    assert told(granted(breaker, 1, at(late)), Verdict.ANSWERED, late).state is State.CLOSED


def test_a_step_whose_process_was_killed_is_begun_anew_when_its_leases_are_over() -> None:
    breaker = granted(told(granted(opened(), 1, at(2)), Verdict.ANSWERED, 2), 2, at(3))
    assert allowed(breaker, at(3 + limits.LEASE)) == 0
    assert allowed(breaker, at(4 + limits.LEASE)) == 2


def test_who_did_not_ask_gives_the_probe_back() -> None:
    breaker = granted(opened(), 1, at(2))
    assert allowed(breaker, at(3)) == 0
    assert allowed(told(breaker, Verdict.NOTHING, 3), at(3)) == 1


def test_where_nothing_waits_the_next_one_finds_out() -> None:
    breaker = opened()
    assert idle(breaker, at(1)) == breaker
    waiting = idle(breaker, at(2))
    assert (waiting.state, allowed(waiting, at(500))) == (State.HALF_OPEN, 1)
    again = told(granted(waiting, 1, at(500)), Verdict.AWAY, 500)
    assert again.state is State.OPEN
    assert [allowed(again, at(s)) for s in (515.9, 516)] == [0, 1]


def test_what_has_waited_for_three_days_is_given_up() -> None:
    breaker = opened()
    assert not given_up(breaker, at(limits.RETRY_HORIZON - 1))
    assert given_up(breaker, at(limits.RETRY_HORIZON))
    assert not given_up(Breaker(), at(limits.RETRY_HORIZON))


class AnyOrder(RuleBasedStateMachine):
    """Replicas that take what may be taken, peers that come and go, processes that die."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.breaker = Breaker()
        self.under_way: list[tuple[float, bool]] = []
        self.asked_while_open: list[float] = []
        self.failures = 0

    @rule(seconds=st.floats(0.05, 12))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(wanted=st.integers(1, 20))
    def lanes_are_taken(self, wanted: int) -> None:
        may = allowed(self.breaker, at(self.now))
        lanes = wanted if may is None else min(wanted, may)
        if lanes and self.breaker.state is State.OPEN:
            self.asked_while_open.append(self.now)
        self.breaker = granted(self.breaker, lanes, at(self.now))
        self.under_way += [(self.now, may is not None)] * lanes

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 1000), said=st.sampled_from([Verdict.ANSWERED, Verdict.AWAY]))
    def one_ends(self, which: int, said: Verdict) -> None:
        began, was_granted = self.under_way.pop(which % len(self.under_way))
        before = self.breaker
        self.breaker = after(self.breaker, said, began=at(began), was_granted=was_granted, now=at(self.now))
        self.failures = 0 if said is Verdict.ANSWERED else self.failures + 1
        if before.state is State.CLOSED and self.breaker.state is State.CLOSED and before.turned_at is None:
            assert self.failures < 10

    @precondition(lambda self: self.breaker.state is not State.OPEN)
    @rule()
    def it_goes_away(self) -> None:
        """All that is under way fails, and so does what follows."""
        for began, was_granted in self.under_way:
            self.breaker = after(self.breaker, Verdict.AWAY, began=at(began), was_granted=was_granted, now=at(self.now))
        self.under_way = []
        for _ in range(limits.BREAKER_FAILURES):
            now = at(self.now)
            self.breaker = after(self.breaker, Verdict.AWAY, began=now, was_granted=True, now=now)
        self.failures = 0

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 1000))
    def a_process_dies(self, which: int) -> None:
        self.under_way.pop(which % len(self.under_way))

    @rule()
    def nothing_waits(self) -> None:
        self.breaker = idle(self.breaker, at(self.now))

    @invariant()
    def no_minute_has_more_than_four_probes(self) -> None:
        gaps = [later - probe for probe, later in pairwise(self.asked_while_open)]
        assert min(gaps, default=60 / 4) >= 60 / 4

    @invariant()
    def a_probe_or_more_may_always_be_made_within_the_time_of_a_lease(self) -> None:
        soon = at(self.now + max(limits.PROBE_GAP, limits.LEASE + 0.1))
        assert allowed(self.breaker, soon) != 0

    @invariant()
    def no_step_is_larger_than_it_may_be(self) -> None:
        assert self.breaker.lanes <= limits.SLOW_START_LANES
        assert self.breaker.granted <= self.breaker.lanes


TestAnyOrder = AnyOrder.TestCase
