"""Visitors, and the shapes of errors."""

import asyncio
from typing import Any

import pytest

from tests.sandbox.conftest import Opener

pytestmark = pytest.mark.anyio


async def test_a_visitor_is_registered_and_shown(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    site.rocketchat.add_custom_field("rapidpro_uuid")
    fields = [
        {"key": "rapidpro_uuid", "value": "c0ffee00", "overwrite": True},
        {"key": "nobody_made_this", "value": "x", "overwrite": True},
    ]
    visitor = await site.register(
        name="Ana Souza", email=" Ana@Example.org ", phone="+5511900000001", department="Support", customFields=fields
    )
    assert visitor == {
        "_id": visitor["_id"],
        "username": "guest-1",
        "status": "online",
        "ts": visitor["ts"],
        "token": "token-1",
        "name": "Ana Souza",
        "phone": [{"phoneNumber": "+5511900000001"}],
        "visitorEmails": [{"address": "ana@example.org"}],
        "department": site.rocketchat.department("Support").id,
        "livechatData": {"rapidpro_uuid": "c0ffee00"},
        "_updatedAt": visitor["_updatedAt"],
    }
    shown = await site.client.get("livechat/visitor/token-1")
    assert shown.json() == {"visitor": visitor, "success": True}


async def test_who_is_found_by_token_is_updated(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    before = await site.register(name="Ana")
    after = await site.register(name="Ana Souza", phone="+55")
    assert (after["_id"], after["name"], after["phone"]) == (before["_id"], "Ana Souza", [{"phoneNumber": "+55"}])


async def test_who_is_found_by_phone_keeps_the_old_token_and_their_fields(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    site.rocketchat.add_custom_field("language")
    before = await site.register("old", phone="+55")
    fields = [{"key": "language", "value": "por", "overwrite": True}]
    after = await site.register("new", phone="+55", customFields=fields)
    assert (after["_id"], after["token"]) == (before["_id"], "old")
    assert "livechatData" not in after
    assert (await site.client.get("livechat/visitor/new")).status_code == 400


async def test_who_is_found_by_email_gets_the_new_token_and_loses_the_room(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    before = await site.register("old", email="ana@example.org")
    rid = await site.room("old")
    after = await site.register("new", email="ana@example.org")
    assert (after["_id"], after["token"]) == (before["_id"], "new")
    assert (await site.post(rid, "x", token="new")).json() == {"success": False, "error": "invalid-room"}
    assert (await site.post(rid, "x", token="old")).json() == {"success": False, "error": "invalid-token"}
    assert await site.room("new") != rid


async def test_the_phone_comes_before_the_email(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    by_email = await site.register("a", email="ana@example.org")
    by_phone = await site.register("b", phone="+55")
    found = await site.register("c", email="ana@example.org", phone="+55")
    assert found["_id"] == by_phone["_id"] != by_email["_id"]


async def test_two_first_calls_at_once_make_two_visitors(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    site.rocketchat.faults.gap = 0.25
    await asyncio.gather(site.register(), site.register())
    assert len(site.rocketchat.visitors) == 2


SHAPES = [
    ("4.8", "POST", "livechat/message", {"token": "t"}, {
        "message": "Match error: must have required property 'rid'",
        "path": "",
        "errorType": "Match.Error",
        "success": False,
    }),
    ("6.13", "POST", "livechat/message", {"token": "t"}, {
        "success": False,
        "error": "must have required property 'rid' [invalid-params]",
        "errorType": "invalid-params",
    }),
    ("8.8", "POST", "livechat/message", {"token": "t"}, {
        "success": False, "error": "must have required property 'rid'", "errorType": "invalid-params",
    }),
    ("8.8", "GET", "livechat/messages.history/r", {}, {
        "success": False, "error": "must have required property 'token'", "errorType": "error-invalid-params",
    }),
    ("7.11", "POST", "livechat/message", {"token": "t", "rid": "r", "msg": "x", "tmid": "y"}, {
        "success": False,
        "error": "must NOT have additional properties [invalid-params]",
        "errorType": "invalid-params",
    }),
    ("7.11", "POST", "livechat/message", {"token": "t", "rid": "r", "msg": "x", "agent": None}, {
        "success": False, "error": "must be object [invalid-params]", "errorType": "invalid-params",
    }),
    ("7.11", "POST", "livechat/room.survey", {"token": "t", "rid": "r", "data": []}, {
        "success": False, "error": "must NOT have fewer than 1 items [invalid-params]", "errorType": "invalid-params",
    }),
    ("8.8", "GET", "livechat/room", {"token": "t", "foo": "1"}, {
        "success": False, "error": "Match error: Unknown key in field foo",
    }),
    ("8.8", "POST", "livechat/visitor", {"visitor": {}}, {
        "success": False, "error": "Match error: Missing key 'token' in field visitor",
    }),
    ("6.13", "POST", "livechat/visitor", {"visitor": {"token": "t", "phone": 55}}, {
        "success": False, "error": "Match error: Expected string, got number in field visitor.phone",
    }),
    ("6.13", "POST", "livechat/visitor", {"visitor": {"token": " "}}, {
        "success": False, "error": "Token cannot be empty [error-invalid-token]", "errorType": "error-invalid-token",
    }),
    ("6.13", "POST", "livechat/visitor", {"visitor": {"token": "t", "department": "support"}}, {
        "success": False,
        "error": "The provided department is invalid [error-invalid-department]",
        "errorType": "error-invalid-department",
    }),
    ("7.11", "POST", "livechat/visitor", {"visitor": {"token": "t", "department": "support"}}, {
        "success": False, "error": "error-invalid-department",
    }),
    ("6.13", "GET", "livechat/visitor/nobody", {}, {
        "success": False, "error": "[invalid-token]", "errorType": "invalid-token",
    }),
    ("8.8", "GET", "livechat/visitor/nobody", {}, {
        "success": False, "error": "Invalid token [invalid-token]", "errorType": "invalid-token",
    }),
    ("6.13", "GET", "livechat/room", {"token": "nobody"}, {"success": False, "error": "invalid-token"}),
]  # fmt: skip


@pytest.mark.parametrize(("version", "method", "path", "given", "body"), SHAPES)
async def test_error_shapes(
    open_site: Opener, *, version: str, method: str, path: str, given: dict[str, Any], body: dict[str, Any]
) -> None:
    site = await open_site(version, hooked=False)
    query, json = (given, None) if method == "GET" else (None, given)
    answer = await site.client.request(method, path, params=query, json=json)
    assert (answer.status_code, answer.json()) == (400, body)


@pytest.mark.parametrize(("version", "status"), [("6.13", 200), ("8.8", 400)])
async def test_a_body_without_its_type_is_no_body_in_8(open_site: Opener, version: str, status: int) -> None:
    site = await open_site(version, hooked=False)
    answer = await site.client.post(
        "livechat/visitor", content='{"visitor": {"token": "t"}}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == status


async def test_what_else_a_visitor_may_ask(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    site.rocketchat.add_custom_field("language")
    await site.register()
    info = await site.client.get(f"{site.url}/api/info")
    assert info.json() == {"version": "7.11", "success": True}
    config = (await site.client.get("livechat/config", params={"token": "token-1"})).json()["config"]
    assert (config["online"], [each["name"] for each in config["departments"]]) == (True, ["Support"])
    assert (config["guest"]["token"], "room" in config) == ("token-1", False)
    rid = await site.room()
    assert (await site.client.get(f"livechat/agent.info/{rid}/token-1")).json()["error"] == "invalid-agent"
    assert (await site.client.get("livechat/agent.next/token-1")).json() == {"success": True}
    field = {"key": "language", "value": "por", "overwrite": False}
    fields = {"token": "token-1", "customFields": [field]}
    assert (await site.client.post("livechat/custom.fields", json=fields)).json()["fields"][0]["Key"] == "language"
    again = await site.client.post("livechat/custom.field", json={"token": "token-1", **field})
    assert (again.status_code, again.json()) == (400, {"success": False})
    status = await site.client.post("livechat/visitor.status", json={"token": "token-1", "status": "away"})
    assert status.json() == {"token": "token-1", "status": "away", "success": True}
    refused = await site.client.delete("livechat/visitor/token-1")
    assert refused.json()["errorType"] == "visitor-has-open-rooms"
    await site.rocketchat.close(rid, "joao.agent")
    assert (await site.client.delete("livechat/visitor/token-1")).json()["success"]
    assert not site.rocketchat.rooms
    assert not site.rocketchat.messages
