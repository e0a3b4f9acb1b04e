"""Rocket.Chat answers 5xx (R9), hangs (R10), limits us (R11), and closes rooms under queued words (R12)."""

import asyncio
from collections import Counter
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from time import time

import httpx
import pytest

from channel.core import limits
from channel.sandbox.rocketchat.faults import Answers, Hangs, Trickles
from channel.sandbox.rocketchat.records import RestRequest, Room
from tests.faults import records
from tests.faults.campaign import Row, a_seed, percentile, pick, row
from tests.faults.rig import Rig, beside, running_rig
from tests.faults.talk import AGENT, talking
from tests.faults.verifier import seconds_each

pytestmark = pytest.mark.anyio

#: R9
OPENED_AFTER = 10
PROBES_A_MINUTE = 4
RECOVERED_SECONDS = 30.0
#: R12
REHOMED_SECONDS = 60.0
#: Rocket.Chat's own limit
CALLS = 10
#: what was asked before the first refusal had come
UNDER_WAY_SECONDS = 1.0
_POST = "livechat/message"


async def test_r9_rocketchat_answers_5xx_for_a_day(database_url: str, tmp_path: Path) -> None:
    minutes, hours = pick(short=1, long=10), 23
    seed = a_seed()
    ran = f"503 to everything, for {minutes} min and {hours} h of the bridge's clock"
    with row("R9", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed) as rig:
            async with talking(rig, contacts=4, rate=8):
                await rig.rapidpro.until(lambda rp: len(rp.incoming(rig.channel)) > 4 or None, 60)
            await rig.drained()
            rig.rocketchat.faults.rest(Answers(503, "<html>", "text/html"), times=None)
            for number in range(5):
                await asyncio.gather(*(_write(rig, f"contact{n}", f"waits {number}") for n in range(4)))
            await _has_state(rig, "open")
            failed = _faulty(rig)
            figures.figures["requests until it was left alone"] = f"{failed} of {OPENED_AFTER}"
            assert failed <= OPENED_AFTER
            began, steps = time(), 15 * minutes
            for _ in range(steps):
                await rig.later(4)
                await asyncio.sleep(0.35)
            passed = (time() - began + 4 * steps) / 60
            probes = _faulty(rig) - failed
            figures.figures["requests a minute meanwhile"] = f"{probes / passed:.1f} of {PROBES_A_MINUTE}"
            assert 0 < probes <= PROBES_A_MINUTE * passed + 1
            await rig.later(3600 * hours)
            await asyncio.sleep(1)
            rig.rocketchat.faults.clear()
            back = time()
            await rig.rocketchat.until(lambda rc: _posted_since(rc.requests, back) or None, 3 * RECOVERED_SECONDS)
            figures.within("first delivery after it was back", time() - back, RECOVERED_SECONDS)
            await rig.drained()
            figures.judge(rig)
            assert not await rig.query("SELECT FROM delivery WHERE state = 'dead'")


