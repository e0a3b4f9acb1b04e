"""What a bot user and an administrator may do, asked of the sandbox over HTTP: each release says it otherwise."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from channel.core.errors import ChannelError, DeliveryError, ProtocolError, Rejected
from channel.core.exchange import Reply
from channel.core.networks import THIS_MACHINE
from channel.core.people import Bot
from channel.rocketchat.admin import RocketChatAdmin, server_version
from channel.rocketchat.wire import admin as wire
from channel.rocketchat.wire import lists
from channel.rocketchat.wire.admin import SecondFactor, SecondFactorWanted, Setting
from channel.sandbox.rocketchat import PROFILES, RocketChat
from channel.sandbox.rocketchat.faults import Answers
from channel.sandbox.serving import serving
from channel.transport import Transport, open_http
from tests import reading_samples as samples
from tests.rocketchat.peers import open_site
from tests.sandbox.conftest import Switchboard

pytestmark = pytest.mark.anyio

VERSIONS = ("4.8", "6.13", "8.8")
URL = {"url": "https://bridge.example.org/hook", "secret": "s3cr3t", "on_close": True}


@dataclass
class Office:
    """A Rocket.Chat, and its administrator and bot user at our end."""

    rocketchat: RocketChat
    transport: Transport
    url: str

    def as_user(self, username: str, *, bypasses_two_factor: bool = True) -> RocketChatAdmin:
        token = self.rocketchat.personal_access_token(username, bypasses_two_factor=bypasses_two_factor)
        return RocketChatAdmin(self.transport, self.url, Bot(token.user_id, token.token))


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def board(anyio_backend: str) -> AsyncIterator[tuple[Switchboard, Transport]]:
    board = Switchboard()
    async with serving(board) as board.address, open_http(THIS_MACHINE) as http:
        yield board, Transport(http)


@pytest.fixture(params=VERSIONS)
async def office(request: pytest.FixtureRequest, board: tuple[Switchboard, Transport]) -> AsyncIterator[Office]:
    switchboard, transport = board
    rocketchat = RocketChat(PROFILES[request.param])
    yield Office(rocketchat, transport, switchboard.connect(rocketchat.app))
    await rocketchat.aclose()


async def _takes_anything(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(status_code=200)(scope, receive, send)


async def test_the_version_is_whole_for_who_is_logged_in(office: Office) -> None:
    whole = office.rocketchat.profile.version
    assert await office.as_user("bridge.bot").version() == whole
    assert whole.startswith(await server_version(office.transport, office.url))


async def test_it_says_who_one_is(office: Office) -> None:
    account = await office.as_user("bridge.bot").me()
    assert (account.username, account.roles) == ("bridge.bot", frozenset({"bot", "livechat-manager"}))
    assert not account.is_agent
    assert await office.as_user("admin").user(account.id) == account


async def test_the_webhook_page_is_written_and_read(office: Office) -> None:
    """By the route there is for it, or setting by setting, which is an administrator's right."""
    admin = office.as_user("admin")
    before = await admin.webhook()
    assert (before.url, before.on_close) == ("", False)
    await admin.write_webhook(URL)
    after = await admin.webhook()
    assert (after.url, after.secret, after.on_close) == tuple(URL.values())
    assert (after.on_start, after.timeout) == (before.on_start, before.timeout)
    assert "s3cr3t" not in repr(after)


async def test_a_bot_user_writes_it_where_there_is_a_route(office: Office) -> None:
    bot = office.as_user("bridge.bot")
    if office.rocketchat.profile.integrations_route:
        await bot.write_webhook(URL)
        assert (await bot.webhook()).url == URL["url"]
    else:
        with pytest.raises(DeliveryError) as error:
            await bot.write_webhook(URL)
        assert error.value.code == "http_403"
        assert (await bot.webhook()).url == ""


async def test_a_setting_wants_a_second_factor_of_who_has_not_done_without(office: Office) -> None:
    admin = office.as_user("admin", bypasses_two_factor=False)
    with pytest.raises(SecondFactorWanted) as wanted:
        await admin.write_setting("Livechat_webhookUrl", "https://a.example.org")
    assert wanted.value.method == "password"
    with pytest.raises(SecondFactorWanted):
        await admin.write_setting("Livechat_webhookUrl", "https://a.example.org", SecondFactor.password("no"))
    await admin.write_setting("Livechat_webhookUrl", "https://a.example.org", SecondFactor.password("admin"))
    assert await admin.setting("Livechat_webhookUrl") == "https://a.example.org"


async def test_settings_are_an_administrators(office: Office) -> None:
    admin = office.as_user("admin")
    assert [await admin.setting(each) for each in (Setting.MESSAGE_SIZE, Setting.LIMITER)] == [5000, False]
    assert await admin.setting("No_Such_Setting") is None
    with pytest.raises(DeliveryError) as error:
        await office.as_user("bridge.bot").setting(Setting.MESSAGE_SIZE)
    assert error.value.code == "http_403"


async def test_every_setting_that_we_name_is_one(office: Office) -> None:
    admin = office.as_user("admin")
    assert [each for each in Setting if await admin.setting(each) is None] == []


async def test_a_wrong_login_is_known_as_that(office: Office) -> None:
    admin = RocketChatAdmin(office.transport, office.url, Bot("nobody", "wrong"))
    with pytest.raises(DeliveryError) as error:
        await admin.me()
    assert error.value.code == wire.NO_LOGIN


