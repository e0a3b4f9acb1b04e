"""Callers who take their time, over real sockets."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from channel.serving import server

HALF_HEADER = b"POST /channels/x/send HTTP/1.1\r\nHost: bridge.test\r\nX-Long: "
HALF_BODY = b"POST /channels/x/send HTTP/1.1\r\nHost: bridge.test\r\nContent-Length: 1000\r\n\r\nid=1&text="


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[int]:
    """Serve `app` as the service is served; the block is given the port."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # with proto 0 asyncio leaves Nagle on: 40 ms a request
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    serving = server(app)
    task = asyncio.create_task(serving.serve([listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        serving.should_exit = True
        await task


@dataclass
class Caller:
    """One connection, and when it began."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    began: float

    @classmethod
    async def connect(cls, port: int, said: bytes = b"", *, buffer: int = 0) -> "Caller":
        """`buffer`: so many bytes of an answer at most wait on our side to be read."""
        raw = socket.socket()
        raw.setblocking(False)
        if buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(raw, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=raw, limit=buffer or 2**16)
        caller = cls(reader, writer, loop.time())
        caller.say(said)
        return caller

    def say(self, said: bytes) -> None:
        if said and not self.writer.is_closing():
            self.writer.write(said)

    async def trickle(self, drop: bytes, seconds: float) -> None:
        """A drop of a request now and then, until the connection is cut."""
        while not self.writer.is_closing():
            self.say(drop)
            await asyncio.sleep(seconds)

    async def answer(self) -> bytes:
        """The next answer, without its body."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def cut(self) -> float:
        """After how many seconds the other side has ended the connection; until then what comes is read."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(2**16):
                pass
        self.writer.close()
        return asyncio.get_running_loop().time() - self.began
