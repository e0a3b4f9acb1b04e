"""Retries, and everything that can be made to go wrong."""

import asyncio
import time

import httpx
import pytest

from channel.sandbox.rocketchat import (
    Answers,
    Delays,
    Drops,
    Garbles,
    Hangs,
    Holds,
    Loses,
    Repeats,
    RocketChat,
    Trickles,
)
from tests.sandbox.conftest import Opener, Site

pytestmark = pytest.mark.anyio

POSTING = "POST livechat/message"


async def _in_a_room(open_site: Opener, version: str = "7.11", *, hooked: bool = True) -> tuple[Site, str]:
    site = await open_site(version, hooked=hooked, retry_delay=0.001)
    await site.register()
    rid = await site.room()
    await site.settled()
    return site, rid


RETRIES = [
    *[("4.8", status, 1) for status in (200, 204)],
    *[("4.8", status, 10) for status in (404, 500)],
    *[("6.4", status, 1) for status in (200, 204, 404, 500)],
    *[(version, 200, 1) for version in ("6.13", "7.10.3", "7.11", "8.8")],
    *[(version, status, 10) for version in ("6.13", "7.10.3") for status in (201, 202, 204, 400, 404, 429, 500, 503)],
    *[(version, status, 1) for version in ("7.11", "8.8") for status in (201, 202, 204, 400, 404)],
    *[(version, status, 5) for version in ("7.11", "8.8") for status in (429, 500, 503)],
]


@pytest.mark.parametrize(("version", "status", "attempts"), RETRIES)
async def test_what_is_tried_again(open_site: Opener, version: str, status: int, attempts: int) -> None:
    site, rid = await _in_a_room(open_site, version)
    before = len(site.hook.bodies)
    site.hook.statuses = [status] * 20
    await site.rocketchat.write(rid, "joao.agent", "hello")
    await site.settled()
    came = site.hook.bodies[before:]
    assert (len(came), came) == (attempts, [came[0]] * attempts)
    recorded = site.rocketchat.webhooks[before:]
    assert [(attempt.number, attempt.status) for attempt in recorded] == [
        (number, status) for number in range(1, attempts + 1)
    ]


@pytest.mark.parametrize(("version", "attempts"), [("6.4", 10), ("7.10.3", 10), ("7.11", 5), ("8.8", 5)])
async def test_nobody_listens(open_site: Opener, version: str, attempts: int) -> None:
    site, rid = await _in_a_room(open_site, version)
    site.rocketchat.settings["Livechat_webhookUrl"] = "http://127.0.0.1:9/hook"
    site.rocketchat.webhooks.clear()
    await site.rocketchat.write(rid, "joao.agent", "hello")
    await site.settled()
    assert len(site.rocketchat.webhooks) == attempts
    assert all(attempt.status is None and attempt.error for attempt in site.rocketchat.webhooks)


async def test_a_timeout_is_tried_again_although_it_arrived(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site)
    site.rocketchat.settings["Livechat_http_timeout"] = 50
    site.hook.gate.clear()
    await site.rocketchat.write(rid, "joao.agent", "hello")
    await site.rocketchat.until(lambda rocketchat: rocketchat.webhooks[-1].error == "timeout")
    site.hook.gate.set()
    await site.settled()
    assert [attempt.status for attempt in site.rocketchat.webhooks[-2:]] == [None, 200]
    assert site.hook.bodies[-1] == site.hook.bodies[-2]


@pytest.mark.parametrize(("version", "waits"), [("6.13", True), ("7.10.3", True), ("7.11", False), ("8.8", False)])
async def test_who_waits_for_the_webhook(open_site: Opener, version: str, *, waits: bool) -> None:
    site, rid = await _in_a_room(open_site, version)
    site.hook.gate.clear()
    attempts = len(site.rocketchat.webhooks)
    writing = asyncio.create_task(site.rocketchat.write(rid, "joao.agent", "hello"))
    await site.rocketchat.until(lambda rocketchat: len(rocketchat.webhooks) > attempts)
    opening = asyncio.create_task(_open_another(site))
    await site.rocketchat.until(lambda rocketchat: len(rocketchat.webhooks) > attempts + 1)
    if not waits:
        await asyncio.gather(writing, opening)
    assert (writing.done(), opening.done()) == (not waits, not waits)
    site.hook.gate.set()
    await asyncio.gather(writing, opening)
    await site.settled()


async def _open_another(site: Site) -> None:
    await site.register("token-2")
    await site.room("token-2")


async def test_closing_waits_for_nobody(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site, "6.13")
    site.hook.gate.clear()
    await site.rocketchat.close(rid, "joao.agent", "bye")
    site.hook.gate.set()
    await site.settled()
    assert site.hook.types[-1] == "LivechatSession"


async def test_events_are_lost_repeated_and_delayed(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site)
    before = len(site.hook.bodies)
    site.rocketchat.faults.webhook(Loses(), type="Message")
    site.rocketchat.faults.webhook(Repeats(), type="Message")
    site.rocketchat.faults.webhook(Delays(0.25), type="Message")
    for text in ("lost", "twice", "late", "last"):
        await site.rocketchat.write(rid, "joao.agent", text)
        if text == "twice":
            await site.settled()
    await site.settled()
    assert [body["messages"][0]["msg"] for body in site.hook.bodies[before:]] == ["twice", "twice", "last", "late"]
    lost = [attempt for attempt in site.rocketchat.webhooks if attempt.error == "lost"]
    assert [attempt.body["messages"][0]["msg"] for attempt in lost] == ["lost"]


