"""Which events go out, and what is peculiar about them."""

from typing import Any

import pytest

from tests.sandbox.conftest import Opener, Site

pytestmark = pytest.mark.anyio


async def _opened(open_site: Opener, version: str = "6.13", **settings: Any) -> tuple[Site, str]:
    """Open a site where Ana has a room."""
    site = await open_site(version, settings=settings)
    await site.register(name="Ana Souza", email="ana@example.org")
    return site, await site.room()


async def test_last_message_at_is_the_one_before(open_site: Opener) -> None:
    site, rid = await _opened(open_site)
    first = (await site.post(rid, "first")).json()["message"]["ts"]
    await site.rocketchat.take(rid, "joao.agent")
    await site.rocketchat.write(rid, "joao.agent", "second")
    await site.rocketchat.write(rid, "joao.agent", "third")
    await site.settled()
    second, third = site.hook.bodies[-2:]
    assert second["lastMessageAt"] == first
    assert third["lastMessageAt"] == second["messages"][0]["ts"]


async def test_closed_by_nobody_and_without_a_comment(open_site: Opener) -> None:
    site, rid = await _opened(open_site)
    await site.rocketchat.close_automatically(rid)
    await site.settled()
    session = site.hook.bodies[-1]
    assert (session["closer"], session["closedBy"]["username"]) == ("user", "rocket.cat")
    assert "msg" not in session["messages"][0]


async def test_the_agent_of_a_payload_is_not_its_author(open_site: Opener) -> None:
    site, rid = await _opened(open_site)
    await site.rocketchat.take(rid, "joao.agent")
    await site.rocketchat.join(rid, "maria.agent")
    await site.rocketchat.write(rid, "maria.agent", "I am here as well")
    await site.settled()
    body = site.hook.bodies[-1]
    assert (body["agent"]["username"], body["messages"][0]["username"]) == ("joao.agent", "maria.agent")


@pytest.mark.parametrize(("version", "says", "kept"), [
    ("6.13", "ok", "ok"),
    ("6.13", '{"data": "ok"}', '{"data": "ok"}'),
    ("4.8", '{"data": "ok"}', "ok"),
    ("4.8", "ok", None),
])  # fmt: skip
async def test_what_is_answered_is_kept_and_echoed(
    open_site: Opener, version: str, says: str, kept: str | None
) -> None:
    site, rid = await _opened(open_site, version)
    site.hook.says = says
    await site.rocketchat.take(rid, "joao.agent")
    site.hook.says = ""
    await site.rocketchat.write(rid, "joao.agent", "one")
    await site.rocketchat.write(rid, "joao.agent", "two")
    await site.settled()
    assert [body.get("crmData") for body in site.hook.bodies[-3:]] == [None, kept, None]


async def test_what_nobody_is_told(open_site: Opener) -> None:
    site, rid = await _opened(open_site)
    await site.rocketchat.take(rid, "joao.agent")
    wrote = await site.rocketchat.write(rid, "joao.agent", "one")
    await site.settled()
    told = len(site.hook.bodies)
    await site.rocketchat.delete(wrote)
    await site.rocketchat.join(rid, "maria.agent")
    await site.rocketchat.put_on_hold(rid, "joao.agent")
    await site.settled()
    assert len(site.hook.bodies) == told
    await site.post(rid, "still there?")
    await site.settled()
    assert site.hook.types[told:] == ["LivechatSessionTaken"]
    kinds = [each.get("t") for each in await site.history(rid)]
    assert "omnichannel_on_hold_chat_resumed" in kinds


async def test_a_room_closed_quietly_is_closed_all_the_same(open_site: Opener) -> None:
    site, rid = await _opened(open_site)
    site.rocketchat.close_quietly(rid)
    await site.settled()
    assert "LivechatSession" not in site.hook.types
    assert (await site.history(rid))[0]["t"] == "livechat-close"
    await site.rocketchat.save_info(rid, topic="billing")
    await site.settled()
    edit = site.hook.bodies[-1]
    assert (edit["type"], edit["topic"], "closedAt" in edit) == ("LivechatEdit", "billing", False)


