"""The load, a process of its own: `python -m benchmarks.load JOB RESULT`, both files of JSON.

Each connection sends one request at a time, and takes turns between conversations of its own; where there are fewer
conversations than connections, some share one.
"""

import asyncio
import sys
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, process_time, time
from typing import Final, cast

import msgspec
import uvloop

from benchmarks.records import Job, Sent

#: after the last request: for its answer
PATIENCE: Final = 15.0

_SEND: Final = (
    "id={run}-{conversation}-{number}&uuid=&text=w{conversation}+{number}+{run}&to=c{conversation}&from=1"
    "&channel={channel}"
)
_WEBHOOK: Final = (
    '{{"_id":"room-c{conversation}","label":"Ana","createdAt":"2026-01-01T00:00:00.000Z"{last},'
    '"visitor":{{"_id":"v{conversation}","token":"t{conversation}","name":"Ana","username":"guest-{conversation}"}},'
    '"agent":{{"_id":"agent1","username":"joao","name":"Joao Lima","email":"joao@example.org"}},"crmData":"ok",'
    '"type":"Message","messages":[{{"u":{{"_id":"agent1","username":"joao","name":"Joao Lima"}},'
    '"_id":"{run}-{conversation}-{number}","username":"joao","msg":"w{conversation} {number} {run}","ts":"{ts}",'
    '"rid":"room-c{conversation}","agentId":"agent1","_updatedAt":"{ts}"}}]}}'
)
CHANNEL: Final = "00000000-0000-4000-8000-000000000001"


