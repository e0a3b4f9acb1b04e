"""No caller is waited for without end, and one who only rests between two requests is not cut."""

import asyncio
import json
from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from channel.core import limits
from tests.bridge import counted
from tests.web.slow import HALF_BODY, HALF_HEADER, Caller, listening

GET = b"GET /%s HTTP/1.1\r\nHost: bridge.test\r\n\r\n"
POST = b"POST /%s HTTP/1.1\r\nHost: bridge.test\r\nContent-Length: 8\r\n\r\n1234"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(limits, "READING_SECONDS", 0.5)
    monkeypatch.setattr(limits, "KEEP_ALIVE", 2.0)


def app(seen: list[str]) -> Starlette:
    """What reads its body, what does not, and what answers at length; `seen`: how the reading ended."""

    async def reads(request: Request) -> Response:
        try:
            seen.append((await request.body()).decode())
        except ClientDisconnect:
            seen.append("cut")
            raise
        return PlainTextResponse("read")

    async def does_not(request: Request) -> Response:
        return PlainTextResponse("unread")

    async def long(request: Request) -> Response:
        return PlainTextResponse("x" * 2**20)

    async def cut(request: Request, error: Exception) -> Response:
        return PlainTextResponse("cut", 400)

    routes = [
        Route("/channels/x/send", reads, methods=["GET", "POST"]),
        Route("/unread", does_not, methods=["POST"]),
        Route("/long", long),
    ]
    return Starlette(routes=routes, exception_handlers={ClientDisconnect: cut})


SLOW = {
    "nothing": (b"", b"", "header"),
    "half a header": (HALF_HEADER, b"", "header"),
    "a header drop by drop": (HALF_HEADER, b"x", "header"),
    "empty lines": (b"\r\n", b"\r\n", "header"),
    "no body": (HALF_BODY, b"", "body"),
    "a body drop by drop": (HALF_BODY, b"x", "body"),
    "chunks drop by drop": (
        b"POST /channels/x/send HTTP/1.1\r\nHost: bridge.test\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"1\r\nx\r\n",
        "body",
    ),
    "half a second request": (GET % b"channels/x/send" + HALF_HEADER, b"x", "header"),
    "a body that nobody waits for": (POST % b"unread", b"", "body"),
}


@pytest.mark.parametrize("name", SLOW)
async def test_who_does_not_come_to_an_end_is_cut(name: str) -> None:
    said, drop, part = SLOW[name]
    seen: list[str] = []
    before = counted("cut", waited_for=part)
    async with asyncio.timeout(10), listening(app(seen)) as port:
        caller = await Caller.connect(port, said)
        dropping = asyncio.create_task(caller.trickle(drop, 0.05))
        assert await caller.cut() >= 0.25
        await dropping
    assert counted("cut", waited_for=part) == before + 1
    assert seen == (["cut"] if part == "body" and "send" in said.decode() else seen)


async def test_a_body_that_is_cut_is_not_read_as_if_it_were_whole() -> None:
    seen: list[str] = []
    async with asyncio.timeout(10), listening(app(seen)) as port:
        await (await Caller.connect(port, HALF_BODY)).cut()
    assert seen == ["cut"]


async def test_who_rests_between_two_requests_is_not_cut() -> None:
    async with asyncio.timeout(10), listening(app([])) as port:
        caller = await Caller.connect(port, GET % b"channels/x/send")
        assert (await caller.answer()).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(2 * limits.HEADER_SECONDS)
        caller.say(GET % b"channels/x/send")
        assert b"HTTP/1.1 200" in await caller.answer()
        assert await caller.cut() >= 2 * limits.HEADER_SECONDS + 1


async def test_who_rests_after_the_rest_of_a_body_that_was_not_waited_for_is_let_go() -> None:
    async with asyncio.timeout(10), listening(app([])) as port:
        caller = await Caller.connect(port, POST % b"unread")
        await caller.answer()
        caller.say(b"5678" + GET % b"channels/x/send")
        assert b"HTTP/1.1 200" in await caller.answer()
        caller.say(POST % b"unread")
        await caller.answer()
        caller.say(b"5678")
        assert await caller.cut() >= 1


async def test_who_asks_for_the_end_is_left_to_write_the_rest_and_reads_the_answer() -> None:
    async with asyncio.timeout(10), listening(app([])) as port:
        closing = b"Connection: close\r\nContent-Length"
        caller = await Caller.connect(port, (POST % b"unread").replace(b"Content-Length", closing))
        assert (await caller.answer()).startswith(b"HTTP/1.1 200")
        assert await caller.reader.read(100) == b"unread"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), limits.BODY_SECONDS / 5)
        caller.say(b"5678")
        assert await caller.cut() < limits.BODY_SECONDS


async def test_who_reads_no_answer_is_cut() -> None:
    before = counted("cut", waited_for="answer")
    async with asyncio.timeout(20), listening(app([])) as port:
        # as many answers as no buffer of the system's holds
        caller = await Caller.connect(port, (GET % b"long") * 30, buffer=4096)
        while counted("cut", waited_for="answer") == before:  # noqa: ASYNC110 - no event to wait for
            await asyncio.sleep(0.05)
        caller.writer.close()


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000, 431, "header_too_large"),
        (b"GET /" + b"x" * 200_000, 431, "header_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"X: x\r\n" * 40_000, 431, "header_too_large"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "no_http"),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400, "no_http"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "no_http"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "no_http"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 400, "no_http"),
        (b"CONNECT chat.test:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "no_http"),
    ],
)
async def test_what_is_no_request_is_refused_in_the_one_shape(said: bytes, status: int, code: str) -> None:
    async with asyncio.timeout(10), listening(app([])) as port:
        caller = await Caller.connect(port, said)
        assert (await caller.answer()).startswith(b"HTTP/1.1 %d " % status)
        assert json.loads(await caller.reader.readuntil(b"}}"))["error"]["code"] == code
        await caller.cut()


UPGRADE = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"


@pytest.mark.parametrize("behind", [b"\x00\x00 no request\r\n\r\n", UPGRADE])
async def test_what_is_no_request_gets_no_answer_that_a_request_before_it_waits_for(behind: bytes) -> None:
    """A 400 in its place would be final to courier, whose message may be stored at that moment."""
    async with asyncio.timeout(10), listening(app([])) as port:
        caller = await Caller.connect(port, GET % b"long" + behind)
        came = b""
        with suppress(ConnectionError):
            while more := await caller.reader.read(2**16):
                came += more
        assert not came.startswith(b"HTTP/1.1 4")
        caller.writer.close()
