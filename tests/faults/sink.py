"""A RapidPro that takes everything at once and only remembers the order: what is left is the bridge's own speed."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import time
from urllib.parse import parse_qs
from uuid import uuid4


class Sink:
    """What came to `receive`, by sender."""

    def __init__(self) -> None:
        #: which texts it refuses for good
        self.refuses: Callable[[str, str], bool] = lambda sender, text: False
        self.port = 0
        self.texts: defaultdict[str, list[str]] = defaultdict(list)
        self.ended = 0.0
        self._came = asyncio.Event()

    @property
    def count(self) -> int:
        return sum(map(len, self.texts.values()))

    async def until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Return when it holds, looked at whenever something has come; else TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._came.clear()
                await self._came.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept for as long as it is wanted."""
        try:
            while True:
                writer.write(self._answer(*await _request(reader)))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, target: str, body: str) -> bytes:
        given = {name: values[0] for name, values in parse_qs(f"{target.partition('?')[2]}&{body}").items()}
        if self.refuses(given["from"], given["text"]):
            return _written(
                "400 Bad Request", {"message": "Error", "data": [{"type": "error", "error": "invalid path component"}]}
            )
        self.texts[given["from"]].append(given["text"])
        self.ended = time()
        self._came.set()
        told = {"message": "Message Accepted", "data": [{"type": "msg", "msg_uuid": str(uuid4())}]}
        return _written("200 OK", told)


def _written(status: str, told: object) -> bytes:
    body = json.dumps(told)
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


async def _request(reader: asyncio.StreamReader) -> tuple[str, str]:
    """Its target and its body."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    body = await reader.readexactly(int(headers.get("content-length") or 0))
    return lines[0].split(" ")[1], body.decode()


@asynccontextmanager
async def a_sink() -> AsyncIterator[Sink]:
    """One that listens on a loopback port, for as long as the block lasts."""
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
