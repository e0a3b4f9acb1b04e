"""Bodies that are too large, compressed or hostile, at the edge as it is served.

They are refused in one shape, or kept as they came, and whoever comes next notices nothing.
"""

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channel.app import create_app
from channel.core import limits
from tests.bridge import Bridge
from tests.web.slow import listening

CANARY = "c4n4ry"
DEEP = 100_000


@dataclass
class Counting:
    """What the app has been given of bodies."""

    app: ASGIApp
    taken: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counting() -> Message:
            message = await receive()
            self.taken += len(message.get("body", b""))
            return message

        await self.app(scope, counting, send)


@dataclass
class Edge:
    """The routes that take bodies, on a port of the service's own kind."""

    bridge: Bridge
    port: int
    counting: Counting

    async def post(self, route: str, body: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
        url, token = self._routes()[route]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.bridge.http.post(url, content=body, headers=token | named)

    def _routes(self) -> dict[str, tuple[str, dict[str, str]]]:
        connected = self.bridge.connected
        base = f"http://127.0.0.1:{self.port}"
        flow = {"Authorization": connected["live_agents"]["authorization"]}
        webhook = {"X-RocketChat-Livechat-Token": connected["workspace"]["webhook_secret"]}
        send = {"Authorization": connected["channel"]["send_authorization"]}
        return {
            "send": (f"{base}/channels/{connected['channel']['uuid']}/send", send),
            "registerClient": (f"{base}/live-agents/registerClient", flow),
            "sendMessageToAgent": (f"{base}/live-agents/sendMessageToAgent", flow),
            "survey": (f"{base}/live-agents/session/user/6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5/survey", flow),
            "webhook": (f"{base}/workspaces/{connected['workspace']['uuid']}/webhook", webhook),
            "sendMessageToClient": (f"{base}/live-agents/sendMessageToClient", webhook),
        }


SMALL = ("send", "registerClient", "sendMessageToAgent", "survey")
LARGE = ("webhook", "sendMessageToClient")


@pytest.fixture
async def edge(bridge: Bridge) -> AsyncIterator[Edge]:
    counting = Counting(create_app(bridge.runtime))
    async with listening(counting) as port:
        yield Edge(bridge, port, counting)


async def without_length(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 4096):
        yield b"x" * 4096


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json().keys() == {"error"}
    assert answer.json()["error"].keys() == {"code", "message"}


@pytest.mark.parametrize("route", SMALL)
async def test_of_what_is_too_large_little_is_read(route: str, edge: Edge) -> None:
    for size in (limits.SEND_BYTES + 1, 10_000_000):
        edge.counting.taken = 0
        answer = await edge.post(route, b"x" * size)
        refused(answer, 413, "body_too_large")
        assert edge.counting.taken == 0

        answer = await edge.post(route, without_length(max(size, limits.SEND_BYTES + 4096)))
        refused(answer, 413, "body_too_large")
        assert edge.counting.taken <= limits.SEND_BYTES + 64 * 1024
    answer = await edge.post(route, b" " * limits.SEND_BYTES)
    assert answer.status_code in {400, 503}
    assert answer.json()["error"]["code"] != "body_too_large"


@pytest.mark.parametrize("route", SMALL)
@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x"])
async def test_what_is_compressed_is_not_taken(route: str, encoding: str, edge: Edge) -> None:
    bomb = gzip.compress(b"\0" * 100_000_000)
    answer = await edge.post(route, bomb, content_encoding=encoding)
    refused(answer, 415, "body_encoded")
    assert edge.counting.taken == 0
    assert (await edge.post(route, b"x", content_encoding="identity")).status_code != 415


@pytest.mark.parametrize("route", LARGE)
async def test_a_webhook_that_is_compressed_is_kept_as_it_came(route: str, edge: Edge) -> None:
    told = json.dumps({"_id": "r", "type": "Message", "messages": [{"msg": "Hello"}]}).encode()
    for body in (gzip.compress(b"\0" * 100_000_000), told):
        answer = await edge.post(route, body, content_encoding="gzip")
        assert (answer.status_code, answer.content) == (200, b"")
    kept = await edge.bridge.query("SELECT kind, reason FROM event")
    assert [tuple(row) for row in kept] == [("unreadable", "unreadable")] * 2


@pytest.mark.parametrize("route", LARGE)
async def test_a_webhook_is_taken_up_to_its_limit_and_of_more_the_size_is_kept(route: str, edge: Edge) -> None:
    told = json.dumps({"type": "LivechatOfflineMessage"}).encode()
    for size in (10_000_000, limits.WEBHOOK_BYTES, limits.WEBHOOK_BYTES + 1):
        answer = await edge.post(route, told.ljust(size))
        assert (answer.status_code, answer.content) == (200, b"")
    answer = await edge.post(route, without_length(limits.WEBHOOK_BYTES + 4096))
    assert (answer.status_code, answer.content) == (200, b"")
    kept = await edge.bridge.query("SELECT reason, octet_length(original) AS size FROM event ORDER BY id")
    assert [row["reason"] for row in kept] == ["offline_message"] * 2 + ["unreadable"] * 2
    assert all(row["size"] < 1000 for row in kept[2:])


HOSTILE = {
    "deep JSON": b'{"id":' + b"[" * DEEP,
    "deep JSON that ends": b'{"id":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep XML": b"<a>" * (DEEP // 3),
    "deep XML that ends": b"<a>" * (DEEP // 3) + b"</a>" * (DEEP // 3),
    "too large a number": b'{"id":1e999,"text":"c4n4ry","to":"c4n4ry"}',
    "no number": b'{"id":NaN,"text":"c4n4ry","to":"c4n4ry"}',
    "a number without end": b'{"id":' + b"9" * 5000 + b',"text":"c4n4ry"}',
    "a key twice": b'{"text":"c4n4ry","text":["c4n4ry"]}',
    "many fields": b"c4n4ry=1&" * 25_000,
    "many elements": b"<m>" + b"<c4n4ry/>" * 25_000 + b"</m>",
    "many attributes": b"<m " + b" ".join(b"c4n4ry%d='1'" % n for n in range(10_000)) + b"/>",
    "laughs": b'<!DOCTYPE m [<!ENTITY a "c4n4ry"><!ENTITY b "&a;&a;&a;">]><m><text>&b;</text></m>',
    "a file": b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><m><text>&x;c4n4ry</text></m>',
    "a DTD from elsewhere": b'<!DOCTYPE m SYSTEM "http://127.0.0.1:9/c4n4ry.dtd"><m><id>1</id></m>',
    "another encoding": "<?xml version='1.0' encoding='utf-16'?><m>c4n4ry</m>".encode("utf-16"),
    "parts": b'--x\r\nContent-Disposition: form-data; name="c4n4ry"; filename="c4n4ry"\r\n\r\nc4n4ry\r\n--x--',
    "parts without end": b"--x\r\n" * 20_000,
    "no UTF-8": b"c4n4ry\xff\xfe\xed\xa0\x80=\x80",
    "NUL": b"\0c4n4ry\0",
    "nothing": b"",
}
TYPES = (
    "application/json",
    "text/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "c4n4ry",
)


async def test_what_is_hostile_is_refused_or_kept_and_costs_the_next_one_nothing(edge: Edge) -> None:
    for name, body in HOSTILE.items():
        for content_type in TYPES:
            answer = await edge.post("send", body, content_type=content_type)
            assert answer.status_code == 400 or answer.json()["error"]["code"] == "unreadable_body", (
                name,
                content_type,
            )
            assert CANARY not in answer.text
        for route in SMALL[1:]:
            answer = await edge.post(route, body, content_type=TYPES[0])
            assert answer.status_code == 400, (name, route, answer.text)
            assert CANARY not in answer.text
        for route in LARGE:
            answer = await edge.post(route, body, content_type=TYPES[0])
            assert (answer.status_code, answer.content) == (200, b""), (name, route)
    assert {row["kind"] for row in await edge.bridge.query("SELECT kind FROM event")} == {"unreadable"}
    assert not await edge.bridge.query("SELECT FROM contact")
    assert (await edge.bridge.send("Hello")).status_code == 200
    await edge.bridge.room_of("Hello")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"id":1,"to":"ana","text":"a\\u0000b\\ud83d c\xff"}'),
        ("application/x-www-form-urlencoded", b"id=1&to=ana&text=a%00b%FF+c%FF"),
        ("text/xml", b"<m><id>1</id><to>ana</to><text>a\0b\xff c\xff</text></m>"),
    ],
)
async def test_what_postgres_cannot_hold_reaches_the_agent_replaced(content_type: str, body: bytes, edge: Edge) -> None:
    assert (await edge.post("send", body, content_type=content_type)).status_code == 200
    await edge.bridge.room_of("ab\ufffd c\ufffd")
