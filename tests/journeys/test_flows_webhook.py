"""sendMessageToClient in the bare bodies of the live-agents contract, as they stand with values filled in."""

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from channel.core import limits
from channel.sandbox.rocketchat import Drops, Holds
from tests.bridge import Bridge, running_bridge
from tests.journeys.calling import AGENT, ANA, Flow, Json, on_phone, person

ADDRESSES: list[Json] = [
    {"email": "", "phone": ""},
    {"email": "ana@example.org", "phone": "+5511988887777"},
    {"email": [{"address": "ana@example.org"}], "phone": [{"phoneNumber": "+5511988887777"}]},
    {"email": [], "phone": []},
    {"email": None, "phone": None},
]


@pytest.fixture
async def bridge(database_url: str, tmp_path: Path) -> AsyncIterator[Bridge]:
    """With notices: what the contact sees is ours to say, too."""
    options: dict[str, object] = {"notices": {"queued": False, "still_waiting": False}}
    async with running_bridge(database_url, tmp_path, set_up="a", options=options) as running:
        yield running


def told(kind: str, token: str, room: str = "rM4kTz8QwX2nLpV6s", *, said: str = "", **more: Any) -> Json:
    """Rocket.Chat's webhook, as the contract has it."""
    return {
        "_id": room,
        "visitor": {"token": token, "name": "Ana", "email": "", "phone": "", **more},
        "agent": {"name": "Bea"},
        "type": kind,
        "messages": [{"msg": said}] if said else [],
    }


async def tell(bridge: Bridge, body: Json, *, token: str = "") -> None:
    """What speaks for Rocket.Chat tells at the live-agents route: exactly 200, and no body."""
    headers = {"X-RocketChat-Livechat-Token": token or bridge.connected["workspace"]["webhook_secret"]}
    answer = await bridge.http.post(f"{bridge.url}/live-agents/sendMessageToClient", json=body, headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_what_an_agent_does_reaches_the_contact(bridge: Bridge) -> None:
    """In bare bodies, which name the contact by the visitor token that we chose, or by their UUID."""
    bridge.rocketchat.faults.webhook(Holds(), times=None)
    for number, (by, address) in enumerate(product(("our token", "uuid"), ADDRESSES)):
        uuid = f"00000000-0000-4000-8000-{number:012}"
        contact = person(bridge, uuid, number=f"551198888{number:04}")
        flow = Flow(bridge, contact=uuid)
        await flow.register()
        room = await flow.room()
        token = bridge.rocketchat.rooms[room].token if by == "our token" else uuid

        await tell(bridge, told("LivechatSessionQueued", token, room, **address) | {"agent": {}})
        await bridge.all_told()
        assert bridge.rapidpro.phone(contact) == []
        await tell(bridge, told("LivechatSessionTaken", token, room, **address))
        await on_phone(bridge, contact, "You are now being attended by: Bea")
        await tell(bridge, told("Message", token, room, said="Good morning, Ana", **address))
        await tell(bridge, told("Message", token, room, said="How can I help?", **address))
        await tell(bridge, told("LivechatSession", token, room, **address))
        await on_phone(
            bridge,
            contact,
            "You are now being attended by: Bea",
            "Good morning, Ana",
            "How can I help?",
            "The chat has ended. Thank you for writing.",
        )
        await flow.closed()


async def test_a_room_whose_opening_we_have_not_heard_of_is_found_by_the_contacts_uuid(bridge: Bridge) -> None:
    """Rocket.Chat has made it, and its answer was lost."""
    ana = person(bridge)
    flow = Flow(bridge)
    bridge.rocketchat.faults.webhook(Holds(), times=None)
    bridge.rocketchat.faults.rest(Drops(worked=True), at="GET livechat/room", times=None)
    await flow.register()
    (room,) = await bridge.rocketchat.until(lambda rc: list(rc.rooms))
    await tell(bridge, told("LivechatSessionQueued", ANA, room))
    await tell(bridge, told("Message", ANA, room, said="Hello"))
    await on_phone(bridge, ana, "You are now being attended by: Bea", "Hello")


async def test_a_livechat_session_of_a_queued_room_says_that_it_was_taken(bridge: Bridge) -> None:
    ana = person(bridge)
    flow = Flow(bridge)
    await flow.register()
    room = await flow.room()
    await tell(bridge, told("LivechatSession", ANA, room))
    await on_phone(bridge, ana, "You are now being attended by: Bea")
    assert (await flow.say("Hello"))["outcome"] == "accepted"
    await tell(bridge, told("LivechatSession", ANA, room))
    assert (await flow.say("Are you there?"))["outcome"] == "accepted", "so soon it is the same body again"
    await bridge.skip(limits.BARE_REPEAT)
    await tell(bridge, told("LivechatSession", ANA, room))
    await on_phone(bridge, ana, "You are now being attended by: Bea", "The chat has ended. Thank you for writing.")
    assert (await flow.say("Hello?"))["outcome"] == "closed"


async def test_a_livechat_session_of_a_queued_room_that_speaks_of_an_end_is_one(bridge: Bridge) -> None:
    ends: list[Json] = [
        {"agent": {}},
        {"agent": {"name": ""}},
        {"closedAt": "2026-08-20T10:00:00.000Z"},
        {"closer": "user"},
        {"closedBy": {"username": AGENT}},
        {"messages": [{"msg": "Bye", "t": "livechat-close"}]},
        {"messages": [{"_id": "m1", "msg": "Bye"}]},
    ]
    for number, more in enumerate(ends):
        uuid = f"00000000-0000-4000-8000-{number:012}"
        contact, flow = person(bridge, uuid, number=f"551198888{number:04}"), Flow(bridge, contact=uuid)
        await flow.register()
        await tell(bridge, told("LivechatSession", uuid, await flow.room()) | more)
        await flow.closed()
        await on_phone(bridge, contact, "The chat has ended. Thank you for writing.")


async def test_a_taken_that_is_lost_changes_nothing_for_the_contact(bridge: Bridge) -> None:
    ana = person(bridge)
    flow = Flow(bridge)
    bridge.rocketchat.faults.webhook(Holds(), times=None)
    await flow.register()
    room = await flow.room()
    await tell(bridge, told("Message", ANA, room, said="Good morning"))
    await tell(bridge, told("LivechatSessionTaken", ANA, room))
    await bridge.all_told()
    await tell(bridge, told("Message", ANA, room, said="How can I help?"))
    await on_phone(bridge, ana, "You are now being attended by: Bea", "Good morning", "How can I help?")


async def test_a_stranger_of_nobodys_is_kept_and_reaches_no_one(bridge: Bridge) -> None:
    ana = person(bridge)
    await tell(bridge, told("Message", "0a1b2c3d-0000-4000-8000-000000000000", said="Hello"))
    rows = await bridge.query("SELECT reason FROM event")
    assert [row["reason"] for row in rows] == ["unknown_visitor"]
    assert bridge.rapidpro.phone(ana) == []
