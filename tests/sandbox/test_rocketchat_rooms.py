"""Rooms, found, opened, moved and closed by their visitors."""

import asyncio
from typing import Any

import pytest

from channel.sandbox.rocketchat import PROFILES
from tests.sandbox.conftest import Opener, Site

pytestmark = pytest.mark.anyio

NO_AGENT = "Sorry, no online agents"


@pytest.mark.parametrize(
    ("version", "body"),
    [
        (
            "4.8",
            {
                "isClientSafe": True,
                "error": "no-agent-online",
                "reason": NO_AGENT,
                "message": f"{NO_AGENT} [no-agent-online]",
                "errorType": "Meteor.Error",
                "success": False,
            },
        ),
        ("6.13", {"success": False, "error": f"{NO_AGENT} [no-agent-online]", "errorType": "no-agent-online"}),
        ("8.8", {"success": False, "error": f"{NO_AGENT} [no-agent-online]", "errorType": "no-agent-online"}),
    ],
)
async def test_no_agent_is_online(open_site: Opener, version: str, body: dict[str, Any]) -> None:
    site = await open_site(version, hooked=False)
    await site.register()
    site.rocketchat.go_offline("joao.agent")
    site.rocketchat.go_offline("maria.agent")
    answer = await site.client.get("livechat/room", params={"token": "token-1"})
    assert (answer.status_code, answer.json()) == (400, body)
    site.rocketchat.settings["Livechat_accept_chats_with_no_agents"] = True
    assert await site.room()


async def test_a_get_finds_or_opens_the_room(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    await site.register(name="Ana")
    opened = (await site.client.get("livechat/room", params={"token": "token-1"})).json()
    found = (await site.client.get("livechat/room", params={"token": "token-1"})).json()
    rid = opened["room"]["_id"]
    assert (opened["newRoom"], found["newRoom"], found["room"]["_id"]) == (True, False, rid)
    assert (opened["room"]["fname"], opened["room"]["v"]["token"], "servedBy" in opened["room"]) == (
        "Ana",
        "token-1",
        False,
    )
    await site.rocketchat.close(rid, "joao.agent", "bye")
    closed = await site.client.get("livechat/room", params={"token": "token-1", "rid": rid})
    assert closed.json() == {"success": False, "error": "invalid-room"}
    assert await site.room() != rid


async def _two_at_once(site: Site) -> list[int]:
    await site.register()
    site.rocketchat.faults.gap = 0.25
    query = {"token": "token-1"}
    answers = await asyncio.gather(*(site.client.get("livechat/room", params=query) for _ in range(2)))
    return sorted(answer.status_code for answer in answers)


@pytest.mark.parametrize(("version", "statuses", "rooms"), [("7.10.3", [200, 200], 2), ("8.8", [200, 400], 1)])
async def test_two_rooms_at_once(open_site: Opener, version: str, statuses: list[int], rooms: int) -> None:
    site = await open_site(version, hooked=False)
    assert await _two_at_once(site) == statuses
    assert len(site.rocketchat.rooms) == rooms


async def test_a_department_falls_back(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    fallback = site.rocketchat.add_department("Night", "maria.agent")
    site.rocketchat.add_department("Day", "joao.agent", fallback=fallback.id)
    site.rocketchat.go_offline("joao.agent")
    await site.register(department="Day")
    assert site.rocketchat.rooms[await site.room()].department == fallback.id


async def test_automatic_selection_gives_the_room_to_whoever_is_online(open_site: Opener) -> None:
    site = await open_site(hooked=False, settings={"Livechat_Routing_Method": "Auto_Selection"})
    site.rocketchat.go_offline("joao.agent")
    await site.register()
    room = (await site.client.get("livechat/room", params={"token": "token-1"})).json()["room"]
    assert room["servedBy"]["username"] == "maria.agent"
    info = await site.client.get(f"livechat/agent.info/{room['_id']}/token-1")
    assert info.json()["agent"]["name"] == "Maria Reis"


async def test_the_visitor_closes_and_rates(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    await site.register()
    rid = await site.room()
    given = {"token": "token-1", "rid": rid}
    assert (await site.client.post("livechat/room.close", json=given)).json() == {
        "rid": rid,
        "comment": "Closed by visitor",
        "success": True,
    }
    assert (await site.client.post("livechat/room.close", json=given)).json()["error"] == "room-closed"
    data = [{"name": "satisfaction", "value": "5"}, {"name": "weather", "value": "1"}]
    rated = await site.client.post("livechat/room.survey", json={**given, "data": data})
    assert rated.json() == {"rid": rid, "data": {"satisfaction": "5"}, "success": True}


@pytest.mark.parametrize("version", sorted(PROFILES))
async def test_the_route_by_which_a_visitor_changes_department(open_site: Opener, version: str) -> None:
    site = await open_site(version, hooked=False)
    billing = site.rocketchat.add_department("Billing", "maria.agent")
    await site.register(department="Support")
    rid = await site.room()
    given = {"token": "token-1", "rid": rid, "department": billing.id}
    old = await site.client.post("livechat/room.transfer", json=given)
    if version == "8.8":
        assert old.status_code == 404
        new = await site.client.post("livechat/visitor/department.transfer", json=given)
        assert new.json() == {"success": True}
    else:
        assert old.json()["room"]["departmentId"] == billing.id
    assert site.rocketchat.rooms[rid].department == billing.id
