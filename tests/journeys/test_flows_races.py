"""Calls about one contact that come at once, at two replicas: one visitor, one room, and every message once."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from channel.sandbox.rocketchat import PROFILES, Hangs, Profile
from tests.bridge import Bridge, running_bridge
from tests.journeys.calling import AGENT, ANA, BEA, Flow, Json

AT_ONCE = 20


def read_by_agents(bridge: Bridge, rooms: int = 1) -> list[str] | None:
    """What contacts wrote in all rooms, once there are so many rooms."""
    read = [words for room in bridge.rocketchat.rooms.values() for words in bridge.read(room)]
    return sorted(read) if len(bridge.rocketchat.rooms) == rooms else None


@pytest.mark.parametrize("profile", [PROFILES["6.13"], PROFILES["8.8"]], ids=["6.13", "8.8"])
async def test_twenty_hand_offs_and_first_messages_at_once_make_one_room(
    database_url: str, tmp_path: Path, profile: Profile
) -> None:
    async with running_bridge(database_url, tmp_path, profile=profile) as bridge, bridge.replica() as url:
        flows = (Flow(bridge), Flow(bridge, url))
        bridge.rocketchat.faults.gap = 0.05
        calls: list[Awaitable[Json]] = []
        for number in range(AT_ONCE):
            flow = flows[number % 2]
            calls += [flow.register(department="Support"), flow.say(f"words {number}")]
        answers = await asyncio.gather(*calls)
        assert {answer["outcome"] for answer in answers[0::2]} <= {"queued", "already_open"}
        assert {answer["outcome"] for answer in answers[1::2]} == {"accepted"}
        assert sum(answer["outcome"] == "queued" for answer in answers) <= 1

        wanted = sorted(f"words {number}" for number in range(AT_ONCE))
        await bridge.rocketchat.until(lambda _: read_by_agents(bridge) == wanted or None)
        await bridge.idle()
        assert read_by_agents(bridge) == wanted
        assert len(bridge.rocketchat.visitors) == 1
        assert {request.body["visitor"]["token"] for request in bridge.asked("POST livechat/visitor")} == {
            next(iter(bridge.rocketchat.visitors.values())).token
        }
        assert len(bridge.asked("GET livechat/room")) == 1
        assert await counted(bridge) == {"contact": 1, "conversation": 1, "room": 1}


async def test_register_client_with_first_words_twenty_times_at_once_makes_one_room(bridge: Bridge) -> None:
    async with bridge.replica() as url:
        flows = (Flow(bridge), Flow(bridge, url))
        answers = await asyncio.gather(
            *(
                flows[number % 2].register(results={"clientmessage": {"value": f"words {number}"}})
                for number in range(AT_ONCE)
            )
        )
        assert sorted(answer["outcome"] for answer in answers) == [*["already_open"] * (AT_ONCE - 1), "queued"]
        wanted = sorted(f"words {number}" for number in range(AT_ONCE))
        await bridge.rocketchat.until(lambda _: read_by_agents(bridge) == wanted or None)
        assert await counted(bridge) == {"contact": 1, "conversation": 1, "room": 1}


async def test_the_same_message_twenty_times_at_once_is_read_once(bridge: Bridge) -> None:
    async with bridge.replica() as url:
        flows = (Flow(bridge), Flow(bridge, url))
        named = {"uuid": "01a2b3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "text": "Hello"}
        answers = await asyncio.gather(*(flows[n % 2].say(None, message=named) for n in range(AT_ONCE)))
        assert {answer["outcome"] for answer in answers} == {"accepted"}
        await bridge.room_of("Hello")
        await bridge.idle()
        assert read_by_agents(bridge) == ["Hello"]


@pytest.mark.parametrize("by", ["path", "urn"])
async def test_the_send_url_and_a_flow_about_the_same_contact_at_once_make_one_contact(bridge: Bridge, by: str) -> None:
    """The path is the contact's UUID, or the flow names the URN."""
    path = ANA if by == "path" else "ana"
    about: dict[str, Any] = {} if by == "path" else {"urn": "ext:ana"}
    async with bridge.replica() as url:
        flows = (Flow(bridge), Flow(bridge, url))
        calls: list[Awaitable[Any]] = []
        for number in range(AT_ONCE // 2):
            calls.append(bridge.send(f"sent {number}", id=f"sent-{number}", to=path))
            calls.append(flows[number % 2].say(f"said {number}", contact=about))
        await asyncio.gather(*calls)
        wanted = sorted(f"{word} {number}" for word in ("sent", "said") for number in range(AT_ONCE // 2))
        await bridge.rocketchat.until(lambda _: read_by_agents(bridge) == wanted or None)
        assert await counted(bridge) == {"contact": 1, "conversation": 1, "room": 1}
        (contact,) = await bridge.query("SELECT uuid, urn, path FROM contact")
        assert (contact["uuid"], contact["path"]) == (ANA, path)


async def test_two_contacts_and_two_channels_stay_apart(bridge: Bridge) -> None:
    connected, _ = await bridge.connect()
    flow = Flow(bridge)
    other = {"Authorization": connected["live_agents"]["authorization"]}

    async def through_the_other(uuid: str) -> Any:
        body = {"contact": {"uuid": uuid, "name": ""}, "results": {"clientmessage": {"value": f"other {uuid}"}}}
        return await bridge.http.post(f"{bridge.url}/live-agents/sendMessageToAgent", json=body, headers=other)

    await asyncio.gather(
        *(flow.say(f"one {uuid}", uuid) for uuid in (ANA, BEA)), *(through_the_other(uuid) for uuid in (ANA, BEA))
    )
    wanted = sorted(f"{word} {uuid}" for word in ("one", "other") for uuid in (ANA, BEA))
    await bridge.rocketchat.until(lambda _: read_by_agents(bridge, 4) == wanted or None)
    assert len(bridge.rocketchat.visitors) == 4
    assert await counted(bridge) == {"contact": 4, "conversation": 4, "room": 4}


async def counted(bridge: Bridge) -> dict[str, int]:
    return {
        table: (await bridge.query(f"SELECT count(*) FROM {table}"))[0]["count"]  # noqa: S608
        for table in ("contact", "conversation", "room")
    }


@pytest.mark.parametrize("says", [True, False], ids=["with words", "without words"])
async def test_a_hand_off_that_begins_while_the_room_before_is_being_closed_gets_its_own(
    bridge: Bridge, says: bool
) -> None:
    """What the agent does in that room meanwhile does not make it the new hand-off's."""
    flow = Flow(bridge)
    await flow.register()
    first = await flow.taken()
    bridge.rocketchat.faults.rest(Hangs(0.5), at="POST livechat/room.close")
    assert (await flow.close())["outcome"] == "closing"
    await bridge.rocketchat.until(lambda _: bridge.asked("POST livechat/room.close") or None)
    assert (await flow.register())["outcome"] == "queued"
    if says:
        assert (await flow.say("Hello"))["outcome"] == "accepted"
    await bridge.rocketchat.write(first, AGENT, "One moment")
    await bridge.rocketchat.until(lambda rc: len(rc.rooms) == 2 or None)
    second = next(room for room in bridge.rocketchat.rooms.values() if room.id != first)
    await bridge.until_rows("SELECT 1 FROM conversation WHERE room = $1", second.id)
    await bridge.idle()
    assert [room.open for room in bridge.rocketchat.rooms.values()] == [False, True]
    assert bridge.read(second) == (("Hello",) if says else ())
    assert (await flow.register())["outcome"] == "already_open"
