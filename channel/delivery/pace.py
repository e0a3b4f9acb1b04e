"""How fast each peer is asked: what this replica knows of its peers, and what it tells the others of them.

It knows neither Postgres nor HTTP: it is given how peers are read and changed. What all replicas share is in the peers'
rows; what is here is at most `limits.PEERS_FRESH` seconds old. While all is well a delivery costs no look at it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeAlias

from channel.core import breaker, limiter, limits, pacing
from channel.core.breaker import State, Verdict
from channel.core.claimed import Claimed
from channel.core.errors import StoreBusy, StoreError, StoreRefused, StoreUnavailable
from channel.core.events import DeliveryFailed, Outcome
from channel.core.limiter import Allowance, Window
from channel.core.pacing import Dest, Pass, Peer
from channel.core.values import dataclass
from channel.delivery.hearing import Clock, Hearing
from channel.logs import log

Change: TypeAlias = Callable[[Peer, datetime], Peer]


@dataclass(frozen=True, slots=True)
class PaceVerbs:
    """What is done with peers, as it is given."""

    read: Callable[[], Awaitable[tuple[Sequence[Peer], datetime]]]
    change: Callable[[int, Change], Awaitable[Peer | None]]  #: at the database's time, for all replicas


@dataclass(frozen=True, slots=True)
class _Known:
    """The peers as they were at a moment of the process's own clock."""

    peers: Mapping[int, Peer]
    at: float


@dataclass(frozen=True, slots=True, eq=False)
class _Untold:
    """What has become known of a peer, and could not be told."""

    peer: Peer
    change: Change
    heard_at: datetime

    def late(self, peer: Peer, now: datetime) -> Peer:
        """As it was then: a limiter's window that has ended since does not begin anew."""
        return self.change(peer, min(now, self.heard_at))