async def test_departments_and_their_agents(office: Office) -> None:
    office.rocketchat.add_department("Night", enabled=False)
    bot = office.as_user("bridge.bot")
    listed = {each.name: each for each in await bot.departments()}
    assert [(name, each.enabled, each.agents) for name, each in listed.items()] == [
        ("Support", True, 2),
        ("Night", False, 0),
    ]
    staffed = await bot.department(listed["Support"].id)
    assert staffed is not None
    assert staffed.agents == {office.rocketchat.user(name).id for name in ("joao.agent", "maria.agent")}
    assert await bot.department("none") is None


async def test_agents_who_are_there_and_who_are_not(office: Office) -> None:
    office.rocketchat.go_offline("maria.agent")
    agents = await office.as_user("bridge.bot").agents()
    assert {each.agent.username: each.is_online for each in agents} == {"joao.agent": True, "maria.agent": False}


async def test_a_list_is_read_to_its_end(office: Office) -> None:
    for number in range(120):
        office.rocketchat.add_department(f"d{number}")
    assert len(await office.as_user("bridge.bot").departments()) == 121


async def test_who_has_the_permission_to_pass_the_limiter(office: Office) -> None:
    admin = office.as_user("admin")
    assert await admin.roles_with() == frozenset({"admin", "bot", "app"})
    assert await admin.roles_with("no-such-permission") is None
    await admin.add_role("maria.agent", "bot")
    assert "bot" in office.rocketchat.user("maria.agent").roles
    await admin.remove_role("maria.agent", "bot")
    assert "bot" not in office.rocketchat.user("maria.agent").roles


async def test_custom_fields_are_made_where_there_is_a_route(office: Office) -> None:
    office.rocketchat.add_custom_field("rapidpro_uuid")
    bot = office.as_user("bridge.bot")
    if office.rocketchat.profile.custom_fields_route:
        await bot.add_custom_field("rapidpro_language")
        known = await bot.custom_fields()
        assert [(each.id, each.scope) for each in known] == [
            ("rapidpro_uuid", "visitor"),
            ("rapidpro_language", "visitor"),
        ]
        await bot.remove_custom_field("rapidpro_language")
    else:
        with pytest.raises(DeliveryError) as error:
            await bot.add_custom_field("rapidpro_language")
        assert error.value.code in wire.NO_ROUTE
    assert [each.id for each in await bot.custom_fields()] == ["rapidpro_uuid"]


async def test_the_test_button_says_whether_it_was_answered(
    office: Office, board: tuple[Switchboard, Transport]
) -> None:
    bot = office.as_user("bridge.bot")
    assert not await bot.test_webhook()
    office.rocketchat.connect(board[0].connect(_takes_anything))
    assert await bot.test_webhook()
    office.rocketchat.connect(office.url)  # where nothing takes it
    assert not await bot.test_webhook()


async def test_the_queue_and_the_rooms_are_listed() -> None:
    async with open_site() as site, open_http(THIS_MACHINE) as http:
        token = site.rocketchat.personal_access_token("bridge.bot")
        bot = RocketChatAdmin(Transport(http), site.url, Bot(token.user_id, token.token))
        waiting = await bot.inquiries()
        rooms = await bot.open_rooms()
        assert [(each.room, each.status, each.name) for each in waiting] == [(site.room, "queued", "Ana")]
        assert [(each.id, each.served_by) for each in rooms] == [(site.room, None)]
        assert "Ana" not in repr((waiting, rooms))
        await site.rocketchat.take(site.room, "joao.agent")
        assert await bot.inquiries() == ()
        (room,) = await bot.open_rooms()
        assert room.served_by is not None
        assert room.served_by.username == "joao.agent"
        await site.rocketchat.close(site.room, "joao.agent", "bye")
        assert await bot.open_rooms() == ()


async def test_what_leads_to_something_else_is_no_rocketchat() -> None:
    rocketchat = RocketChat()
    async with serving(rocketchat.app) as url, open_http(THIS_MACHINE) as http:
        for body in ('{"detail":"hello"}', '{"version":"latest"}', "<html>", "[]"):
            rocketchat.faults.rest(Answers(200, body))
            with pytest.raises(ChannelError):
                await server_version(Transport(http), url)
        await rocketchat.aclose()


@pytest.mark.parametrize("body", [b"{}", b'{"settings":null}', b'{"settings":[{"_id":"x"},7]}'])
def test_settings_that_are_not_there_are_off(body: bytes) -> None:
    had = samples.have(wire.webhook(Bot("u", "t")), Reply(200, body))
    assert (had.learned.url, had.learned.timeout, had.learned.on_close) == ("", None, False)


def test_a_list_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(ProtocolError):
        samples.have(lists.departments(Bot("u", "t")), Reply(200, b'{"departments":{}}'))


@pytest.mark.parametrize("code", ["totp-required", "totp-invalid"])
def test_a_second_factor_is_known_by_either_code(code: str) -> None:
    body = f'{{"success":false,"error":"TOTP [{code}]","errorType":"{code}","details":{{"method":"email"}}}}'
    with pytest.raises(SecondFactorWanted) as wanted:
        samples.have(wire.write_setting(Bot("u", "t"), "x", 1), Reply(400, body.encode()))
    assert wanted.value.method == "email"
    assert isinstance(wanted.value, Rejected)
