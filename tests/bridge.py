"""The service as the tests run it: in this process, on a loopback port, between the sandbox's peers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from cryptography.fernet import Fernet
from pydantic import SecretStr

from channel.app import create_app
from channel.cli.connect import described
from channel.runtime import Runtime, open_database, open_runtime
from channel.sandbox.rapidpro import External, RapidPro
from channel.sandbox.rapidpro.records import Channel
from channel.sandbox.rocketchat import PROFILES, Profile, RocketChat, Room
from channel.sandbox.serving import serving
from channel.settings import Settings
from channel.store.admin import Wanted, administering


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
    **rocketchat: Any,
) -> AsyncIterator[Bridge]:
    """Everything, over HTTP on loopback ports, until the block ends."""
    async with AsyncExitStack() as stack:
        chat = RocketChat(profile, **rocketchat)
        pro = rapidpro or RapidPro()
        stack.push_async_callback(chat.aclose)
        stack.push_async_callback(pro.aclose)
        chat_url = await stack.enter_async_context(serving(chat.app))
        pro_url = await stack.enter_async_context(serving(pro.app))
        settings = _settings(database_url, directory)
        database = await stack.enter_async_context(open_database(settings))
        runtime = await stack.enter_async_context(open_runtime(settings, database))
        url = await stack.enter_async_context(serving(create_app(runtime)))
        async with administering(database.url, database.vault) as admin:
            made = await admin.connect(Wanted("test", chat_url, pro_url, None, "ext", "b", "", "receive"))
        connected: dict[str, Any] = described(made, url)
        chat.connect(connected["workspace"]["webhook_url"], connected["workspace"]["webhook_secret"])
        given = {name: value for name, value in connected["channel"].items() if name != "uuid"}
        channel = pro.add_external_channel(External(**{**given, "max_length": max_length}), scheme="ext")
        http = await stack.enter_async_context(httpx.AsyncClient())
        working = asyncio.create_task(runtime.worker.run())
        stack.push_async_callback(_stopped, runtime, working)
        yield Bridge(url, runtime, database_url, chat, chat_url, pro, pro_url, http, connected, channel)


async def _stopped(runtime: Runtime, working: asyncio.Task[None]) -> None:
    runtime.worker.stop()
    await working


def _settings(database_url: str, directory: Path) -> Settings:
    return Settings(
        database_url=SecretStr(database_url),
        data_dir=directory,
        secret_keys=(SecretStr(Fernet.generate_key().decode()),),
    )