async def test_nobody_there_and_automatic_selection_leaves_the_room_ready(open_site: Opener) -> None:
    settings = {"Livechat_Routing_Method": "Auto_Selection", "Livechat_accept_chats_with_no_agents": True}
    site = await open_site(settings=settings)
    site.rocketchat.go_offline("joao.agent")
    site.rocketchat.go_offline("maria.agent")
    await site.register()
    await site.room()
    await site.settled()
    [inquiry] = site.rocketchat.inquiries.values()
    assert (site.hook.types, inquiry.status) == (["LivechatSessionStart"], "ready")


@pytest.mark.parametrize(("version", "types"), [
    ("4.8", ["LivechatSessionStart", "LivechatSessionQueued", "Message", "LivechatSession"]),
    ("6.4", ["LivechatSessionStart", "LivechatSessionQueued", "Message", "LivechatSession"]),
    ("6.13", ["LivechatSessionStart", "LivechatSessionQueued", "LivechatSession"]),
    ("8.8", ["LivechatSessionStart", "LivechatSessionQueued", "LivechatSession"]),
])  # fmt: skip
async def test_the_closing_comment(open_site: Opener, version: str, types: list[str]) -> None:
    site, rid = await _opened(open_site, version)
    await site.settled()
    await site.rocketchat.close(rid, "joao.agent", "bye")
    await site.settled()
    assert sorted(site.hook.types) == sorted(types)
    comments = [each["messages"][0] for each in site.hook.bodies if each["type"] == "Message"]
    assert all(comment["closingMessage"] for comment in comments)


async def test_an_old_release_writes_nulls_and_names_no_room(open_site: Opener) -> None:
    site = await open_site("4.8")
    await site.register()
    rid = await site.room()
    await site.rocketchat.write(rid, "joao.agent", "hello")
    await site.settled()
    start, message = site.hook.bodies[0], site.hook.bodies[-1]
    assert (start["visitor"]["email"], start["visitor"]["phone"], "departmentId" in start) == (None, None, False)
    assert {"rid", "_updatedAt"}.isdisjoint(message["messages"][0])


@pytest.mark.parametrize(("version", "leads"), [("6.13", 2), ("8.8", 1)])
async def test_leads(open_site: Opener, version: str, leads: int) -> None:
    site, rid = await _opened(open_site, version, Livechat_webhook_on_capture=True)
    await site.post(rid, "Hello")
    await site.post(rid, "write to ana@example.com")
    await site.settled()
    captured = [body for body in site.hook.bodies if body["type"] == "LeadCapture"]
    assert [body["messages"] for body in captured] == [[]] * leads
    assert captured[-1]["visitor"]["email"] == [{"address": "ana@example.org"}, {"address": "ana@example.com"}]


async def test_a_page_visit_is_told_when_both_settings_are_on(open_site: Opener) -> None:
    page = {"title": "Prices", "change": "url", "location": {"href": "https://example.org/prices"}}
    both: dict[str, Any] = {
        "Livechat_Visitor_navigation_as_a_message": True,
        "Send_visitor_navigation_history_livechat_webhook_request": True,
    }
    site, rid = await _opened(open_site, **both)
    await site.client.post("livechat/page.visited", json={"token": "token-1", "rid": rid, "pageInfo": page})
    await site.settled()
    [item] = site.hook.bodies[-1]["messages"]
    assert item["navigation"]["page"] == page


async def test_the_test_button_looks_like_no_real_event(open_site: Opener) -> None:
    site = await open_site()
    headers = site.rocketchat.personal_access_token("bridge.bot").headers
    assert (await site.client.post("livechat/webhook.test", headers=headers)).json() == {"success": True}
    [body] = site.hook.bodies
    assert (body["type"], body["visitor"]["_id"], "token" in body["visitor"]) == ("LivechatSession", "", False)
    assert (type(body["visitor"]["email"]), type(body["visitor"]["phone"]), "closedAt" in body) == (str, str, False)
    assert {key for item in body["messages"] for key in item} == {"username", "msg", "ts", "agentId"}
    site.hook.statuses = [204]
    refused = await site.client.post("livechat/webhook.test", headers=headers)
    assert refused.json()["error"] == "error-invalid-webhook-response"
    site.rocketchat.settings["Livechat_webhookUrl"] = ""
    unset = await site.client.post("livechat/webhook.test", headers=headers)
    assert unset.json()["error"] == "Webhook_URL_not_set"
