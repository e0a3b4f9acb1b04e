"""The image, rehearsed where there is no container engine.

This machine's file system stands for the base image. Each stage is a layer over it, in which the Dockerfile's own steps
are carried out; what comes out runs as the image's user, under a root to which nothing can be written.
"""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet

from tests import processes
from tests.dockerfile import Stage, context, stages
from tests.layers import Layer, reason_not_to
from tests.processes import Ended

ROOT = Path(__file__).parent.parent
BUILD, _, SERVICE = stages(ROOT / "Dockerfile")
WHY_NOT = reason_not_to()

#: for one step; the longest downloads and installs every package
STEP_SECONDS = 240
PATH = f"{sys.base_prefix}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")
async def test_the_build_can_be_rehearsed_and_what_comes_out_runs(tmp_path: Path, database_url: str) -> None:
    """In one test, because the build takes long."""
    image = await _built(tmp_path)
    await _nothing_can_be_written_and_the_user_is_nobody(image)
    await _what_was_pinned_is_installed_and_no_more(image)
    await _without_a_database_it_says_so_in_one_sentence(image)
    async with _by_tcp(database_url) as url:
        settings = {"DATABASE_URL": url, "LIVE_AGENTS_SECRET_KEYS": Fernet.generate_key().decode()}
        assert (await image.live_agents("migrate", **settings)).code == 0
        for role in ("edge", "deliver"):
            await _a_role_runs_and_its_health_check_tells(image, role, settings)


@dataclass
class Image:
    """What was built; each command runs as the image's user and with its environment."""

    layer: Layer

    def command(self, *words: str) -> list[str]:
        return self.layer.reading(*words, user=int(SERVICE.last("USER").partition(":")[0]))

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {name: value.replace("$PATH", PATH) for name, value in SERVICE.environment().items()} | dict(more)

    async def run(self, *words: str, **settings: str) -> Ended:
        return await _ended(self.command(*words), self.environment(settings))

    async def live_agents(self, *words: str, **settings: str) -> Ended:
        return await self.run(*SERVICE.exec_form("ENTRYPOINT"), *words, **settings)


async def _ended(command: list[str], env: Mapping[str, str]) -> Ended:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, env=env, stdout=pipe, stderr=pipe)
    async with asyncio.timeout(STEP_SECONDS):
        out, err = await process.communicate()
    return Ended(process.returncode or 0, out.decode(), err.decode())


async def _built(home: Path) -> Image:
    """The last stage, with what it takes of the first."""
    clean = home / "context"
    for path in context(ROOT, ROOT / ".dockerignore"):
        copy = clean / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    build, service = Layer(home / "build"), Layer(home / "service")
    await _carry_out(BUILD, build, clean)
    for word, said in SERVICE.steps:
        if word == "COPY":
            whence, source, to = said.split()
            assert whence == "--from=build"
            service.copy(build.upper / source.lstrip("/"), to)
    return Image(service)


async def _carry_out(stage: Stage, layer: Layer, clean: Path) -> None:
    where = "/"
    env = {name: value for name, value in os.environ.items() if name.startswith("PIP_")} | {"PATH": PATH}
    for word, said in stage.steps:
        if word == "WORKDIR":
            where = said
            layer.make(where)
        elif word == "COPY":
            *sources, to = said.split()
            for source in sources:
                layer.copy(clean / source, os.path.join(where, source if to == "./" else to))
        elif word == "RUN":
            done = await _ended(layer.writing("/bin/sh", "-c", said, where=where), env)
            assert done.code == 0, done.out + done.err


async def _nothing_can_be_written_and_the_user_is_nobody(image: Image) -> None:
    told = await image.run(
        "python", "-c", "import os; print(os.getuid(), os.getgid(), os.getgroups()); open('/x', 'w')"
    )
    assert told.out == "10001 10001 []\n"
    assert "Read-only file system: '/x'" in told.err


async def _what_was_pinned_is_installed_and_no_more(image: Image) -> None:
    asked = "import channel, importlib.metadata as m; print(channel.__file__, *(d.name for d in m.distributions()))"
    whence, *installed = (await image.run("python", "-c", asked)).out.split()
    assert whence.startswith("/opt/live-agents/lib/")
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert {_plain(name) for name in installed} == {_plain(name) for name in [*pinned, "live-agents"]}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


async def _without_a_database_it_says_so_in_one_sentence(image: Image) -> None:
    ended = await image.live_agents(*SERVICE.exec_form("CMD"))
    assert ended.code == 1
    assert ended.err == (
        "live-agents: the embedded Postgres is not installed: install live-agents[embedded], or set DATABASE_URL\n"
    )


async def _a_role_runs_and_its_health_check_tells(image: Image, role: str, settings: dict[str, str]) -> None:
    ports = {"LIVE_AGENTS_PORT": str(processes.free_port()), "LIVE_AGENTS_INTERNAL_PORT": str(processes.free_port())}
    given = settings | ports | {"LIVE_AGENTS_DRAIN_SECONDS": "0"}
    check = SERVICE.exec_form("HEALTHCHECK")
    assert (await image.run(*check, **given)).code == 1
    process = await asyncio.create_subprocess_exec(
        *image.command(*SERVICE.exec_form("ENTRYPOINT"), "serve", "--role", role),
        env=image.environment(given),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await _listens(process, {"edge": 2, "deliver": 1}[role])
        assert (await image.run(*check, **given)).code == 0
        process.terminate()
        async with asyncio.timeout(processes.START_SECONDS):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _listens(process: asyncio.subprocess.Process, ports: int) -> None:
    """Return when it has said so of as many ports; what it says afterwards fits into the pipe."""
    assert process.stderr is not None
    said: list[str] = []
    async with asyncio.timeout(processes.START_SECONDS):
        while sum('"event": "listening"' in line for line in said) < ports:
            line = (await process.stderr.readline()).decode()
            assert line, said
            said.append(line)


@asynccontextmanager
async def _by_tcp(database_url: str) -> AsyncIterator[str]:
    """The tests' Postgres on a loopback port: its socket cannot be reached through a layer."""
    parts = urlsplit(database_url)
    directory = parse_qs(parts.query).get("host", [""])[0]
    if not directory:
        yield database_url
        return

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(f"{directory}/.s.PGSQL.5432")
        async with asyncio.TaskGroup() as both:
            both.create_task(_pass_on(reader, back))
            both.create_task(_pass_on(there, writer))

    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://postgres@127.0.0.1:{port}{parts.path}?sslmode=disable"


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
