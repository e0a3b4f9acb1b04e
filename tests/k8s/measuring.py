"""What a process of each role takes: `python -m tests.k8s.measuring [MESSAGES A SECOND] [SECONDS]`.

An edge and a deliverer as processes of their own, an embedded Postgres, and both peers in this process.
Contacts write at a steady rate; at the end Rocket.Chat sends the largest bodies there may be, several at once. Printed
are the memory and the share of one core of each, from /proc, and nothing is judged.
"""

import asyncio
import json
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

import asyncpg
import httpx
from cryptography.fernet import Fernet

from channel.core import limits
from channel.embedded import embedded_postgres
from channel.sandbox.rapidpro import External, RapidPro
from channel.sandbox.rocketchat import RocketChat
from channel.sandbox.serving import serving as peer
from tests import processes

CONTACTS = 50
LARGE_BODIES = 5


async def measure(rate: float, seconds: float, home: Path, database: str, postmaster: int) -> None:
    async with AsyncExitStack() as stack:
        rocketchat, rapidpro = RocketChat(), RapidPro()
        stack.push_async_callback(rocketchat.aclose)
        stack.push_async_callback(rapidpro.aclose)
        urls = [await stack.enter_async_context(peer(app.app)) for app in (rocketchat, rapidpro)]
        settings = {"DATABASE_URL": database, "SECRET_KEYS": Fernet.generate_key().decode(), "DRAIN_SECONDS": "0"}
        env = processes.environment(home, **settings, PORT=str(processes.free_port()), INTERNAL_PORT="0")
        assert (await processes.run(env, "migrate")).code == 0
        peers = ("--rocketchat-url", urls[0], "--rapidpro-url", urls[1])
        connected = json.loads((await processes.run(env, "connect", "--json", *peers)).out)
        rocketchat.connect(connected["workspace"]["webhook_url"], connected["workspace"]["webhook_secret"])
        channel = rapidpro.add_external_channel(External(send_url=connected["channel"]["send_url"]), scheme="ext")
        running = {
            role: await stack.enter_async_context(processes.serving(env, "--role", role, listeners=listeners))
            for role, listeners in (("edge", 2), ("deliver", 1))
        }
        pids = {role: service.process.pid for role, service in running.items()}
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=60))
        report("idle", pids, {}, 0)
        before, began = {role: cpu(pid) for role, pid in pids.items()}, monotonic()
        of_database = of_postgres(postmaster), await stored(database)
        await write(http, connected, channel.uuid, rate, round(rate * seconds))
        took = monotonic() - began
        report(f"{round(rate * seconds) / took:.0f} messages a second", pids, before, took)
        await rocketchat.until(
            lambda rc: len([m for m in rc.messages.values() if m.token]) >= round(rate * seconds), timeout=60
        )
        spent, kept = of_postgres(postmaster) - of_database[0], await stored(database) - of_database[1]
        share, each = spent / (monotonic() - began), kept / round(rate * seconds) / 1024
        print(f"Postgres {share:.0%} of a core; {each:.1f} KiB for each message, with what RapidPro is told of it")
        before, began = {role: cpu(pid) for role, pid in pids.items()}, monotonic()
        answers = await asyncio.gather(*(large(http, connected) for _ in range(LARGE_BODIES)))
        report(f"{LARGE_BODIES} bodies of 16 MiB at once, answered {answers}", pids, before, monotonic() - began)


async def write(
    http: httpx.AsyncClient, connected: dict[str, dict[str, str]], uuid: str, rate: float, count: int
) -> None:
    """So many messages of several contacts, each begun when its time has come."""
    began, under_way = monotonic(), set[asyncio.Task[None]]()
    for n in range(count):
        await asyncio.sleep(max(0.0, began + n / rate - monotonic()))
        under_way.add(asyncio.create_task(send(http, connected["channel"], uuid, n)))
    await asyncio.gather(*under_way)


async def send(http: httpx.AsyncClient, channel: dict[str, str], uuid: str, n: int) -> None:
    form = {"id": str(n), "text": f"message {n}", "to": f"contact-{n % CONTACTS}", "channel": uuid}
    answer = await http.post(channel["send_url"], data=form, headers={"Authorization": channel["send_authorization"]})
    answer.raise_for_status()


async def large(http: httpx.AsyncClient, connected: dict[str, dict[str, str]]) -> int:
    workspace = connected["workspace"]
    items = [{"_id": f"m{n}", "msg": "x" * 4000} for n in range(4000)]
    body = json.dumps({"type": "LivechatSession", "visitor": {"_id": "v", "token": "t"}, "messages": items}).encode()
    headers = {"X-RocketChat-Livechat-Token": workspace["webhook_secret"], "Content-Type": "application/json"}
    answer = await http.post(workspace["webhook_url"], content=body.ljust(limits.WEBHOOK_BYTES), headers=headers)
    return answer.status_code


def report(what: str, pids: dict[str, int], before: dict[str, float], seconds: float) -> None:
    for role, pid in pids.items():
        status = Path(f"/proc/{pid}/status").read_text()
        now, most = (int(status.partition(f"{name}:")[2].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        share = f", {(cpu(pid) - before[role]) / seconds:.0%} of a core" if before else ""
        print(f"{what}: {role} {now:.0f} MiB, at most {most:.0f} MiB{share}")


async def stored(database: str) -> int:
    """Bytes of all tables, with their indexes."""
    connection = await asyncpg.connect(database)
    try:
        return int(await connection.fetchval("SELECT pg_database_size(current_database())"))
    finally:
        await connection.close()


def cpu(pid: int) -> float:
    """Seconds of a core that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def of_postgres(postmaster: int) -> float:
    """Seconds of a core that it and its processes have used, those that have ended too."""
    fields = {path: _fields(path) for path in Path("/proc").glob("[0-9]*/stat")}
    living = [int(path.parent.name) for path, f in fields.items() if len(f) > 1 and int(f[1]) == postmaster]
    ended = [int(each) for each in _fields(Path(f"/proc/{postmaster}/stat"))[13:15]]
    return sum(cpu(pid) for pid in [postmaster, *living]) + sum(ended) / 100


def _fields(path: Path) -> list[str]:
    try:
        return path.read_text().rpartition(")")[2].split()
    except FileNotFoundError:  # it has ended meanwhile
        return []


def postmaster_of(data_dir: Path) -> int:
    """The first process of the Postgres of a directory."""
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def main() -> None:
    rate, seconds = (float(word) for word in (sys.argv[1:] + ["20", "30"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory() as home, embedded_postgres(Path(home) / "database") as url:
        asyncio.run(measure(rate, seconds, Path(home), url, postmaster_of(Path(home) / "database")))


if __name__ == "__main__":
    main()
