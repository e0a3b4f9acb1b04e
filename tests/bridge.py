"""The service as the tests run it: in this process, on a loopback port, between the sandbox's peers."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from cryptography.fernet import Fernet
from pydantic import SecretStr
from starlette.types import ASGIApp

from channel.app import create_app
from channel.cli.connect import described
from channel.core import hours_file, limits
from channel.core.notices import Notice
from channel.metrics import REGISTRY
from channel.opening import open_runtime
from channel.runtime import Runtime
from channel.sandbox.rapidpro import External, RapidPro, Received
from channel.sandbox.rapidpro.records import Channel
from channel.sandbox.rocketchat import PROFILES, Answers, Profile, RestRequest, RocketChat, Room
from channel.sandbox.serving import serving
from channel.settings import Settings
from channel.state import open_database
from channel.store.admin import Wanted, administering
from channel.store.vault import Vault
from tests.jumping import jump

#: no notices, for tests of what people say
SILENT: dict[str, object] = {"notices": {notice.value: False for notice in Notice}}


@dataclass
class Bridge:
    """A running service, its peers, and one channel between them."""

    url: str
    runtime: Runtime
    database_url: str
    rocketchat: RocketChat
    rocketchat_url: str
    rapidpro: RapidPro
    rapidpro_url: str
    http: httpx.AsyncClient
    connected: dict[str, dict[str, Any]]
    channel: Channel

    async def send(
        self, text: str, *, id: str = "1001", to: str = "ana", token: str = "", **more: str
    ) -> httpx.Response:
        """What courier does when the contact `to` writes `text`."""
        form = {"id": id, "uuid": id, "text": text, "to": to, "channel": self.channel.uuid, **more}
        headers = {"Authorization": token or self.connected["channel"]["send_authorization"]}
        return await self.http.post(self.connected["channel"]["send_url"], data=form, headers=headers)

    async def room_of(self, *texts: str) -> Room:
        """The room in which the agent has read these texts, in this order, as soon as there is one."""
        return await self.rocketchat.until(
            lambda rc: next((r for r in rc.rooms.values() if texts == self.read(r)), None)
        )

    def read(self, room: Room) -> tuple[str, ...]:
        """What the visitor wrote in a room, in order."""
        return tuple(
            m.text for m in self.rocketchat.messages.values() if m.rid == room.id and m.token is not None and not m.kind
        )

    async def heard(self, *texts: str) -> list[Any]:
        """The incoming messages in RapidPro on our channel, once they are these."""
        return await self.rapidpro.until(lambda rp: _texts(rp.incoming(self.channel), texts))

    async def statuses(self, *names: str) -> list[tuple[str, str]]:
        """The status callbacks RapidPro has had (action, id), once their actions are these."""
        return await self.rapidpro.until(lambda rp: _reports(rp, names))

    async def query(self, sql: str, *values: object) -> list[Any]:
        connection = await asyncpg.connect(self.database_url)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    async def shift_clock(self, seconds: float) -> None:
        """Let time be this much later for the service."""
        await self.query("UPDATE clock SET shift_seconds = shift_seconds + $1", seconds)
        self.runtime.worker.wake()

    async def until_rows(self, sql: str, *values: object, timeout: float = 10) -> list[Any]:  # noqa: ASYNC109
        """The rows of a query, as soon as there are any."""
        connection = await asyncpg.connect(self.database_url)
        try:
            async with asyncio.timeout(timeout):
                while not (rows := list(await connection.fetch(sql, *values))):  # noqa: ASYNC110 - no event to wait for
                    await asyncio.sleep(0.02)
            return rows
        finally:
            await connection.close()

    async def idle(self) -> None:
        """Return when nothing is being delivered at this moment, nor due."""
        await self.until_rows(
            "SELECT 1 WHERE NOT EXISTS (SELECT FROM lane WHERE lease_until > live_agents_now()"
            " OR head_due <= live_agents_now())"
        )

    @asynccontextmanager
    async def hurrying(self, lane: str | None = None) -> AsyncIterator[None]:
        """For as long as the block lasts, time jumps to what is due next (in such lanes) when nothing is under way."""
        jumping = asyncio.create_task(self._jump(lane))
        try:
            yield
        finally:
            jumping.cancel()
            with suppress(asyncio.CancelledError):
                await jumping

    async def _jump(self, lane: str | None) -> None:
        connection = await asyncpg.connect(self.database_url)
        try:
            while True:
                if await jump(connection, lane):
                    self.runtime.worker.wake()
                await asyncio.sleep(0.02)
        finally:
            connection.terminate()

    def asked(self, name: str) -> list[RestRequest]:
        """What Rocket.Chat was asked, by method and route: `POST livechat/message`."""
        method, _, route = name.partition(" ")
        return [r for r in self.rocketchat.requests if r.method == method and r.path == f"/api/v1/{route}"]

    async def connect(
        self, *, scheme: str = "ext", department: str = "", name: str = "another"
    ) -> tuple[dict[str, dict[str, Any]], Channel]:
        """One more channel to the same workspace: what `connect` prints, and the External channel in RapidPro."""
        async with administering(self.database_url, self.vault()) as admin:
            made = await admin.connect(
                Wanted(name, self.rocketchat_url, self.rapidpro_url, None, scheme, "b", department, "receive")
            )
            await admin.set_options(made.channel, SILENT)
        connected: dict[str, Any] = described(made, self.url)
        given = {name: value for name, value in connected["channel"].items() if name != "uuid"}
        return connected, self.rapidpro.add_external_channel(External(**given), scheme=scheme)

    async def add_bot(self) -> None:
        """Let the workspace act with a user of Rocket.Chat's own."""
        login = self.rocketchat.personal_access_token("bridge.bot")
        async with administering(self.database_url, self.vault()) as admin:
            await admin.set_bot(UUID(self.connected["workspace"]["uuid"]), login.user_id, login.token)

    async def set_hours(self, text: str) -> None:
        """The channel's hours, as `channels hours set` reads them from a file."""
        async with administering(self.database_url, self.vault()) as admin:
            await admin.set_hours(
                UUID(self.connected["channel"]["uuid"]), hours_file.to_json(hours_file.read_hours(text))
            )

    def vault(self) -> Vault:
        return Vault([key.get_secret_value() for key in self.runtime.settings.secret_keys])

    @asynccontextmanager
    async def replica(self) -> AsyncIterator[str]:
        """A second process of the service on the same database, in this loop; the block is given its URL."""
        settings = self.runtime.settings
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(open_database(settings))
            runtime = await stack.enter_async_context(open_runtime(settings, database))
            url = await stack.enter_async_context(serving(create_app(runtime)))
            await stack.enter_async_context(working(runtime))
            yield url

    async def tell(self, body: bytes | dict[str, Any], *, url: str = "", token: str | None = None) -> httpx.Response:
        """What Rocket.Chat does when something happened: one body to the workspace's webhook."""
        workspace = self.connected["workspace"]
        headers = {"X-RocketChat-Livechat-Token": workspace["webhook_secret"] if token is None else token}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        address = f"{url or self.url}/workspaces/{workspace['uuid']}/webhook"
        return await self.http.post(address, content=content, headers={"Content-Type": "application/json", **headers})

    async def after_grace(self) -> None:
        """Let so much time pass that what a contact writes after a close opens a new room."""
        await self.skip(limits.GRACE + 1)

    async def skip(self, seconds: float) -> None:
        """Let time be this much later for the service, and have it look what is due now."""
        await self.shift_clock(seconds)
        self.runtime.worker.wake()

    async def talking(self, to: str = "ana", *, agent: str | None = "joao.agent") -> Room:
        """A room in which the contact `to` has written, and which `agent` has taken, if anybody."""
        greeting = f"I am {to}"
        assert (await self.send(greeting, id=f"hello-{to}", to=to)).status_code == 200
        room = await self.room_of(greeting)
        await self.until_rows("SELECT 1 FROM conversation WHERE room = $1 AND state = 'queued'", room.id)
        if agent:
            # a queued event that came after the taken one would put the room back into the queue
            await self.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
            await self.rocketchat.take(room.id, agent)
            await self.until_rows("SELECT 1 FROM conversation WHERE room = $1 AND state = 'served'", room.id)
        return room

    async def all_told(self) -> None:
        """Return when no webhook is on its way, and nothing waits to be brought to a contact."""
        await self.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
        await self.until_rows(
            "SELECT 1 WHERE NOT EXISTS (SELECT FROM delivery WHERE kind = 'ReplyToContact' AND state = 'waiting')"
        )

    def received(self, action: str = "receive") -> list[Received]:
        """The requests that RapidPro's courier has had from us."""
        return [request for request in self.rapidpro.requests if request.action == action]

    @asynccontextmanager
    async def database_away(self) -> AsyncIterator[None]:
        """Nobody can connect to the database for as long as the block lasts, and who was connected is cut off."""
        before, mark, options = self.database_url.partition("?")
        server, _, name = before.rpartition("/")
        connection = await asyncpg.connect(f"{server}/postgres{mark}{options}")
        try:
            await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            try:
                yield
            finally:
                await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        finally:
            await connection.close()


