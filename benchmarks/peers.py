"""RapidPro and Rocket.Chat, as cheap as they can be: `python -m benchmarks.peers`. It prints its port.

They answer at once what the real ones answer when all is well, and write down what came and when. What anybody sends
them begins with `w`, the number of its conversation, a blank and its number there; that is all they look for.
"""

import asyncio
import re
from array import array
from datetime import UTC, datetime
from time import monotonic, monotonic_ns, time
from typing import Final, cast

import msgspec
import uvloop

from benchmarks.records import Came

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_WORDS: Final = re.compile(rb"\bw(\d+)(?: |\+|%20)(\d+)")
_IDS: Final = re.compile(rb'"(_id|rid)": ?"([^"]*)"')
_STATUS: Final = re.compile(rb"\bid=\w+-(\d+)-(\d+)")
#: how often whoever watches is told how much has come
TOLD_EVERY: Final = 0.005


class Peers:
    """What came: words for agents or contacts, and statuses."""

    def __init__(self) -> None:
        self.reset()
        self.watching: list[asyncio.WriteTransport] = []

    def reset(self) -> None:
        self._words = array("q"), array("q"), array("d")
        self._statuses = array("q"), array("q"), array("d")

    @property
    def count(self) -> int:
        return len(self._words[0])

    @property
    def statuses(self) -> int:
        return len(self._statuses[0])

    def answer(self, line: bytes, body: bytes) -> bytes:
        """What a request is answered."""
        path = line.split(b" ", 2)[1]
        if path.endswith(b"/livechat/message"):
            self._came(self._words, _WORDS, body)
            ids = dict(_IDS.findall(body))
            return _written(
                b'{"message":{"_id":"%s","rid":"%s","msg":"-","ts":"%s"},"success":true}'
                % (ids[b"_id"], ids[b"rid"], _moment())
            )
        if path.endswith(b"/receive"):
            self._came(self._words, _WORDS, body)
            return _written(
                b'{"message":"Message Accepted","data":[{"type":"msg","msg_uuid":"%032x"}]}' % monotonic_ns()
            )
        if path.endswith((b"/sent", b"/delivered")):
            self._came(self._statuses, _STATUS, body)
            return _written(b'{"message":"Status Update Accepted","data":[{"type":"status","status":"D"}]}')
        if path == b"/bench/reset":
            self.reset()
            return _written(b"{}")
        if path == b"/bench/report":
            return _written(msgspec.json.encode(self._report()))
        return _written(b'{"success":false,"error":"not for a benchmark"}', b"404 Not Found")

    def _came(
        self, where: tuple["array[int]", "array[int]", "array[float]"], pattern: re.Pattern[bytes], body: bytes
    ) -> None:
        found = pattern.search(body)
        if found is not None:
            where[0].append(int(found[1]))
            where[1].append(int(found[2]))
            where[2].append(monotonic())

    def _report(self) -> Came:
        words, statuses = self._words, self._statuses
        return Came(
            list(words[0]), list(words[1]), list(words[2]), list(statuses[0]), list(statuses[1]), list(statuses[2])
        )

    async def tell(self) -> None:
        """Whoever watches is told how many words and statuses have come, again and again."""
        told = (-1, -1)
        while True:
            if (now := (self.count, self.statuses)) != told:
                told = now
                for each in self.watching:
                    each.write(b"%d %d\n" % now)
            await asyncio.sleep(TOLD_EVERY)


def _moment() -> bytes:
    return datetime.fromtimestamp(time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def _written(body: bytes, status: bytes = b"200 OK") -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + body


class _Line(asyncio.Protocol):
    """One connection, kept for as long as it is wanted."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._came = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport in self._peers.watching:
            self._peers.watching.remove(self._transport)

    def data_received(self, data: bytes) -> None:
        self._came += data
        while self._transport is not None:
            head, end, rest = self._came.partition(b"\r\n\r\n")
            if not end:
                return
            found = _LENGTH.search(head)
            size = int(found[1]) if found else 0
            if len(rest) < size:
                return
            self._came = rest[size:]
            if head.startswith(b"GET /bench/watch"):
                self._peers.watching.append(self._transport)
                self._transport.write(b"%d %d\n" % (self._peers.count, self._peers.statuses))
                return
            self._transport.write(self._peers.answer(head.partition(b"\r\n")[0], rest[:size]))


async def _serve() -> None:
    peers = Peers()
    server = await asyncio.get_running_loop().create_server(lambda: _Line(peers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await peers.tell()


if __name__ == "__main__":
    uvloop.run(_serve())
