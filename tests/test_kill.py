"""What a process was doing when it was killed is picked up by the next one, and done once."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from channel.core.notices import Notice
from channel.sandbox.rapidpro import External, RapidPro, faults
from channel.sandbox.rapidpro.records import Channel
from channel.sandbox.rocketchat import Hangs, RocketChat
from channel.sandbox.serving import serving as peer
from tests import processes

#: the promise: what was accepted is at the other side this soon after the restart
PICKED_UP_SECONDS = 30.0


#: the one notice that is switched on here
TAKEN = "You are now being attended by: Joao Lima"


@dataclass
class Site:
    """Both peers, in this process, and how to run the service between them."""

    env: dict[str, str]
    rocketchat: RocketChat
    rapidpro: RapidPro
    connected: dict[str, dict[str, Any]]
    channel: Channel

    async def send(self, text: str, id: str, to: str = "ana") -> int:
        form = {"id": id, "text": text, "to": to, "channel": self.channel.uuid}
        headers = {"Authorization": str(self.connected["channel"]["send_authorization"])}
        async with httpx.AsyncClient() as http:
            answer = await http.post(str(self.connected["channel"]["send_url"]), data=form, headers=headers)
        return answer.status_code

    def read_by_agent(self) -> list[str]:
        return [m.text for m in self.rocketchat.messages.values() if m.token and not m.kind]

    def heard_by_rapidpro(self) -> list[str]:
        return [m.text for m in self.rapidpro.incoming(self.channel)]


@asynccontextmanager
async def _site(directory: Path, **settings: str) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        rocketchat, rapidpro = RocketChat(retry_delay=0.5), RapidPro()
        stack.push_async_callback(rocketchat.aclose)
        stack.push_async_callback(rapidpro.aclose)
        rocketchat_url = await stack.enter_async_context(peer(rocketchat.app))
        rapidpro_url = await stack.enter_async_context(peer(rapidpro.app))
        port, internal = processes.free_port(), processes.free_port()
        env = processes.environment(
            directory, PORT=str(port), INTERNAL_PORT=str(internal), DRAIN_SECONDS="0", **settings
        )
        made = await processes.run(
            env, "connect", "--json", "--rocketchat-url", rocketchat_url, "--rapidpro-url", rapidpro_url
        )
        connected = json.loads(made.out)
        options = directory / "options.toml"
        options.write_text("[notices]\n" + "".join(f"{n.value} = {str(n is Notice.TAKEN).lower()}\n" for n in Notice))
        told = await processes.run(env, "channels", "options", "set", str(options))
        assert told.code == 0, told.err
        rocketchat.connect(connected["workspace"]["webhook_url"], connected["workspace"]["webhook_secret"])
        channel = rapidpro.add_external_channel(External(send_url=connected["channel"]["send_url"]), scheme="ext")
        yield Site(env, rocketchat, rapidpro, connected, channel)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with _site(tmp_path) as made:
        yield made


async def test_what_was_accepted_but_not_yet_claimed_reaches_the_agent_after_a_kill(site: Site) -> None:
    async with processes.serving(site.env, "--role", "edge") as service:
        assert [await site.send(f"word {n}", id=str(n)) for n in range(5)] == [200] * 5
        service.kill()
        await service.ended()
    assert site.read_by_agent() == []

    async with processes.serving(site.env):
        words = [f"word {n}" for n in range(5)]
        await site.rocketchat.until(lambda rc: site.read_by_agent() == words, timeout=PICKED_UP_SECONDS)


async def test_what_was_under_way_to_the_agent_at_a_kill_arrives_once(site: Site) -> None:
    """The write happened, the answer did not come, and the process died: asked about, not sent again."""
    site.rocketchat.faults.rest(Hangs(60.0, worked=True), at="POST livechat/message", times=1)
    async with processes.serving(site.env) as service:
        assert await site.send("first", id="1") == 200
        assert await site.send("second", id="2") == 200
        await site.rocketchat.until(lambda rc: site.read_by_agent() == ["first"], timeout=20)
        service.kill()
        await service.ended()
    site.rocketchat.faults.clear()

    async with processes.serving(site.env):
        await site.rocketchat.until(lambda rc: site.read_by_agent() == ["first", "second"], timeout=PICKED_UP_SECONDS)


async def test_what_was_accepted_but_not_yet_claimed_reaches_the_contact_after_a_kill(site: Site) -> None:
    async with processes.serving(site.env):
        assert await site.send("hello", id="1") == 200
        room = await site.rocketchat.until(lambda rc: next(iter(rc.rooms), None), timeout=20)
        await site.rocketchat.until(lambda rc: site.read_by_agent() == ["hello"], timeout=20)

    async with processes.serving(site.env, "--role", "edge") as service:
        await site.rocketchat.take(room, "joao.agent")
        for n in range(5):
            await site.rocketchat.write(room, "joao.agent", f"answer {n}")
        await site.rocketchat.until(lambda rc: not rc.webhooks_in_flight, timeout=20)
        service.kill()
        await service.ended()
    assert site.heard_by_rapidpro() == []

    async with processes.serving(site.env):
        answers = [TAKEN, *(f"answer {n}" for n in range(5))]
        await site.rapidpro.until(lambda rp: site.heard_by_rapidpro() == answers, timeout=PICKED_UP_SECONDS)


async def test_what_was_under_way_to_the_contact_at_a_kill_arrives_once(site: Site) -> None:
    """RapidPro had not got it: the one repeat there may be finds that out."""
    async with processes.serving(site.env) as service:
        assert await site.send("hello", id="1") == 200
        room = await site.rocketchat.until(lambda rc: next(iter(rc.rooms), None), timeout=20)
        site.rapidpro.faults.add("receive", faults.hang(60), times=1)
        await site.rocketchat.take(room, "joao.agent")
        await site.rocketchat.write(room, "joao.agent", "answer")
        await site.rapidpro.until(lambda rp: [r for r in rp.requests if r.action == "receive"], timeout=20)
        service.kill()
        await service.ended()
    site.rapidpro.faults.clear()

    async with processes.serving(site.env):
        await site.rapidpro.until(lambda rp: site.heard_by_rapidpro() == [TAKEN, "answer"], timeout=PICKED_UP_SECONDS)


async def test_what_agents_did_while_nobody_was_there_is_found_after_the_start(site: Site) -> None:
    """Rocket.Chat has tried to tell of it, and has given up."""
    async with processes.serving(site.env):
        assert await site.send("hello", id="1") == 200
        room = await site.rocketchat.until(lambda rc: next(iter(rc.rooms), None), timeout=20)
        await site.rocketchat.until(lambda rc: site.read_by_agent() == ["hello"], timeout=20)

    await site.rocketchat.take(room, "joao.agent")
    for n in range(3):
        await site.rocketchat.write(room, "joao.agent", f"answer {n}")
    await site.rocketchat.until(lambda rc: not rc.webhooks_in_flight, timeout=20)
    assert site.heard_by_rapidpro() == []

    async with processes.serving(site.env):
        answers = [TAKEN, *(f"answer {n}" for n in range(3))]
        await site.rapidpro.until(lambda rp: site.heard_by_rapidpro() == answers, timeout=PICKED_UP_SECONDS)


async def test_of_processes_that_share_a_database_one_can_be_killed(database_url: str, tmp_path: Path) -> None:
    """One takes messages, two deliver them; what the killed one had under way, the other brings, once and in order."""
    key = Fernet.generate_key().decode()
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(_site(tmp_path, DATABASE_URL=database_url, SECRET_KEYS=key))
        await stack.enter_async_context(processes.serving(site.env, "--role", "edge"))
        first, second = [
            await stack.enter_async_context(
                processes.serving(
                    site.env | {"LIVE_AGENTS_INTERNAL_PORT": str(processes.free_port())},
                    "--role",
                    "deliver",
                    listeners=1,
                )
            )
            for _ in range(2)
        ]
        site.rocketchat.faults.rest(Hangs(5.0, worked=True), at="POST livechat/message", times=2)
        people = ("ana", "bob", "eve")
        for n in range(8):
            for person in people:
                assert await site.send(f"{person} {n}", id=f"{person}-{n}", to=person) == 200
        await site.rocketchat.until(lambda rc: len(site.read_by_agent()) > len(people), timeout=20)
        first.kill()
        await first.ended()
        await site.rocketchat.until(
            lambda rc: len(site.read_by_agent()) == 8 * len(people), timeout=PICKED_UP_SECONDS + 10
        )
        for person in people:
            assert [t for t in site.read_by_agent() if t.startswith(person)] == [f"{person} {n}" for n in range(8)]
        second.terminate()
        assert await second.ended() == 0


async def test_a_second_start_finds_the_data_and_a_stop_leaves_no_postgres(site: Site, tmp_path: Path) -> None:
    async with processes.serving(site.env) as service:
        assert await site.send("hello", id="1") == 200
        await site.rocketchat.until(lambda rc: site.read_by_agent() == ["hello"], timeout=20)
        service.terminate()
        assert await service.ended() == 0
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()

    async with processes.serving(site.env):
        assert await site.send("hello", id="1") == 200
        traced = await processes.run(site.env, "trace", "1")
        assert "PostToRoom (done)" in traced.out
    assert site.read_by_agent() == ["hello"]
