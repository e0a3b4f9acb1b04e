"""A process that is told to stop says so first, and refuses nothing until that has had time to be seen."""

import asyncio
import json
from pathlib import Path

import httpx

from tests import processes


async def test_after_sigterm_it_is_not_ready_and_still_accepts_and_then_ends_well(tmp_path: Path) -> None:
    port, internal = processes.free_port(), processes.free_port()
    env = processes.environment(tmp_path, PORT=str(port), INTERNAL_PORT=str(internal), DRAIN_SECONDS="2")
    peers = ("--rocketchat-url", "http://127.0.0.1:9", "--rapidpro-url", "http://127.0.0.1:9")
    made = json.loads((await processes.run(env, "connect", "--json", *peers)).out)["channel"]
    async with processes.serving(env) as service, httpx.AsyncClient() as http:
        ready = f"http://127.0.0.1:{port}/readyz"
        serving = await http.get(ready)
        assert (serving.status_code, serving.headers.get("connection")) == (200, None)
        service.terminate()
        async with asyncio.timeout(2):
            while (await http.get(ready)).status_code == 200:
                pass
        answer = await http.post(
            made["send_url"],
            data={"id": "1", "to": "ana", "text": "just in time"},
            headers={"Authorization": made["send_authorization"]},
        )
        assert answer.status_code == 200
        assert answer.headers["connection"] == "close"
        for each in (port, internal):
            alive = await http.get(f"http://127.0.0.1:{each}/healthz")
            assert (alive.status_code, alive.headers["connection"]) == (200, "close")
        assert await service.ended() == 0
    assert "PostToRoom (waiting" in (await processes.run(env, "trace", "1")).out


async def test_metrics_are_on_the_internal_port_only(tmp_path: Path) -> None:
    port, internal = processes.free_port(), processes.free_port()
    env = processes.environment(tmp_path, PORT=str(port), INTERNAL_PORT=str(internal), DRAIN_SECONDS="0")
    async with processes.serving(env), httpx.AsyncClient() as http:
        assert "live_agents_accept_total" in (await http.get(f"http://127.0.0.1:{internal}/metrics")).text
        outside = await http.get(f"http://127.0.0.1:{port}/metrics")
        assert outside.status_code == 404
        assert outside.json()["error"]["code"] == "not_found"
