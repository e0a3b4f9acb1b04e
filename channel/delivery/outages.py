"""Whether a peer has been away for so long that it may have forgotten what it had to tell us."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Generic, TypeVar

from channel.core import limits
from channel.core.errors import Ambiguous, DeliveryError, Unavailable

Peer = TypeVar("Peer", bound=Hashable)


class Outages(Generic[Peer]):
    """By what our own attempts come to: as long as none is answered, the peer is away."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._since: dict[Peer, float] = {}

    @contextmanager
    def noticing(self, peer: Peer, is_back: Callable[[Peer], None]) -> Iterator[None]:
        """Around one attempt: `is_back` is told once of a peer that answers again after an outage."""
        try:
            yield
        except (Unavailable, Ambiguous, TimeoutError):
            self._since.setdefault(peer, self._clock())
            raise
        except DeliveryError:
            self._answered(peer, is_back)
            raise
        else:
            self._answered(peer, is_back)

    def _answered(self, peer: Peer, is_back: Callable[[Peer], None]) -> None:
        since = self._since.pop(peer, None)
        if since is not None and self._clock() - since >= limits.OUTAGE_LEAST:
            is_back(peer)
