"""Is a peer there? What attempts at it have come to, over all replicas, says how many more may be made now.

Closed: any. Open: one in `limits.PROBE_GAP` seconds, to look whether it is back. Half open: it has answered, and what
has gathered goes in growing steps. Arithmetic: the clock is handed in.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from channel.core import limits
from channel.core.errors import Ambiguous, Unavailable
from channel.core.events import DeliveryDone, Outcome
from channel.core.networks import DENIED
from channel.core.values import dataclass


class State(StrEnum):
    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


class Verdict(StrEnum):
    """What an attempt says of its peer."""

    ANSWERED = "answered"
    AWAY = "away"
    NOTHING = "nothing"  #: it was not asked


@dataclass(frozen=True, slots=True)
class Breaker:
    """Kept as JSON with its peer."""

    state: State = State.CLOSED
    failures: int = 0  #: since the last answer
    turned_at: datetime | None = None  #: when it came into this state
    probed_at: datetime | None = None
    lanes: int = 0  #: that the present step of a slow start consists of,
    granted: int = 0  #: that have begun,
    arrived: int = 0  #: and that were answered
    step_at: datetime | None = None


def verdict(outcome: Outcome) -> Verdict:
    """A refusal is an answer too, and so is a failure that has to do with one conversation only."""
    if not outcome.attempt.asked:
        return Verdict.NOTHING
    if isinstance(outcome, DeliveryDone):
        return Verdict.ANSWERED
    failure = outcome.failure
    if failure.code == DENIED:
        return Verdict.NOTHING  # another replica, with other settings, may reach it
    away = failure.kind in (Unavailable, Ambiguous) and not failure.answered
    return Verdict.AWAY if away else Verdict.ANSWERED


def allowed(breaker: Breaker, now: datetime) -> int | None:
    """How many lanes may be taken now; None: any number."""
    if breaker.state is State.CLOSED:
        return None
    if breaker.state is State.OPEN:
        return int(breaker.probed_at is None or _seconds(breaker.probed_at, now) >= limits.PROBE_GAP)
    return breaker.lanes if _is_stuck(breaker, now) else breaker.lanes - breaker.granted


def granted(breaker: Breaker, lanes: int, now: datetime) -> Breaker:
    """So many lanes were taken."""
    if breaker.state is State.CLOSED or not lanes:
        return breaker
    if breaker.state is State.OPEN or breaker.lanes == 1:
        breaker = replace(breaker, probed_at=now)
    if breaker.state is State.OPEN:
        return breaker
    if _is_stuck(breaker, now):
        breaker = replace(breaker, granted=0, arrived=0)
    return replace(breaker, granted=breaker.granted + lanes, step_at=now)


def after(breaker: Breaker, told: Verdict, *, began: datetime, was_granted: bool, now: datetime) -> Breaker:
    """What an attempt that began then, one of the granted or not, has come to.

    A failure of one that began before the breaker last turned says nothing of what the peer is now.
    """
    is_old = breaker.turned_at is not None and began < breaker.turned_at
    if told is Verdict.NOTHING:
        return _returned(breaker) if was_granted and not is_old else breaker
    if told is Verdict.ANSWERED:
        return _answered(breaker, was_granted, now)
    if breaker.state is State.OPEN or is_old:
        return breaker
    failures = breaker.failures + 1
    if breaker.state is State.CLOSED and failures < limits.BREAKER_FAILURES:
        return replace(breaker, failures=failures)
    return Breaker(State.OPEN, failures, now, _before_first(breaker, now))


def idle(breaker: Breaker, now: datetime) -> Breaker:
    """Nothing waits for the peer: who comes next finds out whether it is there, at once."""
    return _begun(breaker, 1, now) if breaker.state is State.OPEN and allowed(breaker, now) else breaker


def given_up(breaker: Breaker, now: datetime) -> bool:
    """Is it away for so long that what has waited as long is not to be tried any more?"""
    is_open = breaker.state is State.OPEN and breaker.turned_at is not None
    return is_open and _seconds(breaker.turned_at or now, now) >= limits.RETRY_HORIZON


def _answered(breaker: Breaker, was_granted: bool, now: datetime) -> Breaker:
    if breaker.state is State.CLOSED:
        return replace(breaker, failures=0)
    if breaker.state is State.OPEN:
        return _begun(breaker, 2, now)
    if not was_granted:
        return breaker
    breaker = replace(breaker, failures=0, arrived=breaker.arrived + 1)
    if breaker.turned_at and _seconds(breaker.turned_at, now) >= limits.SLOW_START:
        return Breaker(turned_at=now, probed_at=breaker.probed_at)
    if breaker.arrived < breaker.lanes:
        return breaker
    lanes = breaker.lanes * 2
    if lanes > limits.SLOW_START_LANES:
        return Breaker(turned_at=now, probed_at=breaker.probed_at)
    return replace(breaker, lanes=lanes, granted=0, arrived=0, step_at=now)


def _begun(breaker: Breaker, lanes: int, now: datetime) -> Breaker:
    """A slow start; its first step, of one lane, was the probe, if there was one."""
    return Breaker(State.HALF_OPEN, 0, now, breaker.probed_at, lanes=lanes, step_at=now)


def _before_first(breaker: Breaker, now: datetime) -> datetime:
    """When the one before the first probe would have been: that is to come soon, but not sooner than others may."""
    soon = now - timedelta(seconds=limits.PROBE_GAP - limits.FIRST_PROBE)
    return max(soon, breaker.probed_at) if breaker.probed_at else soon


def _returned(breaker: Breaker) -> Breaker:
    """A granted one has not asked: another may."""
    if breaker.state is State.OPEN and breaker.probed_at:
        return replace(breaker, probed_at=breaker.probed_at - timedelta(seconds=limits.PROBE_GAP))
    return replace(breaker, granted=max(0, breaker.granted - 1))


def _is_stuck(breaker: Breaker, now: datetime) -> bool:
    """A lane that a killed process had is never told of: the step is begun anew when its lease is over."""
    full = breaker.granted >= breaker.lanes
    return full and breaker.step_at is not None and _seconds(breaker.step_at, now) > limits.LEASE


def _seconds(since: datetime, now: datetime) -> float:
    return (now - since).total_seconds()