async def test_events_are_held_and_come_out_of_order(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site, "6.13")
    before = len(site.hook.bodies)
    site.rocketchat.faults.webhook(Holds(), times=None)
    for text in ("one", "two", "three"):
        await site.rocketchat.write(rid, "joao.agent", text)
    assert (len(site.rocketchat.held_webhooks), len(site.hook.bodies)) == (3, before)
    site.rocketchat.faults.clear()
    site.rocketchat.release(backwards=True)
    await site.settled()
    assert [body["messages"][0]["msg"] for body in site.hook.bodies[before:]] == ["three", "two", "one"]


async def test_answers_instead(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site, hooked=False)
    site.rocketchat.faults.rest(Answers(502, "<html>", "text/html"), at=POSTING, times=2)
    answers = [await site.post(rid, "x", _id=f"m-{number}") for number in range(3)]
    assert [answer.status_code for answer in answers] == [502, 502, 200]
    assert answers[0].text == "<html>"
    assert list(site.rocketchat.messages)[1:] == ["m-2"]
    assert site.rocketchat.requests[-2].fault == Answers(502, "<html>", "text/html")
    site.rocketchat.faults.rest(Answers(500, worked=True), at=POSTING)
    assert (await site.post(rid, "x", _id="m-3")).status_code == 500
    assert "m-3" in site.rocketchat.messages


@pytest.mark.parametrize("worked", [True, False])
async def test_the_connection_drops(open_site: Opener, *, worked: bool) -> None:
    site, rid = await _in_a_room(open_site, hooked=False)
    site.rocketchat.faults.rest(Drops(worked=worked), at=POSTING)
    with pytest.raises(httpx.RemoteProtocolError):
        await site.post(rid, "x", _id="m-1")
    assert ("m-1" in site.rocketchat.messages) == worked
    assert site.rocketchat.requests[-1].status == (200 if worked else None)
    assert (await site.post(rid, "x", _id="m-2")).status_code == 200


@pytest.mark.parametrize("worked", [True, False])
async def test_a_request_hangs_until_the_caller_leaves(open_site: Opener, *, worked: bool) -> None:
    site, rid = await _in_a_room(open_site, hooked=False)
    site.rocketchat.faults.rest(Hangs(30, worked=worked), at=POSTING)
    given = {"token": "token-1", "rid": rid, "msg": "x", "_id": "m-1"}
    with pytest.raises(httpx.ReadTimeout):
        await site.client.post("livechat/message", json=given, timeout=0.3)
    assert ("m-1" in site.rocketchat.messages) == worked


async def test_a_request_hangs_and_goes_on(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site, hooked=False)
    site.rocketchat.faults.rest(Hangs(0.1), at=POSTING)
    began = time.monotonic()
    assert (await site.post(rid, "x")).status_code == 200
    assert time.monotonic() - began >= 0.1


async def test_an_answer_trickles(open_site: Opener) -> None:
    site, _ = await _in_a_room(open_site, hooked=False)
    site.rocketchat.faults.rest(Trickles(0.0005), at="GET livechat/visitor/*")
    async with site.client.stream("GET", "livechat/visitor/token-1") as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    assert len(pieces) > 5
    assert b"token-1" in b"".join(pieces)


async def test_an_answer_is_no_json(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site, hooked=False)
    site.rocketchat.faults.rest(Garbles())
    answer = await site.post(rid, "x", _id="m-1")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()
    assert "m-1" in site.rocketchat.messages


async def test_faults_are_cleared(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site, hooked=False)
    site.rocketchat.faults.rest(Answers(500), times=None)
    assert {(await site.post(rid, "x")).status_code for _ in range(3)} == {500}
    site.rocketchat.faults.clear()
    assert (await site.post(rid, "x")).status_code == 200


async def test_every_request_is_recorded(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site, hooked=False)
    await site.post(rid, "hello")
    await site.history(rid, limit=5)
    posted, read = site.rocketchat.requests[-2:]
    assert (posted.method, posted.path, posted.body["msg"]) == ("POST", "/api/v1/livechat/message", "hello")
    assert (posted.status, posted.answer["message"]["msg"], posted.fault) == (200, "hello", None)
    assert posted.headers["content-type"] == "application/json"
    assert (read.method, read.query, read.body) == ("GET", {"token": "token-1", "limit": "5"}, None)
    assert read.at >= posted.at


async def test_until_gives_what_it_finds_and_gives_up_in_words(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site, hooked=False)

    def found(rocketchat: RocketChat) -> str | None:
        return rocketchat.messages["m-1"].text if "m-1" in rocketchat.messages else None

    waiting = asyncio.create_task(site.rocketchat.until(found))
    await site.post(rid, "hello", _id="m-1")
    assert await waiting == "hello"
    with pytest.raises(TimeoutError, match=r"not within 0.01 s.*POST /api/v1/livechat/message 200"):
        await site.rocketchat.until(lambda rocketchat: False, timeout=0.01)


async def test_closing_forgets_what_was_still_to_be_sent(open_site: Opener) -> None:
    site, rid = await _in_a_room(open_site)
    site.rocketchat.faults.webhook(Delays(60))
    await site.rocketchat.write(rid, "joao.agent", "hello")
    before = len(site.hook.bodies)
    assert site.rocketchat.webhooks_in_flight == 1
    await site.rocketchat.aclose()
    assert (site.rocketchat.webhooks_in_flight, len(site.hook.bodies)) == (0, before)
