"""What is heard of a limiter holds back the route it is about, and nothing else."""

from datetime import UTC, datetime

import pytest

from channel.core.errors import Waiting
from channel.core.exchange import Reply, Request
from channel.core.limiter import Allowance
from channel.delivery.hearing import Clock, Hearing

CHAT, OTHER = "http://chat.test", "http://other.test"
POST = Request("POST", "/api/v1/livechat/message")
AS_BOT = Request("POST", "/api/v1/livechat/message", headers={"X-Auth-Token": "secret"})
HISTORY = Request("GET", "/api/v1/livechat/messages.history/r1")
SAID = b'{"error":"Error, too many requests. You must wait 17 seconds before trying this endpoint again."}'


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def hearing(seconds: Seconds) -> Hearing:
    clock = Clock(seconds)
    clock.set(datetime(2026, 11, 25, 12, tzinfo=UTC))
    return Hearing(clock)


def test_a_route_that_was_refused_is_not_asked_before_its_time(hearing: Hearing, seconds: Seconds) -> None:
    hearing.answered(CHAT, POST, Reply(429, SAID))
    seconds.now = 7
    with pytest.raises(Waiting) as raised:
        hearing.before(CHAT, POST, accounted=True)
    assert (raised.value.code, raised.value.seconds) == ("limited", 10)
    for address, request in ((CHAT, HISTORY), (CHAT, AS_BOT), (OTHER, POST)):
        hearing.before(address, request, accounted=True)
    seconds.now = 17
    hearing.before(CHAT, POST, accounted=True)


def test_the_last_call_of_a_window_is_known_from_its_answer(hearing: Hearing) -> None:
    head = {"x-ratelimit-limit": "5", "x-ratelimit-remaining": "0"}
    hearing.answered(CHAT, POST, Reply(200, b"{}", head))
    with pytest.raises(Waiting):
        hearing.before(CHAT, POST, accounted=True)


def test_what_was_said_is_told_once(hearing: Hearing) -> None:
    hearing.answered(CHAT, POST, Reply(429, SAID))
    hearing.answered(OTHER, Request("POST", "/c/ex/1/receive"), Reply(200, b"{}", {"content-type": "application/json"}))
    assert hearing.addresses() == [CHAT]
    assert hearing.said(CHAT) == {"POST livechat/message": [Allowance(0, 0, 17)]}
    assert hearing.said(CHAT) == {}


def test_requests_that_nobody_accounted_for_are_told_once(hearing: Hearing) -> None:
    for accounted in (True, False, True, False, True):
        hearing.before(OTHER, Request("POST", "/c/ex/1/receive"), accounted=accounted)
    assert [hearing.further(OTHER), hearing.further(OTHER)] == [2, 0]
