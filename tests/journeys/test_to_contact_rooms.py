"""What happens to a room: what becomes of the conversation, and what RapidPro is told of the contact's messages."""

from typing import Any

import pytest

from channel.sandbox.rocketchat import Delays, Holds
from tests.bridge import Bridge, counted

JOAO, MARIA = "joao.agent", "maria.agent"


async def until_state(bridge: Bridge, state: str, room: str | None, agent: str | None = None) -> None:
    """Return when the one conversation is in this state, with this room and this agent."""
    wanted = bridge.rocketchat.user(agent).id if agent else None
    await bridge.until_rows(
        "SELECT 1 FROM conversation WHERE state = $1 AND room IS NOT DISTINCT FROM $2"
        " AND agent IS NOT DISTINCT FROM $3",
        state,
        room,
        wanted,
    )


async def standing(bridge: Bridge) -> tuple[Any, ...]:
    (row,) = await bridge.query("SELECT state, room, agent FROM conversation")
    return tuple(row)


async def test_a_message_is_sent_while_its_room_waits_and_delivered_once_an_agent_takes_it(bridge: Bridge) -> None:
    room = await bridge.talking(agent=None)
    await until_state(bridge, "queued", room.id)
    await bridge.skip(2)
    assert await bridge.statuses("sent") == [("sent", "hello-ana")]

    await bridge.rocketchat.take(room.id, JOAO)
    await until_state(bridge, "served", room.id, JOAO)
    async with bridge.hurrying():
        assert await bridge.statuses("sent", "delivered") == [("sent", "hello-ana"), ("delivered", "hello-ana")]

    await bridge.send("more", id="1002")
    await bridge.room_of("I am ana", "more")
    async with bridge.hurrying():
        await bridge.statuses("sent", "delivered", "delivered")
    assert bridge.received("delivered")[-1].params["id"] == "1002"


async def test_a_room_goes_from_hand_to_hand_and_the_conversation_knows_whose_it_is(bridge: Bridge) -> None:
    room = await bridge.talking()
    chat = bridge.rocketchat
    chat.add_department("Nurses", MARIA)
    await until_state(bridge, "served", room.id, JOAO)

    await chat.forward_to_agent(room.id, JOAO, MARIA)
    await until_state(bridge, "served", room.id, MARIA)
    await chat.return_to_queue(room.id, MARIA)
    await until_state(bridge, "queued", room.id)
    await chat.take(room.id, JOAO)
    await until_state(bridge, "served", room.id, JOAO)
    await chat.forward_to_department(room.id, JOAO, "Nurses")
    await until_state(bridge, "queued", room.id)
    await chat.take(room.id, MARIA)
    await until_state(bridge, "served", room.id, MARIA)

    told = len(chat.webhooks)
    await chat.put_on_hold(room.id, MARIA)
    assert len(chat.webhooks) == told, "Rocket.Chat tells nobody of a room on hold"
    await bridge.send("Are you still there?", id="1002")
    await chat.until(lambda rc: not rc.rooms[room.id].on_hold or None)
    await until_state(bridge, "served", room.id, MARIA)
    await chat.close(room.id, MARIA, "Bye")
    await until_state(bridge, "closed", None)
    await bridge.all_told()

    assert not bridge.received(), "no event of a room is anybody's words"
    (closed,) = await bridge.query("SELECT rid FROM room WHERE closed_at IS NOT NULL")
    assert closed["rid"] == room.id


async def test_automatic_routing_gives_the_room_to_an_agent_and_the_message_is_delivered(bridge: Bridge) -> None:
    bridge.rocketchat.settings["Livechat_Routing_Method"] = "Auto_Selection"
    await bridge.send("Hello")
    room = await bridge.room_of("Hello")
    await until_state(bridge, "served", room.id, JOAO)
    async with bridge.hurrying():
        assert await bridge.statuses("delivered") == [("delivered", "1001")]
        await bridge.idle()
    assert not bridge.received("sent")


@pytest.mark.parametrize("how", ["by an agent", "automatically"])
async def test_a_room_closed_in_the_queue_is_counted_unserved_once_and_its_message_stays_sent(
    bridge: Bridge, how: str
) -> None:
    room = await bridge.talking(agent=None)
    before = counted("unserved")
    async with bridge.hurrying():
        await bridge.statuses("sent")
    if how == "by an agent":
        await bridge.rocketchat.close(room.id, JOAO)
    else:
        await bridge.rocketchat.close_automatically(room.id, "Nobody came")
    await until_state(bridge, "closed", None)
    (closing,) = [attempt for attempt in bridge.rocketchat.webhooks if attempt.type == "LivechatSession"]
    assert (await bridge.tell(closing.body)).status_code == 200
    async with bridge.hurrying():
        await bridge.idle()

    assert counted("unserved") - before == 1
    assert await bridge.statuses("sent") == [("sent", "hello-ana")]


