"""What a process takes: memory, its start, and what one, two and three of them spend on a message."""

import asyncio
from time import monotonic
from typing import Any, Final

import httpx

from benchmarks import spent
from benchmarks.conversations import Made
from benchmarks.figures import Figure, Options, Told, spread
from benchmarks.measure import Run, measured
from benchmarks.stage import Lost, Stage, execute

IDLE_MIB: Final = 120.0
LOADED_MIB: Final = 250.0
READY_SECONDS: Final = 1.5
ALIKE: Final = 1.1
STEADY: Final = 100.0
LOADS: Final[tuple[dict[str, Any], ...]] = ({"rate": STEADY}, {"window": 200})
#: from its readiness on: what a start leaves behind is settled by then
IDLE_AFTER: Final = 5.0


async def running(stage: Stage, options: Options, told: Told) -> None:
    async with stage.database() as database:
        starts = [await _start(stage, database) for _ in range(options.pairs)]
        value = f"{spread(starts)} s until /readyz says 200"
        verdict = f"{len(starts)} starts, each ready"
        met = sorted(starts)[len(starts) // 2] <= READY_SECONDS
        told.tell(Figure("running", "start", value, verdict, f"at most {READY_SECONDS} s", met, {"seconds": starts}))
        async with stage.bridge(*database) as target:
            await asyncio.sleep(IDLE_AFTER)
            idle, before = spent.memory(target.pids[0]), stage.cpu(target)
            await asyncio.sleep(options.seconds)
            used = [b - a for a, b in zip(before, stage.cpu(target), strict=True)]
            both = [
                await measured(stage, target, direction, seconds=options.seconds, window=800, connections=200)
                for direction in ("to_agent", "to_contact")
            ]
            loaded = spent.memory(target.pids[0])
    verdict = both[-1].verdict
    _memory(told, "idle", idle, IDLE_MIB, "it runs and nothing comes")
    _memory(told, "after full load both ways", loaded, LOADED_MIB, verdict)
    shares = [used[0] / options.seconds, used[1] / options.seconds]
    value = f"{shares[0]:.1%} of a core, and Postgres {shares[1]:.1%}"
    told.tell(Figure("running", "idle", value, "it runs and nothing comes", numbers={"cpu": shares}))


def _memory(told: Told, what: str, found: float, most: float, verdict: str) -> None:
    met, numbers = found <= most, {"mib": found}
    told.tell(Figure("running", f"memory {what}", f"{found:.0f} MiB", verdict, f"at most {most:g} MiB", met, numbers))


async def _start(stage: Stage, database: tuple[str, Made]) -> float:
    began = monotonic()
    async with stage.bridge(*database) as target, httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{target.ports[0]}/readyz")
        if answer.status_code != httpx.codes.OK:
            raise Lost(f"/readyz says {answer.status_code}")
        return monotonic() - began


async def replicas(stage: Stage, options: Options, told: Told) -> None:
    """The same on one, two and three: what each message costs, at a steady rate and at full load.

    Where messages are many, more of them share a commit; of three replicas each has a third of them.
    """
    runs: dict[str, list[Run]] = {f"{STEADY:g} messages/s": [], "full load": []}
    async with stage.database() as database:
        await used(stage, database)
        for count in (1, 2, 3):
            async with stage.bridge(*database, replicas=count) as target:
                await measured(stage, target, "to_agent", seconds=1)
                for found, load in zip(runs.values(), LOADS, strict=True):
                    found.append(await measured(stage, target, "to_agent", seconds=options.seconds, **load))
    for what, found in runs.items():
        _compare(told, what, found)


def _compare(told: Told, what: str, runs: list[Run]) -> None:
    one = runs[0]
    for count, run in enumerate(runs, start=1):
        cpu, commits = sum(run.cpu[:2]) / sum(one.cpu[:2]), run.commits / one.commits
        value = (
            f"{sum(run.cpu[:2]):.2f} ms of a core and {run.commits:.2f} commits for each message, "
            f"{run.rate:.0f} messages/s: {cpu:.2f} and {commits:.2f} of what one takes"
        )
        judged = count > 1
        wanted, met = ("within 10%", max(cpu, commits) <= ALIKE) if judged else ("", None)
        numbers = {"cpu": run.cpu, "commits": run.commits, "rate": run.rate}
        told.tell(Figure("replicas", f"{count} replicas, {what}", value, run.verdict, wanted, met, numbers))


async def used(stage: Stage, database: tuple[str, Made]) -> None:
    """What a load and autovacuum have done to any database that is older than a minute."""
    async with stage.bridge(*database) as target:
        await measured(stage, target, "to_agent", seconds=2)
    await execute(database[0], "VACUUM ANALYZE")


async def ceiling(stage: Stage, options: Options, told: Told) -> None:
    """The requests that a relay makes, straight at the peers: what they can do at most."""
    requests = 20_000
    began, before = monotonic(), spent.cpu(stage.peers_pid)
    body = '{"token":"t","rid":"r","_id":"m","msg":"w0 0"}'
    request = f"POST /api/v1/livechat/message HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    lanes = [asyncio.create_task(_asking(stage, request, requests // 20)) for _ in range(20)]
    await asyncio.gather(*lanes)
    took, cpu = monotonic() - began, spent.cpu(stage.peers_pid) - before
    each = 1000 * cpu / requests
    value = f"{requests / took:.0f} requests/s from one process in Python; {each:.3f} ms of a core for each"
    told.tell(Figure("ceiling", "the peers by themselves", value, f"{requests} answered", numbers={"ms": each}))


async def _asking(stage: Stage, request: bytes, times: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.peers)
    for _ in range(times):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.partition(b"Content-Length: ")[2].split()[0]))
    writer.close()
