"""A call made twice has its effect once where both can be known as one; and what a flow says after a close."""

from functools import partial
from pathlib import Path
from typing import Any

from channel.sandbox.rocketchat import RocketChat, Room
from tests.bridge import Bridge, running_bridge
from tests.journeys.calling import AGENT, ANA, Flow, on_phone, person

KEY = "01a2b3c4-5d6e-7f80-9a1b-2c3d4e5f6071"
NAMED: dict[str, Any] = {"message": {"uuid": KEY, "text": "Hello"}}


async def words(bridge: Bridge) -> list[tuple[str, ...]]:
    """What was said in each room, once all is there."""
    await bridge.idle()
    return [bridge.read(room) for room in bridge.rocketchat.rooms.values()]


def has_read(bridge: Bridge, room: Room, text: str, _: RocketChat) -> bool:
    return text in bridge.read(room)


async def end(flow: Flow) -> None:
    """The agent closes; we have heard of it, the flow has not."""
    await flow.bridge.rocketchat.close(await flow.taken(), AGENT)
    await flow.closed()


async def test_words_come_once_for_a_key_and_as_often_as_said_without_one(bridge: Bridge) -> None:
    ways: list[tuple[dict[str, Any], int]] = [
        ({"text": None, **NAMED}, 1),
        ({"text": "Hello", "headers": {"Idempotency_Key": KEY}}, 1),
        ({"text": "Hello", "headers": {"X_Idempotency_Key": KEY}}, 1),
        ({"text": "Hello"}, 3),
    ]
    for number, (said, times) in enumerate(ways):
        flow = Flow(bridge, contact=f"00000000-0000-4000-8000-{number:012}")
        for _ in range(3):
            assert (await flow.say(**said))["outcome"] == "accepted"
        await flow.say("Good bye")
        room = bridge.rocketchat.rooms[await flow.room()]
        await bridge.rocketchat.until(partial(has_read, bridge, room, "Good bye"))
        assert bridge.read(room) == (*["Hello"] * times, "Good bye")


async def test_the_key_in_the_body_goes_before_that_of_the_header(bridge: Bridge) -> None:
    flow = Flow(bridge)
    for number in range(3):
        await flow.say(
            None, message={"uuid": f"m{number}", "text": f"words {number}"}, headers={"Idempotency_Key": KEY}
        )
    await bridge.room_of("words 0", "words 1", "words 2")


async def test_other_words_under_a_key_change_nothing(bridge: Bridge) -> None:
    flow = Flow(bridge)
    for text in ("Hello", "Hello?", "Hello"):
        answer = await flow.say(None, message={"uuid": KEY, "text": text})
        assert answer["outcome"] == "accepted"
    assert (await bridge.room_of("Hello")).open
    assert await words(bridge) == [("Hello",)]
    assert len(await bridge.query("SELECT 1 FROM event WHERE reason = 'conflict'")) == 1


async def test_what_was_refused_is_refused_again(bridge: Bridge) -> None:
    flow = Flow(bridge)
    for said in ("", "image/jpeg:https://files.example.org/1.jpg"):
        answers = [await flow.say(None, message={"uuid": f"m{said}", "text": said}) for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0]["outcome"] == "refused"


async def test_a_repeat_of_the_call_that_opened_the_room_is_answered_as_that_was(bridge: Bridge) -> None:
    flow = Flow(bridge)
    first = await flow.register(headers={"Idempotency_Key": KEY}, department="Support")
    await flow.taken()
    assert await flow.register(headers={"Idempotency_Key": KEY}, department="Support") == first
    assert (await flow.register(department="Support"))["outcome"] == "already_open"
    assert (await flow.register(headers={"Idempotency_Key": "another"}))["outcome"] == "already_open"
    assert len(bridge.rocketchat.rooms) == 1


async def test_first_words_come_once_however_often_the_hand_off_is_repeated(bridge: Bridge) -> None:
    flow = Flow(bridge)
    more: dict[str, Any] = {"message": {"uuid": KEY}, "results": {"clientmessage": {"value": "Hello"}}}
    outcomes = [(await flow.register(**more))["outcome"] for _ in range(3)]
    assert outcomes == ["queued"] * 3
    # and the relay flow, of the message that the hand-off began with
    assert (await flow.say(None, **NAMED))["outcome"] == "accepted"
    await bridge.room_of("Hello")
    assert await words(bridge) == [("Hello",)]


