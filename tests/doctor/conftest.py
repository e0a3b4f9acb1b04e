"""One running service between the sandbox's peers, for every test of the doctor in a module; each leaves it whole."""

import asyncio
import copy
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from channel.cli.main import app
from channel.sandbox.rapidpro import Contact
from channel.sandbox.rocketchat import Credentials, RocketChat
from tests import processes
from tests.bridge import Bridge, running_bridge
from tests.conftest import TEMPLATE
from tests.processes import Ended

#: what the command said of each check
Lines = dict[str, dict[str, str]]


@dataclass
class Practice:
    """A bridge that is examined, by the command."""

    bridge: Bridge
    admin: Credentials

    @property
    def channel(self) -> str:
        number: str = self.bridge.connected["channel"]["uuid"]
        return number

    @property
    def workspace(self) -> str:
        number: str = self.bridge.connected["workspace"]["uuid"]
        return number

    @property
    def key(self) -> str:
        (key,) = self.bridge.runtime.settings.secret_keys
        return key.get_secret_value()

    def env(self, **settings: str) -> dict[str, str]:
        known = {"DATABASE_URL": self.bridge.database_url, "SECRET_KEYS": self.key, "PUBLIC_URL": self.bridge.url}
        return processes.environment(self.bridge.runtime.settings.data_dir, **{**known, **settings})

    async def doctor(self, *arguments: str, login: Credentials | None = None, **settings: str) -> Ended:
        """`live-agents doctor ARGUMENTS`, with a login on standard input if there is one."""
        given = f"{login.user_id} {login.token}" if login else ""
        named = ("--login-file", "-") if login else ()
        return await processes.run(self.env(**settings), "doctor", *named, *arguments, given=given)

    async def lines(self, *arguments: str, code: int, login: Credentials | None = None, **settings: str) -> Lines:
        """What it says of each check, and ends with. In this process: a new one would take longer than all the rest."""
        given = f"{login.user_id} {login.token}" if login else ""
        named = ("--login-file", "-") if login else ()
        asked = ["doctor", "--json", *named, *arguments]
        running = partial(CliRunner().invoke, app(asked), asked, input=given, env=self.env(**settings))
        ended = await asyncio.to_thread(running)
        assert (ended.exit_code, ended.stderr) == (code, ""), ended.output
        said: dict[str, Any] = json.loads(
            ended.stdout[ended.stdout.index("{\n") :]
        )  # behind what the service logs here
        assert said["ok"] is (code == 0)
        found: Lines = {each["check"]: each for each in said["findings"]}
        assert len(found) == len(said["findings"])
        return found

    @asynccontextmanager
    async def changed(self, **values: object) -> AsyncIterator[None]:
        """These columns of the channel, or of the workspace, have other values for as long as the block lasts."""
        before = dict((await self.bridge.query("SELECT ch.*, w.base_url FROM channel ch, workspace w"))[0])
        await self._set(values)
        try:
            yield
        finally:
            await self._set({name: before[name] for name in values})

    async def _set(self, values: dict[str, object]) -> None:
        for name, value in values.items():
            table = "workspace" if name == "base_url" else "channel"
            await self.bridge.query(f"UPDATE {table} SET {name} = $1", value)  # noqa: S608 - our own names


def assert_said(found: Lines, *expected: tuple[str, str, str, str]) -> None:
    """Of each check its verdict, and what stands in its sentence and in its advice."""
    for check, verdict, said, advice in expected:
        line = found[check]
        assert line["verdict"] == verdict, line
        assert said in line["said"], line
        assert advice in line["advice"], line
        assert advice or not line["advice"], line


def verdicts(found: Lines, verdict: str) -> set[str]:
    return {check for check, line in found.items() if line["verdict"] == verdict}


@contextmanager
def as_before(chat: RocketChat) -> Iterator[None]:
    """Whatever the block does to Rocket.Chat's settings, people and departments is undone."""
    settings = copy.deepcopy(dict(chat.settings))
    users = {user.id: (user.roles, user.status, user.livechat_status, user.name) for user in chat.users.values()}
    departments = {each.id: copy.copy(each) for each in chat.departments.values()}
    try:
        yield
    finally:
        chat.settings |= settings
        chat.faults.clear()
        for id, (roles, status, livechat_status, name) in users.items():
            user = chat.users[id]
            user.roles, user.status, user.livechat_status, user.name = roles, status, livechat_status, name
        chat.departments.clear()
        chat.departments.update(departments)


@asynccontextmanager
async def practising(postgres: str, directory: Path, **more: Any) -> AsyncIterator[Practice]:
    """A database of its own, a bridge on it, and an administrator of Rocket.Chat."""
    before, mark, options = postgres.partition("?")
    server = before.rpartition("/")[0]
    name = f"doctor_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    async with running_bridge(f"{server}/{name}{mark}{options}", directory, **more) as bridge:
        await bridge.query("UPDATE channel SET rapidpro_channel = $1", bridge.channel.uuid)
        yield Practice(bridge, bridge.rocketchat.personal_access_token("admin"))
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture(scope="module")
async def practice(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Practice]:
    """Everything as it must be: set-up b with a token for RapidPro's API, a department, agents online."""
    directory = tmp_path_factory.mktemp("doctor")
    async with practising(postgres, directory, api_token=True, department="Support") as open_practice:
        yield open_practice


@pytest.fixture(scope="module")
async def served(practice: Practice) -> Contact:
    """A contact whose chat is over, and whose first address RapidPro has bound to the External channel."""
    bridge = practice.bridge
    uuid = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
    person = bridge.rapidpro.add_contact("Ana", ["whatsapp:5511988887777", f"ext:{uuid}"], uuid=uuid)
    await bridge.rapidpro.send_on(bridge.channel, person.uuid, "Is anybody there?")
    room = await bridge.room_of("Is anybody there?")
    await bridge.statuses("sent")
    await bridge.rocketchat.take(room.id, "joao.agent")
    await bridge.rocketchat.write(room.id, "joao.agent", "I am")
    await bridge.heard("I am")
    await bridge.rocketchat.close(room.id, "joao.agent", "Bye")
    await bridge.until_rows("SELECT 1 WHERE NOT EXISTS (SELECT FROM conversation WHERE state <> 'closed')")
    await bridge.idle()
    person.urns.reverse()  # RapidPro had put the External channel first
    return person
