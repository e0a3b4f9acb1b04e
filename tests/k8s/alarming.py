"""Alerts fired by breaking what they watch: `python -m tests.k8s.alarming` (about eight minutes).

A process of the service, both peers and an embedded Postgres, watched by a real Prometheus with the rules as they are.
Printed is, for each fault, how long it took from the fault to the alert, and from the repair to its end.
On Debian: `apt-get install -y prometheus`.
"""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg
import httpx
import yaml
from cryptography.fernet import Fernet

from channel.embedded import embedded_postgres
from channel.sandbox.rapidpro import RapidPro
from channel.sandbox.rocketchat import RocketChat
from channel.sandbox.serving import serving as peer
from tests import processes
from tests.bridge import NEVER
from tests.k8s import alarms
from tests.k8s.overlays import overlay
from tests.k8s.rendering import rendered

SCRAPED = "10s"
FIRE_SECONDS = 240
END_SECONDS = 400
#: so many contacts of a Rocket.Chat that is away: more than a breaker needs
CONTACTS = 8


@dataclass
class Watched:
    """The service, and a Prometheus that watches it."""

    http: httpx.AsyncClient
    prometheus: str
    database: str
    channels: dict[str, dict[str, Any]]  #: what `connect` printed, by name

    async def firing(self) -> set[str]:
        answer = (await self.http.get(f"{self.prometheus}/api/v1/alerts")).json()
        return {one["labels"]["alertname"] for one in answer["data"]["alerts"] if one["state"] == "firing"}

    async def until_all(self, wanted: Collection[str], began: float, *, fire: bool, seconds: float) -> None:
        """Print after how long each of these fires, or ends."""
        left = set(wanted)
        async with asyncio.timeout(seconds):
            while left:
                firing = await self.firing()
                for alert in sorted(left & firing if fire else left - firing):
                    print(f"{alert} {'fires' if fire else 'ends'} after {monotonic() - began:.0f} s", flush=True)
                    left.discard(alert)
                await asyncio.sleep(0.5)

    async def send(self, name: str, to: str) -> None:
        channel = self.channels[name]["channel"]
        form = {"id": f"{name}-{to}", "text": "words", "to": to}
        headers = {"Authorization": channel["send_authorization"]}
        (await self.http.post(channel["send_url"], data=form, headers=headers)).raise_for_status()

    async def guess(self) -> None:
        """Somebody who does not know the secret, until it is enough."""
        url = self.channels["away"]["workspace"]["webhook_url"]
        while True:
            await self.http.post(url, json={}, headers={"X-RocketChat-Livechat-Token": "wrong"})
            await asyncio.sleep(0.5)


async def watch(home: Path, database: str) -> None:
    async with AsyncExitStack() as stack:
        refusing, away, rapidpro = RocketChat(), RocketChat(), RapidPro()
        for each in (refusing, away, rapidpro):
            stack.push_async_callback(each.aclose)
        urls = [await stack.enter_async_context(peer(app)) for app in (refusing.app, rapidpro.app)]
        port = processes.free_port()
        addresses = {"refusing": urls[0], "away": f"http://127.0.0.1:{port}"}
        watched = await stack.enter_async_context(_watched(home, database, addresses, urls[1]))
        refusing.faults.rest(NEVER, at="POST livechat/message")
        began, all_of_them = monotonic(), {"LiveAgentsDeadLetters", "LiveAgentsBreakerOpen", "LiveAgentsHeadOld"}
        all_of_them |= {"LiveAgentsSnapshotOld", "LiveAgentsAuthFailures"}
        snapshot = await asyncpg.connect(database)
        await snapshot.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await snapshot.execute("SELECT count(*) FROM lane")
        guessing = asyncio.create_task(watched.guess())
        await watched.send("refusing", "ana")
        for n in range(CONTACTS):
            await watched.send("away", f"contact-{n}")
        await watched.until_all(all_of_them, began, fire=True, seconds=FIRE_SECONDS)

        began = monotonic()
        guessing.cancel()
        with suppress(asyncio.CancelledError):
            await guessing
        await snapshot.close()
        refusing.faults.clear()
        await stack.enter_async_context(peer(away.app, port))
        await watched.until_all(all_of_them, began, fire=False, seconds=END_SECONDS)

        server, _, name = database.partition("?")[0].rpartition("/")
        admin = await asyncpg.connect(f"{server}/template1{database[len(server) + 1 + len(name) :]}")
        began = monotonic()
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        await watched.until_all({"LiveAgentsDatabaseAway"}, began, fire=True, seconds=FIRE_SECONDS)
        began = monotonic()
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await watched.until_all({"LiveAgentsDatabaseAway"}, began, fire=False, seconds=END_SECONDS)
        await admin.close()


@asynccontextmanager
async def _watched(home: Path, database: str, chats: dict[str, str], rapidpro: str) -> AsyncIterator[Watched]:
    """Connected to each of these Rocket.Chats, and scraped twice at least."""
    port, internal = processes.free_port(), processes.free_port()
    settings = {"DATABASE_URL": database, "SECRET_KEYS": Fernet.generate_key().decode(), "DRAIN_SECONDS": "0"}
    ports = {"PORT": str(port), "INTERNAL_PORT": str(internal), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    env = processes.environment(home, **settings, **ports, PRIVATE_PEERS="127.0.0.0/8")
    assert (await processes.run(env, "migrate")).code == 0
    channels = {}
    for name, url in chats.items():
        peers = ("--rocketchat-url", url, "--rapidpro-url", rapidpro)
        channels[name] = json.loads((await processes.run(env, "connect", "--json", "--name", name, *peers)).out)
    async with processes.serving(env), httpx.AsyncClient() as http, _prometheus(home, internal) as url:
        watched = Watched(http, url, database, channels)
        async with asyncio.timeout(60):
            while not await _scraped_twice(watched):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(1)
        yield watched


async def _scraped_twice(watched: Watched) -> bool:
    with suppress(httpx.TransportError):
        asked = {"query": "count_over_time(live_agents_db_up[5m])"}
        answer = (await watched.http.get(f"{watched.prometheus}/api/v1/query", params=asked)).json()
        return any(float(one["value"][1]) >= 2 for one in answer.get("data", {}).get("result", ()))
    return False


@asynccontextmanager
async def _prometheus(home: Path, internal: int) -> AsyncIterator[str]:
    """One with our rules, that scrapes this port."""
    program = shutil.which("prometheus")
    if program is None:
        sys.exit("there is no prometheus here; on Debian: apt-get install -y prometheus")
    alarms.write(rendered(overlay("monitoring")), home)
    target = {"job_name": "live-agents", "static_configs": [{"targets": [f"127.0.0.1:{internal}"]}]}
    told = {"global": {"scrape_interval": SCRAPED}, "rule_files": ["rules.yaml"], "scrape_configs": [target]}
    (home / "prometheus.yaml").write_text(yaml.safe_dump(told))
    port = processes.free_port()
    process = await asyncio.create_subprocess_exec(
        program,
        f"--config.file={home / 'prometheus.yaml'}",
        f"--storage.tsdb.path={home / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


def main() -> None:
    with tempfile.TemporaryDirectory() as home, embedded_postgres(Path(home) / "database") as url:
        asyncio.run(watch(Path(home), url))


if __name__ == "__main__":
    main()
