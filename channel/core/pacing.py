"""How many lanes of which peer may be taken now: its slots, its breaker, its limiter and its rate, put together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import Final

from channel.core import breaker, limiter, limits
from channel.core.breaker import Breaker, State
from channel.core.limiter import Window
from channel.core.values import dataclass


class Dest(StrEnum):
    ROCKETCHAT = "rocketchat"
    RAPIDPRO = "rapidpro"


#: By the `route` of a lane (`mark_due` says which it is), what of Rocket.Chat's its head counts against; the first goes
#: before the others. "" is anything else: what is seldom asked is not taken from a window beforehand.
ROUTES: Final[Mapping[str, str]] = {
    "author": "POST livechat/message",
    "bot": "",  # with a login it is another caller, who may be free of the limit
    "visitor": "POST livechat/visitor",
    "room": "GET livechat/room",
    "message": "POST livechat/message",
    "": "",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """What all replicas know of a peer. `paced`: each claim of its lanes has to be accounted for."""

    id: int
    dest: Dest
    address: str
    paced: bool = True
    breaker: Breaker = field(default_factory=Breaker)
    windows: Mapping[str, Window] = field(default_factory=dict)
    next_at: datetime | None = None  #: when the next request may go, by the rate
    waits: bool = True  #: is there anything for it?


@dataclass(frozen=True, slots=True)
class Gate:
    """Lanes of a peer whose heads take one route: how many may be taken, if any of them are due."""

    peer: int
    route: str
    window: str  #: of all gates with the same one together, at most
    lanes: int
    most: int  #: of all gates of the peer together
    overdue: float = 0.0  #: only those that were due so many seconds ago
    reach: float | None = None  #: and not those that were due more than so many seconds ago
    locked: bool = False  #: the peer is ours for the moment: nobody else takes of it


@dataclass(frozen=True, slots=True)
class Pass:
    """How a lane was taken."""

    paced: bool = False  #: it was accounted for: how it ends may let others go
    granted: bool = False  #: it looks whether the peer is there, or is of a step of its slow start
    given_up: bool = False  #: it is not to be tried: its peer has been away for too long
    window: str = ""  #: what it was taken from, as far as that is limited
    wait: float = 0.0  #: seconds until it may go, by the rate
    requests: int = 0  #: that have their time in it


def is_paced(peer: Peer, rate: float, now: datetime) -> bool:
    """Does anything about the peer need to be accounted for?"""
    if peer.breaker.state is not State.CLOSED or _rated(peer, rate):
        return True
    return peer.dest is Dest.ROCKETCHAT and any(_room(peer, window, now) is not None for window in ROUTES.values())


def free(peer: Peer, busy: int, *, reach: float | None = None) -> list[Gate]:
    """What may be taken of a peer that nothing is to be accounted for: as much as it has slots left here."""
    most = slots(busy)
    return [Gate(peer.id, route, ROUTES[route], most, most, reach=reach) for route in _routes(peer)] if most else []


def slots(busy: int) -> int:
    """Of a peer, where so many are taken."""
    return max(limits.PEER_SLOTS - busy, 0)


def gates(peer: Peer, busy: int, rate: float, now: datetime) -> list[Gate]:
    """What may be taken of a peer that is ours for the moment."""
    most = slots(busy)
    may = breaker.allowed(peer.breaker, now)
    overdue = 0.0
    if may == 0 and breaker.given_up(peer.breaker, now):
        may, overdue = None, limits.RETRY_HORIZON
    most = most if may is None else min(most, may)
    if _rated(peer, rate) and not overdue:
        most = min(most, _in_time(peer, rate, now))
    if most <= 0:
        return []
    found = []
    for route in _routes(peer):
        left = None if overdue else _room(peer, ROUTES[route], now)
        if left != 0:
            lanes = most if left is None else min(most, left)
            found.append(Gate(peer.id, route, ROUTES[route], lanes, most, overdue, locked=True))
    return found


def passed(
    peer: Peer, routes: Sequence[str], rate: float, now: datetime, asking: Collection[int] = ()
) -> tuple[Peer, list[Pass]]:
    """Lanes of these routes have been taken by those gates: how each was, and what is known of the peer from here.

    `asking`: places of those that ask before they send, and make two requests.
    """
    may = breaker.allowed(peer.breaker, now)
    if may == 0:
        return peer, [Pass(paced=True, given_up=True) for _ in routes]
    windows = dict(peer.windows)
    for window in {ROUTES[route] for route in routes} - {""}:
        calls = sum(ROUTES[route] == window for route in routes)
        windows[window] = limiter.taken(_window(peer, window), calls, now)
    after = replace(peer, breaker=breaker.granted(peer.breaker, len(routes), now), windows=windows)
    granted = may is not None
    if not _rated(peer, rate):
        return after, [Pass(paced=True, granted=granted, window=ROUTES[route]) for route in routes]
    start, gap = _next(peer, now), 1 / rate
    requests = [1 + (place in asking) for place, _ in enumerate(routes)]
    *before, all_of_them = accumulate(requests, initial=0)
    after = replace(after, next_at=start + timedelta(seconds=gap * all_of_them))
    wait = (start - now).total_seconds()
    return after, [
        Pass(paced=True, granted=granted, window=ROUTES[route], wait=wait + earlier * gap, requests=own)
        for route, earlier, own in zip(routes, before, requests, strict=True)
    ]


def delayed(peer: Peer, requests: int, rate: float, now: datetime) -> Peer:
    """So many more requests were made than lanes were taken: the next ones go as much later."""
    if not requests or not _rated(peer, rate):
        return peer
    return replace(peer, next_at=_next(peer, now) + timedelta(seconds=requests / rate))


def _routes(peer: Peer) -> Sequence[str]:
    return tuple(ROUTES) if peer.dest is Dest.ROCKETCHAT else ("",)


def _rated(peer: Peer, rate: float) -> bool:
    return rate > 0 and peer.dest is Dest.RAPIDPRO


def _room(peer: Peer, window: str, now: datetime) -> int | None:
    return limiter.room(_window(peer, window), now) if window else None


def _window(peer: Peer, window: str) -> Window:
    return peer.windows.get(window) or Window()


def _next(peer: Peer, now: datetime) -> datetime:
    return max(now, peer.next_at) if peer.next_at else now


def _in_time(peer: Peer, rate: float, now: datetime) -> int:
    """Requests whose moment is near enough to wait for it."""
    ahead = limits.RATE_AHEAD - (_next(peer, now) - now).total_seconds()
    return int(ahead * rate) + 1 if ahead >= 0 else 0