class Load:
    """What is sent, and what became of it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.sent = Sent([], [], [], [], [], [], {}, 0.0)
        self.refused: Counter[str] = Counter()
        self.ending = asyncio.Event()
        self.closed = False
        self._numbers = [0] * job.conversations
        self._last = [""] * job.conversations
        self._turns = [self._cycle(n) for n in range(job.connections)]
        self._began = time()
        self._accepted = 0
        self._arrived = 0
        self._waiting: deque[_Line] = deque()
        self._under_way = 0

    def next_of(self, place: int) -> int:
        return next(self._turns[place])

    def _cycle(self, place: int) -> Iterator[int]:
        many, wide = self.job.conversations, self.job.connections
        own = list(range(place, many, wide)) if place < many else [place % many]
        while True:
            yield from own

    def may_send(self, line: "_Line") -> bool:
        """Not while too much is accepted that has not arrived."""
        if self.closed:
            return False
        if self.job.window and self._accepted + self._under_way - self._arrived >= self.job.window:
            self._waiting.append(line)
            return False
        return True

    def arrived(self, count: int) -> None:
        self._arrived = count
        free = self.job.window - (self._accepted + self._under_way - count)
        for _ in range(min(free, len(self._waiting))):
            self._waiting.popleft().go()

    def begin(self, conversation: int, due: float) -> tuple[int, bytes]:
        """The next message of a conversation: its row, and the request."""
        number = self._numbers[conversation]
        self._numbers[conversation] += 1
        self._under_way += 1
        row, sent = len(self.sent.number), self.sent
        sent.conversation.append(conversation)
        sent.number.append(number)
        sent.due.append(due)
        sent.began.append(monotonic())
        sent.answered.append(0.0)
        sent.status.append(0)
        return row, self._request(conversation, number)

    def answered(self, row: int, status: int) -> None:
        self._under_way -= 1
        self.sent.answered[row] = monotonic()
        self.sent.status[row] = status
        if 200 <= status < 300:
            self._accepted += 1
            self._last[self.sent.conversation[row]] = self._moment(self.sent.number[row])
        if self.closed and not self._under_way:
            self.ending.set()

    def close(self) -> None:
        """Nothing more is sent."""
        self.closed = True
        if not self._under_way:
            self.ending.set()

    def _moment(self, number: int) -> str:
        """Rocket.Chat's time of a message: later for each of a conversation, and later than in any load before."""
        at = datetime.fromtimestamp(self._began + number / 1000, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _request(self, conversation: int, number: int) -> bytes:
        job = self.job
        if job.direction == "to_agent":
            body = _SEND.format(run=job.run, conversation=conversation, number=number, channel=CHANNEL)
            return written(job.path, job.header, body, "application/x-www-form-urlencoded")
        last = self._last[conversation]
        body = _WEBHOOK.format(
            run=job.run,
            conversation=conversation,
            number=number,
            ts=self._moment(number),
            last=f',"lastMessageAt":"{last}"' if last else "",
        )
        return written(job.path, job.header, body, "application/json")


def written(path: str, header: str, body: str, kind: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


class _Line(asyncio.Protocol):
    """One connection of RapidPro's or Rocket.Chat's."""

    def __init__(self, load: Load, place: int) -> None:
        self._load = load
        self._place = place
        self._row = -1
        self._due: deque[tuple[int, float]] = deque()
        self._came = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is no subclass

    def connection_lost(self, exc: Exception | None) -> None:
        if self._row >= 0:
            self._load.answered(self._row, 0)
            self._row = -1

    def owe(self, conversation: int, due: float) -> None:
        """It is to send this as soon as it can."""
        self._due.append((conversation, due))
        if self._row < 0:
            self.go()

    def go(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._load.job.rate:
            if self._due and not self._load.closed:
                self._send(*self._due.popleft())
        elif self._load.may_send(self):
            self._send(self._load.next_of(self._place), monotonic())

    def _send(self, conversation: int, due: float) -> None:
        self._row, request = self._load.begin(conversation, due)
        if self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, end, rest = self._came.partition(b"\r\n\r\n")
        place = head.lower().find(b"content-length:")
        size = int(head[place + 15 :].partition(b"\r\n")[0]) if place >= 0 else 0
        if not end or len(rest) < size:
            return
        self._came = rest[size:]
        row, self._row = self._row, -1
        self._load.answered(row, int(head[9:12]))
        self.go()


async def run(job: Job) -> Sent:
    """Do it, and say what was sent."""
    load, loop = Load(job), asyncio.get_running_loop()
    lines = []
    for n in range(job.connections):
        port = job.ports[n % len(job.ports)]
        _, line = await loop.create_connection(lambda n=n: _Line(load, n), "127.0.0.1", port)  # type: ignore[misc]
        lines.append(line)
    watching = asyncio.create_task(_watch(load))
    beside = [asyncio.create_task(forging(load))] if job.forged else []
    began = monotonic()
    if job.rate:
        await _paced(load, lines, began)
    else:
        for line in lines:
            line.go()
        await asyncio.sleep(job.seconds)
    load.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await load.ending.wait()
    for task in (watching, *beside):
        task.cancel()
    await asyncio.gather(watching, *beside, return_exceptions=True)
    load.sent.refused = dict(load.refused)
    load.sent.cpu = process_time()
    return load.sent


async def _paced(load: Load, lines: list[_Line], began: float) -> None:
    """So many a second, each due at its time, whatever has become of those before."""
    job, count = load.job, 0
    while (gone := monotonic() - began) < job.seconds:
        while count < gone * job.rate:
            conversation = count % job.conversations
            lines[conversation % len(lines)].owe(conversation, began + count / job.rate)
            count += 1
        await asyncio.sleep(0.001)


async def _watch(load: Load) -> None:
    """Hear from the peers how much has arrived."""
    reader, writer = await asyncio.open_connection("127.0.0.1", load.job.peers)
    writer.write(b"GET /bench/watch HTTP/1.1\r\n\r\n")
    while line := await reader.readline():
        load.arrived(int(line.split()[0]))


async def forging(load: Load) -> None:
    """Requests that are to be refused, beside the others: each kind in turn, with what it was answered."""
    job, turn, began = load.job, 0, monotonic()
    good = job.header.partition(":")[0]
    kind = "application/json" if job.direction == "to_contact" else "application/x-www-form-urlencoded"
    requests = {
        "forged": written(job.path, f"{good}: Token {'0' * 43}", "id=1&text=a&to=b", kind),
        "malformed": written(job.path, job.header, "{" if job.direction == "to_contact" else "text=a", kind),
        "no HTTP": b"NONSENSE\r\n\r\n",
    }
    names = list(requests)
    while not load.closed:
        await asyncio.sleep(max(0.0, began + turn / job.forged - monotonic()))
        name, turn = names[turn % len(names)], turn + 1
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", job.ports[0])
            writer.write(requests[name])
            said = await reader.readuntil(b"\r\n")
            load.refused[f"{name}: {int(said[9:12])}"] += 1
            writer.close()


def main() -> None:
    job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Job)
    Path(sys.argv[2]).write_bytes(msgspec.json.encode(uvloop.run(run(job))))


if __name__ == "__main__":
    main()
