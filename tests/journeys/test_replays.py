"""S6: requests that somebody has captured come again, a minute to a month later: nothing happens a second time."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from channel.core import limits
from channel.store.retention import sweep
from tests.bridge import Bridge, counted, running_bridge
from tests.journeys.calling import AGENT, ANA, BEA, Flow

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
#: how long after the capture each replay is, one after the other
LATER: Final = (MINUTE, HOUR, DAY, 7 * DAY, 29 * DAY)

CLOSED: Final = (
    "SELECT 1 FROM conversation cv JOIN contact ct ON ct.id = cv.id WHERE ct.uuid = $1 AND cv.state = 'closed'"
)


@dataclass
class Captured:
    """Requests to the service, as they went over the line."""

    bridge: Bridge
    requests: list[httpx.Request] = field(default_factory=list)

    async def keep(self, request: httpx.Request) -> None:
        await request.aread()
        self.requests.append(request)

    def webhooks(self) -> list[httpx.Request]:
        """Rocket.Chat's, from its own records."""
        return [
            httpx.Request("POST", each.url, headers=each.headers, json=each.body)
            for each in self.bridge.rocketchat.webhooks
        ]

    async def again(self, requests: list[httpx.Request]) -> list[int]:
        """The same bytes, from somebody else. What was answered."""
        async with httpx.AsyncClient() as http:
            answers = []
            for each in requests:
                headers = {k: v for k, v in each.headers.items() if k not in {"host", "content-length", "connection"}}
                answers.append(await http.request(each.method, each.url, headers=headers, content=each.content))
        await self.bridge.idle()
        return [answer.status_code for answer in answers]


@asynccontextmanager
async def captured(database_url: str, directory: Path) -> AsyncIterator[Captured]:
    """A chat each by the send URL and by a flow, answered, closed, and all of it captured."""
    async with running_bridge(database_url, directory, api_token=True) as bridge:
        capture = Captured(bridge)
        bridge.http.event_hooks = {"request": [capture.keep]}
        await bridge.send("Hello", id="1001", to="bob")
        room = await bridge.room_of("Hello")
        await bridge.rocketchat.take(room.id, AGENT)
        await bridge.rocketchat.write(room.id, AGENT, "Good morning, Bob")
        await bridge.heard("Good morning, Bob")
        flow = Flow(bridge)
        for number in range(4):
            await flow.register(headers={"Idempotency-Key": f"ask-{number}"}, contact={"urn": "ext:ana"})
            await flow.say(f"It is me {number}", headers={"Idempotency-Key": f"say-{number}"})
            chat = await flow.taken()
            await bridge.rocketchat.write(chat, AGENT, f"Good morning {number}")
            await bridge.all_told()
            await bridge.rocketchat.close(chat, AGENT)
            await bridge.until_rows(CLOSED, ANA)
            await bridge.after_grace()
            await flow.availability()  # the flow hears of the close
        await bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
        await bridge.all_told()
        await bridge.idle()
        yield capture


async def effects(bridge: Bridge) -> dict[str, Any]:
    """Everything that anybody at either peer could notice, and what is kept of words here."""
    (messages,) = await bridge.query("SELECT count(*) FROM message WHERE author <> 'bridge'")
    return {
        "rooms": sorted((room.id, room.open) for room in bridge.rocketchat.rooms.values()),
        "read": sorted(m.text for m in bridge.rocketchat.messages.values()),
        "heard": sorted(m.text for m in bridge.rapidpro.incoming(bridge.channel)),
        "messages": messages["count"],
        "contacts": len(await bridge.query("SELECT 1 FROM contact")),
    }


async def test_captured_requests_have_no_second_effect_for_a_month_and_beyond(
    database_url: str, tmp_path: Path
) -> None:
    async with captured(database_url, tmp_path) as capture:
        bridge = capture.bridge
        requests = [*capture.requests, *capture.webhooks()]
        before = await effects(bridge)
        assert len(requests) > 30
        print(f"{len(requests)} requests, each again at {len(LATER) + 1} times")
        passed = 0.0
        for moment in (*LATER, limits.KEEP_DAYS * DAY + HOUR):
            await bridge.skip(moment - passed)
            passed = moment
            if moment > limits.KEEP_DAYS * DAY:
                assert sum([count async for count in sweep(bridge.runtime.edge)]) > 0
            repeats = counted("duplicates")
            assert set(await capture.again(requests)) == {200}, moment
            assert await effects(bridge) == before, moment
            assert counted("duplicates") - repeats >= 9, moment


@pytest.mark.parametrize("later", [MINUTE, 29 * DAY])
async def test_an_id_with_other_words_is_a_conflict_and_the_first_words_stay(
    database_url: str, tmp_path: Path, later: float
) -> None:
    async with captured(database_url, tmp_path) as capture:
        bridge = capture.bridge
        altered = [altered_of(each) for each in capture.requests if is_words(each)]
        assert len(altered) == 5
        before = await effects(bridge)
        await bridge.skip(later)
        conflicts = counted("conflict")
        assert await capture.again(altered) == [200] * 5
        assert counted("conflict") - conflicts == 5
        assert await effects(bridge) == before
        kept = await bridge.query("SELECT texts FROM message WHERE author = 'contact' ORDER BY created_at")
        assert [row["texts"] for row in kept] == [["Hello"], *([f"It is me {n}"] for n in range(4))]


def is_words(request: httpx.Request) -> bool:
    return request.url.path.endswith(("/send", "/sendMessageToAgent"))


def altered_of(request: httpx.Request) -> httpx.Request:
    """The same id, with words that nobody wrote."""
    content = request.content.replace(b"Hello", b"Pay+to").replace(b"It is me", b"Pay to")
    assert content != request.content
    return httpx.Request(request.method, request.url, headers=request.headers, content=content)


async def test_another_contacts_id_is_no_way_around(database_url: str, tmp_path: Path) -> None:
    """The same id and words for somebody else are theirs, and change nothing of the first one's."""
    async with captured(database_url, tmp_path) as capture:
        before = await effects(capture.bridge)
        (request,) = [each for each in capture.requests if each.content and b'"value": "It is me 3"' in each.content]
        body = json.loads(request.content)
        body["contact"]["uuid"] = BEA
        body["contact"].pop("urn", None)
        other = httpx.Request(request.method, request.url, headers=request.headers, json=body)
        assert await capture.again([other]) == [200]
        assert len(await capture.bridge.query("SELECT 1 FROM contact WHERE uuid = $1", BEA)) == 1
        assert (await effects(capture.bridge))["heard"] == before["heard"]
