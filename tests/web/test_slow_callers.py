"""A thousand slow callers at once: each is cut in time, and whoever is not slow notices nothing."""

import asyncio
import json
import os
from pathlib import Path
from statistics import quantiles
from time import monotonic

import httpx

from channel.core import limits
from tests import processes
from tests.web.slow import HALF_BODY, HALF_HEADER, Caller

EACH = 250
#: how a caller is slow: what it says, and what then, now and then
WAYS = {
    "idle": (b"", b""),
    "half a header": (HALF_HEADER, b""),
    "a header drop by drop": (HALF_HEADER, b"x"),
    "a body drop by drop": (HALF_BODY, b"x"),
}
#: messages until everything is open that stays open
WARM = 10
#: how much later than its deadline a caller may be seen to be cut, on a machine that does other things too
SLACK = 5.0


class Courier:
    """Who is not slow: a message after the other, for as long as it is not told to stop."""

    def __init__(self, http: httpx.AsyncClient, channel: dict[str, str]) -> None:
        self.seconds: list[float] = []
        self.refused = 0
        self.warm = asyncio.Event()
        self._http = http
        self._channel = channel

    async def send(self) -> None:
        while True:
            began = monotonic()
            form = {"id": str(len(self.seconds)), "to": "ana", "text": "Hello"}
            headers = {"Authorization": self._channel["send_authorization"]}
            answer = await self._http.post(self._channel["send_url"], data=form, headers=headers)
            self.refused += answer.status_code != 200
            self.seconds.append(monotonic() - began)
            if len(self.seconds) == WARM:
                self.warm.set()
            await asyncio.sleep(0.05)


async def test_a_thousand_slow_callers_are_cut_and_cost_nobody_else_anything(tmp_path: Path) -> None:
    port, internal = processes.free_port(), processes.free_port()
    env = processes.environment(tmp_path, PORT=str(port), INTERNAL_PORT=str(internal), DRAIN_SECONDS="0")
    peers = ("--rocketchat-url", "http://127.0.0.1:9", "--rapidpro-url", "http://127.0.0.1:9")
    made = json.loads((await processes.run(env, "connect", "--json", *peers)).out)["channel"]
    async with processes.serving(env) as service, httpx.AsyncClient(timeout=60) as http:
        courier = Courier(http, made)
        sending = asyncio.create_task(courier.send())
        await courier.warm.wait()
        before = open_files(service.process.pid)
        cut = dict(zip(WAYS, await asyncio.gather(*(many(port, *way) for way in WAYS.values())), strict=True))
        sending.cancel()
        after = open_files(service.process.pid)
        metrics = (await http.get(f"http://127.0.0.1:{internal}/metrics")).text
    print(report(cut, courier))
    for way, seconds in cut.items():
        deadline = limits.BODY_SECONDS if "body" in way else limits.HEADER_SECONDS
        assert min(seconds) > deadline - 1
        assert max(seconds) < deadline + SLACK
    assert courier.refused == 0
    assert max(courier.seconds) < 5
    assert after <= before + 10
    assert f'live_agents_cut_total{{waited_for="header"}} {3 * EACH:.1f}' in metrics
    assert f'live_agents_cut_total{{waited_for="body"}} {EACH:.1f}' in metrics


async def many(port: int, said: bytes, drop: bytes) -> list[float]:
    """After how many seconds each of them was cut."""
    callers = [await Caller.connect(port, said) for _ in range(EACH)]
    dropping = [asyncio.create_task(caller.trickle(drop, 1)) for caller in callers if drop]
    seconds = await asyncio.gather(*(caller.cut() for caller in callers))
    await asyncio.gather(*dropping)
    return seconds


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def report(cut: dict[str, list[float]], courier: Courier) -> str:
    """The figures of docs/security.md."""
    ways = "; ".join(f"{way}: {min(seconds):.1f} to {max(seconds):.1f} s" for way, seconds in cut.items())
    p99 = quantiles(courier.seconds, n=100)[-1]
    return f"cut after: {ways}; meanwhile {len(courier.seconds)} messages, p99 {1000 * p99:.0f} ms"
