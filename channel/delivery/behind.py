"""Words behind a peer that is away: nobody tries them, so their conversations are woken to say that they wait."""

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from channel.core import limits
from channel.core.breaker import State
from channel.core.pacing import Peer


class Behind:
    """`wake`: wakes those whose words have waited too long for one of these peers, and who have not been told."""

    def __init__(
        self, wake: Callable[[Sequence[int]], Awaitable[None]], clock: Callable[[], float] = monotonic
    ) -> None:
        self._wake = wake
        self._clock = clock
        self._looked_at = -limits.BEHIND_EVERY

    async def look(self, peers: Sequence[Peer]) -> None:
        """Every now and then, and while all is well never. StoreError if that cannot be."""
        away = [peer.id for peer in peers if peer.breaker.state is not State.CLOSED]
        if away and self._clock() - self._looked_at >= limits.BEHIND_EVERY:
            await self._wake(away)
            self._looked_at = self._clock()
