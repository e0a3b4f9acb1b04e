"""What can be made to go wrong with a request to the simulated RapidPro."""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field

from .records import Answer

FOR_EVER = -1


@dataclass(frozen=True)
class Fault:
    """One way of treating a request badly: in this order, do the work, wait, and answer or hang up."""

    #: The request is carried out.
    works: bool = False
    wait: float = 0
    #: In place of the true answer.
    answer: Answer | None = None
    #: The connection is dropped without an answer.
    drops: bool = False


def answer(status: int, body: str = "", content_type: str = "application/json", *, works: bool = False) -> Fault:
    """Answer this, without doing the work unless told."""
    return Fault(works=works, answer=Answer(status, body, content_type))


def not_json(*, works: bool = False) -> Fault:
    """Answer 200 with a web page, as a proxy's maintenance page would."""
    return answer(200, "<html><body>We will be back soon</body></html>", "text/html", works=works)


def throttled(seconds: int) -> Fault:
    """Answer as the API does above its rate limit."""
    body = f'{{"detail":"Request was throttled. Expected available in {seconds} seconds."}}'
    return Fault(answer=Answer(429, body, headers={"Retry-After": str(seconds)}))


def hang(seconds: float) -> Fault:
    """Do nothing for so long, then drop the connection."""
    return Fault(wait=seconds, drops=True)


def slow(seconds: float) -> Fault:
    """Do the work at once and answer after so long."""
    return Fault(works=True, wait=seconds)


def drop_before() -> Fault:
    """Drop the connection before doing anything."""
    return Fault(drops=True)


def drop_after() -> Fault:
    """Do the work, then drop the connection without an answer."""
    return Fault(works=True, drops=True)


@dataclass
class _Left:
    fault: Fault
    times: int


@dataclass
class Faults:
    """The faults to come, by action: the last word of a path, such as `receive`, `delivered` or `messages`.

    `POST messages` is one that waits for that method.
    """

    #: Set when the faults of this moment are cleared; who comes later finds another.
    cleared: asyncio.Event = field(default_factory=asyncio.Event)
    _queues: defaultdict[str, deque[_Left]] = field(default_factory=lambda: defaultdict(deque))

    def add(self, action: str, fault: Fault, times: int = 1) -> None:
        """Treat the next `times` requests for this action so, after the faults it already has to come."""
        self._queues[action].append(_Left(fault, times))

    def clear(self) -> None:
        """No more faults; whoever is kept waiting goes on at once."""
        self._queues.clear()
        self.cleared.set()
        self.cleared = asyncio.Event()

    def take(self, method: str, action: str) -> Fault | None:
        """The fault for this request, which is then used up by one."""
        queue = self._queues[f"{method} {action}"] or self._queues[action]
        if not queue:
            return None
        left = queue[0]
        left.times -= 1
        if not left.times:
            queue.popleft()
        return left.fault
