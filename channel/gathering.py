"""Gather what arrives together into one commit: a durable relay pays for commits, not for rows."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from channel.core.addresses import ByRoom
from channel.core.errors import StoreBusy, StoreUnavailable
from channel.core.events import Event, WorkspaceNoted
from channel.store.conversations import Handled

#: bytes of what came in, packed: the commit of more takes so long that others would notice
LARGE: Final = 256 * 1024
#: events of one commit
LARGEST: Final = 100
#: arrivals that wait for theirs; more than that, and the database is not keeping up
MOST_WAITING: Final = 1000

Handle = Callable[[Sequence[Event]], Awaitable[list[Handled]]]


@dataclass(slots=True, eq=False)
class _Arrival:
    events: Sequence[Event]
    answer: asyncio.Future[list[Handled]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


def is_large(event: Event) -> bool:
    """Would others wait for it? Rocket.Chat keeps no order among what it tells, and only that can be gathered apart."""
    told = isinstance(event, WorkspaceNoted) or (isinstance(event.address, ByRoom) and event.address.from_rocketchat)
    return told and len(getattr(event, "raw", None) or b"") >= LARGE


class Gathering:
    """Hands events on in the order they came, as many at a time as came while the last commit was made.

    One commit is under way at a time, so that no event overtakes an earlier one of this process.
    """

    def __init__(self, handle: Handle, *, largest: int = LARGEST) -> None:
        self._handle = handle
        self._largest = largest  #: events of one commit, but for those that came in one
        self._arrivals: list[_Arrival] = []
        self._flusher: asyncio.Task[None] | None = None

    async def __call__(self, events: Sequence[Event]) -> list[Handled]:
        """What came of each of these events, all in one transaction; the store's error if they could not be saved."""
        if len(self._arrivals) >= MOST_WAITING:
            raise StoreUnavailable("too many arrivals wait for the database")
        arrival = _Arrival(events)
        self._arrivals.append(arrival)
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        try:
            return await asyncio.shield(arrival.answer)
        except asyncio.CancelledError:
            # Whoever asked has gone; what is not under way yet would only be done for nobody, and late.
            if arrival in self._arrivals:
                self._arrivals.remove(arrival)
            raise

    async def _flush(self) -> None:
        try:
            while self._arrivals:
                await self._commit(self._taken())
        finally:
            self._flusher = None

    def _taken(self) -> list[_Arrival]:
        taken: list[_Arrival] = []
        total = 0
        while self._arrivals and (not taken or total + len(self._arrivals[0].events) <= self._largest):
            taken.append(self._arrivals.pop(0))
            total += len(taken[-1].events)
        return taken

    async def _commit(self, arrivals: list[_Arrival]) -> None:
        """Commit them together; if that fails, each alone, so that poison takes no neighbour with it."""
        try:
            answers = await self._handle([event for arrival in arrivals for event in arrival.events])
        except Exception as error:
            away = isinstance(error, StoreUnavailable) and not isinstance(error, StoreBusy)
            if len(arrivals) == 1 or away:
                for arrival in arrivals:
                    _fail(arrival, error)
                return
            for arrival in arrivals:
                await self._commit([arrival])
            return
        for arrival in arrivals:
            own, answers = answers[: len(arrival.events)], answers[len(arrival.events) :]
            if not arrival.answer.done():
                arrival.answer.set_result(own)


def _fail(arrival: _Arrival, error: Exception) -> None:
    if not arrival.answer.done():
        arrival.answer.set_exception(error)
