"""What is wrong with a call of the live-agents API is said clearly, and nothing comes of it."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from channel.core import limits
from tests.bridge import Bridge
from tests.journeys.calling import ANA, Flow, Json, answered

CALLS = ["registerClient", "sendMessageToAgent"]
RIGHT: dict[str, Json] = {
    "registerClient": {"contact": {"name": "Ana", "uuid": ANA}, "department": "Support", "results": {}},
    "sendMessageToAgent": {
        "contact": {"name": "Ana", "uuid": ANA},
        "department": "Support",
        "results": {"clientmessage": {"value": "My card is blocked"}},
    },
}
#: what is sent, how the refusal is called, and the key it names
WRONG: list[tuple[bytes, str, str]] = [
    (b"", "empty_body", "body"),
    (b" \r\n\t", "empty_body", "body"),
    (b"\xef\xbb\xbf", "empty_body", "body"),
    (b"{", "no_json", "JSON"),
    (b'{"contact": {"name": "Ana "the cat"", "uuid": ""}}', "no_json", "JSON"),
    (b"contact=Ana", "no_json", "JSON"),
    (b"\xff\xfe\x00", "no_json", "JSON"),
    (b"[" * 100_000, "no_json", "JSON"),
    (b'"contact"', "no_object", "object"),
    (b"[]", "no_object", "object"),
    (b"null", "no_object", "object"),
    (b"42", "no_object", "object"),
    (b"{}", "missing_contact_uuid", "contact.uuid"),
    (b'{"contact": {}}', "missing_contact_uuid", "contact.uuid"),
    (b'{"contact": null}', "missing_contact_uuid", "contact.uuid"),
    (b'{"contact": {"uuid": ""}}', "missing_contact_uuid", "contact.uuid"),
    (b'{"contact": {"uuid": "  "}}', "missing_contact_uuid", "contact.uuid"),
    (b'{"contact": {"uuid": null}}', "missing_contact_uuid", "contact.uuid"),
    (b'{"contact": {"uuid": "ana"}}', "bad_contact_uuid", "contact.uuid"),
    (b'{"contact": {"uuid": "@contact.uuid"}}', "bad_contact_uuid", "contact.uuid"),
    (b'{"contact": {"uuid": 42}}', "bad_contact_uuid", "contact.uuid"),
    (b'{"contact": {"uuid": ["6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"]}}', "bad_contact_uuid", "contact.uuid"),
    (b'{"contact": {"uuid": "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5x"}}', "bad_contact_uuid", "contact.uuid"),
    (b'{"contact": {"uuid": "6f0c1d2e3a4b4c5d8e6f708192a3b4c5"}}', "bad_contact_uuid", "contact.uuid"),
    (b'{"contact": "Ana"}', "bad_contact", "contact"),
]


def right(call: str, **more: Any) -> bytes:
    return json.dumps(RIGHT[call] | more).encode()


async def rows(bridge: Bridge) -> int:
    tables = ("contact", "message", "delivery", "event")
    counted = [await bridge.query(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608
    return sum(row["count"] for (row,) in counted)


async def test_a_body_that_cannot_be_used_is_400_names_the_key_and_shows_a_right_one(bridge: Bridge) -> None:
    for call in CALLS:
        for body, code, key in WRONG:
            answer = await Flow(bridge).call("POST", call, body)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (400, code), body[:60]
            assert key in error["message"]
            shown, _ = json.JSONDecoder().raw_decode(error["message"].partition("A right body: ")[2])
            assert shown["contact"]["uuid"], "it is JSON, and holds what was missing"
            assert answered(await Flow(bridge).call("POST", call, shown, X_Mailroom_Mode="simulation"))
    assert await rows(bridge) == 0
    assert bridge.rocketchat.requests == []


async def test_a_key_of_the_wrong_kind_is_400_too(bridge: Bridge) -> None:
    kinds: list[tuple[Json, str]] = [
        ({"results": "none"}, "bad_results"),
        ({"results": [1]}, "bad_results"),
        ({"message": {"uuid": "x" * 256}}, "bad_message_uuid"),
        ({"message": {"uuid": "a\nb"}}, "bad_message_uuid"),
        ({"message": {"uuid": {}}}, "bad_message_uuid"),
    ]
    for call in CALLS:
        for more, code in kinds:
            answer = await Flow(bridge).call("POST", call, right(call, **more))
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert await rows(bridge) == 0


async def test_a_key_in_the_header_that_is_too_long_is_400(bridge: Bridge) -> None:
    answer = await Flow(bridge).call("POST", "registerClient", right("registerClient"), Idempotency_Key="x" * 256)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_idempotency_key")


async def test_a_session_of_no_uuid_is_400(bridge: Bridge) -> None:
    for uuid in ("ana", f"{ANA}x", "%20"):
        answer = await Flow(bridge).call("DELETE", f"session/user/{uuid}")
        assert answer.status_code == 400
        assert "@contact.uuid" in answer.json()["error"]["message"]


@pytest.mark.parametrize("call", CALLS)
async def test_a_wrong_or_missing_content_type_is_no_error(bridge: Bridge, call: str) -> None:
    headers = {"Authorization": bridge.connected["live_agents"]["authorization"]}
    types = ["application/json; charset=latin-1", "text/plain", "application/x-www-form-urlencoded", "nonsense", ""]
    for given in ({"Content-Type": each} for each in types):
        request = bridge.http.build_request(
            "POST", f"{bridge.url}/live-agents/{call}", content=right(call), headers=headers | given
        )
        assert answered(await bridge.http.send(request))["outcome"] in {"queued", "already_open", "accepted"}
    request = bridge.http.build_request(
        "POST", f"{bridge.url}/live-agents/{call}", content=right(call), headers=headers
    )
    request.headers.pop("content-type", None)
    assert answered(await bridge.http.send(request))["outcome"] in {"already_open", "accepted"}


async def test_unknown_keys_are_ignored_and_missing_ones_are_none(bridge: Bridge) -> None:
    flow = Flow(bridge)
    known = {"uuid": ANA, "shoe size": 42, "groups": [{"name": "x"}]}
    body = {"contact": known, "extra": {"deep": [1, {"x": None}]}, "results": {"clientmessage": "Hello", "n": None}}
    assert answered(await flow.call("POST", "sendMessageToAgent", body))["outcome"] == "accepted"
    assert answered(await flow.call("POST", "registerClient", {"contact": {"uuid": ANA}}))["outcome"] == "already_open"
    answer = answered(await flow.call("POST", "sendMessageToAgent", {"contact": {"uuid": ANA}}))
    assert (answer["outcome"], answer["reason"]) == ("refused", "empty")
    await bridge.room_of("Hello")


async def test_a_token_that_is_not_the_channels_is_401_and_tells_nothing(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FAILURES", 1000)
    another, _ = await bridge.connect()
    own = bridge.connected["live_agents"]["authorization"]
    shown = ["", "Token", "Token x", own.removeprefix("Token "), f"Bearer {own.removeprefix('Token ')}x", own + "x"]
    shown += [bridge.connected["channel"]["send_authorization"], another["channel"]["send_authorization"]]
    paths = [
        ("POST", "registerClient", right("registerClient")),
        ("POST", "sendMessageToAgent", b""),
        ("GET", "availability", None),
        ("DELETE", f"session/user/{ANA}", None),
        ("DELETE", "session/user/nobody", None),
        ("POST", f"session/user/{ANA}/survey", b"{}"),
    ]
    answers: list[httpx.Response] = []
    for method, path, body in paths:
        answers += [await Flow(bridge).call(method, path, body, token=token) for token in shown]
    bare = [await bridge.http.request(method, f"{bridge.url}/live-agents/{path}") for method, path, _ in paths]
    assert {answer.status_code for answer in (*answers, *bare)} == {401}
    assert len({answer.text for answer in (*answers, *bare)}) == 1
    assert answers[0].json()["error"]["code"] == "unauthorized"
    assert await rows(bridge) == 0
    assert bridge.rocketchat.requests == []


async def test_two_authorization_headers_are_none(bridge: Bridge) -> None:
    own = bridge.connected["live_agents"]["authorization"]
    headers = [("Authorization", own), ("Authorization", "Token x")]
    answer = await bridge.http.post(
        f"{bridge.url}/live-agents/registerClient", content=right("registerClient"), headers=headers
    )
    assert answer.status_code == 401


async def test_the_webhook_wants_the_workspaces_secret(bridge: Bridge) -> None:
    body = {
        "_id": "r1",
        "visitor": {"token": ANA},
        "agent": {"name": "Bea"},
        "type": "Message",
        "messages": [{"msg": "Hi"}],
    }
    url = f"{bridge.url}/live-agents/sendMessageToClient"
    for headers in ({}, {"X-RocketChat-Livechat-Token": "x"}, {"X-RocketChat-Livechat-Token": ""}):
        assert (await bridge.http.post(url, json=body, headers=headers)).status_code == 401
    right_one = {"X-RocketChat-Livechat-Token": bridge.connected["workspace"]["webhook_secret"]}
    for content in (b"", b"{", b"[]", json.dumps(body).encode()):
        answer = await bridge.http.post(url, content=content, headers=right_one)
        assert (answer.status_code, answer.content) == (200, b"")
    reasons = [row["reason"] for row in await bridge.query("SELECT reason FROM event ORDER BY created_at, reason")]
    assert sorted(reasons) == ["unknown_visitor", "unreadable", "unreadable", "unreadable"]


async def test_what_is_too_large_is_413(bridge: Bridge) -> None:
    for call in CALLS:
        answer = await Flow(bridge).call("POST", call, right(call, extra="x" * limits.SEND_BYTES))
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
        assert str(limits.SEND_BYTES) in answer.json()["error"]["message"]
    assert await rows(bridge) == 0


async def test_another_method_is_405(bridge: Bridge) -> None:
    for method, path in (("GET", "registerClient"), ("POST", "availability"), ("PUT", "session/user/x")):
        answer = await Flow(bridge).call(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


async def test_while_the_database_is_away_the_answer_is_503_and_nothing_is_half_done(bridge: Bridge) -> None:
    flow = Flow(bridge)
    assert (await flow.register())["outcome"] == "queued"
    calls: list[tuple[str, str, bytes | None]] = [
        ("POST", "registerClient", right("registerClient")),
        ("POST", "sendMessageToAgent", right("sendMessageToAgent")),
        ("GET", "availability", None),
        ("DELETE", f"session/user/{ANA}", None),
    ]
    async with bridge.database_away():
        answers = await asyncio.gather(*(flow.call(method, path, body) for method, path, body in calls))
    for answer in answers:
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["error"]["code"] == "database_unavailable"
    await flow.say("Hello")
    await bridge.room_of("Hello")
