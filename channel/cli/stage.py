"""Everything on one machine: the bridge between a simulated RapidPro and a simulated Rocket.Chat, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from channel.app import create_app
from channel.cli.connect import described
from channel.runtime import Runtime, open_database, open_runtime
from channel.sandbox.rapidpro import External, RapidPro, SetUpB, set_up_b
from channel.sandbox.rapidpro.records import Contact
from channel.sandbox.rocketchat import RocketChat
from channel.sandbox.serving import serving
from channel.settings import Settings
from channel.store.admin import Wanted, administering

AGENT: Final = "joao.agent"


@dataclass(frozen=True, slots=True)
class Stage:
    """The three, each at its URL, and a person with a telephone."""

    bridge_url: str
    rapidpro: RapidPro
    rapidpro_url: str
    rocketchat: RocketChat
    rocketchat_url: str
    channels: SetUpB
    person: Contact


@asynccontextmanager
async def set_stage(settings: Settings) -> AsyncIterator[Stage]:
    """Open all of it in this process, connected in set-up b; closed, and the Postgres stopped, when the block ends."""
    async with AsyncExitStack() as stack:
        rapidpro, rocketchat = RapidPro(), RocketChat()
        stack.push_async_callback(rapidpro.aclose)
        stack.push_async_callback(rocketchat.aclose)
        rapidpro_url = await stack.enter_async_context(serving(rapidpro.app))
        rocketchat_url = await stack.enter_async_context(serving(rocketchat.app))
        database = await stack.enter_async_context(open_database(settings))
        runtime = await stack.enter_async_context(open_runtime(settings, database))
        bridge_url = await stack.enter_async_context(serving(create_app(runtime)))
        async with administering(database.url, database.vault) as admin:
            made = await admin.connect(Wanted("demo", rocketchat_url, rapidpro_url, None, "ext", "b", "", "receive"))
        paste = described(made, bridge_url)
        rocketchat.connect(str(paste["workspace"]["webhook_url"]), str(paste["workspace"]["webhook_secret"]))
        channels = set_up_b(rapidpro, _external(paste["channel"]))
        person = rapidpro.add_contact("Ana Souza", ["whatsapp:5511988887777"])
        await stack.enter_async_context(_working(runtime))
        yield Stage(bridge_url, rapidpro, rapidpro_url, rocketchat, rocketchat_url, channels, person)


def _external(channel: dict[str, object]) -> External:
    """RapidPro's External API form, filled in with what `connect` prints."""
    return External(
        send_url=str(channel["send_url"]),
        method=str(channel["method"]),
        body=str(channel["body"]),
        content_type=str(channel["content_type"]),
        max_length=int(str(channel["max_length"])),
        send_authorization=str(channel["send_authorization"]),
        mt_response_check=str(channel["mt_response_check"]),
    )


@asynccontextmanager
async def _working(runtime: Runtime) -> AsyncIterator[None]:
    working = asyncio.create_task(runtime.worker.run())
    try:
        yield
    finally:
        runtime.worker.stop()
        await working
