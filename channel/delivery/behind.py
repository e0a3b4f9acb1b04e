"""Words behind a peer that is away, slow or kept to a rate: nobody tries them, so their conversations are woken."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic

from channel.core import limits
from channel.core.breaker import State
from channel.core.errors import StoreError
from channel.core.pacing import Peer, slots
from channel.logs import log


class Behind:
    """`wake`: wakes those whose words have waited too long for one of these peers, and who have not been told.

    `rated`: requests to RapidPro wait for their turn, by the operator's setting.
    """

    def __init__(
        self,
        wake: Callable[[Sequence[int]], Awaitable[None]],
        clock: Callable[[], float] = monotonic,
        *,
        rated: bool = False,
    ) -> None:
        self._wake = wake
        self._clock = clock
        self._rated = rated
        self._looked_at = -limits.BEHIND_EVERY

    async def look(self, peers: Sequence[Peer], busy: Mapping[int, int], now: datetime) -> None:
        """Every now and then, and while nobody is waited for never. `busy`: lanes of each peer under way.

        If it cannot be done it is left until the next time: claims do not wait for it.
        """
        waited_for = [peer.id for peer in peers if self._may_be_waited_for(peer, busy.get(peer.id, 0), now)]
        if not waited_for or self._clock() - self._looked_at < limits.BEHIND_EVERY:
            return
        self._looked_at = self._clock()
        try:
            await self._wake(waited_for)
        except StoreError as error:
            log.warning("behind_unseen", error=str(error))

    def _may_be_waited_for(self, peer: Peer, busy: int, now: datetime) -> bool:
        if peer.breaker.state is not State.CLOSED or slots(busy) == 0:
            return True
        return self._rated and peer.next_at is not None and peer.next_at > now
