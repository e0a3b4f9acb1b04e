"""The command line as its users run it: real processes, real signals."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

#: how long a process may take to start, on a machine that does other things too
START_SECONDS = 30.0
#: where the modules of the tests are found by a process of theirs
ROOT = Path(__file__).parent.parent
#: below those that Linux gives whoever wants any
_PORTS = (15_000, 32_000)
_DICE = random.SystemRandom()  # two processes of a test run must not throw the same
_WORKERS = 8  # at most, and which of them this is
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
_GIVEN: deque[int] = deque(maxlen=500)  # ports, lately


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """An environment with these settings and no others of ours. Names are without the prefix."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("LIVE_AGENTS_") and n != "DATABASE_URL"}
    own = {f"LIVE_AGENTS_{name}": value for name, value in settings.items() if name != "DATABASE_URL"}
    database = {"DATABASE_URL": settings["DATABASE_URL"]} if "DATABASE_URL" in settings else {}
    return {**kept, "LIVE_AGENTS_DATA_DIR": str(data_dir), **own, **database}


async def run(env: Mapping[str, str], *arguments: str, given: str = "") -> Ended:
    """`live-agents ARGUMENTS`, to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "channel",
        *arguments,
        env=env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(START_SECONDS * 2):
        out, err = await process.communicate(given.encode())
    return Ended(process.returncode or 0, out.decode(), err.decode())


@dataclass
class Service:
    """A running `live-agents serve`."""

    process: asyncio.subprocess.Process
    seen: list[str] = field(default_factory=list)

    def kill(self) -> None:
        """SIGKILL: nothing of it runs any more."""
        self.process.kill()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self, seconds: float = START_SECONDS) -> int:
        async with asyncio.timeout(seconds):
            return await self.process.wait()


@asynccontextmanager
async def serving(
    env: Mapping[str, str], *arguments: str, listeners: int = 2, module: str = "channel"
) -> AsyncIterator[Service]:
    """`live-agents serve ARGUMENTS`, from when it listens on so many ports; ended at the end, with its Postgres."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, "serve", *arguments, env=env, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    service = Service(process)
    reading = asyncio.create_task(_read(service, listeners))
    try:
        async with asyncio.timeout(START_SECONDS):
            await reading
        draining = asyncio.create_task(_drain(service))
        yield service
    finally:
        await _end(process)
    await draining


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask it to stop, so that no Postgres of its own stays behind; kill it if it does not."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(START_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _read(service: Service, listeners: int) -> None:
    """The log, until it has said often enough that it listens."""
    if service.process.stderr is None:
        raise RuntimeError("the log is not read")
    while listeners:
        line = (await service.process.stderr.readline()).decode()
        if not line:
            raise RuntimeError("the service ended: " + "".join(service.seen))
        service.seen.append(line)
        listeners -= '"event": "listening"' in line


async def _drain(service: Service) -> None:
    """Go on reading, so that the process is never held up by a full pipe."""
    if service.process.stderr is not None:
        async for line in service.process.stderr:
            service.seen.append(line.decode())


def free_port() -> int:
    """A port that nobody has, and that the system gives nobody who only wants any: it is still free a second later.

    None that was given lately, and none that another worker of pytest's may be given: who was given it may not have
    taken it yet.
    """
    first, last = _PORTS
    while True:
        port = _DICE.randrange(first + _WORKER, last, _WORKERS)
        if port in _GIVEN:
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _GIVEN.append(port)
            return port
