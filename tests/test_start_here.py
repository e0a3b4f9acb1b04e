"""The six steps of docs/start-here.md, walked as they stand there against both simulated peers; and every other command
that the pages of a set-up name. `pytest -s` says how long each takes."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from uuid import uuid4

from channel.sandbox.rapidpro import External, set_up_a, set_up_b
from channel.sandbox.rapidpro.records import Contact
from tests import processes
from tests.cli.peers import Peers, open_peers
from tests.processes import ROOT, Ended

DOCS = ROOT / "docs"
#: what another test does: the first four tests/test_wheel.py, the last tests/sandbox/test_rehearsal.py
ELSEWHERE = ("python3.11 -m venv", ".venv/bin/pip", ". .venv/bin/activate", "python -m channel.sandbox")

_FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TOML = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`(live-agents \w+ [^`\n]+)`")

_SAID = "My card is blocked"


@dataclass
class Walk:
    """Somebody who does as the pages say, in a directory of their own."""

    directory: Path
    env: dict[str, str]
    names: dict[str, str]  #: what stands on the pages, and what it is here
    answers: dict[str, str]  #: by command, what is typed
    done: dict[str, Ended] = field(default_factory=dict)

    def here(self, command: str) -> str:
        for name, value in self.names.items():
            command = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", value, command)
        return command

    async def do(self, command: str) -> Ended:
        """As it stands there, in a shell; it must succeed."""
        began = monotonic()
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", self.here(command), env=self.env, cwd=self.directory,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(processes.START_SECONDS * 2):
            out, err = await process.communicate(self.answers.get(command, "").encode())
        ended = self.done[command] = Ended(process.returncode or 0, out.decode(), err.decode())
        print(f"{monotonic() - began:6.1f} s  {command}")
        assert ended.code == 0, f"{command}: {ended.err}{ended.out}"
        return ended

    @asynccontextmanager
    async def running(self, command: str) -> AsyncIterator[None]:
        """What is left running, from when it listens."""
        began = monotonic()
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", f"exec env {self.here(command)}", env=self.env, cwd=self.directory,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(processes.START_SECONDS):
                await _listening(process)
            print(f"{monotonic() - began:6.1f} s  {command}")
            draining = asyncio.create_task(_drain(process))
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
        await draining


async def _listening(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    ports = 2
    while ports:
        line = await process.stderr.readline()
        assert line, "the service ended"
        ports -= b'"event": "listening"' in line


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while await process.stderr.readline():
        pass


def commands(page: str) -> Iterator[str]:
    """What a page gives to be run, in its order, and in the words of the page."""
    for block in _FENCE.findall((DOCS / page).read_text()):
        yield from (line for line in block.splitlines() if line and not line.startswith(ELSEWHERE))


def spans(page: str) -> Iterator[str]:
    """What its sentences name with what belongs to it: a verb alone is a name."""
    yield from _SPAN.findall(_FENCE.sub("", (DOCS / page).read_text()))


def walker(directory: Path, peers: Peers) -> Walk:
    ports = {"PORT": str(processes.free_port()), "INTERNAL_PORT": str(processes.free_port())}
    bridge = f"http://127.0.0.1:{ports['PORT']}"
    env = processes.environment(directory / ".live-agents", **ports, PUBLIC_URL=bridge, DRAIN_SECONDS="0")
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    bot = peers.rocketchat.personal_access_token("bridge.bot")
    (directory / "rocketchat-token.txt").write_text(bot.token)
    (directory / "rocketchat-login.txt").write_text(f"{bot.user_id} {bot.token}")
    (directory / "rapidpro-token.txt").write_text(peers.rapidpro.api_token)
    names = {
        "https://bridge.example.org": bridge,
        "https://chat.example.org": peers.rocketchat_url,
        "https://rapidpro.example.org": peers.rapidpro_url,
        "USER": bot.user_id,
        "UUID": str(uuid4()),
    }
    typed = f"{peers.rocketchat_url}\n{peers.rapidpro_url}\n{peers.rapidpro.api_token}\nSupport\n"
    walk = Walk(directory, env, names, {"live-agents connect": typed})
    (toml,) = _TOML.findall((DOCS / "start-here.md").read_text())
    (directory / "helpline.toml").write_text(walk.here(toml))
    return walk


async def test_the_six_steps_lead_to_a_connection_by_which_words_go_both_ways(tmp_path: Path) -> None:
    async with open_peers() as peers:
        walk = walker(tmp_path, peers)
        serve, *then = commands("start-here.md")
        async with walk.running(serve):
            for command in then:
                if command.startswith("live-agents doctor"):
                    ana = _fifth_step(walk, peers)
                if command == "live-agents backlog":
                    await _they_talk(walk, peers, ana)
                await walk.do(command)
            assert "was answered" in _ended(walk, "live-agents provision --apply").out
            proof = _ended(walk, "live-agents doctor --send-test").out
            print(proof)
            assert re.search(r"^0 wrong, ", proof, re.MULTILINE)
            for way in ("test_to_agent", "test_to_contact"):
                assert re.search(rf"^fine +{way} ", proof, re.MULTILINE)
            assert "live-agents trace MESSAGE" in walk.done
            assert json.loads(_ended(walk, "live-agents connect helpline.toml --json").out)["channel"]["uuid"]
            await _whatever_else_is_named(walk)


def _fifth_step(walk: Walk, peers: Peers) -> Contact:
    """As by who pastes what step 3 has printed, and imports the kit. Returns who is to be written to."""
    told = walk.done["live-agents connect"].out
    set_up_a(peers.rapidpro, _pasted(told, "Live Agents URL"), f"Token {_pasted(told, 'Live Agents Token')}")
    ana = peers.rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    walk.names["CONTACT"] = ana.uuid
    return ana


async def _they_talk(walk: Walk, peers: Peers, ana: Contact) -> None:
    """A contact writes the keyword, an agent takes the chat and answers."""
    await peers.rapidpro.person_writes(ana, "agent")
    written = await peers.rapidpro.person_writes(ana, _SAID)
    rocketchat = peers.rocketchat
    stored = await rocketchat.until(lambda rc: [each for each in rc.messages.values() if each.text == _SAID])
    await rocketchat.take(stored[0].rid, "joao.agent")
    await rocketchat.write(stored[0].rid, "joao.agent", "I have unblocked it")
    await peers.rapidpro.until(lambda rp: "I have unblocked it" in rp.phone(ana))
    walk.names["MESSAGE"] = written.uuid


async def _whatever_else_is_named(walk: Walk) -> None:
    """In the order of the pages; each command once, and with what is there by now."""
    (workspace,) = json.loads((await walk.do("live-agents workspaces list --json")).out)
    channel = next(each for each in json.loads((await walk.do("live-agents channels list --json")).out))
    walk.names |= {"WORKSPACE": workspace["uuid"], "CHANNEL": channel["uuid"]}
    options = f"live-agents channels options show --channel {channel['uuid']}"
    (walk.directory / "options.toml").write_text((await walk.do(options)).out)
    for page in ("start-here.md", "rocketchat.md", "rapidpro/set-ups.md"):
        for command in [*commands(page), *spans(page)]:
            if command not in walk.done and "serve" not in command:
                await walk.do(_whole(command))
                walk.done[command] = walk.done[_whole(command)]


def _whole(command: str) -> str:
    """A command of a sentence, with what it takes where the sentence says that in other words."""
    if command.startswith("live-agents channels options"):
        return f"{command.replace('FILE', 'options.toml')} --channel CHANNEL"
    return command.replace("flow check FILE", f"flow check {DOCS}/rapidpro/set-up-a.json")


def _pasted(told: str, name: str) -> str:
    (value,) = re.findall(rf"^  {name} +(\S+)$", told, re.MULTILINE)
    return str(value)


async def test_without_a_token_it_is_set_up_b_and_its_form_filled_in_as_printed_leads_as_far(tmp_path: Path) -> None:
    async with open_peers() as peers:
        walk = walker(tmp_path, peers)
        walk.answers["live-agents connect"] = f"{peers.rocketchat_url}\n{peers.rapidpro_url}\n\nSupport\n"
        serve, connect, *then = commands("start-here.md")
        async with walk.running(serve):
            told = (await walk.do(connect)).out
            wired = set_up_b(peers.rapidpro, _form(told))
            for command in then:
                if command.startswith("live-agents provision"):
                    await walk.do(command)
            ana = peers.rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
            await _they_talk(walk, peers, ana)
            walk.names["CONTACT"] = ana.uuid
            proof = await walk.do(next(command for command in then if "doctor --send-test" in command))
            assert re.search(r"^0 wrong, ", proof.out, re.MULTILINE), proof.out
            assert wired.external.external is not None


def _form(told: str) -> External:
    """RapidPro's form, filled in by who reads what `connect` has printed and nothing else."""
    fields = dict(re.findall(r"^  (\w[\w ]+?) {2,}(.+)$", told, re.MULTILINE))
    assert (fields["URN Type"], fields["Content Type"], fields["Encoding"]) == (
        "ext",
        "URL Encoded",
        "Default Encoding",
    )
    return External(
        send_url=fields["Send URL"],
        method=fields["Method"],
        body=fields["Request Body"],
        max_length=int(fields["Max Length"].split()[0]),
        send_authorization=fields["Authorization Header Value"],
        mt_response_check=fields["MT Response Check"],
    )


def _ended(walk: Walk, begins: str) -> Ended:
    return next(ended for command, ended in walk.done.items() if command.startswith(begins))
