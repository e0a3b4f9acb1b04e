"""The simulated peers as a process of their own, connected to a service that is another: words go both ways."""

import asyncio
import json
import re
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from channel.sandbox.__main__ import PASTED, connected_from
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
    page = f"http://localhost:{ports.page}"
    assert f"A page to try it on: {page}\n" in told
    expected = [(text, "arrived") for text in ("Hi", *reversed(wrote))]
    async with asyncio.timeout(processes.START_SECONDS), http.stream("GET", f"{page}/changes") as changes:
        async for line in changes.aiter_lines():
            if line and expected == [(way["words"], way["standing"]) for way in _ways(line)]:
                return
    pytest.fail("the page has ended")


def _ways(line: str) -> list[dict[str, Any]]:
    """Of one of the page's server-sent events."""
    return list(json.loads(line.removeprefix("data: "))["ways"])


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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("Channel Helpline: 3eb3ba99", "is not what `live-agents connect --json` prints"),
        ("[]", "is not what `live-agents connect --json` prints"),
        ('{"channel": {}}', "is not what `live-agents connect --json` prints"),
        ('{"channel": null}', "is not what `live-agents connect --json` prints"),
    ],
)
def test_a_file_of_something_else_is_refused_in_a_sentence(content: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "connected.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SystemExit, match=said):
        connected_from(path)


async def test_a_port_that_is_taken_is_named_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "connected.json"
    path.write_text(json.dumps({part: dict.fromkeys(keys, "1") for part, keys in PASTED.items()}))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "channel.sandbox", "--connected", path, "--rapidpro-port", port,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(processes.START_SECONDS):
            _, said = await process.communicate()
    assert process.returncode == 1
    assert re.fullmatch(rf"cannot listen on the ports {port}, 8200 and 8300 of 127.0.0.1: .*", said.decode().strip())


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
