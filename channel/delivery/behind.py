"""Words behind a peer that is away, slow or kept to a rate: nobody tries them, so their conversations are woken."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic

from channel.core import limits
from channel.core.breaker import State
from channel.core.pacing import Peer, slots


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

    async def look(self, peers: Sequence[Peer], busy: Mapping[int, int]) -> None:
        """Every now and then, and while all is well never. `busy`: lanes of each peer under way. StoreError."""
        waited_for = [peer.id for peer in peers if self._may_be_waited_for(peer, busy.get(peer.id, 0))]
        if waited_for and self._clock() - self._looked_at >= limits.BEHIND_EVERY:
            await self._wake(waited_for)
            self._looked_at = self._clock()

    def _may_be_waited_for(self, peer: Peer, busy: int) -> bool:
        if peer.breaker.state is not State.CLOSED or slots(busy) == 0:
            return True
        return self._rated and peer.next_at is not None
