"""Whole conversations in each set-up: a keyword, an agent, words both ways, the close, and what comes after it."""

from pathlib import Path

from channel.sandbox.rapidpro import LIVE_CHAT, Contact, Run, set_up_a, set_up_b
from channel.sandbox.rocketchat import Room
from tests.bridge import Bridge, running_bridge
from tests.journeys.calling import AGENT, person

NO_QUEUE = {"queued": False, "still_waiting": False}
CONNECTING = "We are looking for an agent for you. The answer will come here."
TAKEN = "You are now being attended by: Joao Lima"
CLOSED = "The chat has ended. Thank you for writing."
ENDED = "The chat has ended. If you still need help, write again."


async def sees(bridge: Bridge, contact: Contact, *texts: str) -> None:
    """Return when these are the last that the person saw on their phone, in this order."""
    await bridge.rapidpro.until(lambda rp: tuple(rp.phone(contact)[-len(texts) :]) == texts or None)


async def reads(bridge: Bridge, *texts: str) -> Room:
    """The room, once these are the last that the contact has said in it."""
    return await bridge.rocketchat.until(
        lambda rc: next((room for room in rc.rooms.values() if bridge.read(room)[-len(texts) :] == texts), None)
    )


async def takes(bridge: Bridge, room: Room) -> None:
    # a queued event that came after the taken one would put the room back into the queue
    await bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
    await bridge.rocketchat.take(room.id, AGENT)
    await bridge.until_rows("SELECT 1 FROM conversation WHERE room = $1 AND state = 'served'", room.id)


def wired_a(bridge: Bridge) -> Contact:
    live_agents = bridge.connected["live_agents"]
    set_up_a(bridge.rapidpro, live_agents["url"], live_agents["authorization"], department="Support")
    return person(bridge)


async def test_set_up_a_from_the_keyword_to_the_close_and_once_more(database_url: str, tmp_path: Path) -> None:
    options: dict[str, object] = {"notices": NO_QUEUE, "leave_group": LIVE_CHAT}
    async with running_bridge(database_url, tmp_path, set_up="a", options=options) as bridge:
        ana = wired_a(bridge)
        await bridge.rapidpro.person_writes(ana, "agent")
        await sees(bridge, ana, CONNECTING)
        assert ana.groups == {LIVE_CHAT}
        room = await bridge.rocketchat.until(lambda rc: next(iter(rc.rooms.values()), None))
        assert (room.name, room.department) == ("Ana", bridge.rocketchat.department("Support").id)

        await bridge.rapidpro.person_writes(ana, "My card is blocked")
        assert (await reads(bridge, "My card is blocked")).id == room.id
        await takes(bridge, room)
        await sees(bridge, ana, CONNECTING, TAKEN)
        await bridge.rocketchat.write(room.id, AGENT, "Good morning, @contact.name")
        await sees(bridge, ana, TAKEN, "Good morning, @contact.name")
        await bridge.rapidpro.person_writes(ana, "agent, are you there?")
        await reads(bridge, "My card is blocked", "agent, are you there?")
        await bridge.rocketchat.write(room.id, AGENT, "I am")
        await sees(bridge, ana, "Good morning, @contact.name", "I am")

        await bridge.rocketchat.close(room.id, AGENT, "solved")
        await sees(bridge, ana, "I am", CLOSED)
        await bridge.rapidpro.until(lambda _: not ana.groups or None)
        assert len(bridge.rapidpro.contacts) == 1
        assert bridge.received() == [], "nothing goes by courier"

        await bridge.rapidpro.person_writes(ana, "agent")
        await sees(bridge, ana, CLOSED, CONNECTING)
        second = await bridge.rocketchat.until(lambda rc: next((r for r in rc.rooms.values() if r.open), None))
        await bridge.rapidpro.person_writes(ana, "One more thing")
        assert (await reads(bridge, "One more thing")).id == second.id
        assert not bridge.rapidpro.failures


