"""Everything on one machine: the bridge between a simulated RapidPro and a simulated Rocket.Chat, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import field
from functools import partial
from typing import Final

from channel.app import create_app
from channel.cli.connect import described
from channel.cli.following import told_by_record
from channel.cli.instructions import Description
from channel.core.connecting import REPLY_VIA
from channel.core.values import dataclass
from channel.opening import open_runtime
from channel.runtime import Runtime
from channel.sandbox.page.rehearsal import Rehearsal
from channel.sandbox.page.switches import Switches
from channel.sandbox.pasting import paste, paste_calls
from channel.sandbox.rapidpro import LIVE_CHAT, RapidPro
from channel.sandbox.rapidpro.records import Channel, Contact
from channel.sandbox.rocketchat import RocketChat
from channel.sandbox.serving import serving
from channel.settings import Settings
from channel.state import Database, open_database
from channel.store.admin import Wanted, administering

AGENT: Final = "joao.agent"
#: what the agent calls himself, and the contact reads
AGENT_NAME: Final = "João Lima"
#: with which a contact asks for an agent, in set-up a
KEYWORD: Final = "agent"
#: time of the database is shifted, by which the bridge goes
_SKIP: Final = "UPDATE clock SET shift_seconds = shift_seconds + $1"
#: what the flow has found out before, in set-up a
RESULTS: Final = {"topic": {"value": "a blocked card", "category": "Cards"}}


@dataclass(frozen=True, slots=True)
class Stage:
    """The three, each at its URL, and a person with a telephone."""

    bridge_url: str
    rapidpro: RapidPro
    rapidpro_url: str
    rocketchat: RocketChat
    rocketchat_url: str
    person: Contact
    external: Channel | None  #: in set-up b
    skip: Callable[[float], Awaitable[object]]  #: let it be so many seconds later for the bridge
    database_url: str = field(repr=False)

    def rehearsal(self) -> Rehearsal:
        """What a page shows of it."""
        return Rehearsal(
            self.rapidpro,
            self.rocketchat,
            self.person,
            self.external,
            KEYWORD,
            Switches(self.rapidpro, self.rocketchat, api=self.external is None),
            partial(told_by_record, self.database_url),
            self.skip,
        )


@asynccontextmanager
async def set_stage(settings: Settings, set_up: str) -> AsyncIterator[Stage]:
    """Open all of it in this process, connected in this set-up; closed, and Postgres stopped, when the block ends."""
    async with AsyncExitStack() as stack:
        rapidpro, rocketchat = RapidPro(), RocketChat()
        stack.push_async_callback(rapidpro.aclose)
        stack.push_async_callback(rocketchat.aclose)
        rapidpro_url = await stack.enter_async_context(serving(rapidpro.app))
        rocketchat_url = await stack.enter_async_context(serving(rocketchat.app))
        database = await stack.enter_async_context(open_database(settings))
        runtime = await stack.enter_async_context(open_runtime(settings, database))
        bridge_url = await stack.enter_async_context(serving(create_app(runtime)))
        token = rapidpro.api_token if set_up == "a" else None
        wanted = Wanted("demo", rocketchat_url, rapidpro_url, None, "ext", set_up, "", REPLY_VIA[set_up], token)
        printed = await _connected(database, wanted, bridge_url)
        rocketchat.user(AGENT).name = AGENT_NAME
        external = _wired(rapidpro, rocketchat, printed, set_up)
        person = rapidpro.add_contact("Ana Souza", ["whatsapp:5511988887777"])
        await stack.enter_async_context(_working(runtime))
        yield Stage(
            bridge_url,
            rapidpro,
            rapidpro_url,
            rocketchat,
            rocketchat_url,
            person,
            external,
            partial(_skip, runtime),
            database.url,
        )


async def _skip(runtime: Runtime, seconds: float) -> None:
    await runtime.edge.execute(_SKIP, seconds)
    runtime.worker.wake()


async def _connected(database: Database, wanted: Wanted, bridge_url: str) -> Description:
    """What `connect` prints. With an API token, a contact comes out of the group when the chat ends."""
    async with administering(database.url, database.vault) as admin:
        made = await admin.connect(wanted)
        if wanted.rapidpro_token is not None:
            await admin.set_options(made.channel, {"leave_group": LIVE_CHAT})
    return described(made, bridge_url)


def _wired(rapidpro: RapidPro, rocketchat: RocketChat, printed: Description, set_up: str) -> Channel | None:
    """As people do with what `connect` prints. Returns the External channel, if there is one."""
    if set_up == "b":
        return paste(printed, rapidpro, rocketchat)
    known = {"results": RESULTS, "flow": {"name": "Help"}}
    paste_calls(printed, rapidpro, rocketchat, keyword=KEYWORD, registration=known)
    return None


@asynccontextmanager
async def _working(runtime: Runtime) -> AsyncIterator[None]:
    """What delivers, what wakes and what looks for lost words, for as long as the block lasts."""
    working = (runtime.worker, runtime.timers, runtime.seeking, runtime.following_up)
    tasks = [asyncio.create_task(each.run()) for each in working]
    try:
        yield
    finally:
        for each in working:
            each.stop()
        await asyncio.gather(*tasks)
