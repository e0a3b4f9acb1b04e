"""The proxy does to a connection what it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic

import pytest

from tests.faults.proxy import Proxy, proxying, to_port

pytestmark = pytest.mark.anyio

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionResetError):
        while chunk := await reader.read(100):
            writer.write(chunk)
    writer.close()


@asynccontextmanager
async def _connected(proxy: Proxy) -> AsyncIterator[Streams]:
    streams = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield streams
    finally:
        streams[1].close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """In front of an echo."""
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    async with server, proxying(to_port(server.sockets[0].getsockname()[1])) as proxy:
        yield proxy


async def _said(streams: Streams, word: bytes) -> bytes:
    streams[1].write(word)
    return await streams[0].readexactly(len(word))


async def _silent(streams: Streams) -> bool:
    streams[1].write(b"hello?")
    try:
        async with asyncio.timeout(0.2):
            await streams[0].read(1)
    except TimeoutError:
        return True
    return False


async def test_it_passes_on_what_comes_both_ways(proxy: Proxy) -> None:
    async with _connected(proxy) as streams:
        assert await _said(streams, b"hello") == b"hello"
        streams[1].write_eof()
        assert await streams[0].read() == b""


async def test_it_is_late_by_the_latency_both_ways(proxy: Proxy) -> None:
    async with _connected(proxy) as streams:
        proxy.latency = 0.1
        began = monotonic()
        await _said(streams, b"hello")
        assert monotonic() - began >= 0.2


async def test_a_reset_is_noticed_at_once_and_so_is_the_next(proxy: Proxy) -> None:
    async with _connected(proxy) as before:
        await _said(before, b"hello")
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            await before[0].read(1)
    async with _connected(proxy) as meanwhile:
        with pytest.raises(ConnectionError):
            await _said(meanwhile, b"hello")
    proxy.mend()
    async with _connected(proxy) as after:
        assert await _said(after, b"hello") == b"hello"


async def test_a_black_hole_takes_everything_and_says_nothing(proxy: Proxy) -> None:
    async with _connected(proxy) as before:
        await _said(before, b"hello")
        proxy.blackhole()
        assert await _silent(before)
        async with _connected(proxy) as meanwhile:
            assert await _silent(meanwhile)
        proxy.mend()
        assert await _silent(before)
        async with _connected(proxy) as after:
            assert await _said(after, b"hello") == b"hello"


async def test_of_a_half_open_line_only_who_was_connected_hears_nothing(proxy: Proxy) -> None:
    async with _connected(proxy) as before:
        await _said(before, b"hello")
        proxy.half_open()
        assert await _silent(before)
        async with _connected(proxy) as after:
            assert await _said(after, b"hello") == b"hello"


async def test_nobody_behind_it_is_a_reset() -> None:
    async with proxying(to_port(9)) as proxy, _connected(proxy) as streams:
        with pytest.raises(ConnectionResetError):
            await streams[0].read(1)
