"""A Rocket.Chat that is away, that hangs, or that takes only so many, between the sandbox's peers."""

import asyncio
from collections import Counter
from pathlib import Path
from time import monotonic

import pytest

from channel.core import limits
from channel.sandbox.rocketchat import Answers, Hangs
from tests.bridge import Bridge, running_bridge

pytestmark = pytest.mark.anyio

MESSAGE = "POST livechat/message"
OPEN = "SELECT 1 FROM peer WHERE dest = 'rocketchat' AND state = 'open'"
CLOSED = "SELECT 1 FROM peer WHERE dest = 'rocketchat' AND state = 'closed'"


def read_in_all(bridge: Bridge) -> Counter[tuple[str, ...]]:
    return Counter(bridge.read(room) for room in bridge.rocketchat.rooms.values())


async def write(bridge: Bridge, contacts: int, *texts: str) -> None:
    for text in texts:
        sent = [bridge.send(text, id=f"{text} {n}", to=f"contact{n}") for n in range(contacts)]
        assert {answer.status_code for answer in await asyncio.gather(*sent)} == {200}


async def test_a_peer_that_is_away_is_asked_four_times_a_minute_and_gets_everything_when_it_is_back(
    bridge: Bridge,
) -> None:
    contacts = 30
    async with bridge.replica():
        await write(bridge, contacts, "hello")
        await bridge.rocketchat.until(lambda rc: read_in_all(bridge) == {("hello",): contacts} or None, timeout=30)
        await bridge.idle()
        bridge.rocketchat.faults.rest(Answers(503, "", "text/html"), times=None)
        bridge.rocketchat.requests.clear()
        await write(bridge, contacts, "one")
        await bridge.until_rows(OPEN)
        await write(bridge, contacts, "two")
        await bridge.until_rows("SELECT 1 WHERE NOT EXISTS (SELECT FROM lane WHERE lease_until > live_agents_now())")
        before = len(bridge.rocketchat.requests)
        assert before <= 2 * limits.PEER_SLOTS + 1
        for probe in range(1, 6):
            await bridge.shift_clock(limits.PROBE_GAP)
            try:
                # one that comes to nothing is made up for when the time for the next has come, of itself
                await bridge.rocketchat.until(
                    lambda rc, n=before + probe: len(rc.requests) >= n or None,  # type: ignore[misc]
                    timeout=limits.PROBE_GAP + 10,
                )
            except TimeoutError:
                raise AssertionError(f"no probe {probe}: {await _standing(bridge)}") from None
        await bridge.until_rows("SELECT 1 WHERE NOT EXISTS (SELECT FROM lane WHERE lease_until > live_agents_now())")
        assert len(bridge.rocketchat.requests) == before + 5
        bridge.rocketchat.faults.clear()
        await bridge.shift_clock(limits.PROBE_GAP + limits.RETRY_WAITS[-1])
        whole = {("hello", "one", "two"): contacts}
        await bridge.rocketchat.until(lambda rc: read_in_all(bridge) == whole or None, timeout=30)
        await bridge.until_rows(CLOSED)
    spent = await bridge.query("SELECT attempts FROM delivery WHERE kind = 'PostToRoom' AND state = 'done'")
    tried_in_vain = sum(row["attempts"] - 1 for row in spent)
    assert tried_in_vain == before + 5
    assert not await bridge.query("SELECT 1 FROM delivery WHERE state = 'dead'")


async def test_no_request_is_made_that_the_limiter_refuses(database_url: str, tmp_path: Path) -> None:
    """Two replicas, eleven contacts, of whom one writes much; windows of a second and a half."""
    async with running_bridge(database_url, tmp_path, limiter=True, limiter_window=1.5) as bridge:
        async with bridge.replica():
            for n in range(10):
                await bridge.send(f"{n}", id=f"talker {n}", to="talker")
            await write(bridge, 10, "one", "two")
            everybody = Counter({("one", "two"): 10, tuple(str(n) for n in range(10)): 1})
            await bridge.rocketchat.until(lambda rc: read_in_all(bridge) == everybody or None, timeout=40)
            await bridge.idle()
        assert {request.status for request in bridge.rocketchat.requests} == {200}
        spent = await bridge.query("SELECT DISTINCT attempts FROM delivery WHERE kind <> 'ReportStatus'")
        assert [row["attempts"] for row in spent] == [1]


