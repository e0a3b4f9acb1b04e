"""The visitor routes."""

from typing import Any

from .. import visitors
from ..documents import of_room, of_visitor
from ..errors import MeteorError
from ..ids import iso, now
from ..parameters import TEXT, Flag, Keys, Many
from ..profile import ErrorStyle, Profile
from ..records import Visitor
from ..rest import Call, Operation

_CUSTOM_FIELD = Keys({"key": TEXT, "value": TEXT, "overwrite": Flag()}, open=True)
_OPTIONAL = dict.fromkeys(("id", "name", "email", "department", "phone", "username"), TEXT)
_VISITOR = Keys({"token": TEXT}, {**_OPTIONAL, "customFields": Many(_CUSTOM_FIELD)}, open=True)


async def register(call: Call) -> dict[str, Any]:
    """Create or update a visitor; the token of the answer is the one to use."""
    return {"visitor": of_visitor(await visitors.register(call.workspace, call.given["visitor"]))}


async def show(call: Call) -> dict[str, Any]:
    """Show a visitor."""
    return {"visitor": of_visitor(_named(call))}


async def remove(call: Call) -> dict[str, Any]:
    """Delete a visitor with everything they wrote."""
    visitor = _named(call)
    visitors.remove(call.workspace, visitor)
    return {"visitor": {"_id": visitor.id, "ts": iso(now())}}


async def set_status(call: Call) -> dict[str, Any]:
    """Set whether a visitor looks online; purely cosmetic."""
    visitor = call.workspace.visitor_by_token(call.given["token"])
    if visitor is None:
        raise _invalid_token(call)
    visitor.status = call.given["status"]
    call.workspace.changed()
    return {"token": visitor.token, "status": visitor.status}


async def open_rooms(call: Call) -> dict[str, Any]:
    """List the open rooms of a token, for managers."""
    token, workspace = call.path["token"], call.workspace
    visitor = workspace.visitor_by_token(token)
    found = [room for room in workspace.rooms.values() if room.open and room.token == token]
    return {"rooms": [of_room(room, visitor, len(workspace.messages_of(room.id)), workspace.profile) for room in found]}


def _named(call: Call) -> Visitor:
    visitor = call.workspace.visitor_by_token(call.path["token"])
    if visitor is None:
        raise _invalid_token(call)
    return visitor


def _invalid_token(call: Call) -> MeteorError:
    reason = "Invalid token" if call.workspace.profile.errors is ErrorStyle.ROUTER else None
    return MeteorError("invalid-token", reason)


def operations(profile: Profile) -> tuple[Operation, ...]:
    """Return the routes of this release."""
    return (
        Operation(
            method="POST",
            path="/api/v1/livechat/visitor",
            act=register,
            accepts=Keys({"visitor": _VISITOR}),
            by_check=True,
            fixed_limit=True,
        ),
        Operation(method="GET", path="/api/v1/livechat/visitor/{token}", act=show),
        Operation(method="DELETE", path="/api/v1/livechat/visitor/{token}", act=remove),
        Operation(
            method="GET",
            path="/api/v1/livechat/visitor/{token}/room",
            act=open_rooms,
            permissions=("view-livechat-manager",),
        ),
        Operation(
            method="POST",
            path="/api/v1/livechat/visitor.status",
            act=set_status,
            accepts=Keys({"token": TEXT, "status": TEXT}),
            by_check=profile.errors is not ErrorStyle.ROUTER,
        ),
    )
