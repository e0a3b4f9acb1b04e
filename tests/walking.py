"""Pages of the documentation walked as they stand, in a directory and against peers of the walker's own."""

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
from typing import Final
from uuid import uuid4

from channel.sandbox.rapidpro import set_up_a
from channel.sandbox.rapidpro.records import Contact
from channel.sandbox.rocketchat import Room
from tests import processes
from tests.cli.peers import Peers
from tests.processes import ROOT, Ended

DOCS: Final = ROOT / "docs"
#: what another test does: the first three tests/test_wheel.py, the last tests/sandbox/test_rehearsal.py
ELSEWHERE: Final = ("python3.11 -m venv", ".venv/bin/pip", ". .venv/bin/activate", "python -m channel.sandbox")

_FENCE: Final = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"`(live-agents \w+[^`\n]*)`")

#: verbs that a sentence may name by themselves, and that take more when they are run
NAMES: Final = frozenset(
    f"live-agents {verb}"
    for verb in (
        *("connect", "connect --json", "provision", "provision --apply", "trace", "replay", "discard", "forget"),
        *("channels edit", "channels edit CHANNEL", "channels remove", "workspaces edit", "operators password"),
    )
)


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
            "bash", "-o", "pipefail", "-c", self.here(command), env=self.env, cwd=self.directory,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(processes.START_SECONDS * 2):
            out, err = await process.communicate(self.answers.get(command, "").encode())
        ended = self.done[command] = Ended(process.returncode or 0, out.decode(), err.decode())
        print(f"{monotonic() - began:6.1f} s  {command}")
        assert ended.code == 0, f"{command}: {ended.err}{ended.out}"
        return ended

    async def what_was_made(self) -> None:
        """From now on what the pages call a workspace and a channel is what there is of them."""
        (workspace,) = json.loads((await self.do("live-agents workspaces list --json")).out)
        channel, *_ = json.loads((await self.do("live-agents channels list --json")).out)
        self.names |= {"WORKSPACE": workspace["uuid"], "CHANNEL": channel["uuid"]}
        await self.do("live-agents channels options show --channel CHANNEL > options.toml")

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


#: what a sentence says in short, or in a name of its own, and what is to be typed
_SHORT: Final = (
    (r"flow check FILE", f"flow check {DOCS}/rapidpro/set-up-a.json"),
    (r"connect FILE", "connect helpline.toml"),
    (r"--login-file FILE", "--login-file rocketchat-login.txt"),
    (r"--bot-user-id ID --bot-token-file FILE", "--bot-user-id USER --bot-token-file rocketchat-token.txt"),
    (r"--rapidpro-token-file (FILE|token\.txt|- < token\.txt)", "--rapidpro-token-file rapidpro-token.txt"),
    (r"channels (hours|options) set FILE", r"channels \1 set \1.toml"),
    (r"(channels (?:hours|options) .+)", r"\1 --channel CHANNEL"),
    (r"(provision --(?:plan|apply|undo) \S+)$", r"\1 < rocketchat-login.txt"),
    (r"operators add NAME --role ROLE", "operators add bo --role look"),
    (r"(operators (?:add|password) .+)", r"\1 < password.txt"),
    (r"--department NAME", "--department Support"),
    (r"--per-minute N", "--per-minute 60"),
    (r"--rapidpro-url URL", "--rapidpro-url https://rapidpro.example.org"),
    (r"--scheme TYPE", "--scheme tel"),
    (r"--since TIME --until TIME", "--since 2026-01-01 --until 2100-01-01"),
    (r"(doctor --strict)", r"\1; test $? -le 1"),  # it has its say in its exit code
)


def whole(command: str) -> str:
    """A command of a sentence, with what it takes where the sentence says that in other words."""
    for short, long in _SHORT:
        command = re.sub(short, long, command)
    return command


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


def blocks(page: str, language: str) -> Iterator[str]:
    """What a page has in one language; a page is a path from `docs/`."""
    yield from (block for written, block in _FENCE.findall((DOCS / page).read_text()) if written == language)


def languages(page: str) -> Iterator[str]:
    """What its blocks are said to be written in."""
    yield from (written for written, _ in _FENCE.findall((DOCS / page).read_text()))


def commands(page: str) -> Iterator[str]:
    """What a page gives to be run, in its order, and in the words of the page."""
    for block in blocks(page, "sh"):
        lines = (line.strip() for line in re.sub(r"\\\n\s*", "", block).splitlines())
        yield from (line for line in lines if line and not line.startswith(ELSEWHERE))


def spans(page: str) -> Iterator[str]:
    """What its sentences name, but for names of verbs."""
    said = _FENCE.sub("", (DOCS / page).read_text())
    yield from (span for span in _SPAN.findall(re.sub(r"(?<!\n)\n(?!\n)", " ", said)) if span not in NAMES)


def walker(directory: Path, peers: Peers) -> Walk:
    ports = {"PORT": str(processes.free_port()), "INTERNAL_PORT": str(processes.free_port())}
    bridge = f"http://127.0.0.1:{ports['PORT']}"
    env = processes.environment(directory / ".live-agents", **ports, PUBLIC_URL=bridge, DRAIN_SECONDS="0")
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    bot = peers.rocketchat.personal_access_token("bridge.bot")
    (directory / "rocketchat-token.txt").write_text(bot.token)
    (directory / "rocketchat-login.txt").write_text(f"{bot.user_id} {bot.token}")
    (directory / "rapidpro-token.txt").write_text(peers.rapidpro.api_token)
    (directory / "password.txt").write_text("an entirely long one\n")
    names = {
        "https://bridge.example.org": bridge,
        "https://chat.example.org": peers.rocketchat_url,
        "https://rapidpro.example.org": peers.rapidpro_url,
        "USER": bot.user_id,
        "UUID": str(uuid4()),
    }
    typed = f"{peers.rocketchat_url}\n{peers.rapidpro_url}\n{peers.rapidpro.api_token}\nSupport\n"
    walk = Walk(directory, env, names, {"live-agents connect": typed})
    (toml,) = blocks("start-here.md", "toml")
    (directory / "helpline.toml").write_text(walk.here(toml))
    return walk


def wired(walk: Walk, peers: Peers) -> Contact:
    """As by who pastes what step 3 has printed, and imports the kit. Returns who is to be written to."""
    told = walk.done["live-agents connect"].out
    set_up_a(peers.rapidpro, pasted(told, "Live Agents URL"), f"Token {pasted(told, 'Live Agents Token')}")
    ana = peers.rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    walk.names["CONTACT"] = ana.uuid
    return ana


async def talk(walk: Walk, peers: Peers, contact: Contact) -> Room:
    """The contact writes the keyword, an agent takes the chat and answers."""
    said, answer = f"{contact.name}: my card is blocked", f"I have unblocked it, {contact.name}"
    await peers.rapidpro.person_writes(contact, "agent")
    written = await peers.rapidpro.person_writes(contact, said)
    rocketchat = peers.rocketchat
    stored = await rocketchat.until(lambda rc: [each for each in rc.messages.values() if each.text == said])
    await rocketchat.take(stored[0].rid, "joao.agent")
    await rocketchat.write(stored[0].rid, "joao.agent", answer)
    await peers.rapidpro.until(lambda rp: answer in rp.phone(contact))
    walk.names["MESSAGE"] = written.uuid
    return rocketchat.rooms[stored[0].rid]


def pasted(told: str, name: str) -> str:
    (value,) = re.findall(rf"^  {name} +(\S+)$", told, re.MULTILINE)
    return str(value)