async def test_a_room_closed_after_it_was_served_is_not_counted_unserved(bridge: Bridge) -> None:
    room = await bridge.talking()
    before = counted("unserved")
    await bridge.rocketchat.close(room.id, JOAO)
    await until_state(bridge, "closed", None)
    assert counted("unserved") == before


async def test_what_is_told_late_of_a_closed_room_changes_nothing(bridge: Bridge) -> None:
    room = await bridge.talking(agent=None)
    chat = bridge.rocketchat
    chat.faults.webhook(Holds(), type="LivechatSessionTaken")
    chat.faults.webhook(Holds(), type="LivechatSessionQueued")
    await chat.take(room.id, JOAO)
    await chat.return_to_queue(room.id, JOAO)
    await chat.close(room.id, JOAO)
    await until_state(bridge, "closed", None)
    chat.release()
    await chat.until(lambda rc: not rc.webhooks_in_flight or None)
    assert await standing(bridge) == ("closed", None, None)

    for kind in ("LivechatSessionTaken", "LivechatSessionQueued", "LivechatSessionStart", "LivechatSession"):
        for attempt in [each for each in chat.webhooks if each.type == kind]:
            assert (await bridge.tell(attempt.body)).status_code == 200
    assert await standing(bridge) == ("closed", None, None)

    await bridge.after_grace()
    await bridge.send("It is me again", id="1002")
    second = await bridge.room_of("It is me again")
    assert second.id != room.id
    await until_state(bridge, "queued", second.id)
    for attempt in [each for each in chat.webhooks if each.body["_id"] == room.id]:
        assert (await bridge.tell(attempt.body)).status_code == 200
    assert await standing(bridge) == ("queued", second.id, None)


async def test_what_an_agent_wrote_before_the_close_and_is_told_after_it_is_delivered(bridge: Bridge) -> None:
    room = await bridge.talking()
    chat = bridge.rocketchat
    chat.faults.webhook(Holds(), type="Message")
    await chat.write(room.id, JOAO, "Take two a day")
    await chat.close(room.id, JOAO)
    await until_state(bridge, "closed", None)
    chat.release()

    await bridge.heard("Take two a day")
    assert await standing(bridge) == ("closed", None, None)


async def test_words_of_the_room_before_do_not_take_the_room_after(bridge: Bridge) -> None:
    room = await bridge.talking()
    chat = bridge.rocketchat
    chat.faults.webhook(Holds(), type="Message")
    await chat.write(room.id, JOAO, "Take two a day")
    await chat.close(room.id, JOAO)
    await until_state(bridge, "closed", None)
    await bridge.after_grace()
    await bridge.send("Hello again", id="1002")
    second = await bridge.room_of("Hello again")
    await until_state(bridge, "queued", second.id)
    chat.release()

    await bridge.heard("Take two a day")
    assert await standing(bridge) == ("queued", second.id, None)


async def test_a_queued_event_that_names_the_agent_does_not_undo_that_the_room_is_taken(bridge: Bridge) -> None:
    room = await bridge.talking()
    chat = bridge.rocketchat
    (queued,) = [attempt.body for attempt in chat.webhooks if attempt.type == "LivechatSessionQueued"]
    joao = chat.user(JOAO)
    late = {**queued, "agent": {"_id": joao.id, "username": JOAO, "name": joao.name}}
    assert (await bridge.tell(late)).status_code == 200

    assert await standing(bridge) == ("served", room.id, joao.id)


async def test_an_agents_words_are_enough_to_know_that_the_room_is_taken(bridge: Bridge) -> None:
    room = await bridge.talking(agent=None)
    chat = bridge.rocketchat
    chat.settings["Livechat_webhook_on_chat_taken"] = False
    await chat.take(room.id, JOAO)
    await chat.write(room.id, JOAO, "Hello")
    await bridge.heard("Hello")

    await until_state(bridge, "served", room.id, JOAO)
    async with bridge.hurrying():
        await bridge.statuses("delivered")


async def test_the_close_that_overtakes_the_taking_leaves_the_room_closed(bridge: Bridge) -> None:
    room = await bridge.talking(agent=None)
    chat = bridge.rocketchat
    chat.faults.webhook(Delays(0.3), type="LivechatSessionTaken")
    await chat.take(room.id, JOAO)
    await chat.close(room.id, JOAO)
    await until_state(bridge, "closed", None)
    await chat.until(lambda rc: not rc.webhooks_in_flight or None)
    assert await standing(bridge) == ("closed", None, None)