#: Rocket.Chat takes these words in no form
NEVER = Answers(400, json.dumps({"success": False, "error": "[error-invalid-contact]"}))


class Network(httpx.AsyncBaseTransport):
    """The way from courier to the service. `refused` and `lost` name requests by their number, from 1.

    A refused one is answered 503 before it reaches us; of a lost one the answer never arrives.
    """

    def __init__(self, *, refused: Collection[int] = (), lost: Collection[int] = ()) -> None:
        self.refused, self.lost = refused, lost
        self.requests = 0
        self._transport = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        number = self.requests
        if number in self.refused:
            return httpx.Response(503, text="upstream is away")
        response = await self._transport.handle_async_request(request)
        if number in self.lost:
            await response.aclose()
            raise httpx.ReadError("the answer was lost", request=request)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


def _texts(messages: list[Any], texts: tuple[str, ...]) -> list[Any] | None:
    return messages if tuple(m.text for m in messages) == texts else None


def _reports(rapidpro: RapidPro, names: tuple[str, ...]) -> list[tuple[str, str]] | None:
    reports = [
        (r.action, r.params.get("id", "")) for r in rapidpro.requests if r.action in {"sent", "delivered", "failed"}
    ]
    return reports if tuple(action for action, _ in reports) == names else None


@asynccontextmanager
async def running_bridge(
    database_url: str,
    directory: Path,
    *,
    profile: Profile = PROFILES["7.11"],
    rapidpro: RapidPro | None = None,
    max_length: int = 6400,
    department: str = "",
    set_up: str = "b",
    options: dict[str, object] | None = None,
    api_token: bool = False,
    rapidpro_rate: float = 0.0,
    **rocketchat: Any,
) -> AsyncIterator[Bridge]:
    """Everything, over HTTP on loopback ports, until the block ends.

    Contacts get no notices unless `options` says so. `api_token`: the channel may use RapidPro's API.
    """
    async with AsyncExitStack() as stack:
        chat = RocketChat(profile, **rocketchat)
        pro = rapidpro or RapidPro()
        stack.push_async_callback(chat.aclose)
        stack.push_async_callback(pro.aclose)
        settings = _settings(database_url, directory, rapidpro_rate)
        database = await stack.enter_async_context(open_database(settings))
        runtime = await stack.enter_async_context(open_runtime(settings, database))
        apps = (create_app(runtime), chat.app, pro.app)
        url, chat_url, pro_url = await stack.enter_async_context(_all_serving(*apps))
        async with administering(database.url, database.vault) as admin:
            token = pro.api_token if api_token or set_up == "a" else None
            via = "api" if set_up == "a" else "receive"
            made = await admin.connect(
                Wanted("test", chat_url, pro_url, None, "ext", set_up, department, via, rapidpro_token=token)
            )
            await admin.set_options(made.channel, SILENT if options is None else options)
        connected: dict[str, Any] = described(made, url)
        chat.connect(connected["workspace"]["webhook_url"], connected["workspace"]["webhook_secret"])
        given = {name: value for name, value in connected["channel"].items() if name != "uuid"}
        channel = pro.add_external_channel(External(**{**given, "max_length": max_length}), scheme="ext")
        http = await stack.enter_async_context(httpx.AsyncClient())
        await stack.enter_async_context(working(runtime))
        bridge = Bridge(url, runtime, database_url, chat, chat_url, pro, pro_url, http, connected, channel)
        if max_length != made.max_length:
            await bridge.query("UPDATE channel SET max_length = $1", max_length)
        yield bridge


