"""After a start and after an outage of either side, what nobody could be told of is found."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from channel.core import limits
from channel.sandbox.rocketchat import PROFILES, Answers
from tests.bridge import Bridge, counted, running_bridge
from tests.journeys.losing import AGENT, heard, look, loses, reads, says


async def test_two_replicas_that_look_at_once_deliver_once(bridge: Bridge) -> None:
    async with bridge.replica():
        people = ("ana", "bob", "eve")
        rooms = {who: await bridge.talking(who) for who in people}
        for who, room in rooms.items():
            await loses(bridge, room, *(f"{who} {number}" for number in range(4)))
        for _ in range(3):
            await bridge.query("UPDATE workspace SET seek_from = live_agents_now()")
            await asyncio.sleep(0.3)
        await look(bridge)
        for who in people:
            assert [text for text in heard(bridge) if text.startswith(who)] == [f"{who} {n}" for n in range(4)]
        under_way = await bridge.query(
            "SELECT 1 FROM attempt a JOIN delivery d ON d.id = a.delivery_id"
            " WHERE d.kind = 'ReadHistory' AND a.outcome = 'done'"
        )
        # one that came when nothing was missing any more asked for nothing
        assert sum(reads(bridge, room) for room in rooms.values()) <= len(under_way)


async def test_a_webhook_that_comes_while_its_message_is_found_brings_it_once(bridge: Bridge) -> None:
    room = await bridge.talking()
    bodies = []
    for number in range(5):
        await loses(bridge, room, f"message {number}")
        bodies.append(bridge.rocketchat.webhooks[-1].body)
    await asyncio.gather(look(bridge), *(bridge.tell(body) for body in bodies))
    await bridge.all_told()
    assert sorted(heard(bridge)) == [f"message {number}" for number in range(5)]


async def test_what_was_refused_while_the_database_was_away_is_found_when_it_is_back(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, retry_delay=0.05) as bridge:
        room = await bridge.talking()
        before = counted("repaired")
        async with bridge.database_away():
            await says(bridge, room, "one", "two")
        assert {attempt.status for attempt in bridge.rocketchat.webhooks[-2:]} == {503}
        await bridge.rapidpro.until(lambda rp: heard(bridge) == ["one", "two"] or None, timeout=20)
        assert counted("repaired") - before == 2


async def test_what_met_a_lock_and_is_not_told_again_is_found_when_the_lock_is_gone(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, profile=PROFILES["6.4"]) as bridge:
        room = await bridge.talking()
        other = await asyncpg.connect(bridge.database_url)
        async with other.transaction():
            await other.execute("SELECT FROM conversation WHERE room = $1 FOR UPDATE", room.id)
            await says(bridge, room, "one")
        await other.close()
        assert bridge.rocketchat.webhooks[-1].status == 503
        await bridge.heard("one")


async def test_what_a_rocket_chat_forgot_that_was_away_is_found_when_it_answers_again(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OUTAGE_LEAST", 0.0)
    ana, bob = await bridge.talking("ana"), await bridge.talking("bob")
    await loses(bridge, ana, "for ana")
    bridge.rocketchat.faults.rest(Answers(502, "gone"), at="POST livechat/message", times=2)
    await bridge.send("Are you there?", id="2", to="bob")
    await bridge.room_of("I am bob", "Are you there?")
    await bridge.heard("for ana")
    await bridge.rocketchat.until(lambda rc: reads(bridge, bob) == 1 or None)


async def test_an_open_room_is_looked_at_now_and_then(bridge: Bridge) -> None:
    room = await bridge.talking()
    await loses(bridge, room, "one")
    await bridge.skip(limits.SOUGHT_EVERY - 30)
    assert heard(bridge) == []
    await bridge.skip(60)
    await bridge.heard("one")
    await bridge.rocketchat.close(room.id, AGENT)
    await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'closed'")
    await bridge.idle()  # what the close itself has read is no look
    before = reads(bridge, room)
    await bridge.skip(limits.SOUGHT_EVERY + 30)
    await look(bridge)
    assert reads(bridge, room) == before


async def test_after_an_outage_no_more_than_some_rooms_are_read_at_once(bridge: Bridge) -> None:
    rooms = [await bridge.talking(f"contact {number}", agent=None) for number in range(limits.SOUGHT_AT_ONCE + 3)]
    bridge.rocketchat.faults.rest(Answers(503), at="GET livechat/messages.history*", times=None)
    await bridge.query("UPDATE workspace SET seek_from = live_agents_now()")
    waiting = "SELECT count(*) FROM delivery WHERE kind = 'ReadHistory' AND state = 'waiting' HAVING count(*) >= $1"
    await bridge.until_rows(waiting, limits.SOUGHT_AT_ONCE)
    await asyncio.sleep(2)
    ((count,),) = await bridge.query(waiting, 0)
    assert count == limits.SOUGHT_AT_ONCE
    bridge.rocketchat.faults.clear()
    async with bridge.hurrying("status"):
        await look(bridge)
    assert all(reads(bridge, room) for room in rooms)


async def test_a_room_that_rocket_chat_does_not_know_any_more_is_let_be(bridge: Bridge) -> None:
    room = await bridge.talking()
    del bridge.rocketchat.rooms[room.id]
    await look(bridge)
    # on a slow machine one before may have found the room
    last, *_ = await bridge.query("SELECT state, reason FROM delivery WHERE kind = 'ReadHistory' ORDER BY id DESC")
    assert tuple(last) == ("discarded", "invalid-room")
