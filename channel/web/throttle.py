"""Whoever is wrong again and again is answered later, in the same words. Each process counts for itself."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from channel.core import limits


@dataclass(slots=True)
class _Failures:
    """Of one source at one name, in one minute."""

    since: float
    number: int = 0


class Throttle:
    """Counts failures by source and by the channel or workspace that was named, whether there is one or not."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._waiting = 0

    def failed(self, source: str, name: str) -> bool:
        """Count one more. Has there been one too many?"""
        now = self._clock()
        key = source, name[: limits.FAILURES_NAME]
        failures = self._failures.pop(key, None)
        if failures is None or now - failures.since >= limits.FAILURES_WINDOW:
            failures = _Failures(now)
        failures.number += 1
        self._failures[key] = failures
        if len(self._failures) > limits.FAILURES_KNOWN:
            self._failures.popitem(last=False)
        return failures.number > limits.FAILURES

    async def slow_down(self) -> None:
        """Wait before the answer, unless so many wait already that the waiting would cost us more than the answers."""
        if self._waiting >= limits.FAILURES_WAITING:
            return
        self._waiting += 1
        try:
            await asyncio.sleep(limits.FAILURES_WAIT)
        finally:
            self._waiting -= 1