async def test_the_words_after_a_close_are_kept_for_the_next_room(bridge: Bridge) -> None:
    flow = Flow(bridge)
    await flow.say("Hello")
    await end(flow)
    assert (await flow.say(None, message={"uuid": KEY, "text": "Are you there?"}))["outcome"] == "closed"
    assert (await flow.say(None, message={"uuid": KEY, "text": "Are you there?"}))["outcome"] == "closed", "a repeat"
    await bridge.idle()
    assert len(bridge.rocketchat.rooms) == 1

    assert (await flow.say("Is anybody there?"))["outcome"] == "accepted"
    await bridge.rocketchat.until(lambda rc: len(rc.rooms) == 2 or None)
    assert await words(bridge) == [
        ("Hello",),
        (
            "[About this chat]\nWritten since the last chat was closed:",
            "Are you there?",
            "Is anybody there?",
        ),
    ]
    assert (await flow.say(None, message={"uuid": KEY, "text": "Are you there?"}))["outcome"] == "accepted", "by now"
    assert len((await words(bridge))[1]) == 3


async def test_a_flow_that_has_heard_of_the_close_hands_over_again(bridge: Bridge) -> None:
    flow = Flow(bridge)
    await flow.register()
    await end(flow)
    assert (await flow.close())["outcome"] == "not_open"
    assert (await flow.say("Hello"))["outcome"] == "accepted"
    await bridge.room_of("Hello")
    assert len(bridge.rocketchat.rooms) == 2


async def test_a_hand_off_after_a_close_is_a_new_one_and_takes_the_kept_words_along(bridge: Bridge) -> None:
    flow = Flow(bridge)
    await flow.register()
    await end(flow)
    assert (await flow.say("Are you there?"))["outcome"] == "closed"
    assert (await flow.register(results={"topic": "card"}))["outcome"] == "queued"
    context = "[About this chat]\ntopic: card\nWritten since the last chat was closed:"
    await bridge.room_of(context, "Are you there?")


async def test_a_close_by_the_flow_is_one_it_has_heard_of_and_the_contact_gets_no_notice(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, set_up="a", options={}) as bridge:
        flow, ana = Flow(bridge), person(bridge)
        await flow.register()
        room = await flow.taken()
        await on_phone(bridge, ana, "You are now being attended by: Joao Lima")
        assert (await flow.close())["outcome"] == "closing"
        await bridge.rocketchat.until(lambda rc: not rc.rooms[room].open or None)
        await flow.closed()
        assert (await flow.close())["outcome"] == "not_open"
        assert (await flow.say("Hello again"))["outcome"] == "accepted"
        await bridge.rocketchat.until(lambda rc: len(rc.rooms) == 2 or None)
        told = await bridge.query("SELECT external_id FROM message WHERE author = 'bridge' AND texts <> '{}'")
        assert [row["external_id"] for row in told] == ["taken"]


async def test_words_that_nobody_took_may_come_again_for_somebody(bridge: Bridge) -> None:
    """Nobody was there for the hand-off; the flow tries again later with the same message."""
    flow = Flow(bridge)
    for agent in (AGENT, "maria.agent"):
        bridge.rocketchat.go_offline(agent)
    more: dict[str, Any] = {"message": {"uuid": KEY}, "results": {"clientmessage": {"value": "Hello"}}}
    assert (await flow.register(**more))["outcome"] == "no_agents"
    bridge.rocketchat.go_online(AGENT)
    assert (await flow.say("Hello", message={"uuid": KEY, "text": "Hello"}))["outcome"] == "accepted"
    await bridge.room_of("Hello")


async def test_a_uuid_in_capital_letters_is_the_same_contact(bridge: Bridge) -> None:
    flow = Flow(bridge)
    await flow.say("one", ANA.upper())
    await flow.say("two", ANA)
    await bridge.room_of("one", "two")
