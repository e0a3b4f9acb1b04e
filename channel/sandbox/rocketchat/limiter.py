"""The REST limiter: so many calls per route, method and client address in a window."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

_MILLISECONDS = 1000


@dataclass(frozen=True)
class Allowance:
    """Where a caller stands after a call."""

    limit: int
    remaining: int
    #: When the window ends, in milliseconds since 1970.
    reset: int
    #: Seconds to wait before the next call; None while the call was allowed.
    wait: int | None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every limited route. There is no `Retry-After`."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


@dataclass
class _Window:
    ends: float
    calls: int = 0


class Limiter:
    """Counts calls in this process alone; a window begins with its first call."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._seconds = seconds
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}

    def count(self, route: str, client: str, limit: int, seconds: float | None = None) -> Allowance:
        """Count one call against a bucket."""
        moment = self._clock()
        window = self._windows.get((route, client))
        if window is None or window.ends <= moment:
            window = self._windows[route, client] = _Window(moment + (self._seconds if seconds is None else seconds))
        window.calls += 1
        return Allowance(
            limit=limit,
            remaining=max(0, limit - window.calls),
            reset=int(window.ends * _MILLISECONDS),
            wait=math.ceil(window.ends - moment) if window.calls > limit else None,
        )
