"""Rooms and inquiries, for those who are logged in."""

import json
from collections.abc import Callable
from typing import Any

from .. import rooms
from ..documents import of_inquiry
from ..errors import MeteorError, NotPermitted
from ..ids import from_iso
from ..messages import history
from ..paging import paged
from ..parameters import ANYTHING, TEXT, Flag, Keys, Many
from ..permissions import may
from ..records import Room
from ..rest import Call, Operation
from .people import agent_with_id
from .room import shown

_MANY_MESSAGES = 1_000_000


def _named(call: Call, key: str) -> list[str]:
    """Return the values of a query key that may come as `key`, `key[]`, once or more often."""
    query = call.request.query_params
    return [*query.getlist(key), *query.getlist(f"{key}[]")]


async def list_rooms(call: Call) -> dict[str, Any]:
    """List rooms, open and closed, newest first."""
    workspace, caller = call.workspace, call.caller
    if not may(caller, "view-livechat-rooms") and _named(call, "agents") != [caller.id]:
        raise NotPermitted
    found = [room for room in workspace.rooms.values() if _wanted(call, room)]
    found.sort(key=lambda room: room.ts, reverse=True)
    return paged(call, "rooms", [shown(call, room) for room in found])


def _wanted(call: Call, room: Room) -> bool:
    agents, departments = _named(call, "agents"), _named(call, "departmentId")
    served = room.served_by.user_id if room.served_by else None
    filters: dict[str, Callable[[str], bool]] = {
        "open": lambda value: room.open == (value == "true"),
        "onhold": lambda value: room.on_hold == (value == "true"),
        "queued": lambda value: (room.open and served is None) == (value == "true"),
        "roomName": lambda value: value.lower() in room.name.lower(),
        "createdAt": lambda value: _within(value, room.ts),
        "closedAt": lambda value: _within(value, room.closed_at),
    }
    asked = all(fits(call.given[key]) for key, fits in filters.items() if key in call.given)
    return asked and (not agents or served in agents) and (not departments or room.department in departments)


def _within(period: str, moment: Any) -> bool:
    bounds = json.loads(period)
    if moment is None:
        return False
    after = "start" not in bounds or moment >= from_iso(bounds["start"])
    return bool(after and ("end" not in bounds or moment <= from_iso(bounds["end"])))


async def list_messages(call: Call) -> dict[str, Any]:
    """List a room's messages, newest first; of the system messages only the closing one."""
    room = _room(call, call.path["rid"])
    found = history(call.workspace, room.id, limit=_MANY_MESSAGES)
    return paged(call, "messages", [each for each in found if each.get("t") in (None, "livechat-close")])


async def close(call: Call) -> dict[str, Any]:
    """Close a room on the caller's behalf."""
    room, caller, comment = _room(call, call.given["rid"]), call.caller, call.given.get("comment", "")
    if not room.open:
        raise MeteorError("error-room-already-closed")
    if not comment and call.workspace.settings["Livechat_request_comment_when_closing_conversation"]:
        raise MeteorError("error-comment-is-required")
    if caller.id not in room.members and not may(caller, "close-others-livechat-room"):
        raise MeteorError("error-not-authorized")
    room.tags = list(call.given.get("tags") or room.tags)
    await rooms.close_by_agent(call.workspace, room, caller, comment)
    return {}


async def forward(call: Call) -> dict[str, Any]:
    """Forward a room to an agent or to a department, both by id."""
    workspace, room = call.workspace, _room(call, call.given["roomId"])
    if agent_id := call.given.get("userId"):
        await rooms.forward_to_agent(workspace, room, call.caller.author, agent_with_id(call, agent_id))
        return {}
    department = workspace.departments.get(call.given.get("departmentId", ""))
    if department is None:
        raise MeteorError("error-forwarding-chat")
    await rooms.forward_to_department(workspace, room, call.caller.author, department)
    return {}


async def list_inquiries(call: Call) -> dict[str, Any]:
    """List the queue; a department nobody knows is no filter at all."""
    department = call.workspace.department_like(call.given.get("department", ""))
    found = [
        of_inquiry(each)
        for each in call.workspace.inquiries.values()
        if each.status != "taken" and (department is None or each.department == department.id)
    ]
    return paged(call, "inquiries", found)


async def take_inquiry(call: Call) -> dict[str, Any]:
    """Take a room from the queue, for oneself or for another agent."""
    inquiry = call.workspace.inquiries.get(call.given["inquiryId"])
    if inquiry is None or inquiry.status == "taken":
        raise MeteorError("error-not-allowed", "Inquiry already taken")
    agent = agent_with_id(call, call.given["userId"]) if call.given.get("userId") else call.caller
    await rooms.take(call.workspace, call.workspace.rooms[inquiry.rid], agent)
    return {"inquiry": of_inquiry(inquiry)}


async def show_inquiry(call: Call) -> dict[str, Any]:
    """Show a room's place in the queue; null once it is taken."""
    inquiry = call.workspace.inquiry_of(call.given.get("roomId", ""))
    return {"inquiry": of_inquiry(inquiry) if inquiry and inquiry.status != "taken" else None}


def _room(call: Call, rid: str) -> Room:
    room = call.workspace.rooms.get(rid)
    if room is None:
        raise MeteorError("error-invalid-room")
    return room


_VIEW = ("view-l-room",)
_CLOSING = Keys(
    {"rid": TEXT},
    {
        "comment": TEXT,
        "tags": Many(TEXT),
        "generateTranscriptPdf": Flag(),
        "transcriptEmail": ANYTHING,
        "forceClose": Flag(),
    },
)
_FORWARDING = Keys({"roomId": TEXT}, {"userId": TEXT, "departmentId": TEXT, "comment": TEXT, "clientAction": Flag()})
_API = "/api/v1/livechat"

OPERATIONS = (
    Operation(method="GET", path=f"{_API}/rooms", act=list_rooms, permissions=("view-livechat-rooms", *_VIEW)),
    Operation(method="GET", path=f"{_API}/{{rid}}/messages", act=list_messages, permissions=_VIEW),
    Operation(
        method="POST",
        path=f"{_API}/room.closeByUser",
        act=close,
        accepts=_CLOSING,
        permissions=("close-livechat-room",),
    ),
    Operation(
        method="POST",
        path=f"{_API}/room.forward",
        act=forward,
        accepts=_FORWARDING,
        permissions=("transfer-livechat-guest",),
    ),
    Operation(method="GET", path=f"{_API}/inquiries.list", act=list_inquiries, permissions=("view-livechat-manager",)),
    Operation(
        method="POST",
        path=f"{_API}/inquiries.take",
        act=take_inquiry,
        accepts=Keys({"inquiryId": TEXT}, {"userId": TEXT}),
        permissions=_VIEW,
    ),
    Operation(method="GET", path=f"{_API}/inquiries.getOne", act=show_inquiry, permissions=_VIEW),
)
