"""Words behind a peer that is away or kept to a rate: nobody tries them, so their conversations are woken to say so."""

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from channel.core import limits
from channel.core.breaker import State
from channel.core.pacing import Peer


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

    async def look(self, peers: Sequence[Peer]) -> None:
        """Every now and then, and while all is well never. StoreError if that cannot be."""
        waited_for = [peer.id for peer in peers if self._may_be_waited_for(peer)]
        if waited_for and self._clock() - self._looked_at >= limits.BEHIND_EVERY:
            await self._wake(waited_for)
            self._looked_at = self._clock()

    def _may_be_waited_for(self, peer: Peer) -> bool:
        return peer.breaker.state is not State.CLOSED or (self._rated and peer.next_at is not None)
