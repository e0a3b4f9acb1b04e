"""What webhooks carry, key by key."""

import re
from typing import Any

import pytest

from channel.sandbox.rocketchat import Attachment
from tests.sandbox.conftest import SECRET, Opener, Site

pytestmark = pytest.mark.anyio


class Moment:
    """Equal to any time as Rocket.Chat writes it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "<a moment>"


MOMENT = Moment()
ANA = {"_id": "vRk3mPzQ8sLw2nTyB", "username": "guest-1", "name": "Ana Souza"}


async def _opened(open_site: Opener, version: str = "6.13", **settings: Any) -> tuple[Site, str]:
    """Open a site where Ana, of the contract's examples, has a room."""
    site = await open_site(version, settings=settings)
    site.rocketchat.add_custom_field("rapidpro_uuid")
    await site.register(
        id=ANA["_id"],
        name="Ana Souza",
        department="Support",
        email="ana@example.org",
        phone="+5511900000001",
        customFields=[{"key": "rapidpro_uuid", "value": "c0ffee00", "overwrite": True}],
    )
    return site, await site.room()


def _common(site: Site, rid: str) -> dict[str, Any]:
    return {
        "_id": rid,
        "label": "Ana Souza",
        "createdAt": MOMENT,
        "lastMessageAt": MOMENT,
        "visitor": {
            **ANA,
            "token": "token-1",
            "department": site.rocketchat.department("Support").id,
            "customFields": {"rapidpro_uuid": "c0ffee00"},
            "email": [{"address": "ana@example.org"}],
            "phone": [{"phoneNumber": "+5511900000001"}],
        },
    }


def _agent(site: Site, username: str = "joao.agent") -> dict[str, Any]:
    user = site.rocketchat.user(username)
    return {"_id": user.id, "username": username, "name": user.name, "email": user.email}


def _author(site: Site, username: str = "joao.agent") -> dict[str, Any]:
    return {key: value for key, value in _agent(site, username).items() if key != "email"}


def _item(site: Site, rid: str, id: str, text: str | None) -> dict[str, Any]:
    """Return an item that joao wrote."""
    author = _author(site)
    said = {} if text is None else {"msg": text}
    return {
        "u": author,
        "_id": id,
        "username": "joao.agent",
        **said,
        "ts": MOMENT,
        "rid": rid,
        "agentId": author["_id"],
        "_updatedAt": MOMENT,
    }


def _visitors_item(rid: str, id: str, text: str) -> dict[str, Any]:
    return {"u": ANA, "_id": id, "username": "guest-1", "msg": text, "ts": MOMENT, "rid": rid, "_updatedAt": MOMENT}


def _served(site: Site, username: str = "joao.agent") -> dict[str, Any]:
    return {"_id": site.rocketchat.user(username).id, "username": username, "ts": MOMENT}


async def test_a_room_from_start_to_end(open_site: Opener) -> None:
    site, rid = await _opened(open_site)
    rocketchat, department = site.rocketchat, site.rocketchat.department("Support").id
    await site.post(rid, "Hello from the contact", _id="rpmsg-1")
    await rocketchat.take(rid, "joao.agent")
    wrote = await rocketchat.write(rid, "joao.agent", "Hi Ana :wave:")
    await rocketchat.edit(wrote, "joao.agent", "Hi Ana")
    await rocketchat.close(rid, "joao.agent", "Solved, thank you")
    await site.settled()
    common, agent = _common(site, rid), {"agent": _agent(site)}
    of_room = {"departmentId": department}
    hello, hi = _visitors_item(rid, "rpmsg-1", "Hello from the contact"), _item(site, rid, wrote, "Hi Ana :wave:")
    edited = {**hi, "msg": "Hi Ana", "editedAt": MOMENT}
    joao = {"_id": rocketchat.user("joao.agent").id, "username": "joao.agent"}
    comment = rocketchat.workspace.messages_of(rid)[-1].id
    closing = {**_item(site, rid, comment, "Solved, thank you"), "u": joao, "closingMessage": True}
    assert site.hook.bodies == [
        {**common, "type": "LivechatSessionStart", "messages": [], **of_room},
        {**common, "type": "LivechatSessionQueued", "messages": [], **of_room},
        {**common, **agent, "type": "LivechatSessionTaken", "messages": [hello], **of_room, "servedBy": _served(site)},
        {**common, **agent, "type": "Message", "messages": [hi]},
        {**common, **agent, "type": "Message", "messages": [edited]},
        {
            **common,
            **agent,
            "type": "LivechatSession",
            "messages": [hello, edited, closing],
            **of_room,
            "servedBy": _served(site),
            "closedAt": MOMENT,
            "closedBy": joao,
            "closer": "user",
        },
    ]
    assert {headers["x-rocketchat-livechat-token"] for headers in site.hook.headers} == {SECRET}
    assert {headers["content-type"] for headers in site.hook.headers} == {"application/json"}


