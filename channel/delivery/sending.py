"""One attempt at a delivery, from claim to outcome. Whatever happens, there is an outcome."""

import random
from collections.abc import Awaitable, Callable, Mapping

from channel.core.claimed import Claimed, needless
from channel.core.errors import DeliveryError, Failure, ProtocolError, Rejected
from channel.core.events import AttemptMade, ByDelivery, DeliveryDone, DeliveryFailed, Outcome
from channel.core.owed import Lane, Learned
from channel.logs import log
from channel.transport import Trail

Send = Callable[[Claimed, Trail], Awaitable[Learned]]


class Sending:
    """Has the exchange a delivery is for. `peers`: who sends what of which lane."""

    def __init__(self, peers: Mapping[Lane, Send], dice: Callable[[], float] = random.random) -> None:
        self._peers = peers
        self._dice = dice

    async def __call__(self, claimed: Claimed) -> Outcome:
        """Deliver it, and say how it ended; an error of our own is an outcome too, not the end of the worker."""
        trail = Trail()
        address = ByDelivery(claimed.delivery)
        try:
            learned = needless(claimed) or await self._peers[claimed.owed.lane](claimed, trail)
        except DeliveryError as error:
            return DeliveryFailed(address, claimed.lease, Failure.of(error), self._dice(), _made(trail))
        except ProtocolError as error:
            rejected = Rejected(error.code, error.message)
            return DeliveryFailed(address, claimed.lease, Failure.of(rejected), self._dice(), _made(trail))
        except Exception as error:
            log.exception("delivery_crashed", delivery=claimed.delivery, error=type(error).__name__)
            crashed = Rejected("crashed", f"an error of our own: {type(error).__name__}")
            return DeliveryFailed(address, claimed.lease, Failure.of(crashed), self._dice(), _made(trail))
        return DeliveryDone(address, claimed.lease, learned, _made(trail))


def _made(trail: Trail) -> AttemptMade:
    return AttemptMade(", ".join(trail.asked), ", ".join(trail.answered), round(trail.seconds, 3))
