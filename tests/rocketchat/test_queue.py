"""The queue and the agents, as three releases list them, in time whatever Rocket.Chat does, and not asked for twice."""

from collections.abc import AsyncIterator

import pytest

from channel.core import limits
from channel.core.networks import THIS_MACHINE
from channel.core.people import Bot
from channel.rocketchat.queue import AWAY, Queues
from channel.sandbox.rocketchat import Answers
from channel.sandbox.rocketchat.faults import Hangs
from channel.transport import Transport, open_http
from tests.rocketchat.peers import Site, open_site


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with open_site("8.8") as opened:
        yield opened


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def queues(clock: Clock) -> AsyncIterator[Queues]:
    async with open_http(THIS_MACHINE) as http:
        yield Queues(Transport(http), clock=clock)


def bot_of(site: Site, username: str = "bridge.bot") -> Bot:
    login = site.rocketchat.personal_access_token(username)
    return Bot(login.user_id, login.token)


def asked(site: Site) -> int:
    return sum(each.path.startswith("/api/v1/livechat/inquiries") for each in site.rocketchat.requests)


@pytest.mark.parametrize("version", ["4.8", "6.13", "8.8"])
async def test_who_waits_and_who_is_there_is_listed_by_every_release(version: str, queues: Queues) -> None:
    async with open_site(version) as site:
        site.rocketchat.go_offline("maria.agent")
        queue = await queues.look(site.url, bot_of(site))
        assert queue.missing == ()
        assert queue.waiting is not None
        assert [(each.name, each.since is not None) for each in queue.waiting] == [("Ana", True)]
        assert queue.agents is not None
        assert [(each.username, each.is_online, each.chats) for each in queue.agents] == [
            ("joao.agent", True, 0), ("maria.agent", False, 0),
        ]  # fmt: skip
        await site.rocketchat.take(site.room, "joao.agent")
        later = await queues.look(site.url, bot_of(site))  # another token: another login, of which nothing is known
        assert later.waiting == ()
        assert later.agents is not None
        assert [each.chats for each in later.agents] == [1, 0]
        assert later.online == 1


async def test_it_is_asked_once_in_a_while_however_many_look(site: Site, queues: Queues, clock: Clock) -> None:
    bot = bot_of(site)
    first = await queues.look(site.url, bot)
    assert await queues.look(site.url, bot) is first
    assert asked(site) == 1
    clock.now += limits.QUEUE_FRESH
    assert await queues.look(site.url, bot) is not first
    assert asked(site) == 2
    clock.now += 100 * limits.QUEUE_FRESH
    await queues.look("http://127.0.0.1:9", bot)
    assert list(queues._known) == [("http://127.0.0.1:9", bot)]


async def test_one_list_that_hangs_keeps_nobody_waiting_for_the_others(
    site: Site, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "QUEUE_SECONDS", 1.0)
    site.rocketchat.faults.rest(Hangs(60), at="GET livechat/inquiries.list")
    queue = await queues.look(site.url, bot_of(site))
    assert queue.waiting is None
    assert queue.agents is not None
    assert queue.missing == ("Rocket.Chat did not answer within 1 s: the queue cannot be shown.",)


async def test_what_the_bot_user_may_not_or_the_release_has_not_is_said(site: Site, queues: Queues) -> None:
    queue = await queues.look(site.url, bot_of(site, "joao.agent"))
    assert queue.waiting is None
    assert (
        "The bot user may not ask for this, which the role livechat-manager would allow: the queue cannot be shown."
        in (queue.missing)
    )


async def test_a_token_that_has_ended_is_said_once(site: Site, queues: Queues) -> None:
    queue = await queues.look(site.url, Bot("nobody", "wrong"))
    assert queue.missing == (
        "Rocket.Chat does not know the bot user's token: `live-agents workspaces edit` sets another.",
    )


async def test_one_who_is_away_is_not_asked_and_one_who_is_not_there_is_said_once(site: Site, clock: Clock) -> None:
    async with open_http(THIS_MACHINE) as http:
        known = Queues(Transport(http), away=lambda url: True, clock=clock)
        assert (await known.look(site.url, bot_of(site))).missing == (AWAY,)
        assert asked(site) == 0
        unknown = Queues(Transport(http), clock=clock)
        assert (await unknown.look("http://127.0.0.1:9", bot_of(site))).missing == (AWAY,)


@pytest.mark.parametrize("body", ["", "[]", '{"inquiries": 7}', '{"inquiries": [{"_id": 1}]}', "<html>"])
async def test_an_answer_that_is_none_is_a_sentence(body: str, site: Site, queues: Queues) -> None:
    site.rocketchat.faults.rest(Answers(200, body), at="GET livechat/inquiries.list")
    queue = await queues.look(site.url, bot_of(site))
    assert (queue.waiting, queue.agents is not None, len(queue.missing)) == (None, True, 1)
    assert "the queue cannot be shown" in queue.missing[0]
