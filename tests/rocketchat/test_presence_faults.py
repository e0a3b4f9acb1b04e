"""What a flow is told of presence while Rocket.Chat hangs, is down, limits or talks nonsense."""

import asyncio
import json
from collections.abc import Awaitable
from time import monotonic
from typing import Any

import pytest

from channel.core import limits
from channel.core.events import Presence, There
from channel.core.networks import THIS_MACHINE
from channel.rocketchat.presence import Desk
from channel.sandbox.rocketchat import Answers, Drops, Garbles, Hangs, Trickles
from channel.transport import Transport, open_http
from tests.rocketchat.test_presence import AVAILABLE, GUESS, NO_AGENTS, UNKNOWN, open_site

CONFIG = "GET livechat/config"
BUSY = 2.0  #: seconds by which a busy machine may be late: questions one after another would be later by far


async def in_time(asking: Awaitable[Presence]) -> Presence:
    began = monotonic()
    presence = await asking
    assert monotonic() - began < limits.PRESENCE_SECONDS + BUSY
    return presence


async def test_while_it_hangs_a_hundred_are_answered_in_time_by_one_question() -> None:
    async with open_site() as site:
        site.rocketchat.faults.rest(Hangs(30), times=None)
        asked = (in_time(site.presence()) for _ in range(100))
        assert set(await asyncio.gather(*asked)) == {GUESS}
        site.clock.now += limits.PRESENCE_SECONDS
        began = monotonic()
        assert await site.presence() == GUESS  # nobody waits for a question that has taken too long already
        assert monotonic() - began < limits.PRESENCE_SECONDS / 2
        assert site.calls == 1


async def test_an_answer_that_comes_too_late_for_one_is_in_time_for_the_next() -> None:
    async with open_site() as site:
        site.rocketchat.faults.rest(Hangs(1.3))
        assert await in_time(site.presence("")) == GUESS
        assert await site.presence("") == AVAILABLE
        assert site.calls == 1


async def test_two_slow_answers_together_take_no_longer_than_one_may() -> None:
    async with open_site() as site:
        site.rocketchat.faults.rest(Hangs(0.6), times=None)
        desk = Desk(site.transport)  # with the time as it goes
        assert await in_time(desk.presence(site.url, "Support")) == GUESS
        await desk.aclose()


FAULTS = [
    Hangs(30),
    Drops(),
    Drops(worked=True),
    Garbles(),
    Answers(200, "<html>"),
    Answers(200, ""),
    Answers(200, "[]"),
    Answers(200, '{"success":true}'),
    Answers(200, '{"success":true,"config":7}'),
    Answers(200, '{"success":false}'),
    Answers(400, '{"success":false}'),
    Answers(404, "nowhere"),
    Answers(502, "<html>"),
    Answers(503, ""),
    Answers(302, ""),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_whatever_it_does_the_answer_is_a_guess_or_its_last_word_and_not_certain(fault: Any) -> None:
    async with open_site() as site:
        site.rocketchat.faults.rest(fault, at=CONFIG, times=None)
        assert await in_time(site.presence()) == GUESS
        site.rocketchat.faults.clear()
        await site.desk.aclose()
        for agent in ("joao.agent", "maria.agent"):
            site.rocketchat.go_offline(agent)
        assert await site.presence() == NO_AGENTS
        assert await site.presence("Nowhere") == UNKNOWN
        site.rocketchat.faults.rest(fault, at=CONFIG, times=None)
        site.clock.now += limits.PRESENCE_KEPT - 1
        assert await in_time(site.presence()) == Presence(There.NO_AGENTS)
        assert await in_time(site.presence("Nowhere")) == Presence(There.UNKNOWN_DEPARTMENT)
        site.clock.now += 1
        assert await in_time(site.presence()) == await in_time(site.presence("Nowhere")) == GUESS


async def test_an_answer_that_trickles_in_is_not_waited_for() -> None:
    async with open_site() as site:
        site.rocketchat.faults.rest(Trickles(0.005))
        assert await in_time(site.presence()) == GUESS


async def test_nobody_listens() -> None:
    async with open_http(THIS_MACHINE) as http:
        desk = Desk(Transport(http))
        assert await in_time(desk.presence("http://127.0.0.1:9", "Support")) == GUESS
        assert await in_time(desk.presence("nonsense", "Support")) == GUESS


def limited(seconds: int) -> Answers:
    said = f"Error, too many requests. Please slow down. You must wait {seconds} seconds [error-too-many-requests]"
    return Answers(429, json.dumps({"success": False, "error": said}))


async def test_no_question_is_asked_while_the_limiter_wants_a_pause() -> None:
    async with open_site() as site:
        assert await site.presence() == AVAILABLE
        site.clock.now += limits.PRESENCE_FRESH
        site.rocketchat.faults.rest(limited(42))
        assert await in_time(site.presence()) == GUESS
        before = site.calls
        for department in ("Support", "", "Nowhere"):
            site.clock.now += 10
            assert not (await in_time(site.presence(department))).certain
        assert site.calls == before
        site.clock.now += 12
        assert await site.presence() == AVAILABLE
        assert site.calls == before + 1


async def test_the_limiter_of_a_workspace_is_obeyed_and_other_workspaces_are_not_held_up() -> None:
    async with open_site(limiter=True) as site, open_site() as other:
        for _ in range(10):
            await site.presence()
            site.clock.now += limits.PRESENCE_FRESH
        assert [each.status for each in site.rocketchat.requests] == [*[200] * 10, 429]
        assert await site.presence() == Presence(There.AVAILABLE, certain=False)
        assert await site.desk.presence(other.url, "Support") == AVAILABLE


async def test_a_question_that_was_given_up_leaves_nothing_behind() -> None:
    async with open_site() as site:
        site.rocketchat.faults.rest(Hangs(30))
        assert await in_time(site.presence()) == GUESS
        await site.desk.aclose()
        assert await site.presence() == AVAILABLE
