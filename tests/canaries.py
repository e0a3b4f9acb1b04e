"""A service with a value of its own in every secret and in everybody's words, and where these are looked for."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from cryptography.fernet import Fernet

from channel.sandbox.rapidpro import External, RapidPro
from channel.sandbox.rapidpro.records import Channel
from channel.sandbox.rocketchat import RocketChat
from channel.sandbox.serving import serving as peer
from tests import processes

WRITTEN: Final = "canary-contact-words"
ANSWERED: Final = "canary-agent-words"
COMMENT: Final = "canary-comment"
LEARNED: Final = "canary-result"
NAME: Final = "Canary Lima"
ADDRESS: Final = "canary-address"
UUID: Final = "ca9a41e5-3a4b-4c5d-8e6f-708192a3b4c5"
#: somebody's words, name, address and UUID: of no business to a log, a metric or an operator
WORDS: Final = {
    "what the contact wrote": WRITTEN,
    "what the agent wrote": ANSWERED,
    "the agent's closing comment": COMMENT,
    "what the flow learned": LEARNED,
    "the contact's name": NAME,
    "the contact's address": ADDRESS,
    "the contact's UUID": UUID,
}
PASSWORD: Final = "canary-password"
#: where people's words, names and addresses are kept in the clear, for as long as a channel keeps them
KEPT_IN: Final = {"message", "delivery", "contact"}

OPTIONS: Final = """
context_messages = 3
context_fields = ["district"]
ticks = true
closing_comment = true
[custom_fields]
uuid = "contact.uuid"
[notices]
taken = true
"""


@dataclass
class Site:
    """The service's environment, both peers, and every secret there is by its name."""

    env: dict[str, str]
    rocketchat: RocketChat
    rapidpro: RapidPro
    connected: dict[str, dict[str, Any]]
    channel: Channel
    secrets: dict[str, str]
    said: dict[str, str] = field(default_factory=dict)  #: what was said where, to be looked through

    @property
    def internal(self) -> str:
        return f"http://127.0.0.1:{self.env['LIVE_AGENTS_INTERNAL_PORT']}"

    async def verb(self, *arguments: str, given: str = "") -> str:
        """Run a verb, keep what it said, and return what it printed."""
        ended = await processes.run(self.env, *arguments, given=given)
        self.said[f"live-agents {' '.join(arguments)}"] = ended.out + ended.err
        return ended.out

    async def asks(self, http: httpx.AsyncClient, method: str, url: str, **request: Any) -> int:
        """Ask the service, and keep what it answered, headers too. Returns the status."""
        answer = await http.request(method, url, **request)
        name = f"{method} {httpx.URL(url).path} ({answer.status_code}, {len(self.said)})"
        self.said[name] = f"{answer.headers} {answer.text}"
        return answer.status_code

    async def query(self, sql: str, *values: object) -> list[Any]:
        connection = await asyncpg.connect(self.env["DATABASE_URL"])
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    async def until(self, sql: str) -> None:
        """Return when there is a row of this."""
        async with asyncio.timeout(20):
            while not await self.query(sql):  # noqa: ASYNC110 - no event to wait for
                await asyncio.sleep(0.05)

    def leaks(self, canaries: Mapping[str, str]) -> list[str]:
        """Which of these can be read, and where."""
        return [
            f"{name} in: {place}"
            for place, text in self.said.items()
            for name, canary in canaries.items()
            if canary in text
        ]


async def dump(url: str) -> dict[str, str]:
    """Every row of every table, by table, as `pg_dump --data-only` has them; what is sealed as it is, too."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        found = {table: await connection.fetch(f'SELECT t::text FROM "{table}" t') for (table,) in tables}  # noqa: S608
        sealed = await connection.fetch(
            "SELECT encode(original, 'escape') FROM message UNION ALL SELECT encode(original, 'escape') FROM event"
        )
    finally:
        await connection.close()
    return {**{table: "\n".join(row[0] for row in rows) for table, rows in found.items()}, "sealed": str(sealed)}


def leaks_in(tables: Mapping[str, str], secrets: Mapping[str, str]) -> list[str]:
    """Secrets that can be read in any table, and words where none are kept."""
    shown = [f"{name} in: {table}" for table, text in tables.items() for name, each in secrets.items() if each in text]
    return shown + [
        f"{name} in: {table}"
        for table, text in tables.items()
        for name, canary in WORDS.items()
        if table not in KEPT_IN and canary in text
    ]


@asynccontextmanager
async def site(database_url: str, directory: Path) -> AsyncIterator[Site]:
    """Both peers are there, and the service is connected to them; it does not run yet."""
    async with AsyncExitStack() as stack:
        rocketchat, rapidpro = RocketChat(retry_delay=0.2), RapidPro()
        for each in (rocketchat, rapidpro):
            stack.push_async_callback(each.aclose)
        rocketchat_url = await stack.enter_async_context(peer(rocketchat.app))
        rapidpro_url = await stack.enter_async_context(peer(rapidpro.app))
        keys = [Fernet.generate_key().decode() for _ in range(2)]
        bot = rocketchat.personal_access_token("bridge.bot")
        env = processes.environment(
            directory,
            DATABASE_URL=database_url.replace("postgres:@", f"postgres:{PASSWORD}@"),
            SECRET_KEYS=",".join(keys),
            PORT=str(processes.free_port()),
            INTERNAL_PORT=str(processes.free_port()),
            DRAIN_SECONDS="0",
            LOG_LEVEL="DEBUG",
        )
        peers = ("--rocketchat-url", rocketchat_url, "--rapidpro-url", rapidpro_url)
        made = await processes.run(
            env, "connect", "--json", *peers, "--rapidpro-token-file", "-", given=rapidpro.api_token
        )
        connected = json.loads(made.out)
        rocketchat.connect(connected["workspace"]["webhook_url"], connected["workspace"]["webhook_secret"])
        given = {name: value for name, value in connected["channel"].items() if name != "uuid"}
        secrets = {
            "the newest key": keys[0],
            "the key before": keys[1],
            "the send token": connected["channel"]["send_authorization"].partition(" ")[2],
            "the live-agents token": connected["live_agents"]["authorization"].partition(" ")[2],
            "the webhook's secret": connected["workspace"]["webhook_secret"],
            "the bot user's token": bot.token,
            "RapidPro's API token": rapidpro.api_token,
            "the database's password": PASSWORD,
        }
        channel = rapidpro.add_external_channel(External(**given), scheme="ext")
        made_site = Site(env, rocketchat, rapidpro, connected, channel, secrets)
        workspace = connected["workspace"]["uuid"]
        edit = ("workspaces", "edit", workspace, "--bot-user-id", bot.user_id, "--bot-token-file", "-")
        await made_site.verb(*edit, given=bot.token)
        await made_site.verb("channels", "options", "set", "-", given=OPTIONS)
        yield made_site


def shown_to_peers(here: Site) -> set[tuple[str, str]]:
    """Which secret, and whether the contact's address, either peer was shown in a request of ours."""
    asked = {
        "Rocket.Chat": [f"{r.method} {r.path} {r.query} {r.headers} {r.body}" for r in here.rocketchat.requests],
        "RapidPro": [f"{r.method} {r.path} {r.query} {dict(r.headers)} {r.body!r}" for r in here.rapidpro.requests],
    }
    canaries = {**here.secrets, "the contact's address": ADDRESS}
    return {
        (peer_name, name)
        for peer_name, requests in asked.items()
        for name, canary in canaries.items()
        if any(canary in request for request in requests)
    }


def processes_running() -> str:
    """What `ps` would say of every process there is."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return "\n".join(lines)
