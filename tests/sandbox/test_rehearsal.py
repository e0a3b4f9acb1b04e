"""The simulated peers as a process of their own, connected to a service that is another: words go both ways."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests import processes


async def test_words_go_both_ways_between_processes(tmp_path: Path) -> None:
    rapidpro, rocketchat = processes.free_port(), processes.free_port()
    ports = {"PORT": str(processes.free_port()), "INTERNAL_PORT": str(processes.free_port())}
    env = processes.environment(tmp_path, **ports, DRAIN_SECONDS="0")
    async with processes.serving(env):
        made = await processes.run(
            env, "connect", "--json", "--rapidpro-url", f"http://127.0.0.1:{rapidpro}",
            "--rocketchat-url", f"http://127.0.0.1:{rocketchat}",
        )  # fmt: skip
        (tmp_path / "connected.json").write_text(made.out)
        async with _peers(tmp_path / "connected.json", rapidpro, rocketchat) as told, httpx.AsyncClient() as http:
            (person,) = set(re.findall(r"localhost:\d+/_sandbox/contacts/[\w-]+", told))
            rooms = f"http://localhost:{rocketchat}/_sandbox/rooms"
            assert (await http.post(f"http://{person}/write", json={"text": "Hello"})).status_code == 201
            room = (await _until(http, rooms, lambda found: found["rooms"]))[0]["rid"]
            for part, said in (("take", {}), ("write", {"text": "Hi"})):
                done = await http.post(f"{rooms}/{room}/{part}", json={"agent": "joao.agent", **said})
                assert done.status_code == 200, done.text
            await _until(http, f"http://{person}/phone", lambda texts: "Hi" in texts)


async def _until(http: httpx.AsyncClient, url: str, found: Callable[[Any], Any]) -> Any:
    """What is found in the answer, as soon as there is anything."""
    async with asyncio.timeout(processes.START_SECONDS):
        while not (seen := found((await http.get(url)).json())):  # noqa: ASYNC110 - another process has no event
            await asyncio.sleep(0.05)
    return seen


@asynccontextmanager
async def _peers(connected: Path, rapidpro: int, rocketchat: int) -> AsyncIterator[str]:
    """`python -m channel.sandbox`; the block is given what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "channel.sandbox", "--connected", connected,
        "--rapidpro-port", str(rapidpro), "--rocketchat-port", str(rocketchat),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(processes.START_SECONDS):
            yield (await process.stdout.readuntil(b"phone\n")).decode()
        process.terminate()
        async with asyncio.timeout(processes.START_SECONDS):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
