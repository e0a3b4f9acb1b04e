"""A RapidPro that takes everything at once and only remembers the order: what is left is the bridge's own speed."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import time
from urllib.parse import parse_qs
from uuid import UUID


class Sink:
    """What came to `receive`, by sender."""

    def __init__(self) -> None:
        #: which texts it refuses for good
        self.refuses: Callable[[str, str], bool] = lambda sender, text: False
        self.port = 0
        self.texts: defaultdict[str, list[str]] = defaultdict(list)
        self.times: list[float] = []  #: of each that it took
        self.last: dict[str, float] = {}  #: and of the last, by sender
        self._came = asyncio.Event()

    @property
    def count(self) -> int:
        return len(self.times)

    async def until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Return when it holds, looked at whenever something has come; else TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._came.clear()
                await self._came.wait()

    def answer(self, target: str, body: str) -> bytes:
        """What a request is answered."""
        given = {name: values[0] for name, values in parse_qs(f"{target.partition('?')[2]}&{body}").items()}
        if self.refuses(given["from"], given["text"]):
            return _written("400 Bad Request", _REFUSED)
        self.texts[given["from"]].append(given["text"])
        self.times.append(time())
        self.last[given["from"]] = self.times[-1]
        self._came.set()
        return _written("200 OK", f'{{"message": "Message Accepted", "data": [{_told(self.count)}]}}')


_REFUSED = '{"message": "Error", "data": [{"type": "error", "error": "invalid path component"}]}'


def _told(number: int) -> str:
    return f'{{"type": "msg", "msg_uuid": "{UUID(int=number)}"}}'


def _written(status: str, body: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


class _Line(asyncio.Protocol):
    """One connection, kept for as long as it is wanted: less than streams cost, for this is not what is measured."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._came = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, end, rest = self._came.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or self._transport is None or len(rest) < (size := int(length[1]) if length else 0):
            return
        self._came = rest[size:]
        self._transport.write(self._sink.answer(head.split(b" ", 2)[1].decode(), rest[:size].decode()))


_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@asynccontextmanager
async def a_sink() -> AsyncIterator[Sink]:
    """One that listens on a loopback port, for as long as the block lasts."""
    sink = Sink()
    server = await asyncio.get_running_loop().create_server(lambda: _Line(sink), "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
