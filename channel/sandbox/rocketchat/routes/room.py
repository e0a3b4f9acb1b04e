"""The room routes of a visitor."""

from typing import Any

from .. import messages, rooms, visitors
from ..documents import of_room
from ..errors import Failure, MeteorError, Refused
from ..parameters import TEXT, Keys, Many
from ..profile import Profile
from ..records import Room
from ..rest import Call, Operation

_CLOSED_BY_VISITOR = "Closed by visitor"
_SURVEY = {"satisfaction", "agentKnowledge", "agentResposiveness", "agentFriendliness", "additionalFeedback"}
_TRANSFER = Keys({"token": TEXT, "rid": TEXT, "department": TEXT})


def shown(call: Call, room: Room) -> dict[str, Any]:
    """Return a room's document."""
    workspace = call.workspace
    visitor = workspace.visitors.get(room.visitor_id)
    return of_room(room, visitor, len(workspace.messages_of(room.id)), workspace.profile)


async def find_or_open(call: Call) -> dict[str, Any]:
    """Find the conversation, or make one: a GET with side effects."""
    visitor = visitors.known(call.workspace, call.given["token"])
    if rid := call.given.get("rid"):
        room, new = messages.room_of(call.workspace, visitor, rid), False
        if not room.open:
            raise Failure("invalid-room")
    else:
        room, new = await rooms.find_or_open(call.workspace, visitor, call.given.get("agentId"))
    return {"room": shown(call, room), "newRoom": new}


async def close(call: Call) -> dict[str, Any]:
    """Close the conversation on the visitor's behalf."""
    if not call.workspace.settings["Omnichannel_allow_visitors_to_close_conversation"]:
        raise Failure("error-not-allowed-to-close-conversation")
    visitor = visitors.known(call.workspace, call.given["token"])
    room = messages.room_of(call.workspace, visitor, call.given["rid"])
    if not room.open:
        raise Failure("room-closed")
    await rooms.close_by_visitor(call.workspace, room, visitor, _CLOSED_BY_VISITOR)
    return {"rid": room.id, "comment": _CLOSED_BY_VISITOR}


async def rate(call: Call) -> dict[str, Any]:
    """Keep a survey's answers; unknown questions are dropped."""
    visitor = visitors.known(call.workspace, call.given["token"])
    room = messages.room_of(call.workspace, visitor, call.given["rid"])
    kept = [item for item in call.given["data"] if item["name"] in _SURVEY]
    if not kept:
        raise Failure("invalid-data")
    room.survey |= {item["name"]: item["value"] for item in kept}
    call.workspace.changed()
    return {"rid": room.id, "data": room.survey}


async def transfer(call: Call) -> dict[str, Any]:
    """Move to another department, up to 7.13.9; the answer has the room."""
    visitor = visitors.known(call.workspace, call.given["token"])
    room = messages.room_of(call.workspace, visitor, call.given["rid"])
    await _to_department(call, room, Refused())
    return {"room": shown(call, room)}


async def transfer_department(call: Call) -> dict[str, Any]:
    """Move to another department, from 8.0.0; it does not look whose room it is, and the answer is bare."""
    visitors.known(call.workspace, call.given["token"])
    room = call.workspace.rooms.get(call.given["rid"])
    if room is None:
        raise MeteorError("error-invalid-room")
    await _to_department(call, room, MeteorError("error-transfering-chat"))
    return {}


async def _to_department(call: Call, room: Room, unknown: Refused) -> None:
    department = call.workspace.departments.get(call.given["department"])
    if department is None:
        raise unknown
    visitor = call.workspace.visitors[room.visitor_id]
    await rooms.forward_to_department(call.workspace, room, visitor.author, department)


def operations(profile: Profile) -> tuple[Operation, ...]:
    """Return the routes of this release."""
    older = profile.transfer_route == "livechat/room.transfer"
    return (
        Operation(
            method="GET",
            path="/api/v1/livechat/room",
            act=find_or_open,
            accepts=Keys({"token": TEXT}, {"rid": TEXT, "agentId": TEXT}),
            by_check=True,
            fixed_limit=True,
        ),
        Operation(
            method="POST",
            path="/api/v1/livechat/room.close",
            act=close,
            accepts=Keys({"token": TEXT, "rid": TEXT}),
        ),
        Operation(
            method="POST",
            path="/api/v1/livechat/room.survey",
            act=rate,
            accepts=Keys({"token": TEXT, "rid": TEXT, "data": Many(Keys({"name": TEXT, "value": TEXT}), at_least=1)}),
        ),
        Operation(
            method="POST",
            path=f"/api/v1/{profile.transfer_route}",
            act=transfer if older else transfer_department,
            accepts=_TRANSFER,
        ),
    )
