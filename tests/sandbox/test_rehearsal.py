"""The simulated peers as a process of their own, connected to a service that is another: words go both ways."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from channel.sandbox.rapidpro import API_TOKEN
from tests import processes


@dataclass(frozen=True)
class Ports:
    """Where the peers and the page listen."""

    rapidpro: int
    rocketchat: int
    page: int


async def test_words_go_both_ways_between_processes_in_either_set_up(tmp_path: Path) -> None:
    ports = Ports(*(processes.free_port() for _ in range(3)))
    own = {"PORT": str(processes.free_port()), "INTERNAL_PORT": str(processes.free_port())}
    env = processes.environment(tmp_path, **own, DRAIN_SECONDS="0")
    token = tmp_path / "token.txt"
    token.write_text(API_TOKEN)
    async with processes.serving(env):
        for set_up, more in {"b": (), "a": ("--rapidpro-token-file", str(token))}.items():
            made = await processes.run(
                env, "connect", "--json", "--name", set_up, "--set-up", set_up, *more,
                "--rapidpro-url", f"http://127.0.0.1:{ports.rapidpro}",
                "--rocketchat-url", f"http://127.0.0.1:{ports.rocketchat}",
            )  # fmt: skip
            assert made.code == 0, made.err
            connected = tmp_path / f"{set_up}.json"
            connected.write_text(made.out)
            async with (
                _peers(ports, "--connected", str(connected), "--set-up", set_up) as told,
                httpx.AsyncClient() as http,
            ):
                await _talk(http, told, set_up, ports)


async def _talk(http: httpx.AsyncClient, told: str, set_up: str, ports: Ports) -> None:
    (person,) = set(re.findall(r"localhost:\d+/_sandbox/contacts/[\w-]+", told))
    rooms = f"http://localhost:{ports.rocketchat}/_sandbox/rooms"
    wrote = ["agent", "Hello"] if set_up == "a" else ["Hello"]
    for text in wrote:
        assert (await http.post(f"http://{person}/write", json={"text": text})).status_code == 201
    room = (await _until(http, rooms, lambda found: found["rooms"]))[0]["rid"]
    for part, said in (("take", {}), ("write", {"text": "Hi"})):
        done = await http.post(f"{rooms}/{room}/{part}", json={"agent": "joao.agent", **said})
        assert done.status_code == 200, done.text
    await _until(http, f"http://{person}/phone", lambda texts: "Hi" in texts)
    assert f"A page to try it on: http://localhost:{ports.page}\n" in told
    async with http.stream("GET", f"http://localhost:{ports.page}/changes") as changes:
        shown = json.loads((await anext(changes.aiter_lines())).removeprefix("data: "))
    assert [(way["words"], way["standing"]) for way in shown["ways"]] == [
        (text, "arrived") for text in ("Hi", *reversed(wrote))
    ]


async def test_they_are_connected_by_hand_with_what_they_say() -> None:
    async with _peers(Ports(*(processes.free_port() for _ in range(3)))) as told, httpx.AsyncClient() as http:
        said = dict(re.findall(r"^  (\S.*?)  +(\S+)$", told.partition("Or by hand")[0], re.MULTILINE))
        login = {"X-User-Id": said["bot user's id"], "X-Auth-Token": said["bot user's token"]}
        desk, flows, api_token = (
            said[name] for name in ("Rocket.Chat's URL", "RapidPro's URL", "RapidPro's API token")
        )
        assert (await http.get(f"{desk}/api/v1/me", headers=login)).json()["username"] == "bridge.bot"
        token = {"Authorization": f"Token {api_token}"}
        assert (await http.get(f"{flows}/api/v2/workspace.json", headers=token)).status_code == 200
        route = f"{flows}/_sandbox/set-up-a"
        assert (await http.post(route, json={"url": "http://a.test/live-agents"})).status_code == 400
        wired = await http.post(route, json={"url": "http://a.test/live-agents", "token": "t"})
        assert wired.json() == {"keyword": "agent", "group": "Live chat"}


async def _until(http: httpx.AsyncClient, url: str, found: Callable[[Any], Any]) -> Any:
    """What is found in the answer, as soon as there is anything."""
    async with asyncio.timeout(processes.START_SECONDS):
        while not (seen := found((await http.get(url)).json())):  # noqa: ASYNC110 - another process has no event
            await asyncio.sleep(0.05)
    return seen


@asynccontextmanager
async def _peers(ports: Ports, *more: str) -> AsyncIterator[str]:
    """`python -m channel.sandbox`; the block is given what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "channel.sandbox", *more, "--rapidpro-port",
        str(ports.rapidpro), "--rocketchat-port", str(ports.rocketchat), "--page-port", str(ports.page),
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
