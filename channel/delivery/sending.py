"""One attempt at a delivery, from claim to outcome. Whatever happens, there is an outcome."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Final

from channel import metrics
from channel.core import limits
from channel.core.addresses import ByDelivery
from channel.core.claimed import Claimed, check_crashes, check_given_up, needless
from channel.core.errors import Ambiguous, DeliveryError, Failure, ProtocolError, Refused, Rejected
from channel.core.events import AttemptMade, DeliveryDone, DeliveryFailed, Outcome
from channel.core.learned import Learned
from channel.core.owed import Lane, LookForHold, Owed, PostToRoom, ReadHistory, ReplyToContact
from channel.core.pacing import Dest
from channel.logs import log
from channel.transport import Trail

#: whose lanes lead to RapidPro
TO_RAPIDPRO: Final = frozenset({Lane.TO_CONTACT, Lane.STATUS})

Send = Callable[[Claimed, Trail], Awaitable[Learned]]


class Sending:
    """Has the exchange a delivery is for. `peers`: who sends what of which lane."""

    def __init__(self, peers: Mapping[Lane, Send], dice: Callable[[], float] = random.random) -> None:
        self._peers = peers
        self._dice = dice

    async def __call__(self, claimed: Claimed) -> Outcome:
        """Deliver it, and say how it ended; an error of our own is an outcome too, not the end of the worker."""
        began = perf_counter()
        outcome = await self._deliver(claimed)
        # The class, not the code: a code can be a peer's own word.
        result = "done" if isinstance(outcome, DeliveryDone) else outcome.failure.kind.__name__.lower()
        metrics.attempts.labels(dest_of(claimed.owed), result).inc()
        if result == "done" and isinstance(claimed.owed, PostToRoom | ReplyToContact):
            seconds = claimed.waited + perf_counter() - began
            metrics.e2e_seconds.labels(claimed.owed.lane).observe(seconds, {"message": str(claimed.message)})
        return outcome

    async def _deliver(self, claimed: Claimed) -> Outcome:
        if claimed.passed.wait:
            await asyncio.sleep(claimed.passed.wait)
        trail = Trail(accounted=claimed.passed.requests)
        try:
            check_given_up(claimed)
            check_crashes(claimed)
            # One deadline for all that an attempt asks: a lease outlives it.
            async with asyncio.timeout(limits.EXCHANGE_DEADLINE):
                learned = needless(claimed) or await self._peers[claimed.owed.lane](claimed, trail)
        except DeliveryError as error:
            return self.failed(claimed, error, trail)
        except TimeoutError:
            return self.failed(claimed, _unclear(trail, "timeout", "no answer in time"), trail)
        except ProtocolError as error:
            return self.failed(claimed, _unclear(trail, error.code, error.message), trail)
        except Exception as error:
            log.exception("delivery_crashed", delivery=claimed.delivery, error=type(error).__name__)
            return self.failed(claimed, _unclear(trail, "crashed", f"our own {type(error).__name__}"), trail)
        return DeliveryDone(_address(claimed), claimed.lease, learned, _made(claimed, trail))

    def unsaveable(self, claimed: Claimed) -> DeliveryFailed:
        """The outcome to save instead of one that the store refuses."""
        return self.failed(claimed, Refused("unsaveable", "the outcome of the attempt cannot be saved"), Trail())

    def failed(self, claimed: Claimed, error: DeliveryError, trail: Trail) -> DeliveryFailed:
        """The outcome of an attempt that ended with this error."""
        return DeliveryFailed(_address(claimed), claimed.lease, Failure.of(error), self._dice(), _made(claimed, trail))


def dest_of(owed: Owed) -> Dest:
    """Who is asked when it is delivered."""
    asks_rocketchat = owed.lane not in TO_RAPIDPRO or isinstance(owed, LookForHold | ReadHistory)
    return Dest.ROCKETCHAT if asks_rocketchat else Dest.RAPIDPRO


def _address(claimed: Claimed) -> ByDelivery:
    return ByDelivery(claimed.delivery, claimed.conversation)


def _unclear(trail: Trail, code: str, message: str) -> DeliveryError:
    """An answer we cannot read, or an error of ours: once something was asked, nobody knows what became of it."""
    return Ambiguous(code, message) if trail.asked else Rejected(code, message)


def _made(claimed: Claimed, trail: Trail) -> AttemptMade:
    asked, answered = ", ".join(trail.asked), ", ".join(trail.answered)
    return AttemptMade(asked, answered, round(trail.seconds, 3), claimed.attempts, claimed.room)
