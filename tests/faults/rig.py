"""Three replicas, a Postgres behind a line that can break, and two simulated peers that write down what they saw."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import httpx
from cryptography.fernet import Fernet

from channel.cli.connect import described
from channel.core.notices import Notice
from channel.sandbox.rapidpro import External, RapidPro
from channel.sandbox.rapidpro.records import Channel
from channel.sandbox.rocketchat import PROFILES, Profile, RocketChat
from channel.sandbox.serving import serving
from channel.store.admin import Wanted, administering
from channel.store.vault import Vault
from tests import processes
from tests.faults import records
from tests.faults.proxy import Connect, Proxy, proxying, to_port, to_unix_socket
from tests.faults.replicas import Replicas, probing
from tests.faults.verifier import Verdict, verify
from tests.jumping import jump

REPLICAS = 3
#: how long everything that was accepted may take to arrive, once nothing is broken any more
DRAIN_SECONDS = 120.0


@dataclass
class Rig:
    """A campaign's stage. `database`, `to_rocketchat`, `to_rapidpro` and `front` are lines that can be broken."""

    seed: int
    database_url: str  #: past the line
    rapidpro: RapidPro
    rocketchat: RocketChat
    channel: Channel
    channel_id: UUID
    replicas: Replicas
    database: Proxy
    to_rocketchat: Proxy
    to_rapidpro: Proxy
    front: Proxy
    key: str  #: by which secrets at rest are sealed

    @property
    def dice(self) -> random.Random:
        """Chance of its own for each who asks, the same in every run of this seed."""
        return random.Random(self.seed)

    async def query(self, sql: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database_url)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    async def drained(self, seconds: float = DRAIN_SECONDS, *, hurrying: bool = False) -> None:
        """Return when both peers have stopped trying and nobody's words wait in the bridge.

        `hurrying`: what the bridge waits for comes at once. Nothing says then how soon it would have come.
        """
        async with asyncio.timeout(seconds):
            await self.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None, seconds)
            # not at each change: with many messages the rig would do nothing else, and take its own time for ours
            while any(m.status in {"queued", "errored"} for m in self.rapidpro.outgoing()):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            connection = await asyncpg.connect(self.database_url)
            try:
                while await connection.fetchval(_UNDELIVERED):
                    await asyncio.sleep(0.1)
                    if hurrying:
                        await jump(connection)
            finally:
                await connection.close()

    async def counted(self, name: str) -> float:
        """A counter of the replicas that are alive, all together."""
        total = 0.0
        async with httpx.AsyncClient() as http:
            for replica in self.replicas.alive:
                shown = (await http.get(f"http://127.0.0.1:{replica.internal_port}/metrics")).text
                total += sum(
                    float(line.rpartition(" ")[2])
                    for line in shown.splitlines()
                    if line.startswith(f"live_agents_{name}")
                )
        return total

    async def later(self, seconds: float) -> None:
        """For the bridge, and for nobody else, time has passed."""
        await self.query("UPDATE clock SET shift_seconds = shift_seconds + $1", seconds)

    def verdicts(self) -> tuple[Verdict, Verdict]:
        """On what contacts wrote, and on what agents wrote."""
        return (
            verify(records.sent_by_contacts(self.rapidpro, self.channel), records.read_by_agents(self.rocketchat)),
            verify(records.sent_by_agents(self.rocketchat), records.heard_by_contacts(self.rapidpro, self.channel)),
        )


_UNDELIVERED = "SELECT count(*) FROM delivery WHERE state = 'waiting' AND kind IN ('PostToRoom', 'ReplyToContact')"


