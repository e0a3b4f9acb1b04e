"""The bodies by which callers know the three calls, as they stand with values filled in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channel.sandbox.rocketchat import Holds
from tests.bridge import Bridge, running_bridge
from tests.journeys.calling import ANA, Flow, Json, answered

NAMED: Json = {"name": "Ana", "uuid": ANA}
E1: Json = {
    "contact": {"name": "Ana", "urn": "whatsapp:5511988887777", "uuid": ANA},
    "flow": {"name": "Hand-off", "uuid": "11112222-3333-4444-8555-666677778888"},
    "results": {"clientmessage": {"category": "All Responses", "value": "My card is blocked"}},
}
E6_REGISTER: Json = {
    "contact": {"uuid": ANA, "name": "Ana", "urn": "whatsapp:5511988887777", "language": "por"},
    "department": "Support",
    "run": {"uuid": "22223333-4444-4555-8666-777788889999"},
    "flow": {"uuid": "11112222-3333-4444-8555-666677778888", "name": "Hand-off"},
    "results": {"topic": {"value": "card", "category": "Cards"}},
}
E6_MESSAGE: Json = {
    "contact": {"uuid": ANA, "name": "Ana"},
    "department": "Support",
    "message": {
        "uuid": "01a2b3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "text": "My card is blocked",
        "created_on": "2026-08-20T10:00:00.000000Z",
        "attachments": [],
    },
    "results": {"clientmessage": {"value": "My card is blocked"}},
}
LEGACY: Json = {
    "contact": {"uuid": ANA, "name": "Ana", "urn": "whatsapp:5511988887777"},
    "flow": {"name": "Hand-off", "uuid": "11112222-3333-4444-8555-666677778888"},
    "path": [{"node_uuid": "33334444-5555-4666-8777-88889999aaaa", "arrived_on": "2026-08-20T10:00:00.000000Z"}],
    "results": {
        "clientmessage": {
            "category": "Blocked",
            "category_localized": "Blocked",
            "created_on": "2026-08-20T10:00:00.000000Z",
            "input": "My card is blocked",
            "name": "clientmessage",
            "node_uuid": "33334444-5555-4666-8777-88889999aaaa",
            "value": "blocked",
        }
    },
    "run": {"uuid": "22223333-4444-4555-8666-777788889999", "created_on": "2026-08-20T10:00:00.000000Z"},
    "input": {
        "attachments": [],
        "channel": {"uuid": "44445555-6666-4777-8888-99990000bbbb", "name": "WhatsApp"},
        "created_on": "2026-08-20T10:00:00.000000Z",
        "text": "My card is blocked",
        "type": "msg",
        "urn": {"display": "", "path": "5511988887777", "scheme": "whatsapp"},
        "uuid": "01a2b3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
    },
    "channel": {"uuid": "44445555-6666-4777-8888-99990000bbbb", "name": "WhatsApp"},
}


@pytest.fixture
async def bridge(database_url: str, tmp_path: Path) -> AsyncIterator[Bridge]:
    """With notices: what the contact sees is ours to say, too."""
    options: dict[str, object] = {"notices": {"queued": False, "still_waiting": False}}
    async with running_bridge(database_url, tmp_path, set_up="a", options=options) as running:
        yield running


async def post(bridge: Bridge, call: str, body: Json) -> Json:
    return answered(await Flow(bridge).call("POST", call, body))


async def test_register_client_opens_the_room_in_the_department_and_the_agent_sees_the_results(bridge: Bridge) -> None:
    body = {"contact": NAMED, "department": "Support", "results": {"topic": {"value": "Vaccines"}, "age": "34"}}
    assert (await post(bridge, "registerClient", body))["outcome"] == "queued"
    room = await bridge.room_of("[About this chat]\ntopic: Vaccines\nage: 34")
    assert room.department == bridge.rocketchat.department("Support").id
    assert room.name == "Ana"


@pytest.mark.parametrize("by", ["name", "id"])
async def test_the_department_is_known_by_its_name_and_by_its_id(bridge: Bridge, by: str) -> None:
    support = bridge.rocketchat.department("Support")
    body = {"contact": NAMED, "department": support.id if by == "id" else support.name, "results": {}}
    assert (await post(bridge, "registerClient", body))["outcome"] == "queued"
    assert bridge.rocketchat.rooms[await Flow(bridge).room()].department == support.id


@pytest.mark.parametrize("registers", [True, False], ids=["registered before", "not registered before"])
async def test_send_message_to_agent_works_before_any_webhook_has_come_back(bridge: Bridge, registers: bool) -> None:
    bridge.rocketchat.faults.webhook(Holds(), times=None)
    if registers:
        body = {"contact": NAMED, "department": "Support", "results": {}}
        assert (await post(bridge, "registerClient", body))["outcome"] == "queued"
    words = {"contact": NAMED, "department": "Support", "results": {"clientmessage": {"value": "My card is blocked"}}}
    assert (await post(bridge, "sendMessageToAgent", words))["outcome"] == "accepted"
    room = await bridge.room_of("My card is blocked")
    assert room.department == bridge.rocketchat.department("Support").id
    assert len(bridge.rocketchat.rooms) == len(bridge.rocketchat.visitors) == 1
    bridge.rocketchat.release()


@pytest.mark.parametrize("body", [E1, E6_MESSAGE, LEGACY], ids=["as RapidPro proposes it", "as advised", "legacy"])
async def test_the_words_are_found_in_the_bodies_that_flows_send(bridge: Bridge, body: Json) -> None:
    assert (await post(bridge, "sendMessageToAgent", body))["outcome"] == "accepted"
    rooms = await bridge.rocketchat.until(lambda rc: rc.rooms)
    (room,) = rooms.values()
    await bridge.rocketchat.until(lambda _: bridge.read(room)[-1:] == ("My card is blocked",) or None)


async def test_register_client_as_advised_shows_the_agent_all_of_it(bridge: Bridge) -> None:
    assert (await post(bridge, "registerClient", E6_REGISTER))["outcome"] == "queued"
    await bridge.room_of("[About this chat]\nLanguage: por\nFlow: Hand-off\ntopic: card (Cards)")


async def test_a_client_message_at_register_client_is_the_first_message_and_no_context(bridge: Bridge) -> None:
    assert (await post(bridge, "registerClient", E1))["outcome"] == "queued"
    room = await bridge.room_of("[About this chat]\nFlow: Hand-off", "My card is blocked")
    assert len(bridge.rocketchat.rooms) == 1
    assert "clientmessage" not in "".join(bridge.read(room))


async def test_an_empty_client_message_at_register_client_is_nothing(bridge: Bridge) -> None:
    body = {"contact": NAMED, "department": "", "results": {"clientmessage": {"value": ""}}}
    assert (await post(bridge, "registerClient", body))["outcome"] == "queued"
    await Flow(bridge).room()
    await bridge.idle()
    assert not bridge.asked("POST livechat/message")
