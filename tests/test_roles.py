"""A process of each role has the ports that are its own, and answers probes there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests import processes

DRAIN_SECONDS = 2


@dataclass
class Ports:
    """A setting for a process, and where it would answer."""

    env: dict[str, str]
    public: str
    internal: str
    http: httpx.AsyncClient

    async def status(self, url: str) -> int | None:
        """How it answers; None if nobody listens there."""
        try:
            return (await self.http.get(url)).status_code
        except httpx.ConnectError:
            return None


@pytest.fixture
async def ports(tmp_path: Path) -> AsyncIterator[Ports]:
    public, internal = processes.free_port(), processes.free_port()
    env = processes.environment(
        tmp_path, PORT=str(public), INTERNAL_PORT=str(internal), DRAIN_SECONDS=str(DRAIN_SECONDS)
    )
    async with httpx.AsyncClient() as http:
        yield Ports(env, f"http://127.0.0.1:{public}", f"http://127.0.0.1:{internal}", http)


async def test_what_delivers_has_the_internal_port_only_and_answers_probes_there(ports: Ports) -> None:
    async with processes.serving(ports.env, "--role", "deliver", listeners=1):
        for path in ("healthz", "readyz", "metrics"):
            assert await ports.status(f"{ports.internal}/{path}") == 200
        assert await ports.status(f"{ports.public}/healthz") is None


@pytest.mark.parametrize("role", ["all", "edge"])
async def test_what_accepts_answers_probes_on_both_ports(role: str, ports: Ports) -> None:
    async with processes.serving(ports.env, "--role", role):
        for url in (ports.public, ports.internal):
            assert [await ports.status(f"{url}/{path}") for path in ("healthz", "readyz")] == [200, 200]


async def test_what_delivers_says_that_it_stops_before_it_does(ports: Ports) -> None:
    async with processes.serving(ports.env, "--role", "deliver", listeners=1) as service:
        service.terminate()
        async with asyncio.timeout(DRAIN_SECONDS):
            while await ports.status(f"{ports.internal}/readyz") == 200:
                pass
        assert await ports.status(f"{ports.internal}/readyz") == 503
        assert await ports.status(f"{ports.internal}/healthz") == 200
        assert await service.ended() == 0