async def test_set_up_a_where_the_flow_hears_of_the_close_by_its_next_message(
    database_url: str, tmp_path: Path
) -> None:
    """Nothing takes the contact out of the group; the relay flow does, when it is told `closed`."""
    async with running_bridge(database_url, tmp_path, set_up="a", options={"notices": NO_QUEUE}) as bridge:
        ana = wired_a(bridge)
        await bridge.rapidpro.person_writes(ana, "agent")
        room = await bridge.rocketchat.until(lambda rc: next(iter(rc.rooms.values()), None))
        await takes(bridge, room)
        await bridge.rocketchat.close(room.id, AGENT)
        await sees(bridge, ana, TAKEN, CLOSED)
        await bridge.rapidpro.person_writes(ana, "Thank you")
        await sees(bridge, ana, CLOSED, ENDED)
        assert not ana.groups

        await bridge.rapidpro.person_writes(ana, "agent")
        second = await reads(bridge, "Thank you")
        assert second.id != room.id
        (context, *_) = bridge.read(second)
        assert context.endswith("Written since the last chat was closed:")


async def test_set_up_a_out_of_hours_of_agents_tells_the_contact_so(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, set_up="a") as bridge:
        ana = wired_a(bridge)
        for agent in (AGENT, "maria.agent"):
            bridge.rocketchat.go_offline(agent)
        await bridge.rapidpro.person_writes(ana, "agent")
        await sees(bridge, ana, "Nobody is available to answer you right now. Please write again later.")
        assert not ana.groups
        assert not bridge.rocketchat.rooms


async def test_set_up_b_from_the_keyword_to_the_close_and_once_more(database_url: str, tmp_path: Path) -> None:
    """The keyword's flow puts the contact into the group; with an API token the bridge takes them out again."""
    options: dict[str, object] = {"notices": NO_QUEUE, "leave_group": LIVE_CHAT}
    async with running_bridge(database_url, tmp_path, api_token=True, options=options) as bridge:
        external = bridge.channel.external
        assert external
        bridge.channel.enabled = False
        rapidpro = bridge.rapidpro
        wired = set_up_b(rapidpro, external)
        to_agent, agent_says = rapidpro.mailroom.triggers
        rapidpro.mailroom.triggers.clear()

        async def hand_off(run: Run) -> None:
            run.add_to_group(LIVE_CHAT)
            await to_agent.flow(run)

        rapidpro.on_message(hand_off, keyword="agent", channel=wired.phones, exclude_group=LIVE_CHAT)
        rapidpro.on_message(to_agent.flow, channel=wired.phones, group=LIVE_CHAT)
        rapidpro.on_message(agent_says.flow, channel=wired.external)
        ana = rapidpro.add_contact("Ana", ["whatsapp:5511988880001"])

        await rapidpro.person_writes(ana, "Hello?")
        assert not bridge.rocketchat.rooms
        await rapidpro.person_writes(ana, "agent please")
        room = await reads(bridge, "agent please")
        await takes(bridge, room)
        await sees(bridge, ana, TAKEN)
        await bridge.rocketchat.write(room.id, AGENT, "agent speaking")
        await sees(bridge, ana, TAKEN, "agent speaking")
        await rapidpro.person_writes(ana, "agent, my card is blocked")
        assert (await reads(bridge, "agent please", "agent, my card is blocked")).id == room.id

        await bridge.rocketchat.close(room.id, AGENT)
        await sees(bridge, ana, "agent speaking", CLOSED)
        await rapidpro.until(lambda _: not ana.groups or None)
        await rapidpro.person_writes(ana, "Thanks!")
        await bridge.after_grace()
        await rapidpro.person_writes(ana, "agent again")
        second = await reads(bridge, "agent again")
        assert second.id != room.id
        assert (len(rapidpro.contacts), rapidpro.failures) == (1, [])
        assert rapidpro.phone(ana) == [TAKEN, "agent speaking", CLOSED]
