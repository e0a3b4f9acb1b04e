"""Look for rooms whose histories are to be read, until told to stop. It is given its verbs, and knows no database."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final, TypeAlias
from uuid import UUID

from channel.core.errors import StoreBusy, StoreUnavailable
from channel.core.events import RoomSought
from channel.core.values import dataclass
from channel.delivery.rest import Rest
from channel.logs import log

#: between two looks, and between two tries to reach a database that is away
POLL_SECONDS: Final = 1.0
#: at most, where there are so many rooms that one look in 1 s would be more than this part of the time
POLL_SECONDS_MOST: Final = 10.0
POLL_SHARE: Final = 50

#: a workspace and its room
Room: TypeAlias = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class SeekingVerbs:
    """What is done, as it is given."""

    seek: Callable[[UUID | None], Awaitable[None]]  #: the open rooms of a workspace, or all, are to be looked at
    seek_rooms: Callable[[Sequence[Room]], Awaitable[None]]  #: of these, those that are open
    unsought: Callable[[], Awaitable[Sequence[RoomSought]]]  #: some of those that are
    sought: Callable[[RoomSought], Awaitable[None]]


class Seeking:
    """Has all open rooms looked at after a start and after an outage, and each of them now and then."""

    def __init__(self, verbs: SeekingVerbs) -> None:
        self._verbs = verbs
        self._rest = Rest()
        self._every = POLL_SECONDS
        self._missed: set[UUID | None] = {None}  # who knows what was told while nobody was there
        self._missed_in: set[Room] = set()

    def missed(self, workspace: UUID | None = None) -> None:
        """Something of this workspace, or of any, may have been told to nobody."""
        self._missed.add(workspace)

    def missed_in(self, rooms: Iterable[Room]) -> None:
        """What was told of these was refused for the moment, and may not be told again."""
        self._missed_in.update(rooms)

    def stop(self) -> None:
        self._rest.stop()

    async def run(self) -> None:
        """Until `stop`. A database that is away is waited for."""
        while not self._rest.over:
            try:
                await self._round()
            except StoreUnavailable as error:
                log.warning("seeking_waits", error=str(error))
            except Exception as error:
                log.exception("seeking_crashed", error=type(error).__name__)
            await self._rest.for_about(self._every)

    async def _look(self) -> Sequence[RoomSought]:
        began = monotonic()
        found = await self._verbs.unsought()
        self._every = min(max(POLL_SECONDS, (monotonic() - began) * POLL_SHARE), POLL_SECONDS_MOST)
        return found

    async def _round(self) -> None:
        while self._missed:
            workspace = self._missed.pop()
            try:
                await self._verbs.seek(workspace)
            except BaseException:
                self._missed.add(workspace)
                raise
        if rooms := sorted(self._missed_in):
            with suppress(StoreBusy):  # somebody holds one of them, for a moment
                await self._verbs.seek_rooms(rooms)
                self._missed_in.difference_update(rooms)
        for event in await self._look():
            try:
                await self._verbs.sought(event)
            except StoreBusy:
                continue  # somebody holds the conversation, for a moment