class Pace:
    """The peers, as one replica knows them. `rate`: requests a second to each RapidPro, by all replicas together."""

    def __init__(self, verbs: PaceVerbs, hearing: Hearing, clock: Clock, *, rate: float = 0.0) -> None:
        self._verbs = verbs
        self._hearing = hearing
        self._rate = rate
        self._clock = clock
        self._known: _Known | None = None
        self._looking = asyncio.Lock()
        self._untold: deque[_Untold] = deque(maxlen=limits.UNTOLD_KEPT)

    @property
    def peers(self) -> Sequence[Peer]:
        return list(self._known.peers.values()) if self._known else []

    async def look(self, fresh: float = limits.PEERS_FRESH) -> None:
        """Know the peers as they are, if what is known is older than `fresh` seconds. StoreError if that cannot be."""
        if self._is_fresh(fresh):
            return
        async with self._looking:
            if not self._is_fresh(fresh):
                await self._look()

    def _is_fresh(self, seconds: float) -> bool:
        return self._known is not None and self._clock.seconds() - self._known.at < seconds

    async def _look(self) -> None:
        await self._tell_all()
        for address in self._hearing.addresses():
            await self._learn(self._at(address), self._hearing.said(address))
        await self._make_up()
        peers, now = await self._verbs.read()
        self._clock.set(now)
        self._known = _Known({peer.id: peer for peer in peers}, self._clock.seconds())
        for peer in peers:
            await self._correct(peer, now)

    def away(self, address: str) -> bool:
        """Is nobody to be asked there, as far as we know?"""
        return any(peer.address == address and peer.breaker.state is State.OPEN for peer in self.peers)

    async def record(self, claimed: Claimed, outcome: Outcome, asked: Dest) -> None:
        """Let all replicas know what an attempt says of the peer that was asked, if it says anything new."""
        told = breaker.verdict(outcome)
        peer = self._known.peers.get(claimed.peer) if self._known else None
        if peer is not None and peer.dest is not asked:
            await self._note(peer, claimed, Verdict.NOTHING)
            address = claimed.rocketchat_url if asked is Dest.ROCKETCHAT else claimed.rapidpro_url
            peer = self._at(address, asked)
            # it was accounted for only if it went (`wait_for_spare`)
            granted = told is not Verdict.NOTHING and peer is not None and peer.breaker.state is not State.CLOSED
            claimed = replace(claimed, passed=Pass(granted=granted, window=limiter.HISTORY))
        if peer is not None:
            await self._note(peer, claimed, told, held_back=_is_held_back(outcome))

    async def wait_for_spare(self, address: str, route: str) -> float:
        """Seconds until something may be asked of a Rocket.Chat that is not urgent, and in no lane that leads there.

        0, and it has been accounted for: as a look whether it is back, if it is away. StoreError if nobody can say so.
        """
        await self.look()
        peer = self._at(address, Dest.ROCKETCHAT)
        if peer is None or (peer.breaker.state is State.CLOSED and peer.windows.get(route) == Window(known=True)):
            return 0.0
        waits = [0.0]

        def spared(peer: Peer, now: datetime) -> Peer:
            window = peer.windows.get(route) or Window()
            if breaker.allowed(peer.breaker, now) == 0:
                waits.append(limits.PROBE_GAP)
                return peer
            if limiter.spare(window, now) == 0:
                waits.append(limiter.seconds_left(window, now))
                return peer
            windows = {**peer.windows, route: limiter.spared(window, now)}
            return replace(peer, breaker=breaker.granted(peer.breaker, 1, now), windows=windows)

        await self._verbs.change(peer.id, spared)
        return waits[-1]

    async def _note(self, peer: Peer, claimed: Claimed, told: Verdict, *, held_back: bool = False) -> None:
        """`held_back`: the limiter had said that it takes nothing; so nothing is given back to it."""
        said = self._hearing.said(peer.address)
        passed = claimed.passed

        def noted(peer: Peer, now: datetime) -> Peer:
            after = breaker.after(peer.breaker, told, began=claimed.now, was_granted=passed.granted, now=now)
            windows = _heard(peer.windows, said, now)
            unused = told is Verdict.NOTHING and not held_back
            if (used := windows.get(passed.window)) and (unused or not used.known):
                windows = {**windows, passed.window: limiter.returned(used)}
            return replace(peer, breaker=after, windows=windows)

        is_limited = passed.window and peer.windows.get(passed.window) != Window(known=True)
        accounted = passed.granted or is_limited
        if accounted or noted(peer, self._clock.now()) != peer:
            await self._change(peer, noted)

    async def _learn(self, peer: Peer | None, said: Mapping[str, list[Allowance]]) -> None:
        """What was heard beside deliveries."""

        def learned(peer: Peer, now: datetime) -> Peer:
            return replace(peer, windows=_heard(peer.windows, said, now))

        if peer is not None and learned(peer, self._clock.now()) != peer:
            await self._change(peer, learned)

    async def _make_up(self) -> None:
        """For requests that were made beyond those that had their time: the next ones go as much later."""
        for peer in self.peers if self._rate else ():
            if peer.dest is Dest.RAPIDPRO and (further := self._hearing.further(peer.address)):
                await self._change(peer, partial(_delayed, further, self._rate))

    async def _correct(self, peer: Peer, now: datetime) -> None:
        """What has come to be by the time that has passed, or by another setting than before."""

        def corrected(peer: Peer, now: datetime) -> Peer:
            return peer if waits else replace(peer, breaker=breaker.idle(peer.breaker, now))

        waits = peer.waits
        is_wrong = corrected(peer, now) != peer or pacing.is_paced(peer, self._rate, now) != peer.paced
        if is_wrong and not self._waits(peer):
            await self._change(peer, corrected)
        for route, window in peer.windows.items():
            if route not in pacing.ROUTES.values() and limiter.room(window, now) == 0:
                self._hearing.shut(peer.address, route, limiter.seconds_left(window, now))

    async def _change(self, peer: Peer, change: Change) -> None:
        """Let this become of a peer; while the database is away, later: nothing else may say the same again."""
        untold = _Untold(peer, change, self._clock.now())
        if self._waits(peer):
            self._untold.append(untold)  # behind what was heard before
            return
        try:
            await self._tell(peer, change)
        except StoreError as error:
            log.warning("pace_untold", error=str(error))
            if isinstance(error, StoreUnavailable):
                self._untold.append(untold)

    def _waits(self, peer: Peer) -> bool:
        return any(untold.peer.id == peer.id for untold in self._untold)

    async def _tell_all(self) -> None:
        """What could not be told before, in its order. StoreUnavailable if it still cannot be.

        What is of a peer that somebody has at the moment waits on, and keeps no other peer's waiting.
        """
        busy: set[int] = set()
        for untold in list(self._untold):
            if untold.peer.id in busy:
                continue
            try:
                await self._tell(untold.peer, untold.late)
            except StoreBusy:
                busy.add(untold.peer.id)
                continue
            except StoreRefused as error:
                log.warning("pace_untold", error=str(error))
            if untold in self._untold:
                self._untold.remove(untold)

    async def _tell(self, peer: Peer, change: Change) -> None:
        after = await self._verbs.change(peer.id, change)
        if after is None or self._known is None:
            return
        self._known = replace(self._known, peers={**self._known.peers, peer.id: after})
        before, state = peer.breaker.state, after.breaker.state
        if before is not state and state is State.OPEN:
            log.warning("peer_away", dest=peer.dest, address=peer.address)
        if before is not state and state is State.CLOSED:
            log.info("peer_back", dest=peer.dest, address=peer.address)

    def _at(self, address: str, dest: Dest | None = None) -> Peer | None:
        return next((p for p in self.peers if p.address == address and dest in {None, p.dest}), None)


def _is_held_back(outcome: Outcome) -> bool:
    return isinstance(outcome, DeliveryFailed) and outcome.failure.code == "limited"


def _delayed(requests: int, rate: float, peer: Peer, now: datetime) -> Peer:
    return pacing.delayed(peer, requests, rate, now)


def _heard(windows: Mapping[str, Window], said: Mapping[str, list[Allowance]], now: datetime) -> Mapping[str, Window]:
    after = dict(windows)
    for route, answers in said.items():
        for each in answers:
            after[route] = limiter.told(after.get(route) or Window(), each, now)
    return after
