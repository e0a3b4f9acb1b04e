"""The replicas of a campaign, as processes, and the balancer in front of them."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests import processes
from tests.faults.proxy import to_port
from tests.faults.wounds import CLAIMED, VARIABLE, Wounds

#: how often the balancer looks who is ready, as Kubernetes' probes do, only faster
PROBE_SECONDS = 0.1
_MODULE = "tests.faults.replica"


@dataclass
class Replica:
    """A running `serve` on ports of its own."""

    service: processes.Service
    port: int
    internal_port: int
    ready: bool = True

    @property
    def alive(self) -> bool:
        return self.service.process.returncode is None

    def arm(self) -> None:
        """From now on its wounds count."""
        self.service.process.send_signal(signal.SIGUSR1)

    def disarm(self) -> None:
        """And now they do not."""
        self.service.process.send_signal(signal.SIGUSR2)

    def claims(self) -> list[float]:
        """How many seconds each of its claims took, if it says so."""
        said = [line.removeprefix(CLAIMED) for line in self.service.seen if line.startswith(CLAIMED)]
        return [float(seconds) for seconds in said]

    async def kill(self) -> None:
        self.service.kill()
        await self.service.ended()

    @property
    def memory(self) -> int:
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.service.process.pid}/statm").read_text().split()[1])
        return pages * 4096

    @property
    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.service.process.pid}/fd").iterdir()))


class Replicas:
    """Starts and knows them, and connects whoever comes to one that is ready, in turn."""

    def __init__(self, env: Mapping[str, str], stack: AsyncExitStack) -> None:
        self.env = dict(env)
        self.all: list[Replica] = []
        self._stack = stack
        self._turn = 0

    @property
    def alive(self) -> list[Replica]:
        return [replica for replica in self.all if replica.alive]

    async def start(self, wounds: Wounds | None = None) -> Replica:
        """One more, serving on return."""
        port, internal = processes.free_port(), processes.free_port()
        own = {"LIVE_AGENTS_PORT": str(port), "LIVE_AGENTS_INTERNAL_PORT": str(internal)}
        env = {**self.env, **own, VARIABLE: (wounds or Wounds()).to_json()}
        service = await self._stack.enter_async_context(processes.serving(env, module=_MODULE))
        replica = Replica(service, port, internal)
        self.all.append(replica)
        return replica

    def kill_all(self) -> None:
        """At the end, when nothing of theirs is of interest any more."""
        for replica in self.alive:
            replica.service.kill()

    async def connect(self, protocol: Callable[[], asyncio.Protocol]) -> object:
        """As a balancer does: the next that is ready, and another one if nobody listens there."""
        ready = [replica for replica in self.all if replica.alive and replica.ready]
        self._turn += 1
        for place in range(len(ready)):
            try:
                return await to_port(ready[(self._turn + place) % len(ready)].port)(protocol)
            except OSError:
                continue
        raise ConnectionRefusedError("no replica is ready")

    async def probe(self) -> None:
        """Ask each whether it is ready, again and again."""
        async with httpx.AsyncClient(timeout=1) as http:
            while True:
                for replica in self.alive:
                    try:
                        answer = await http.get(f"http://127.0.0.1:{replica.port}/readyz")
                        replica.ready = answer.status_code == httpx.codes.OK
                    except httpx.HTTPError:
                        replica.ready = False
                await asyncio.sleep(PROBE_SECONDS)


@asynccontextmanager
async def probing(replicas: Replicas) -> AsyncIterator[None]:
    """The balancer's probes, for as long as the block lasts."""
    task = asyncio.create_task(replicas.probe())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
