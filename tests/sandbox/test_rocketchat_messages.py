"""Visitors' messages, their history, and the limiter."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from channel.sandbox.rocketchat import PROFILES
from channel.sandbox.rocketchat.limiter import Limiter
from tests.sandbox.conftest import Opener, Site

pytestmark = pytest.mark.anyio

TYPE_ERROR = "Cannot convert undefined or null to object"


async def _in_a_room(open_site: Opener, version: str = "7.11", **options: Any) -> tuple[Site, str]:
    site = await open_site(version, hooked=False, **options)
    await site.register(name="Ana Souza")
    return site, await site.room()


async def test_a_message_is_stored_and_shown(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site)
    message = (await site.post(rid, "Hello from the contact", _id="rpmsg-1")).json()["message"]
    author = message["u"]
    assert message == {
        "_id": "rpmsg-1",
        "rid": rid,
        "msg": "Hello from the contact",
        "token": "token-1",
        "alias": "Ana Souza",
        "ts": message["ts"],
        "u": {"_id": author["_id"], "username": "guest-1", "name": "Ana Souza"},
        "urls": [],
        "mentions": [],
        "channels": [],
        "md": [{"type": "PARAGRAPH", "value": [{"type": "PLAIN_TEXT", "value": "Hello from the contact"}]}],
        "_updatedAt": message["_updatedAt"],
    }
    await site.rocketchat.close(rid, "joao.agent")
    query = {"token": "token-1", "rid": rid}
    shown = await site.client.get("livechat/message/rpmsg-1", params=query)
    assert shown.json() == {"message": message, "success": True}
    missing = await site.client.get("livechat/message/rpmsg-2", params=query)
    assert missing.json() == {"success": False, "error": "invalid-message"}


@pytest.mark.parametrize(
    ("token", "rid", "error"),
    [("nobody", None, "invalid-token"), ("token-1", "nowhere", "invalid-room"), ("token-2", None, "invalid-room")],
)
async def test_what_is_refused(open_site: Opener, token: str, rid: str | None, error: str) -> None:
    site, own = await _in_a_room(open_site)
    await site.register("token-2")
    answer = await site.post(rid or own, "x", token=token)
    assert (answer.status_code, answer.json()) == (400, {"success": False, "error": error})


async def test_a_closed_room_takes_nothing(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site)
    await site.rocketchat.close(rid, "joao.agent")
    assert (await site.post(rid, "x")).json() == {"success": False, "error": "room-closed"}


@pytest.mark.parametrize(("version", "status", "body"), [
    ("4.8", 400, {"success": False}),
    ("6.4", 400, {"success": False, "error": TYPE_ERROR}),
    ("6.13", 400, {"success": False, "error": TYPE_ERROR}),
    ("7.11", 400, {"success": False, "error": TYPE_ERROR}),
    ("8.8", 200, None),
])  # fmt: skip
async def test_a_repeated_id_is_stored_once(
    open_site: Opener, version: str, status: int, body: dict[str, Any] | None
) -> None:
    site, rid = await _in_a_room(open_site, version)
    first = await site.post(rid, "once", _id="m-1")
    again = await site.post(rid, "twice", _id="m-1")
    assert (again.status_code, again.json()) == (status, body or first.json())
    assert [each["msg"] for each in await site.history(rid)] == ["once", ""]


async def test_in_8_an_id_of_another_room_is_answered_with_that_room(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site, "8.8")
    await site.register("token-2")
    other = await site.room("token-2")
    await site.post(rid, "once", _id="m-1")
    answer = await site.post(other, "mine", token="token-2", _id="m-1")
    assert (answer.status_code, answer.json()["message"]["rid"]) == (200, rid)


async def test_of_two_posts_at_once_one_meets_the_index(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site)
    site.rocketchat.faults.gap = 0.25
    answers = await asyncio.gather(*(site.post(rid, "x", _id="m-1") for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert any("E11000" in answer.text for answer in answers)


async def test_a_message_that_meets_a_closing_room_opens_another(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site)
    site.rocketchat.faults.close_while_storing()
    answer = await site.post(rid, "just in time", _id="m-1")
    other = answer.json()["message"]["rid"]
    assert (answer.status_code, other == rid, site.rocketchat.rooms[rid].open) == (200, False, False)
    assert await site.room() == other


async def test_the_character_limit_counts_utf_16(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site, settings={"Livechat_enable_message_character_limit": True})
    too_long = {"success": False, "error": "message-length-exceeds-character-limit"}
    assert (await site.post(rid, "x")).json() == too_long
    site.rocketchat.settings["Livechat_message_character_limit"] = 4
    assert (await site.post(rid, "😀😀")).status_code == 200
    assert (await site.post(rid, "😀😀!")).json() == too_long


async def test_the_visitor_edits_and_deletes(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site)
    await site.post(rid, "Helo", _id="m-1")
    given = {"token": "token-1", "rid": rid}
    edited = (await site.client.put("livechat/message/m-1", json={**given, "msg": "Hello"})).json()["message"]
    assert (edited["msg"], edited["editedBy"]["username"], "editedAt" in edited) == ("Hello", "guest-1", True)
    deleted = await site.client.request("DELETE", "livechat/message/m-1", json=given)
    assert deleted.json()["message"]["_id"] == "m-1"
    agents = await site.rocketchat.write(rid, "joao.agent", "mine")
    refused = await site.client.put(f"livechat/message/{agents}", json={**given, "msg": "yours"})
    assert refused.json()["errorType"] == "error-action-not-allowed"


async def test_history_is_read_backwards_in_pages(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site)
    for number in range(24):
        await site.rocketchat.write(rid, "joao.agent", str(number))
    assert [each["msg"] for each in await site.history(rid)] == [str(number) for number in range(23, 3, -1)]
    assert len(await site.history(rid, limit=1000)) == 25
    assert [each["msg"] for each in await site.history(rid, limit=2, offset=3)] == ["20", "19"]
    assert len(await site.history(rid, count=5, sort='{"ts":1}')) == 20
    seen: list[str] = []
    end = datetime.now(UTC).replace(year=9999).isoformat()
    while page := await site.history(rid, limit=7, end=end):
        seen += [each["msg"] for each in page]
        end = page[-1]["ts"]
    assert seen == [*(str(number) for number in range(23, -1, -1)), ""]


async def test_times_in_a_room_grow(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site)
    for _ in range(5):
        await site.rocketchat.write(rid, "joao.agent", "x")
    times = [each["ts"] for each in await site.history(rid)]
    assert sorted(set(times), reverse=True) == times


FIXED = [("4.8", 10), ("6.4", 10), ("6.13", 5), ("7.10.3", 5), ("7.11", 5), ("8.8", 5)]


@pytest.mark.parametrize(("version", "allowed"), FIXED)
async def test_the_limit_no_setting_lifts(open_site: Opener, version: str, allowed: int) -> None:
    site = await open_site(version, hooked=False, limiter=True)
    answers = [await site.client.get("livechat/room", params={"token": "nobody"}) for _ in range(allowed + 1)]
    assert [answer.status_code for answer in answers] == [400] * allowed + [429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers][:2] == [str(allowed - 1), str(allowed - 2)]
    refused = answers[-1]
    assert refused.json().keys() == {"success", "error"}
    assert re.fullmatch(
        r"Error, too many requests\. Please slow down\. You must wait \d\d seconds "
        r"before trying this endpoint again\. \[error-too-many-requests\]",
        refused.json()["error"],
    )
    assert "retry-after" not in refused.headers
    assert refused.headers["x-ratelimit-limit"] == str(allowed)
    assert int(refused.headers["x-ratelimit-reset"]) > 1_700_000_000_000
    elsewhere = await site.client.get("livechat/room", params={"token": "nobody"}, headers={"x-real-ip": "192.0.2.7"})
    assert elsewhere.status_code == 400


def test_a_window_begins_with_its_first_call() -> None:
    moment = 1000.0
    limiter = Limiter(60, lambda: moment)
    assert [limiter.count("route", "client", 2).wait for _ in range(3)] == [None, None, 60]
    moment = 1059.5
    refused = limiter.count("route", "client", 2)
    assert (refused.wait, refused.remaining, refused.reset) == (1, 0, 1_060_000)
    moment = 1060.0
    assert limiter.count("route", "client", 2).wait is None


@pytest.mark.parametrize(("version", "last"), [("6.13", 429), ("7.11", 429), ("8.8", 400)])
async def test_where_a_login_lifts_the_limit(open_site: Opener, version: str, last: int) -> None:
    site = await open_site(version, hooked=False, limiter=True)
    headers = site.rocketchat.personal_access_token("bridge.bot").headers
    for _ in range(6):
        answer = await site.client.get("livechat/room", params={"token": "nobody"}, headers=headers)
    assert answer.status_code == last


@pytest.mark.parametrize(("version", "last"), [("7.11", 429), ("8.8", 400)])
async def test_whether_bad_parameters_are_counted(open_site: Opener, version: str, last: int) -> None:
    site = await open_site(version, hooked=False, limiter=True)
    for _ in range(11):
        answer = await site.client.post("livechat/message", json={})
    assert answer.status_code == last


def test_every_profile_is_in_the_tables() -> None:
    assert {version for version, _ in FIXED} == set(PROFILES)