async def test_what_the_limiter_says_in_its_text_is_believed(bridge: Bridge) -> None:
    await bridge.send("hello", id="1")
    await bridge.room_of("hello")
    await bridge.idle()
    said = "You must wait 300 seconds before trying this endpoint again. [error-too-many-requests]"
    bridge.rocketchat.faults.rest(Answers(429, f'{{"success":false,"error":"{said}"}}'), at=MESSAGE)
    await bridge.send("one", id="2")
    await bridge.send("other", id="3", to="rui")
    await bridge.until_rows("SELECT 1 FROM attempt WHERE outcome = 'limited'")
    asked = len(bridge.asked(MESSAGE))
    await bridge.shift_clock(200)
    await asyncio.sleep(1)
    assert len(bridge.asked(MESSAGE)) == asked
    limited = await bridge.query("SELECT attempts FROM delivery WHERE reason = 'limited'")
    assert {row["attempts"] for row in limited} == {0}


async def test_a_peer_that_hangs_keeps_a_fifth_of_the_slots_and_the_other_one_is_as_quick_as_before(
    bridge: Bridge,
) -> None:
    rooms = [await bridge.talking(f"contact{n}") for n in range(3)]
    await bridge.all_told()
    calm = await replied(bridge, rooms[0].id, "calm")
    await write(bridge, 60, "hello")
    await bridge.rocketchat.until(lambda rc: len(rc.rooms) >= 60 or None, timeout=60)
    await bridge.until_rows(
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM lane WHERE kind = 'to_agent' AND head_due IS NOT NULL)", timeout=60
    )
    bridge.rocketchat.faults.rest(Hangs(60), at=MESSAGE, times=None)
    await write(bridge, 60, "into the void")
    leased = "SELECT count(*) AS n FROM lane WHERE kind = 'to_agent' AND lease_until > live_agents_now()"
    await bridge.until_rows(f"{leased} HAVING count(*) = $1", limits.PEER_SLOTS)
    hanging = await replied(bridge, rooms[0].id, "hanging")
    (held,) = await bridge.query(leased)
    assert held["n"] <= limits.SLOTS / 5
    print(f"slowest of 20 replies: {calm * 1000:.0f} ms before, {hanging * 1000:.0f} ms beside a peer that hangs")
    assert hanging < calm + 0.5


async def replied(bridge: Bridge, room: str, name: str) -> float:
    """Seconds that the slowest of an agent's words took to RapidPro."""
    slowest = 0.0
    for n in range(20):
        began = monotonic()
        words = f"{name} {n}"
        await bridge.rocketchat.write(room, "joao.agent", words)
        await bridge.rapidpro.until(lambda rp, w=words: any(m.text == w for m in rp.incoming(bridge.channel)) or None)  # type: ignore[misc]
        slowest = max(slowest, monotonic() - began)
    return slowest


async def test_while_rocketchat_is_away_no_flow_waits_for_it(bridge: Bridge) -> None:
    await bridge.send("hello", id="1")
    await bridge.room_of("hello")
    await bridge.all_told()  # what is answered later would say that it is there
    bridge.rocketchat.faults.rest(Hangs(30), times=None)
    await bridge.query(
        "UPDATE peer SET state = 'open', paced = true, breaker = breaker || jsonb_build_object('state', 'open',"
        " 'turned_at', live_agents_now(), 'probed_at', live_agents_now()) WHERE dest = 'rocketchat'"
    )
    await bridge.query("UPDATE lane SET head_due = live_agents_now() WHERE kind = 'to_agent'")
    async with asyncio.timeout(5):
        while not bridge.runtime.pace.away(bridge.rocketchat_url):  # noqa: ASYNC110 - no event to wait for
            await asyncio.sleep(0.02)
    bridge.rocketchat.requests.clear()
    began = monotonic()
    found = await bridge.http.get(
        f"{bridge.url}/live-agents/availability",
        headers={"Authorization": bridge.connected["live_agents"]["authorization"]},
    )
    assert found.status_code == 200
    assert monotonic() - began < limits.PRESENCE_SECONDS
    assert not bridge.rocketchat.requests


async def _standing(bridge: Bridge) -> list[list[str]]:
    """What is known of Rocket.Chat, and which lanes wait for it."""
    told = (
        "SELECT row_to_json(peer)::text AS told FROM peer WHERE dest = 'rocketchat'",
        "SELECT row_to_json(lane)::text AS told FROM lane WHERE kind = 'to_agent' ORDER BY head_due LIMIT 3",
        "SELECT live_agents_now()::text AS told",
    )
    return [[row["told"] for row in await bridge.query(each)] for each in told]
