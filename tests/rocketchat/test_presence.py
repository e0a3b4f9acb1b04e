"""Is anybody there? Asked of a simulated Rocket.Chat over real HTTP, and remembered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from channel.core import limits
from channel.core.events import Presence, There
from channel.core.networks import THIS_MACHINE
from channel.rocketchat.presence import Desk
from channel.sandbox.rocketchat import Drops, RocketChat
from channel.sandbox.serving import serving
from channel.transport import Transport, open_http

AVAILABLE = Presence(There.AVAILABLE, certain=True)
NO_AGENTS = Presence(There.NO_AGENTS, certain=True)
UNKNOWN = Presence(There.UNKNOWN_DEPARTMENT, certain=True)
GUESS = Presence(There.AVAILABLE, certain=False)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Site:
    rocketchat: RocketChat
    desk: Desk
    clock: Clock
    transport: Transport
    url: str

    async def presence(self, department: str = "Support") -> Presence:
        return await self.desk.presence(self.url, department)

    @property
    def calls(self) -> int:
        return len(self.rocketchat.requests)


@asynccontextmanager
async def open_site(**options: Any) -> AsyncIterator[Site]:
    rocketchat = RocketChat(**options)
    async with serving(rocketchat.app) as url, open_http(THIS_MACHINE) as http:
        clock, transport = Clock(), Transport(http)
        site = Site(rocketchat, Desk(transport, clock), clock, transport, url)
        yield site
        await site.desk.aclose()
        await rocketchat.aclose()


async def test_what_is_said_of_departments_and_of_all_of_them() -> None:
    async with open_site() as site:
        billing = site.rocketchat.add_department("Billing", "maria.agent")
        site.rocketchat.add_department("Empty")
        site.rocketchat.add_department("Old", "joao.agent", enabled=False)
        site.rocketchat.go_offline("maria.agent")
        support = site.rocketchat.department("Support")
        assert await site.presence("Support") == await site.presence(support.id) == AVAILABLE
        assert await site.presence("Billing") == await site.presence(billing.id) == NO_AGENTS
        assert await site.presence("") == AVAILABLE
        for nobodys in ("Empty", "Old", "support", "Nowhere"):
            assert await site.presence(nobodys) == UNKNOWN
        site.rocketchat.go_offline("joao.agent")
        site.clock.now += limits.PRESENCE_FRESH
        assert await site.presence("") == await site.presence("Support") == NO_AGENTS


async def test_whoever_would_be_given_the_chat_counts() -> None:
    async with open_site() as site:
        night = site.rocketchat.add_department("Night", "maria.agent")
        site.rocketchat.add_department("Day", "joao.agent", fallback=night.id)
        site.rocketchat.go_offline("joao.agent")
        assert await site.presence("Day") == AVAILABLE
        site.rocketchat.go_offline("maria.agent")
        site.rocketchat.settings["Livechat_accept_chats_with_no_agents"] = True
        site.clock.now += limits.PRESENCE_FRESH
        assert await site.presence("Day") == AVAILABLE


@pytest.mark.parametrize("department", ["", "Support", "Nowhere"])
async def test_nobody_is_there_while_livechat_is_switched_off(department: str) -> None:
    async with open_site() as site:
        await site.presence(department)
        site.rocketchat.settings["Livechat_enabled"] = False
        site.clock.now += limits.PRESENCE_FRESH
        assert await site.presence(department) == NO_AGENTS
        site.rocketchat.settings["Livechat_enabled"] = True
        site.clock.now += limits.PRESENCE_FRESH
        assert (await site.presence(department)).there is not There.NO_AGENTS


async def test_whether_visitors_may_close_is_told_and_remembered() -> None:
    async with open_site(settings={"Omnichannel_allow_visitors_to_close_conversation": False}) as site:
        assert await site.presence() == Presence(There.AVAILABLE, certain=True, visitors_may_close=False)
        site.clock.now += limits.PRESENCE_KEPT
        site.rocketchat.faults.rest(Drops(), times=None)
        assert await site.presence() == Presence(There.AVAILABLE, certain=False, visitors_may_close=False)


async def test_an_answer_serves_for_ten_seconds_and_then_one_question_renews_it() -> None:
    async with open_site() as site:
        await site.presence()
        assert site.calls == 2  # which departments there are, and then of this one
        for _ in range(20):
            site.clock.now += limits.PRESENCE_FRESH / 21
            assert await site.presence() == AVAILABLE
        assert site.calls == 2
        site.rocketchat.go_offline("joao.agent")
        site.rocketchat.go_offline("maria.agent")
        site.clock.now += 1
        assert await site.presence() == NO_AGENTS
        assert site.calls == 3


async def test_a_department_that_has_just_been_made_or_renamed_is_known() -> None:
    async with open_site() as site:
        assert await site.presence("Billing") == UNKNOWN
        billing = site.rocketchat.add_department("Billing", "maria.agent")
        site.clock.now += limits.PRESENCE_FRESH
        assert await site.presence("Billing") == AVAILABLE
        billing.name = "Invoices"
        site.clock.now += limits.PRESENCE_FRESH
        assert await site.presence("Billing") == UNKNOWN
        assert await site.presence("Invoices") == AVAILABLE
        del site.rocketchat.departments[billing.id]
        site.clock.now += limits.PRESENCE_FRESH
        assert await site.presence(billing.id) == UNKNOWN


async def test_a_hundred_who_ask_at_once_share_the_questions() -> None:
    async with open_site() as site:
        site.rocketchat.add_department("Billing", "maria.agent")
        asked = (site.presence(("Support", "Billing")[number % 2]) for number in range(100))
        assert set(await asyncio.gather(*asked)) == {AVAILABLE}
        assert sorted(each.query.get("department", "") for each in site.rocketchat.requests) == sorted(
            ["", site.rocketchat.department("Support").id, site.rocketchat.department("Billing").id]
        )