async def test_r10_rocketchat_hangs(database_url: str, tmp_path: Path) -> None:
    seconds, contacts = pick(short=8.0, long=120.0), limits.PEER_SLOTS + 20
    seed = a_seed()
    ran = f"one of two Rocket.Chats hangs or trickles under {contacts} contacts, one replica, for {seconds:g} s"
    with row("R10", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, replicas=1) as rig, beside(rig) as other:
            async with talking(other, contacts=4, rate=5):
                await other.rapidpro.until(lambda rp: len(rp.incoming(other.channel)) > 8 or None, 60)
                began = time()
                await _write(rig, "first", "begins")  # from its answers is known that nothing is limited
                await rig.rocketchat.until(lambda rc: records.read_by_agents(rc) or None, 60)
                await asyncio.sleep(seconds)
                rig.rocketchat.faults.rest(Trickles(0.1), times=contacts // 2)
                rig.rocketchat.faults.rest(Hangs(600), times=None)
                hangs = time()
                held = asyncio.create_task(_most_held(rig, seconds))
                await asyncio.gather(*(_write(rig, f"stuck{n}", "waits") for n in range(contacts)))
                most = await held
                ended = time()
            figures.figures["slots that it held at most"] = f"{most} of {limits.PEER_SLOTS}"
            before, after = (_latencies(other, *span) for span in ((began, hangs), (hangs, ended)))
            p99 = [percentile(each, 99) for each in (before, after)]
            figures.figures["the other's p99 from 2xx to arrival"] = f"{p99[0]:.2f} s before, {p99[1]:.2f} s meanwhile"
            assert limits.PEER_SLOTS / 2 < most <= limits.PEER_SLOTS
            figures.within("the other's p99 meanwhile", p99[1], max(1.1 * p99[0], p99[0] + 0.5))
            rig.rocketchat.faults.clear()
            await rig.drained(hurrying=pick(short=True, long=False))
            await other.drained()
            verdicts = [*rig.verdicts()[:1], *other.verdicts()]
            print(*verdicts, sep="\n")
            assert all(verdict.holds and verdict.accepted for verdict in verdicts)


async def test_r11_rocketchats_limiter(database_url: str, tmp_path: Path) -> None:
    window, each = pick(short=(3.0, 5), long=(60.0, 10))
    contacts = 6
    seed = a_seed()
    ran = f"{CALLS} calls in {window:g} s, {contacts} contacts with {each} messages, a stranger who uses a window up"
    with row("R11", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed, limiter_window=window) as rig:
            names = [f"contact{n}" for n in range(contacts)]
            await asyncio.gather(*(_write(rig, name, "begins") for name in names))
            await rig.rocketchat.until(lambda rc: len(records.read_by_agents(rc)) == contacts or None, 2 * window + 60)
            for room in list(rig.rocketchat.rooms.values()):
                await rig.rocketchat.take(room.id, AGENT)
                await rig.rocketchat.write(room.id, AGENT, f"{records.homes_of(rig.rocketchat)[room.token]} hello")
            await rig.drained(10 * window + 60)
            before = len(rig.rocketchat.requests)
            for number in range(each):
                await asyncio.gather(*(_write(rig, name, f"writes {number}") for name in names))
            await rig.rocketchat.until(
                lambda rc: len(records.read_by_agents(rc)) >= contacts * (1 + each // 2) or None, 10 * window + 60
            )
            shares = Counter(a.conversation for a in records.read_by_agents(rig.rocketchat))
            figures.figures["messages of each at half time"] = f"{min(shares.values())} to {max(shares.values())}"
            await rig.drained(10 * window + 60)
            await asyncio.sleep(window)
            await _use_up(rig)
            await asyncio.gather(*(_write(rig, name, "is refused at first") for name in names))
            await rig.drained(10 * window + 60)
            figures.judge(rig)
            _check_refusals(rig.rocketchat.requests[before:], figures)
            spent = await rig.query("SELECT max(attempts) FROM delivery WHERE kind = 'PostToRoom'")
            assert spent[0][0] == 1, "a refusal has spent an attempt"
            assert max(shares.values()) - min(shares.values()) <= 2


async def test_r12_rooms_close_under_queued_words(database_url: str, tmp_path: Path) -> None:
    contacts, each = pick(short=4, long=40), 4
    seed = a_seed()
    ran = f"{contacts} contacts with {each} queued messages: half of their rooms are closed untold, half are gone"
    with row("R12", ran, seed) as figures:
        async with running_rig(database_url, tmp_path, seed) as rig:
            names = [f"contact{n}" for n in range(contacts)]
            await asyncio.gather(*(_write(rig, name, "begins") for name in [*names, "talker"]))
            await rig.rocketchat.until(lambda rc: len(records.read_by_agents(rc)) == contacts + 1 or None, 60)
            homes = records.homes_of(rig.rocketchat)
            rooms = {homes[room.token]: room for room in rig.rocketchat.rooms.values()}
            await rig.rocketchat.take(rooms["talker"].id, AGENT)
            await rig.rocketchat.write(rooms["talker"].id, AGENT, "talker hears")
            await rig.drained()
            rig.to_rocketchat.reset()
            for number in range(each):
                await asyncio.gather(*(_write(rig, name, f"queued {number}") for name in names))
            for place, name in enumerate(names):
                _end(rig, rooms[name], forget=bool(place % 2))
            rig.to_rocketchat.mend()
            back = time()
            await rig.drained()
            figures.judge(rig)
            arrived = records.read_by_agents(rig.rocketchat)
            figures.within("all re-homed after", max(a.at for a in arrived) - back, REHOMED_SECONDS)
            anew = {m.rid for m in rig.rocketchat.messages.values() if m.token and "queued" in m.text}
            assert anew.isdisjoint(rooms[name].id for name in names) and len(anew) == contacts
            for name in names:
                queued = [a.words for a in arrived if a.conversation == name]
                assert queued == [f"{name} begins", *(f"{name} queued {number}" for number in range(each))]


async def _write(rig: Rig, name: str, words: str) -> None:
    await rig.rapidpro.send_on(rig.channel, name, f"{name} {words}")


async def _has_state(rig: Rig, state: str) -> None:
    async with asyncio.timeout(60):
        while not await rig.query("SELECT FROM peer WHERE dest = 'rocketchat' AND state = $1", state):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def _faulty(rig: Rig) -> int:
    return sum(request.fault is not None for request in rig.rocketchat.requests)


def _posted_since(requests: list[RestRequest], moment: float) -> bool:
    return any(r.status == HTTPStatus.OK and r.path.endswith(_POST) and r.at.timestamp() >= moment for r in requests)


async def _most_held(rig: Rig, seconds: float) -> int:
    """Lanes of the peer that hangs that were under way at once."""
    most, until = 0, time() + seconds
    asked = (
        "SELECT count(*) FROM lane JOIN peer p ON p.id = lane.peer_id"
        " WHERE p.address = $1 AND lease_until > live_agents_now()"
    )
    address = f"http://127.0.0.1:{rig.to_rocketchat.port}"
    while time() < until:
        most = max(most, (await rig.query(asked, address))[0][0])
        await asyncio.sleep(0.1)
    return most


def _latencies(rig: Rig, began: float, ended: float) -> list[float]:
    sent = records.sent_by_contacts(rig.rapidpro, rig.channel)
    spoken = [one for one in sent if began <= one.began < ended]
    return seconds_each(spoken, records.read_by_agents(rig.rocketchat))


async def _use_up(rig: Rig) -> None:
    """Somebody else at our address calls as often as all of us may."""
    async with httpx.AsyncClient() as http:
        for _ in range(CALLS):
            await http.post(
                f"http://127.0.0.1:{rig.to_rocketchat.port}/api/v1/{_POST}",
                json={"token": "stranger", "rid": "nowhere", "msg": "words"},
            )


def _check_refusals(requests: list[RestRequest], figures: Row) -> None:
    """Somebody was refused, and afterwards nobody asked before the window ended, but who was asking by then."""
    ours = [r for r in requests if r.path.endswith(_POST) and (r.body or {}).get("token") != "stranger"]
    refused = [r.at for r in ours if r.status == HTTPStatus.TOO_MANY_REQUESTS]
    figures.figures["refused"] = f"{len(refused)} of {len(ours)} posts"
    assert refused
    taken = [r.at for r in ours if r.status == HTTPStatus.OK]
    for one in refused:
        ended = min(at for at in taken if at > one)
        between = [at for at in refused if one + timedelta(seconds=UNDER_WAY_SECONDS) < at < ended]
        assert not between, "asked again before the window was over"


def _end(rig: Rig, room: Room, *, forget: bool) -> None:
    if forget:
        del rig.rocketchat.rooms[room.id]
    else:
        rig.rocketchat.close_quietly(room.id)