async def test_a_forward_to_an_agent_is_two_events(open_site: Opener) -> None:
    site, rid = await _opened(open_site)
    await site.post(rid, "Hello", _id="rpmsg-1")
    await site.rocketchat.take(rid, "joao.agent")
    await site.rocketchat.forward_to_agent(rid, "joao.agent", "maria.agent")
    await site.settled()
    taken, forwarded = site.hook.bodies[-2:]
    session = {
        **_common(site, rid),
        "agent": _agent(site, "maria.agent"),
        "messages": [_visitors_item(rid, "rpmsg-1", "Hello")],
        "departmentId": site.rocketchat.department("Support").id,
        "servedBy": _served(site, "maria.agent"),
    }
    assert taken == {**session, "type": "LivechatSessionTaken"}
    assert forwarded == {**session, "type": "LivechatSessionForwarded", "oldServedBy": _served(site)}


async def test_a_forward_to_a_department_waits_there(open_site: Opener) -> None:
    site, rid = await _opened(open_site)
    billing = site.rocketchat.add_department("Billing", "maria.agent")
    await site.rocketchat.take(rid, "joao.agent")
    await site.rocketchat.forward_to_department(rid, "joao.agent", "Billing")
    await site.settled()
    queued, forwarded = site.hook.bodies[-2:]
    session = {**_common(site, rid), "messages": [], "departmentId": billing.id}
    assert queued == {**session, "type": "LivechatSessionQueued"}
    support = site.rocketchat.department("Support").id
    assert forwarded == {**session, "type": "LivechatSessionForwarded", "oldDepartmentId": support}


async def test_a_file_without_text(open_site: Opener) -> None:
    site, rid = await _opened(open_site)
    await site.rocketchat.take(rid, "joao.agent")
    wrote = await site.rocketchat.write(rid, "joao.agent", attachment=Attachment("map.png", caption="our office"))
    await site.settled()
    [item] = site.hook.bodies[-1]["messages"]
    file = item["file"]["_id"]
    link = f"/file-upload/{file}/map.png"
    [attachment] = item["attachments"]
    assert item == {
        **_item(site, rid, wrote, None),
        "file": {"_id": file, "name": "map.png", "type": "image/png", "size": 20480, "format": "png"},
        "attachments": [
            {
                "title": "map.png",
                "type": "file",
                "description": "our office",
                "title_link": link,
                "title_link_download": True,
                "image_dimensions": {"width": 480, "height": 360},
                "image_preview": attachment["image_preview"],
                "image_url": attachment["image_url"],
                "image_type": "image/png",
                "image_size": 20480,
            }
        ],
        "fileUpload": {
            "publicFilePath": f"https://chat.example.org{link}?token=jwt",
            "type": "image/png",
            "size": 20480,
        },
    }
    assert attachment["image_url"] != link


async def test_closed_by_the_visitor(open_site: Opener) -> None:
    site, rid = await _opened(open_site)
    await site.client.post("livechat/room.close", json={"token": "token-1", "rid": rid})
    await site.settled()
    session = site.hook.bodies[-1]
    visitor = {"_id": ANA["_id"], "username": "guest-1"}
    assert (session["closer"], session["closedBy"], "agent" in session) == ("visitor", visitor, False)
    [closing] = session["messages"]
    assert (closing["msg"], closing["closingMessage"], "agentId" in closing) == ("Closed by visitor", True, False)


@pytest.mark.parametrize(("version", "both_flags", "echoes"), [("6.4", False, 0), ("6.4", True, 1), ("6.13", False, 1)])
async def test_the_visitors_echo(open_site: Opener, version: str, *, both_flags: bool, echoes: int) -> None:
    flags = {"Livechat_webhook_on_visitor_message": True, "Livechat_webhook_on_agent_message": both_flags}
    site, rid = await _opened(open_site, version, **flags)
    await site.post(rid, "Hello", _id="rpmsg-1")
    await site.settled()
    found = [body["messages"] for body in site.hook.bodies if body["type"] == "Message"]
    assert found == [[_visitors_item(rid, "rpmsg-1", "Hello")]] * echoes


async def test_an_offline_message_has_no_room(open_site: Opener) -> None:
    site = await open_site(settings={"Livechat_webhook_on_offline_msg": True})
    left = {"name": "Ana Souza", "email": "ana@example.org", "message": "Please call me back"}
    assert (await site.client.post("livechat/offline.message", json=left)).status_code == 200
    await site.settled()
    assert site.hook.bodies == [
        {
            "type": "LivechatOfflineMessage",
            "sentAt": MOMENT,
            "visitor": {"name": "Ana Souza", "email": "ana@example.org"},
            "message": "Please call me back",
        }
    ]
