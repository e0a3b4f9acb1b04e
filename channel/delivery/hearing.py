"""What peers' answers say of how fast they may be asked, until all replicas are told. It hears of each request."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from time import monotonic
from typing import Final

from channel import metrics
from channel.core import limiter
from channel.core.errors import Waiting
from channel.core.exchange import Reply, Request
from channel.core.limiter import Allowance
from channel.core.pacing import Dest

#: of a refusal, enough for its sentence
_SENTENCE: Final = 1000


class Clock:
    """The database's time, as near as can be known without asking it."""

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self.seconds = seconds
        self.set(datetime.min.replace(tzinfo=UTC))

    def set(self, now: datetime) -> None:
        """The database has said so."""
        self._said, self._at = now, self.seconds()

    def now(self) -> datetime:
        return self._said + timedelta(seconds=self.seconds() - self._at)


class Hearing:
    """Between us and the peers' addresses. It holds back what a limiter has said it will not take."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: defaultdict[str, dict[str, list[Allowance]]] = defaultdict(dict)  #: by address and route
        self._shut: dict[tuple[str, str], datetime] = {}  #: until when
        self._further: Counter[str] = Counter()  #: requests by address that nobody has accounted for

    def before(self, address: str, request: Request, *, accounted: bool) -> None:
        """A request is about to be made. Raises Waiting if the limiter of its route takes nothing yet."""
        route = limiter.route_of(request.method, request.path, request.headers)
        now = self._clock.now()
        left = (self._shut.get((address, route), now) - now).total_seconds()
        if left > 0:
            metrics.limited.labels(Dest.ROCKETCHAT).inc()
            raise Waiting("limited", "Rocket.Chat's rate limiter wants a pause", seconds=max(left, 1.0))
        if not accounted:
            self._further[address] += 1

    def answered(self, address: str, request: Request, reply: Reply) -> None:
        """It was answered so."""
        route = limiter.route_of(request.method, request.path, request.headers)
        if not route:
            return
        is_refused = reply.status == HTTPStatus.TOO_MANY_REQUESTS
        sentence = reply.body[:_SENTENCE].decode(errors="replace") if is_refused else ""
        said = limiter.allowance(reply.status, reply.headers, sentence)
        if said is not None:
            self._said[address].setdefault(route, []).append(said)
        if said is not None and said.limit is not None and not said.left:
            self.shut(address, route, said.seconds)

    def shut(self, address: str, route: str, seconds: float) -> None:
        """The limiter of a route takes nothing for so long."""
        self._shut[address, route] = self._clock.now() + timedelta(seconds=seconds)

    def said(self, address: str) -> Mapping[str, list[Allowance]]:
        """What was said there, by route, since this was last asked."""
        return self._said.pop(address, {})

    def addresses(self) -> Iterable[str]:
        return list(self._said)

    def further(self, address: str) -> int:
        """How many requests were made there for which nobody has accounted; told once."""
        return self._further.pop(address, 0)
