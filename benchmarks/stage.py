"""What a benchmark plays on: a Postgres, the peers, and whatever is measured, each a process of its own."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
import msgspec
from cryptography.fernet import Fernet

from benchmarks import spent
from benchmarks.conversations import Made, connected, made
from benchmarks.records import Came, Direction, Job, Sent
from benchmarks.relay import CHANNEL, SECRET
from channel.embedded import embedded_postgres
from channel.store.migrations import migrate
from tests import processes

#: conversations that every database has, of which an agent has each
CONVERSATIONS: Final = 10_000
#: for a process to say that it is ready, and for what was asked of one beyond its own time
PATIENCE: Final = 60.0


class Lost(Exception):
    """Something that is needed for the figure has gone, or was not kept; there is no figure."""


@dataclass
class Target:
    """What is measured: the bridge, in one or more processes, or a relay."""

    name: str
    ports: Sequence[int]
    pids: Sequence[int]
    database: str = ""
    made: Made | None = None
    log: Path = Path(os.devnull)

    def path(self, direction: Direction) -> str:
        channel, workspace = (self.made.channel, self.made.workspace) if self.made else (CHANNEL, CHANNEL)
        return f"/channels/{channel}/send" if direction == "to_agent" else f"/workspaces/{workspace}/webhook"

    def header(self, direction: Direction) -> str:
        send, secret = (self.made.send_token, self.made.webhook_secret) if self.made else (SECRET, SECRET)
        return f"Authorization: Token {send}" if direction == "to_agent" else f"X-RocketChat-Livechat-Token: {secret}"


@dataclass
class Stage:
    """`peers`: their port."""

    home: Path
    server: str
    postmaster: int
    peers: int
    peers_pid: int
    env: Mapping[str, str] = field(default_factory=dict)

    async def ask(self, path: str) -> bytes:
        """Of the peers. Lost if they have gone."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.peers, limit=2**28)
            writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
            writer.close()
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Lost(f"the peers have gone ({type(error).__name__})") from None
        return body

    async def came(self) -> Came:
        return msgspec.json.decode(await self.ask("/bench/report"), type=Came)

    async def load(self, job: Job) -> Sent:
        """Have this done by a process of its own. Lost if it fails."""
        given, got = self.home / f"{job.run}.job", self.home / f"{job.run}.sent"
        given.write_bytes(msgspec.json.encode(job))
        command = [sys.executable, "-m", "benchmarks.load", str(given), str(got)]
        process = await asyncio.create_subprocess_exec(*command, cwd=processes.ROOT, stderr=asyncio.subprocess.PIPE)
        try:
            async with asyncio.timeout(job.seconds + PATIENCE):
                _, said = await process.communicate()
        except TimeoutError:
            process.kill()
            raise Lost("the load did not end") from None
        if process.returncode:
            raise Lost(f"the load failed: {said.decode().strip().splitlines()[-1]}")
        return msgspec.json.decode(got.read_bytes(), type=Sent)

    def job(self, target: Target, direction: Direction, **more: object) -> Job:
        given = {"conversations": 100, "connections": 50, "seconds": 10.0, **more}
        fixed = {
            "direction": direction,
            "ports": target.ports,
            "peers": self.peers,
            "path": target.path(direction),
            "header": target.header(direction),
            "run": uuid4().hex[:8],
        }
        return msgspec.convert({**fixed, **given}, Job)

    @asynccontextmanager
    async def relay(self, transport: str) -> AsyncIterator[Target]:
        name = "relay" if transport == "aiohttp" else f"relay on {transport}"
        async with _started("benchmarks.relay", transport, str(self.peers), log=self.home / "relay.log") as (port, pid):
            yield Target(name, [port], [pid])

    @asynccontextmanager
    async def database(self, conversations: int = CONVERSATIONS) -> AsyncIterator[tuple[str, Made]]:
        """A migrated one with a channel and so many conversations, of each of which an agent has the room."""
        name = f"bench_{uuid4().hex}"
        await execute(self.server, f"CREATE DATABASE {name}")
        url = _named(self.server, name)
        try:
            await migrate(url)
            key = Fernet.generate_key().decode()
            channel = await connected(url, key, f"http://127.0.0.1:{self.peers}")
            await made(url, channel, conversations)
            await execute(url, "VACUUM ANALYZE")
            yield url, channel
        finally:
            await execute(self.server, f"DROP DATABASE {name} WITH (FORCE)")

    @asynccontextmanager
    async def bridge(
        self, url: str, channel: Made, *, replicas: int = 1, module: str = "channel", **settings: str
    ) -> AsyncIterator[Target]:
        """The service, as its users run it, on this database."""
        async with AsyncExitStack() as stack:
            ports, pids = [], []
            log = self.home / f"bridge-{uuid4().hex[:8]}.log"
            for _ in range(replicas):
                port = processes.free_port()
                given = {"DATABASE_URL": url, "SECRET_KEYS": channel.key, "DRAIN_SECONDS": "0", **settings}
                env = processes.environment(self.home, PORT=str(port), INTERNAL_PORT="0", **given)
                ports.append(port)
                pids.append(await stack.enter_async_context(_serving({**env, **self.env}, log, module)))
            name = "bridge" if replicas == 1 else f"bridge, {replicas} replicas"
            yield Target(name, ports, pids, url, channel, log)

    @asynccontextmanager
    async def parted(self, url: str, channel: Made, *, hints: bool) -> AsyncIterator[Target]:
        """An edge and a process that delivers, with or without hints between them."""
        port, log = processes.free_port(), self.home / f"parted-{uuid4().hex[:8]}.log"
        given = {"DATABASE_URL": url, "SECRET_KEYS": channel.key, "DRAIN_SECONDS": "0"}
        listen = {"LISTEN_DATABASE_URL": url} if hints else {}
        env = processes.environment(self.home, PORT=str(port), INTERNAL_PORT="0", **given, **listen)
        async with _serving(env, log, "channel", "deliver") as deliver, _serving(env, log, "channel", "edge") as edge:
            name = f"edge and delivery, {'LISTEN' if hints else 'polling'}"
            yield Target(name, [port], [edge, deliver], url, channel, log)

    def cpu(self, target: Target) -> tuple[float, float, float]:
        """Seconds of a core that the target, Postgres and the peers have used."""
        return sum(map(spent.cpu, target.pids)), spent.of_postgres(self.postmaster), spent.cpu(self.peers_pid)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    """A Postgres (`DATABASE_URL`, or the embedded one with its own settings) and the peers."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        async with AsyncExitStack() as stack:
            given = os.environ.get("DATABASE_URL")
            data = Path(home) / "database"
            server = given or stack.enter_context(embedded_postgres(data))
            postmaster = 0 if given else int((data / "postgres" / "postmaster.pid").read_text().split()[0])
            peers = await stack.enter_async_context(_started("benchmarks.peers", log=Path(home) / "peers.log"))
            yield Stage(Path(home), server, postmaster, *peers)


@asynccontextmanager
async def other_peers(stage: Stage) -> AsyncIterator[Stage]:
    """The same stage with other peers, which write down for themselves."""
    async with _started("benchmarks.peers", log=stage.home / "others.log") as (port, pid):
        yield replace(stage, peers=port, peers_pid=pid)


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement, timeout=3600)
    finally:
        await connection.close()


async def value(url: str, sql: str, *values: object) -> float:
    connection = await asyncpg.connect(url)
    try:
        return float(await connection.fetchval(sql, *values))
    finally:
        await connection.close()


def _named(server: str, database: str) -> str:
    before, mark, options = server.partition("?")
    return f"{before.rpartition('/')[0]}/{database}{mark}{options}"


@asynccontextmanager
async def _started(module: str, *arguments: str, log: Path) -> AsyncIterator[tuple[int, int]]:
    """A process that prints the port at which it listens: that port, and its number."""
    with log.open("a") as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments, cwd=processes.ROOT, stdout=asyncio.subprocess.PIPE, stderr=said
        )
    try:
        async with asyncio.timeout(PATIENCE):
            line = await process.stdout.readline() if process.stdout else b""
        if not line.strip().isdigit():
            raise Lost(f"{module} does not start: {log.read_text()[-500:]}")
        yield int(line), process.pid
    finally:
        await _ended(process)


@asynccontextmanager
async def _serving(env: Mapping[str, str], log: Path, module: str, role: str = "all") -> AsyncIterator[int]:
    """`live-agents serve`, from when it listens; its log goes to a file, and costs nobody anything."""
    with log.open("a") as said:
        before = log.stat().st_size
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, "serve", "--role", role, env=env, cwd=processes.ROOT, stderr=said
        )
    ports = 1 if role == "deliver" else 2  # internal, and public
    try:
        async with asyncio.timeout(PATIENCE):
            while log.read_text()[before:].count('"event": "listening"') < ports:
                if process.returncode is not None:
                    raise Lost(f"the service ended: {log.read_text()[-500:]}")
                await asyncio.sleep(0.02)
        yield process.pid
    finally:
        await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
