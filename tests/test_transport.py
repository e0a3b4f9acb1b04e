"""HTTP's errors become ours: did the request leave, and was there an answer? Real sockets."""

import asyncio
import gzip
import json
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from channel.core import limits
from channel.core.errors import Ambiguous, DeliveryError, Refused, Unavailable
from channel.core.exchange import Exchange, Reply, Request
from channel.core.networks import THIS_MACHINE
from channel.transport import AGENT, ANSWER_BYTES, Trail, Transport, open_http

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def ask(*paths: str, form: dict[str, str] | None = None, **query: str) -> Exchange[list[Reply]]:
    replies = []
    for path in paths or ("/path",):
        replies.append((yield Request("POST", path, query=query, form=form, headers={"X-Secret": "hunter2"})))
    return replies


@asynccontextmanager
async def peer(talk: Talk) -> AsyncIterator[str]:
    """A server that does `talk` with each connection, and closes it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def saying(*pieces: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
        await writer.drain()

    return talk


async def perform(url: str, exchange: Exchange[list[Reply]] | None = None, trail: Trail | None = None) -> list[Reply]:
    async with open_http(THIS_MACHINE) as http:
        return await Transport(http).perform(url, exchange or ask(), trail, {"Authorization": "Token hunter2"})


async def failure(talk: Talk, trail: Trail | None = None) -> DeliveryError:
    async with peer(talk) as url:
        with pytest.raises(DeliveryError) as error:
            await perform(url, None, trail)
    return error.value


@pytest.fixture
def _short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EXCHANGE_DEADLINE", 0.3)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "url",
    [f"http://127.0.0.1:{free_port()}", "http://no-such-host.invalid", "ftp://host", "nonsense"],
    ids=["nobody listens", "no such host", "no such scheme", "nonsense"],
)
async def test_a_request_that_could_not_leave_may_go_again(url: str) -> None:
    with pytest.raises(Unavailable) as error:
        await perform(url)
    assert error.value.code == "unreachable"


async def test_a_connection_that_closes_without_an_answer_leaves_it_open_whether_it_arrived() -> None:
    error = await failure(saying())
    assert isinstance(error, Ambiguous)
    assert (error.code, error.connection_lost) == ("no_answer", True)


async def test_so_does_one_that_is_reset() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    error = await failure(reset)
    assert isinstance(error, Ambiguous)
    assert error.connection_lost


async def test_so_does_one_that_closes_in_the_middle_of_the_answer() -> None:
    error = await failure(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"))
    assert isinstance(error, Ambiguous)
    assert error.connection_lost


@pytest.mark.parametrize(
    "line", [b"nonsense\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"HTTP/9.9 two\r\n\r\n"]
)
async def test_so_does_an_answer_that_is_no_http(line: bytes) -> None:
    assert isinstance(await failure(saying(line)), Ambiguous)


@pytest.mark.usefixtures("_short_deadline")
async def test_a_peer_that_says_nothing_in_time_leaves_it_open() -> None:
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        ended.set()

    trail = Trail()
    error = await failure(silent, trail)
    assert isinstance(error, Ambiguous)
    assert (error.code, error.connection_lost) == ("timeout", False)
    assert limits.EXCHANGE_DEADLINE <= trail.seconds < 5
    assert trail.answered[-1] == "no answer in time"
    await asyncio.wait_for(ended.wait(), 5)  # and the connection is not kept


@pytest.mark.usefixtures("_short_deadline")
async def test_the_deadline_is_for_the_whole_exchange_however_busy_the_peer_seems() -> None:
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    error = await failure(dripping)
    assert isinstance(error, Ambiguous)
    assert error.code == "timeout"


async def test_an_endless_answer_is_read_no_further_than_it_may_be() -> None:
    written = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            written += 0x10000
            await writer.drain()

    error = await failure(endless)
    assert isinstance(error, Ambiguous)  # whatever it says, the request was taken
    assert error.code == "answer_too_long"
    assert ANSWER_BYTES <= written < 8 * ANSWER_BYTES


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_what_a_peer_compresses_unasked_is_read_and_no_more_of_it_than_of_any_answer(encoding: str) -> None:
    def packed(body: bytes) -> Talk:
        small = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(small)}\r\n\r\n"
        return saying(head.encode(), small)

    async with peer(packed(b"hi" * 1000)) as url:
        (reply,) = await perform(url)
    assert reply.body == b"hi" * 1000
    error = await failure(packed(b"\0" * 100_000_000))
    assert isinstance(error, Ambiguous)
    assert error.code == "answer_too_long"


async def test_an_answer_is_handed_to_the_exchange_whatever_its_status() -> None:
    async with peer(saying(b"HTTP/1.1 503 Away\r\nX-Kind: One\r\nContent-Length: 2\r\n\r\nhi")) as url:
        (reply,) = await perform(url)
    assert (reply.status, reply.body, reply.headers["x-kind"]) == (503, b"hi", "One")


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with peer(saying(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")) as url:
        trail = Trail()
        (reply,) = await perform(url, None, trail)
    assert (reply.status, trail.asked) == (302, ["POST /path"])


async def test_what_is_asked_goes_out_as_it_is_described() -> None:
    heard: list[bytes] = []

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        heard.append(await reader.readexactly(len(b"text=a%26b")))
        writer.write(OK)
        await writer.drain()

    async with peer(listening) as url:
        await perform(url, ask("/a%20b", form={"text": "a&b"}, q="1"))
    head = heard[0].decode().lower()
    assert head.startswith("post /a%20b?q=1 http/1.1\r\n")
    assert f"user-agent: {AGENT}\r\n" in head
    assert "x-secret: hunter2\r\n" in head
    assert "cookie" not in head
    assert heard[1] == b"text=a%26b"


async def test_a_cookie_is_never_given_back() -> None:
    heads: list[bytes] = []

    async def baking(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(OK.replace(b"Content", b"Set-Cookie: a=b\r\nContent"))
            await writer.drain()

    async with peer(baking) as url:
        await perform(url, ask("/one", "/two"))
    assert [b"cookie" in head.lower() for head in heads] == [False, False]


async def test_the_trail_says_what_was_asked_and_answered_and_no_secret() -> None:
    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")
        await writer.drain()

    trail = Trail()
    async with peer(answering) as url:
        with pytest.raises(Ambiguous):
            await perform(url, ask("/one?token=hunter2", "/two", key="hunter2"), trail)
    assert trail.asked == ["POST /one", "POST /two"]
    assert trail.answered[0] == "200"
    assert "hunter2" not in json.dumps([trail.asked, trail.answered])


async def test_what_the_exchange_makes_of_an_answer_is_what_comes_of_it() -> None:
    def refusing() -> Exchange[list[Reply]]:
        yield Request("GET", "/")
        raise Refused("no", "no")

    async with peer(saying(OK)) as url:
        with pytest.raises(Refused):
            await perform(url, refusing())


async def test_an_exchange_is_closed_when_its_request_fails() -> None:
    closed = asyncio.Event()

    def watching() -> Exchange[list[Reply]]:
        try:
            yield Request("GET", "/")
        finally:
            closed.set()
        return []

    with pytest.raises(Unavailable):
        await perform(f"http://127.0.0.1:{free_port()}", watching())
    assert closed.is_set()
