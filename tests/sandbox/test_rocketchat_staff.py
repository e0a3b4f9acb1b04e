"""Logins, settings, the queue, and the routes by which curl plays an agent."""

import hashlib
from typing import Any

import pytest

from tests.sandbox.conftest import SECRET, Opener, Site

pytestmark = pytest.mark.anyio


def _headers(site: Site, username: str) -> dict[str, str]:
    return site.rocketchat.personal_access_token(username, bypasses_two_factor=False).headers


@pytest.mark.parametrize(("version", "body"), [
    ("6.13", {"status": "error", "message": "You must be logged in to do this."}),
    ("8.8", {
        "success": False,
        "status": "error",
        "error": "You must be logged in to do this.",
        "message": "You must be logged in to do this.",
    }),
])  # fmt: skip
async def test_who_is_not_logged_in(open_site: Opener, version: str, body: dict[str, Any]) -> None:
    site = await open_site(version, hooked=False)
    answer = await site.client.get("livechat/rooms")
    assert (answer.status_code, answer.json()) == (401, body)


async def test_the_wrong_method_and_the_wrong_path(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    wrong = await site.client.get("livechat/message")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert wrong.json() == {"status": "error", "message": "API endpoint does not exist"}
    nowhere = await site.client.get("livechat/nowhere")
    assert (nowhere.status_code, nowhere.json()["success"]) == (404, False)


async def test_the_webhook_is_configured_by_api(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    headers = _headers(site, "bridge.bot")
    given = {
        "LivechatWebhookUrl": "http://bridge.test/hook",
        "LivechatSecretToken": SECRET,
        "LivechatWebhookOnAgentMessage": True,
        "LivechatWebhookOnStart": None,
    }
    written = await site.client.post("omnichannel/integrations", json=given, headers=headers)
    assert written.json() == {"success": True}
    read = (await site.client.get("livechat/integrations.settings", headers=headers)).json()["settings"]
    values = {each["_id"]: each["value"] for each in read}
    assert len(values) == 11
    assert (values["Livechat_webhookUrl"], values["Livechat_secret_token"]) == ("http://bridge.test/hook", SECRET)
    assert (values["Livechat_webhook_on_agent_message"], values["Livechat_webhook_on_start"]) == (True, False)


@pytest.mark.parametrize(("version", "status"), [("4.8", 404), ("6.13", 200), ("8.8", 400)])
async def test_null_flags(open_site: Opener, version: str, status: int) -> None:
    site = await open_site(version, hooked=False)
    answer = await site.client.post(
        "omnichannel/integrations", json={"LivechatWebhookOnStart": None}, headers=_headers(site, "bridge.bot")
    )
    assert answer.status_code == status


async def test_a_setting_needs_an_administrator_and_a_second_factor(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    path = "settings/Livechat_http_timeout"
    assert (await site.client.get(path, headers=_headers(site, "bridge.bot"))).status_code == 403
    headers = _headers(site, "admin")
    assert (await site.client.get(path, headers=headers)).json()["value"] == 5000
    asked = await site.client.post(path, json={"value": 9000}, headers=headers)
    assert (asked.status_code, asked.json()["errorType"]) == (400, "totp-required")
    assert asked.json()["details"]["method"] == "password"
    code = {"x-2fa-method": "password", "x-2fa-code": hashlib.sha256(b"admin").hexdigest()}
    assert (await site.client.post(path, json={"value": 9000}, headers=headers | code)).json() == {"success": True}
    assert site.rocketchat.settings["Livechat_http_timeout"] == 9000
    unasked = site.rocketchat.personal_access_token("admin").headers
    assert (await site.client.post(path, json={"value": 1}, headers=unasked)).json() == {"success": True}
    unknown = await site.client.post("settings/Nothing", json={"value": 1}, headers=unasked)
    assert (unknown.status_code, unknown.json()) == (400, {"success": False})


async def test_rooms_are_closed_and_forwarded_by_api(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    billing = site.rocketchat.add_department("Billing", "maria.agent")
    await site.register()
    rid = await site.room()
    headers = _headers(site, "bridge.bot")
    forward = {"roomId": rid, "departmentId": billing.id}
    assert (await site.client.post("livechat/room.forward", json=forward, headers=headers)).json() == {"success": True}
    [inquiry] = (await site.client.get("livechat/inquiries.list", headers=headers)).json()["inquiries"]
    assert (inquiry["department"], inquiry["status"]) == (billing.id, "queued")
    again = await site.client.post("livechat/room.forward", json=forward, headers=headers)
    assert again.json()["errorType"] == "error-forwarding-chat-same-department"
    silent = await site.client.post("livechat/room.closeByUser", json={"rid": rid}, headers=headers)
    assert silent.json()["errorType"] == "error-comment-is-required"
    close = {"rid": rid, "comment": "bye", "tags": ["solved"]}
    assert (await site.client.post("livechat/room.closeByUser", json=close, headers=headers)).json() == {
        "success": True
    }
    closed = await site.client.get("livechat/rooms", params={"open": "false"}, headers=headers)
    assert [room["_id"] for room in closed.json()["rooms"]] == [rid]
    room = closed.json()["rooms"][0]
    assert ("open" in room, room["closer"], room["tags"]) == (False, "user", ["solved"])
    period = {"closedAt": f'{{"start":"{room["closedAt"]}"}}'}
    assert (await site.client.get("livechat/rooms", params=period, headers=headers)).json()["total"] == 1
    said = await site.client.get(f"livechat/{rid}/messages", headers=headers)
    assert [message["t"] for message in said.json()["messages"]] == ["livechat-close"]


async def test_departments_and_agents_are_listed(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    site.rocketchat.go_offline("joao.agent")
    headers = _headers(site, "bridge.bot")
    [department] = (await site.client.get("livechat/department?text=supp", headers=headers)).json()["departments"]
    shown = (await site.client.get(f"livechat/department/{department['_id']}", headers=headers)).json()
    assert {agent["username"] for agent in shown["agents"]} == {"joao.agent", "maria.agent"}
    assert (await site.client.get("livechat/department/nobody", headers=headers)).json()["department"] is None
    available = await site.client.get("livechat/users/agent?onlyAvailable=true", headers=headers)
    assert [user["username"] for user in available.json()["users"]] == ["maria.agent"]


async def test_a_reaction_is_set_taken_back_and_toggled(open_site: Opener) -> None:
    site = await open_site()
    await site.register()
    rid = await site.room()
    await site.rocketchat.take(rid, "joao.agent")
    message = site.rocketchat.messages[await site.rocketchat.write(rid, "joao.agent", "hello")]
    await site.settled()
    events = len(site.hook.bodies)
    headers = _headers(site, "bridge.bot")
    for wanted, left in [(True, ["bridge.bot"]), (True, ["bridge.bot"]), (False, None), (None, ["bridge.bot"])]:
        given = {"messageId": message.id, "emoji": ":eyes:"} | ({} if wanted is None else {"shouldReact": wanted})
        assert (await site.client.post("chat.react", json=given, headers=headers)).json() == {"success": True}
        assert message.reactions.get(":eyes:") == left
    refused = await site.client.post("chat.react", json={"messageId": message.id, "emoji": "👀"}, headers=headers)
    assert refused.json()["error"] == "Invalid emoji provided. [error-not-allowed]"
    await site.settled()
    assert len(site.hook.bodies) == events


async def test_a_user_writes_and_the_length_is_checked(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    await site.register()
    rid = await site.room()
    headers = _headers(site, "bridge.bot")
    posted = await site.client.post("chat.postMessage", json={"roomId": rid, "text": "hi"}, headers=headers)
    assert posted.json()["message"]["u"]["username"] == "bridge.bot"
    long = {"message": {"rid": rid, "msg": "x" * 5001}}
    refused = await site.client.post("chat.sendMessage", json=long, headers=headers)
    assert refused.json()["errorType"] == "error-message-size-exceeded"


async def test_curl_plays_the_agent(open_site: Opener) -> None:
    site = await open_site()
    await site.register(name="Ana")
    rid = await site.room()
    rooms = f"{site.url}/_sandbox/rooms"
    joao = {"agent": "joao.agent"}
    assert (await site.client.post(f"{rooms}/{rid}/take", json=joao)).json() == {}
    wrote = (await site.client.post(f"{rooms}/{rid}/write", json={**joao, "text": "Helo"})).json()
    await site.client.post(f"{rooms}/{rid}/edit", json={**joao, "id": wrote["id"], "text": "Hello"})
    await site.client.post(f"{rooms}/{rid}/forward", json={**joao, "to": "maria.agent"})
    [room] = (await site.client.get(rooms)).json()["rooms"]
    assert (room["rid"], room["visitor"], room["agent"]) == (rid, "Ana", "maria.agent")
    assert "Hello" in [message["msg"] for message in room["messages"]]
    await site.client.post(f"{rooms}/{rid}/close", json={"agent": "maria.agent", "text": "bye"})
    assert (await site.client.get(rooms)).json() == {"rooms": []}
    again = await site.client.post(f"{rooms}/{rid}/take", json=joao)
    assert (again.status_code, again.json()["errorType"]) == (400, "This_conversation_is_already_closed")
    assert (await site.client.post(f"{rooms}/{rid}/write", json={"agent": "nobody"})).status_code == 400
    assert (await site.client.post(f"{rooms}/{rid}/dance", json={})).status_code == 404
    assert not [request for request in site.rocketchat.requests if "_sandbox" in request.path]