@asynccontextmanager
async def _all_serving(*apps: ASGIApp) -> AsyncIterator[list[str]]:
    """Serve each on a port of its own; they stop at the same time, because each takes half a second to."""
    servers = [serving(app) for app in apps]
    urls = [await server.__aenter__() for server in servers]
    try:
        yield urls
    finally:
        await asyncio.gather(*(server.__aexit__(None, None, None) for server in servers))


@asynccontextmanager
async def working(runtime: Runtime) -> AsyncIterator[None]:
    """What delivers, what wakes and what looks for the lost and the failed, for as long as the block lasts."""
    running = (runtime.worker, runtime.timers, runtime.seeking, runtime.following_up)
    tasks = [asyncio.create_task(each.run()) for each in running]
    try:
        yield
    finally:
        for each in running:
            each.stop()
        await asyncio.gather(*tasks)


def _settings(database_url: str, directory: Path, rapidpro_rate: float) -> Settings:
    return Settings(
        rapidpro_rate=rapidpro_rate,
        database_url=SecretStr(database_url),
        data_dir=directory,
        secret_keys=(SecretStr(Fernet.generate_key().decode()),),
    )


def counted(name: str, **labels: str) -> float:
    """How far a counter of ours has come, in this process."""
    return REGISTRY.get_sample_value(f"live_agents_{name}_total", labels) or 0
