"""A third party's client, which knows nothing of us, gets along with the simulation."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from rocketchat_API.APIExceptions.RocketExceptions import RocketApiException, RocketAuthenticationException
from rocketchat_API.rocketchat import RocketChat as Client

from channel.sandbox.rocketchat import PROFILES
from tests.sandbox.conftest import Opener, Site

pytestmark = pytest.mark.anyio

BOT = ("bridge.bot", "bridge")


async def _with_client(site: Site, work: Callable[[Any], Any], *credentials: str) -> Any:
    """Let work be done with a client that has logged in; it is synchronous, and goes into a thread."""

    def do() -> Any:
        client = Client(*(credentials or BOT), server_url=site.url)
        with client.session:
            return work(client)

    return await asyncio.to_thread(do)


@pytest.mark.parametrize("version", sorted(PROFILES))
async def test_a_conversation(open_site: Opener, version: str) -> None:
    site = await open_site(version, hooked=False)

    def converse(client: Any) -> None:
        assert client.info()["version"].startswith(version)
        registered = client.livechat_register_visitor("token-1", visitor={"name": "Ana"})
        assert client.livechat_get_visitor("token-1")["visitor"] == registered["visitor"]
        rid = client.livechat_room("token-1")["room"]["_id"]
        assert client.livechat_message("token-1", rid, "Hello", _id="m-1")["message"]["rid"] == rid
        [inquiry] = client.livechat_inquiries_list()
        assert client.livechat_inquiries_get_one(rid)["inquiry"] == inquiry
        [agent] = client.livechat_get_users("agent", text="joao")
        assert client.livechat_inquiries_take(inquiry["_id"], userId=agent["_id"])["inquiry"]["status"] == "taken"
        assert list(client.livechat_inquiries_list()) == []
        [room] = client.livechat_rooms(open="true")
        assert room["servedBy"]["username"] == "joao.agent"
        sent = client.chat_send_message({"rid": rid, "msg": "from the bot", "_id": "b-1"})["message"]
        client.chat_update(rid, sent["_id"], "from the *bot*")
        client.chat_react(sent["_id"], ":white_check_mark:", shouldReact=True)
        client.chat_react(sent["_id"], ":white_check_mark:", shouldReact=True)
        assert client.chat_get_message("b-1")["message"]["reactions"] == {
            ":white_check_mark:": {"usernames": ["bridge.bot"]}
        }
        history = list(client.livechat_messages_history(rid, "token-1"))
        assert [each["msg"] for each in history] == ["from the *bot*", "connected", "Hello", ""]
        assert [each.get("t") for each in history] == [None, "command", None, "livechat-started"]

    await _with_client(site, converse)


async def test_the_client_reads_our_refusals(open_site: Opener) -> None:
    site = await open_site(hooked=False)

    def be_refused(client: Any) -> None:
        with pytest.raises(RocketApiException) as refused:
            client.livechat_room("nobody")
        assert (refused.value.status_code, refused.value.response_json["error"]) == (400, "invalid-token")
        with pytest.raises(RocketApiException) as refused:
            client.settings_get("Livechat_webhookUrl")
        assert refused.value.status_code == 403

    await _with_client(site, be_refused)
    with pytest.raises(RocketAuthenticationException):
        await _with_client(site, lambda client: None, "bridge.bot", "wrong")
