"""Set-up b from end to end: a person at a phone, RapidPro's flows, and an agent; nothing goes round in circles."""

import asyncio
from random import Random

import pytest

from channel.sandbox.rapidpro import Contact, SetUpB, set_up_b
from channel.sandbox.rocketchat import Room
from tests.bridge import Bridge

AGENT = "joao.agent"


def wired(bridge: Bridge, *, returns_to_phone: bool = True) -> SetUpB:
    """RapidPro as a flow builder wires it, in place of the bridge's own channel."""
    external = bridge.channel.external
    assert external
    bridge.channel.enabled = False
    return set_up_b(bridge.rapidpro, external, returns_to_phone=returns_to_phone)


def person(bridge: Bridge, name: str, number: str) -> Contact:
    return bridge.rapidpro.add_contact(name, [f"whatsapp:{number}"])


async def on_phone(bridge: Bridge, contact: Contact, *texts: str) -> None:
    """Return when the person sees these on their phone, in this order."""
    await bridge.rapidpro.until(lambda rp: rp.phone(contact) == list(texts) or None)


async def calm(bridge: Bridge) -> None:
    """Return when nothing is on its way anywhere."""
    async with bridge.hurrying():
        await bridge.all_told()
        await bridge.until_rows("SELECT 1 WHERE NOT EXISTS (SELECT FROM delivery WHERE state = 'waiting')")
    await bridge.rapidpro.until(
        lambda rp: all(m.status not in {"pending", "queued", "errored"} for m in rp.messages) or None
    )
    assert not bridge.rapidpro.failures


async def test_a_person_at_a_phone_and_an_agent_talk(bridge: Bridge) -> None:
    set_up = wired(bridge)
    ana = person(bridge, "Ana", "5511988880001")
    await bridge.rapidpro.person_writes(ana, "Is anybody there?")
    room = await bridge.room_of("Is anybody there?")
    await bridge.rocketchat.take(room.id, AGENT)
    await bridge.rocketchat.write(room.id, AGENT, "I am João")
    await on_phone(bridge, ana, "I am João")
    await bridge.rapidpro.person_writes(ana, "Hello João")
    assert (await bridge.room_of("Is anybody there?", "Hello João")).id == room.id
    await bridge.rocketchat.write(room.id, AGENT, "How are you?")
    await on_phone(bridge, ana, "I am João", "How are you?")
    await calm(bridge)

    assert [contact.name for contact in bridge.rapidpro.contacts] == ["Ana"], "courier has made no stranger"
    assert {r.path for r in bridge.received()} == {f"/c/ex/{set_up.external.uuid}/receive"}
    assert {r.params["from"] for r in bridge.received()} == {ana.uuid}
    assert [m.text for m in bridge.rapidpro.incoming(set_up.external)] == ["I am João", "How are you?"]
    assert bridge.read(room) == ("Is anybody there?", "Hello João")
    await bridge.rapidpro.until(lambda rp: {m.status for m in rp.outgoing(set_up.external)} == {"delivered"} or None)


async def test_after_an_agents_words_the_contacts_messages_still_go_to_the_phone(bridge: Bridge) -> None:
    """An incoming message draws a contact's messages to its channel; the relay flow sets that back."""
    set_up = wired(bridge)
    ana = person(bridge, "Ana", "5511988880001")
    await bridge.rapidpro.person_writes(ana, "Hello")
    room = await bridge.room_of("Hello")
    await bridge.rocketchat.write(room.id, AGENT, "Hi")
    await on_phone(bridge, ana, "Hi")
    sent = await bridge.rapidpro.send(ana, "Your appointment is tomorrow")

    assert sent.channel is set_up.phones
    await on_phone(bridge, ana, "Hi", "Your appointment is tomorrow")
    await calm(bridge)
    assert bridge.read(room) == ("Hello",)


@pytest.mark.parametrize("echoes", [False, True], ids=["visitor events off", "visitor events on"])
async def test_agents_words_that_come_back_to_the_room_go_no_further(bridge: Bridge, echoes: bool) -> None:
    """The relay flow forgets to set the channel back: the worst set-up is one bounce, not a loop."""
    wired(bridge, returns_to_phone=False)
    bridge.rocketchat.settings["Livechat_webhook_on_visitor_message"] = echoes
    ana = person(bridge, "Ana", "5511988880001")
    await bridge.rapidpro.person_writes(ana, "Hello")
    room = await bridge.room_of("Hello")
    await bridge.rocketchat.take(room.id, AGENT)
    await bridge.rocketchat.write(room.id, AGENT, "Hi Ana")
    await bridge.room_of("Hello", "Hi Ana")
    await bridge.rocketchat.write(room.id, AGENT, "Can you read this?")
    await bridge.room_of("Hello", "Hi Ana", "Can you read this?")
    await calm(bridge)

    assert bridge.read(room) == ("Hello", "Hi Ana", "Can you read this?")
    assert [r.params["text"] for r in bridge.received()] == ["Hi Ana", "Can you read this?"]
    assert len(await bridge.query("SELECT 1 FROM message WHERE author = 'agent'")) == 2


async def test_two_people_and_two_agents_talk_at_once_and_nobody_hears_the_others_words(bridge: Bridge) -> None:
    wired(bridge)
    people = {"Ana": person(bridge, "Ana", "5511988880001"), "Bia": person(bridge, "Bia", "5511988880002")}
    agents = {"Ana": AGENT, "Bia": "maria.agent"}
    seed = 20261120
    print(f"seed {seed}")
    order = [name for name in people for _ in range(6)]
    Random(seed).shuffle(order)  # noqa: S311

    await asyncio.gather(*(bridge.rapidpro.person_writes(people[name], f"I am {name}") for name in people))
    rooms: dict[str, Room] = {name: await bridge.room_of(f"I am {name}") for name in people}
    for name, room in rooms.items():
        await bridge.rocketchat.take(room.id, agents[name])
    said: dict[str, list[str]] = {name: [] for name in people}
    for number, name in enumerate(order):
        said[name].append(f"to {name}, {number}")
        await asyncio.gather(
            bridge.rapidpro.person_writes(people[name], f"from {name}, {number}"),
            bridge.rocketchat.write(rooms[name].id, agents[name], said[name][-1]),
        )
        await on_phone(bridge, people[name], *said[name])

    for name in people:
        asked = [f"from {name}, {number}" for number, who in enumerate(order) if who == name]
        assert (await bridge.room_of(f"I am {name}", *asked)).id == rooms[name].id
    await calm(bridge)
