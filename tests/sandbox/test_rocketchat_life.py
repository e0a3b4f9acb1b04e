"""What happens to a room between its opening and its end, as a peer sees it: by webhook, in its history or not."""

from typing import Any

import pytest

from tests.sandbox.conftest import Opener, Site

pytestmark = pytest.mark.anyio

MAY_NOT_CLOSE = {"Omnichannel_allow_visitors_to_close_conversation": False}


async def _served(open_site: Opener, version: str = "7.11", **options: Any) -> tuple[Site, str]:
    """Open a site where joao serves Ana's room, and forget what was told until then."""
    site = await open_site(version, **options)
    await site.register(name="Ana")
    rid = await site.room()
    await site.rocketchat.take(rid, "joao.agent")
    await site.settled()
    site.hook.bodies.clear()
    return site, rid


async def test_a_canned_response_arrives_as_the_text_it_became(open_site: Opener) -> None:
    site, rid = await _served(open_site)
    await site.rocketchat.write(rid, "joao.agent", "Hi {{contact.name}}, I am {{ agent.name }} {{other}}")
    await site.settled()
    assert site.hook.bodies[-1]["messages"][0]["msg"] == "Hi Ana, I am Joao Lima {{other}}"


@pytest.mark.parametrize(("version", "as_text"), [("4.8", False), ("6.4", True), ("7.11", True), ("8.8", True)])
async def test_a_call_button_is_a_block_and_perhaps_its_json(open_site: Opener, version: str, *, as_text: bool) -> None:
    site, rid = await _served(open_site, version)
    await site.rocketchat.offer_call(rid, "joao.agent")
    await site.settled()
    [item] = site.hook.bodies[-1]["messages"]
    [block] = item["blocks"]
    assert block["type"] == "video_conf"
    assert ("msg" in item) is as_text
    assert item.get("msg", '"video_conf"').count('"video_conf"') == 1
    [message, *_] = await site.history(rid)
    assert (message["_id"], message["blocks"]) == (item["_id"], item["blocks"])


async def test_blocks_may_come_with_words(open_site: Opener) -> None:
    site, rid = await _served(open_site)
    await site.rocketchat.write(rid, "joao.agent", "Call me", blocks=[{"type": "actions"}])
    await site.settled()
    [item] = site.hook.bodies[-1]["messages"]
    assert (item["msg"], item["blocks"]) == ("Call me", [{"type": "actions"}])


async def test_a_second_agent_is_not_announced_and_writes_while_the_first_serves(open_site: Opener) -> None:
    site, rid = await _served(open_site)
    await site.rocketchat.join(rid, "maria.agent")
    await site.settled()
    assert site.hook.bodies == []
    await site.rocketchat.write(rid, "maria.agent", "Hello")
    await site.settled()
    [body] = site.hook.bodies
    assert (body["agent"]["username"], body["messages"][0]["username"]) == ("joao.agent", "maria.agent")


@pytest.mark.parametrize("by_visitor", [True, False])
async def test_a_room_on_hold_is_silent_and_is_taken_again(open_site: Opener, *, by_visitor: bool) -> None:
    site, rid = await _served(open_site)
    await site.rocketchat.put_on_hold(rid, "joao.agent")
    await site.settled()
    assert site.hook.bodies == []
    if by_visitor:
        await site.post(rid, "Are you there?")
    else:
        await site.rocketchat.resume(rid)
    await site.settled()
    assert site.hook.types == ["LivechatSessionTaken"]
    assert not site.rocketchat.rooms[rid].on_hold


async def test_a_room_goes_back_to_the_queue(open_site: Opener) -> None:
    site, rid = await _served(open_site)
    await site.rocketchat.return_to_queue(rid, "joao.agent")
    await site.settled()
    [body] = site.hook.bodies
    assert (body["type"], "agent" in body) == ("LivechatSessionQueued", False)


async def test_where_a_visitor_may_not_close_a_bot_user_may(open_site: Opener) -> None:
    site, rid = await _served(open_site, settings=MAY_NOT_CLOSE)
    refused = await site.client.post("livechat/room.close", json={"token": "token-1", "rid": rid})
    assert (refused.status_code, refused.json()["error"]) == (400, "error-not-allowed-to-close-conversation")
    config = (await site.client.get("livechat/config")).json()["config"]
    assert config["settings"]["visitorsCanCloseChat"] is False
    login = site.rocketchat.personal_access_token("bridge.bot").headers
    given = {"rid": rid, "comment": "bye"}
    assert (await site.client.post("livechat/room.closeByUser", json=given, headers=login)).json() == {"success": True}
    await site.settled()
    [body] = site.hook.bodies
    assert (body["closer"], body["closedBy"]["username"], body["messages"][-1]["msg"]) == ("user", "bridge.bot", "bye")


async def test_a_department_may_want_tags_before_a_room_is_closed(open_site: Opener) -> None:
    site, rid = await _served(open_site)
    site.rocketchat.department("Support").wants_tags = True
    untagged = await site.client.post("livechat/room.close", json={"token": "token-1", "rid": rid})
    assert untagged.json()["error"] == "error-tags-must-be-assigned-before-closing-chat"
    assert site.rocketchat.rooms[rid].open
    login = site.rocketchat.personal_access_token("bridge.bot").headers
    given = {"rid": rid, "comment": "bye", "tags": ["solved"]}
    assert (await site.client.post("livechat/room.closeByUser", json=given, headers=login)).status_code == 200


async def test_the_configuration_says_who_is_online_where(open_site: Opener) -> None:
    site = await open_site(hooked=False)
    night = site.rocketchat.add_department("Night", "maria.agent")
    day = site.rocketchat.add_department("Day", "joao.agent", fallback=night.id)
    site.rocketchat.go_offline("joao.agent")

    async def online(department: str | None) -> bool:
        query = {"department": department} if department else {}
        return bool((await site.client.get("livechat/config", params=query)).json()["config"]["online"])

    assert [await online(each) for each in (None, day.id, night.id, "no-such-department")] == [True, True, True, False]
    site.rocketchat.go_offline("maria.agent")
    assert [await online(each) for each in (None, day.id, night.id)] == [False, False, False]


async def test_curl_plays_the_rest_of_the_agents_parts(open_site: Opener) -> None:
    site, rid = await _served(open_site)
    rooms = f"{site.url}/_sandbox/rooms/{rid}"
    joao = {"agent": "joao.agent"}
    assert (await site.client.post(f"{rooms}/join", json={"agent": "maria.agent"})).json() == {}
    assert (await site.client.post(f"{rooms}/hold", json=joao)).json() == {}
    assert site.rocketchat.rooms[rid].on_hold
    assert (await site.client.post(f"{rooms}/resume", json={})).json() == {}
    called = (await site.client.post(f"{rooms}/call", json=joao)).json()
    assert site.rocketchat.messages[called["id"]].extras["blocks"]
    assert (await site.client.post(f"{rooms}/return", json=joao)).json() == {}
    assert site.rocketchat.rooms[rid].served_by is None
