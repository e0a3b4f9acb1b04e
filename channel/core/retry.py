"""When a failed delivery goes again. Arithmetic: the clock and the dice are handed in."""

from datetime import datetime, timedelta

from channel.core import limits
from channel.core.errors import Ambiguous, Failure, Rejected, RoomGone, VisitorGone
from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class RetryAt:
    when: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    reason: str


def after(
    failure: Failure,
    *,
    attempts: int,
    rejections: int,
    rehomings: int,
    first_failed_at: datetime,
    now: datetime,
    jitter: float,
) -> RetryAt | DeadLetter:
    """What follows the `attempts`-th attempt. `jitter`: 0 to 1; a wait is at most `limits.RETRY_WAITS[-1]` seconds.

    `rejections` and `rehomings` are the attempts so far that were said no to, or lost their room or visitor, this one
    included. `Waiting` names its own wait and never ends in a dead letter; a failure that is not retryable always does.
    """
    if not failure.kind.retryable:
        return DeadLetter(failure.code)
    if failure.seconds:
        return RetryAt(now + timedelta(seconds=failure.seconds))
    if (now - first_failed_at).total_seconds() >= limits.RETRY_HORIZON:
        return DeadLetter(failure.code)
    if failure.kind is Rejected and rejections >= limits.REJECTED_ATTEMPTS:
        return DeadLetter(failure.code)
    if failure.kind in {RoomGone, VisitorGone}:
        return _rehomed(failure, rehomings, now, jitter)
    return RetryAt(now + timedelta(seconds=wait(attempts, jitter)))


def _rehomed(failure: Failure, rehomings: int, now: datetime, jitter: float) -> RetryAt | DeadLetter:
    """At once, but for a peer that loses every room it gives."""
    if rehomings >= limits.REHOMED_ATTEMPTS:
        return DeadLetter(failure.code)
    return RetryAt(now if rehomings <= 1 else now + timedelta(seconds=wait(rehomings, jitter)))


def wait(attempts: int, jitter: float) -> float:
    """Seconds before the next attempt: up to the schedule's wait, never less than a quarter of a second."""
    longest = limits.RETRY_WAITS[min(attempts, len(limits.RETRY_WAITS)) - 1]
    return max(0.25, longest * jitter)


def after_silence(failure: Failure, *, silences: int, hold: bool, now: datetime) -> RetryAt | DeadLetter:
    """What follows an attempt at courier's `receive` that got no answer, the `silences`-th of this delivery.

    There is no key to repeat it under. Right after a lost connection courier's own window against doubles swallows
    a repeat; later it would not, so there is one repeat, flagged, and then a dead letter. `hold`: not even that one.
    """
    if failure.kind is not Ambiguous:
        raise ValueError("only an ambiguous attempt is a silence")
    if hold or silences >= limits.AMBIGUOUS_ATTEMPTS:
        return DeadLetter("ambiguous")
    seconds = 0.0 if failure.connection_lost else limits.AMBIGUOUS_WAIT
    return RetryAt(now + timedelta(seconds=seconds))


def after_silence_asked(failure: Failure, *, first_failed_at: datetime, now: datetime) -> RetryAt | DeadLetter:
    """The same where RapidPro's API can be asked before the next attempt: once it has had time to handle the words."""
    if (now - first_failed_at).total_seconds() >= limits.RETRY_HORIZON:
        return DeadLetter(failure.code)
    return RetryAt(now + timedelta(seconds=limits.AMBIGUOUS_WAIT))
