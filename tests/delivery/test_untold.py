"""What becomes known of a peer while its row cannot be had: told later, in its order, as it was then."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channel.core.breaker import Breaker, State
from channel.core.errors import StoreBusy, StoreUnavailable
from channel.core.limiter import Allowance, Window, room, told
from channel.core.pacing import Dest, Peer
from channel.delivery.hearing import Clock, Hearing
from channel.delivery.pace import Change, Pace, PaceVerbs

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROUTE = "POST livechat/message"
CHAT, COURIER = 1, 2


class Rows:
    """The peers' rows, as long as they can be had; and a clock that is put on by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.away = False
        self.busy: set[int] = set()
        self.peers = {
            CHAT: Peer(CHAT, Dest.ROCKETCHAT, "http://chat.test", False, Breaker(), {}, None, True),
            COURIER: Peer(COURIER, Dest.RAPIDPRO, "http://courier.test", False, Breaker(), {}, None, True),
        }
        clock = Clock(lambda: self.seconds)
        self.pace = Pace(PaceVerbs(self._read, self._change), Hearing(clock), clock)

    @property
    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    async def _read(self) -> tuple[list[Peer], datetime]:
        self._reach()
        return list(self.peers.values()), self.now

    async def _change(self, number: int, change: Change) -> Peer | None:
        self._reach()
        if number in self.busy:
            raise StoreBusy("somebody has it")
        self.peers[number] = change(self.peers[number], self.now)
        return self.peers[number]

    def _reach(self) -> None:
        if self.away:
            raise StoreUnavailable("away")

    async def hears(self, number: int, **changes: Any) -> None:
        """Something of a peer's breaker."""
        await self.pace._change(
            self.peers[number], lambda peer, now: replace(peer, breaker=replace(peer.breaker, **changes))
        )


@pytest.fixture
async def rows() -> Rows:
    made = Rows()
    await made.pace.look()
    made.seconds = 1
    return made


async def test_a_limiters_window_that_has_ended_since_does_not_begin_anew(rows: Rows) -> None:
    def said(peer: Peer, now: datetime) -> Peer:
        windows: Mapping[str, Window] = {ROUTE: told(Window(), Allowance(10, 0, 60.0), now)}
        return replace(peer, windows=windows)

    rows.away = True
    await rows.pace._change(rows.peers[CHAT], said)
    rows.away, rows.seconds = False, 601
    await rows.pace.look()
    assert room(rows.peers[CHAT].windows[ROUTE], rows.now) == 10


async def test_what_is_heard_later_is_told_behind_it(rows: Rows) -> None:
    rows.away = True
    await rows.hears(CHAT, state=State.OPEN)
    rows.away = False
    await rows.hears(CHAT, state=State.CLOSED)
    rows.seconds = 2
    await rows.pace.look()
    assert rows.peers[CHAT].breaker.state is State.CLOSED


async def test_a_peer_that_somebody_has_keeps_nobody_from_looking(rows: Rows) -> None:
    rows.busy = {CHAT, COURIER}
    await rows.hears(CHAT, failures=1)
    await rows.hears(COURIER, failures=2)
    rows.busy, rows.seconds = {CHAT}, 2
    await rows.pace.look()
    assert [rows.peers[number].breaker.failures for number in (CHAT, COURIER)] == [0, 2]
    rows.busy, rows.seconds = set(), 3
    await rows.pace.look()
    assert rows.peers[CHAT].breaker.failures == 1
