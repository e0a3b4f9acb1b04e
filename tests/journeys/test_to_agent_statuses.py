"""What RapidPro is told of a contact's message: late enough, once, and nothing that is not so."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from channel.sandbox.rapidpro import Message, RapidPro, Received, faults
from tests.bridge import NEVER, Bridge, running_bridge

pytestmark = pytest.mark.anyio

AGENT = "joao.agent"
#: the clocks of the database and of this process are one, but their readings are some milliseconds apart
TICK = 0.05


def _reports(bridge: Bridge, message: Message) -> list[Received]:
    """The callbacks for a message, in their order."""
    names = {"sent", "delivered", "failed"}
    return [r for r in bridge.rapidpro.requests if r.action in names and r.params.get("id") == message.uuid]


def _seconds_after_answer(message: Message, report: Received) -> float:
    answered = message.attempts[-1].at + timedelta(seconds=message.attempts[-1].elapsed)
    return (report.at - answered).total_seconds()


async def test_sent_comes_two_seconds_after_our_answer_and_delivered_a_second_later_when_an_agent_takes_the_room(
    bridge: Bridge,
) -> None:
    message = await bridge.rapidpro.send_on(bridge.channel, "ana", "Hello")
    room = await bridge.room_of("Hello")
    await bridge.statuses("sent")
    await bridge.rocketchat.take(room.id, AGENT)
    await bridge.statuses("sent", "delivered")
    sent, delivered = _reports(bridge, message)
    assert 2 - TICK <= _seconds_after_answer(message, sent) < 4
    assert 1 - TICK <= (delivered.at - sent.at).total_seconds() < 3
    await bridge.rapidpro.until(lambda rp: message.status == "delivered" or None)
    assert message.statuses == ["queued", "wired", "sent", "delivered"]


async def test_a_room_taken_just_before_sent_is_due_gives_courier_one_status_a_batch(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, rapidpro=RapidPro(status_interval=0.5)) as bridge:
        message = await bridge.rapidpro.send_on(bridge.channel, "ana", "Hello")
        room = await bridge.room_of("Hello")
        await bridge.rapidpro.until(lambda rp: _reports(bridge, message) or None)
        await bridge.rocketchat.take(room.id, AGENT)
        await bridge.rocketchat.forward_to_agent(room.id, AGENT, "maria.agent")
        await bridge.rapidpro.until(lambda rp: message.status == "delivered" or None)
        reports = _reports(bridge, message)
        assert [report.action for report in reports] == ["sent", "delivered"]
        assert all((b.at - a.at).total_seconds() >= 1 - TICK for a, b in pairwise(reports))


async def test_a_room_that_is_served_when_the_words_come_makes_them_delivered_alone(bridge: Bridge) -> None:
    await bridge.send("first", id="1")
    room = await bridge.room_of("first")
    await bridge.rocketchat.take(room.id, AGENT)
    await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'served'")
    message = await bridge.rapidpro.send_on(bridge.channel, "ana", "second")
    await bridge.room_of("first", "second")
    await bridge.idle()
    assert _reports(bridge, message) == []
    await bridge.shift_clock(3)
    await bridge.statuses("delivered", "delivered")
    await bridge.rapidpro.until(lambda rp: message.status == "delivered" or None)
    assert [report.action for report in _reports(bridge, message)] == ["delivered"]


async def test_a_room_taken_before_sent_was_due_makes_it_delivered_alone(bridge: Bridge) -> None:
    message = await bridge.rapidpro.send_on(bridge.channel, "ana", "Hello")
    room = await bridge.room_of("Hello")
    await bridge.rocketchat.take(room.id, AGENT)
    await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'served'")
    await bridge.shift_clock(3)
    await bridge.statuses("delivered")
    await bridge.idle()
    await bridge.shift_clock(600)
    await bridge.idle()
    assert [report.action for report in _reports(bridge, message)] == ["delivered"]


async def test_a_room_that_closes_unserved_leaves_its_words_sent(bridge: Bridge) -> None:
    message = await bridge.rapidpro.send_on(bridge.channel, "ana", "Hello")
    room = await bridge.room_of("Hello")
    await bridge.shift_clock(3)
    await bridge.statuses("sent")
    await bridge.rocketchat.close_automatically(room.id, "nobody came")
    await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'closed'")
    await bridge.after_grace()
    await bridge.send("Hello again", id="2")
    second = await bridge.room_of("Hello again")
    await bridge.rocketchat.take(second.id, AGENT)
    await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'served'")
    await bridge.shift_clock(3)
    await bridge.statuses("sent", "delivered")
    assert [report.action for report in _reports(bridge, message)] == ["sent"]
    await bridge.rapidpro.until(lambda rp: message.status == "sent" or None)


async def test_nothing_is_reported_while_parts_are_still_coming_and_one_status_covers_them_all(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, max_length=160) as bridge:
        parts = [f"{number} " + "words " * 20 for number in range(4)]
        for number, part in enumerate(parts, 1):
            await bridge.send(part, id="1")
            await bridge.room_of(*parts[:number])
            await bridge.idle()
            if number < len(parts):
                await bridge.shift_clock(0.6)
                await bridge.idle()
                assert not [r for r in bridge.rapidpro.requests if r.action == "sent"]
        await bridge.shift_clock(0.6)  # more than 2 s since the first part
        await bridge.idle()
        assert not [r for r in bridge.rapidpro.requests if r.action == "sent"]
        await bridge.shift_clock(2)
        assert await bridge.statuses("sent") == [("sent", "1")]


async def test_a_part_that_died_fails_the_message_once_though_others_arrived(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, max_length=160) as bridge:
        bridge.rocketchat.faults.rest(NEVER, at="POST livechat/message", times=2)
        text = " ".join(f"word{number}" for number in range(60))[:380]
        message = await bridge.rapidpro.send_on(bridge.channel, "ana", text)
        room = await bridge.room_of(message.parts[-1])
        await bridge.rocketchat.take(room.id, AGENT)
        await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'served'")
        for _ in range(3):
            await bridge.idle()
            await bridge.shift_clock(60)
        await bridge.rapidpro.until(lambda rp: message.status == "failed" or None)
        await bridge.idle()
        assert [report.action for report in _reports(bridge, message)] == ["failed"]
        assert message.statuses == ["queued", "wired", "failed"]


async def test_a_repeat_is_reported_again_as_it_stands(bridge: Bridge) -> None:
    await bridge.send("Hello", id="1")
    room = await bridge.room_of("Hello")
    await bridge.shift_clock(3)
    await bridge.statuses("sent")
    await bridge.send("Hello", id="1")
    await bridge.shift_clock(3)
    await bridge.statuses("sent", "sent")
    await bridge.rocketchat.take(room.id, AGENT)
    await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'served'")
    await bridge.shift_clock(3)
    await bridge.statuses("sent", "sent", "delivered")
    await bridge.idle()
    await bridge.shift_clock(300)
    await bridge.send("Hello", id="1")
    await bridge.shift_clock(3)
    await bridge.statuses("sent", "sent", "delivered", "delivered")
    assert bridge.read(room) == ("Hello",)


async def test_a_status_that_courier_does_not_take_comes_again_and_holds_no_words_back(bridge: Bridge) -> None:
    bridge.rapidpro.faults.add("sent", faults.answer(503), 3)
    bridge.rapidpro.faults.add("sent", faults.drop_after(), 2)
    message = await bridge.rapidpro.send_on(bridge.channel, "ana", "one")
    async with bridge.hurrying():
        await bridge.rapidpro.until(lambda rp: len(_reports(bridge, message)) == 6 or None)
        await bridge.send("two", id="2")
        await bridge.room_of("one", "two")
        await bridge.rapidpro.until(lambda rp: message.status == "sent" or None)