@asynccontextmanager
async def running_rig(
    database_url: str,
    directory: Path,
    seed: int,
    *,
    replicas: int = REPLICAS,
    api_token: bool = True,
    profile: Profile = PROFILES["7.11"],
    webhook_retry: float = 1.0,
    send_retries: tuple[float, ...] = (1.0, 2.0),
    drain_seconds: float = 1.0,
    limiter_window: float = 0.0,
    keeps_alive: bool = True,
    rapidpro_rate: float = 0.0,
    database_line: bool = True,
    replicas_url: str | None = None,
) -> AsyncIterator[Rig]:
    """Everything, until the block ends. The peers' own tries are closer together than in life, unless told.

    Courier keeps its connections, so that a replica which came later gets few of its requests; unless told. Rocket.Chat
    has a limiter if its window lasts any seconds. Without a `database_line` the replicas reach Postgres directly, as
    what is measured should; by `replicas_url` they go another way.
    """
    async with AsyncExitStack() as stack:
        rocketchat = RocketChat(
            profile, retry_delay=webhook_retry, limiter=limiter_window > 0, limiter_window=limiter_window or 60.0
        )
        kept = httpx.Limits(max_keepalive_connections=20 if keeps_alive else 0)
        rapidpro = RapidPro(retry_waits=send_retries, seed=seed, transport=httpx.AsyncHTTPTransport(limits=kept))
        stack.push_async_callback(rocketchat.aclose)
        stack.push_async_callback(rapidpro.aclose)
        rocketchat_port = _port(await stack.enter_async_context(serving(rocketchat.app)))
        rapidpro_port = _port(await stack.enter_async_context(serving(rapidpro.app)))
        database = await stack.enter_async_context(proxying(to_database(database_url)))
        to_rocketchat = await stack.enter_async_context(proxying(to_port(rocketchat_port)))
        to_rapidpro = await stack.enter_async_context(proxying(to_port(rapidpro_port)))
        key = Fernet.generate_key().decode()
        env = processes.environment(
            directory,
            DATABASE_URL=replicas_url or (through(database_url, database.port) if database_line else database_url),
            SECRET_KEYS=key,
            DRAIN_SECONDS=str(drain_seconds),
            RAPIDPRO_RATE=str(rapidpro_rate),
        )
        group = Replicas(env, stack)
        front = await stack.enter_async_context(proxying(group.connect))
        url = f"http://127.0.0.1:{front.port}"
        group.env["LIVE_AGENTS_PUBLIC_URL"] = url
        wanted = Wanted(
            "campaign", _url(to_rocketchat), _url(to_rapidpro), None, "ext", "b", "", "receive",
            rapidpro_token=rapidpro.api_token if api_token else None,
        )  # fmt: skip
        channel, channel_id = await _connected(database_url, key, wanted, url, rocketchat, rapidpro)
        await asyncio.gather(*(group.start() for _ in range(replicas)))
        stack.callback(group.kill_all)
        await stack.enter_async_context(probing(group))
        with _showing_warnings(group):
            yield Rig(
                seed, database_url, rapidpro, rocketchat, channel, channel_id, group, database, to_rocketchat,
                to_rapidpro, front, key,
            )  # fmt: skip


#: lines of the replicas' logs that a row which fails shows
WARNINGS = 30


@contextmanager
def _showing_warnings(group: Replicas) -> Iterator[None]:
    """If the block fails, print what the replicas warned of."""
    try:
        yield
    except BaseException:
        said = [line.strip() for each in group.all for line in each.service.seen if '"level": "info"' not in line]
        warned = sorted((line for line in said if line), key=lambda line: line.partition('"timestamp"')[2])
        print("the replicas warned:", *warned[-WARNINGS:], sep="\n")
        raise


@asynccontextmanager
async def beside(rig: Rig) -> AsyncIterator[Rig]:
    """The same rig with another channel, which leads to a Rocket.Chat of its own."""
    async with AsyncExitStack() as stack:
        rocketchat = RocketChat(rig.rocketchat.profile, retry_delay=1.0)
        stack.push_async_callback(rocketchat.aclose)
        line = await stack.enter_async_context(
            proxying(to_port(_port(await stack.enter_async_context(serving(rocketchat.app)))))
        )
        wanted = Wanted("beside", _url(line), _url(rig.to_rapidpro), None, "ext", "b", "", "receive")
        front = f"http://127.0.0.1:{rig.front.port}"
        channel, number = await _connected(rig.database_url, rig.key, wanted, front, rocketchat, rig.rapidpro)
        yield replace(rig, rocketchat=rocketchat, channel=channel, channel_id=number, to_rocketchat=line)


async def _connected(
    database_url: str, key: str, wanted: Wanted, url: str, rocketchat: RocketChat, rapidpro: RapidPro
) -> tuple[Channel, UUID]:
    """A channel that no notice is told in, at RapidPro and at the bridge."""
    async with administering(database_url, Vault([key])) as admin:
        made = await admin.connect(wanted)
        await admin.set_options(made.channel, {"notices": {notice.value: False for notice in Notice}})
    connected: dict[str, Any] = described(made, url)
    rocketchat.connect(connected["workspace"]["webhook_url"], connected["workspace"]["webhook_secret"])
    given = {name: value for name, value in connected["channel"].items() if name != "uuid"}
    return rapidpro.add_external_channel(External(**given), scheme="ext"), made.channel


def to_database(url: str) -> Connect:
    """A way to the server of this URL, whether it is a port or a socket in a directory."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    port = parts.port or 5432
    return to_unix_socket(f"{host}/.s.PGSQL.{port}") if host.startswith("/") else to_port(port)


def through(url: str, port: int) -> str:
    """The same database, by way of a line on this port."""
    parts = urlsplit(url)
    credentials = f"{parts.username or 'postgres'}:{parts.password or ''}".rstrip(":")
    return f"postgresql://{credentials}@127.0.0.1:{port}{parts.path}"


def _port(url: str) -> int:
    return urlsplit(url).port or 0


def _url(line: Proxy) -> str:
    return f"http://127.0.0.1:{line.port}"


async def cancelled(*tasks: asyncio.Task[None]) -> None:
    """End these tasks, and wait until they have."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
