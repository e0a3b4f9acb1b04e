"""The time for an answer is ours: what a caller takes to send a body is no trouble of the database's."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from channel.rapidpro import live_agents
from channel.rapidpro import routes as rapidpro_routes
from channel.rocketchat import routes as rocketchat_routes
from tests.bridge import Bridge

#: longer than we may take to answer
SLOW = 0.8


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (live_agents, rapidpro_routes, rocketchat_routes):
        monkeypatch.setattr(module, "ANSWER_SECONDS", SLOW / 2)


async def slowly(body: bytes) -> AsyncIterator[bytes]:
    yield body[:5]
    await asyncio.sleep(SLOW)
    yield body[5:]


async def test_a_slow_body_is_taken_once_it_has_come(bridge: Bridge) -> None:
    channel, workspace, calls = (bridge.connected[name] for name in ("channel", "workspace", "live_agents"))
    form = urlencode({"id": "1", "to": "ana", "text": "Hello"}).encode()
    asked = b'{"contact": {"name": "Ana", "uuid": "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"}}'
    authorization = {"Authorization": calls["authorization"]}
    answers = [
        await bridge.http.post(url, content=slowly(body), headers=headers)
        for url, body, headers in (
            (channel["send_url"], form, {"Authorization": channel["send_authorization"]}),
            (workspace["webhook_url"], b"no JSON", {"X-RocketChat-Livechat-Token": workspace["webhook_secret"]}),
            (f"{calls['url']}/registerClient", asked, authorization),
        )
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    await bridge.room_of("Hello")


async def test_a_database_that_is_slow_is_still_said(bridge: Bridge) -> None:
    async with bridge.runtime.edge.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE contact, conversation")
        answer = await bridge.send("Hello")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")
