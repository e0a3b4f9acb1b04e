"""The message routes of a visitor."""

from typing import Any

from .. import messages, visitors
from ..documents import of_message
from ..errors import Failure, MeteorError
from ..ids import from_iso, iso, now
from ..parameters import TEXT, Keys, Shape, Text, Whole
from ..records import Message
from ..rest import Call, Operation

_AGENT = Keys({"agentId": TEXT, "username": TEXT})
_POSTED = Keys({"token": TEXT, "rid": TEXT, "msg": TEXT}, {"_id": Text(nullable=True), "agent": _AGENT})
_ONE = Keys({"token": TEXT, "rid": TEXT})
_EDITED = Keys({"token": TEXT, "rid": TEXT, "msg": TEXT})
_PAGING: dict[str, Shape] = {"count": Whole(), "offset": Whole(), "sort": TEXT}
_DELETED = Keys({"token": TEXT, "rid": TEXT}, _PAGING)
_HISTORY = Keys({"token": TEXT}, {**_PAGING, "limit": Whole(), "end": TEXT, "ls": TEXT, "searchText": TEXT})


async def post(call: Call) -> dict[str, Any]:
    """Store what the visitor wrote; `message.rid` is another room if this one closed meanwhile."""
    given = call.given
    visitor = visitors.known(call.workspace, given["token"])
    message = await messages.post(call.workspace, visitor, given["rid"], given["msg"], given.get("_id"))
    return {"message": of_message(message)}


async def show(call: Call) -> dict[str, Any]:
    """Show one message, in a closed room as well."""
    visitor = visitors.known(call.workspace, call.given["token"])
    room = messages.room_of(call.workspace, visitor, call.given["rid"])
    message = call.workspace.messages.get(call.path["id"])
    if message is None or message.rid != room.id:
        raise Failure("invalid-message")
    return {"message": of_message(message)}


async def edit(call: Call) -> dict[str, Any]:
    """Give the visitor's own message new words."""
    message = _own(call, "Message_AllowEditing")
    await messages.edit(call.workspace, message, message.author, call.given["msg"])
    return {"message": of_message(message)}


async def delete(call: Call) -> dict[str, Any]:
    """Delete the visitor's own message."""
    message = _own(call, "Message_AllowDeleting")
    messages.delete(call.workspace, message)
    return {"message": {"_id": message.id, "ts": iso(now())}}


async def history(call: Call) -> dict[str, Any]:
    """Show a room's messages, newest first, without a total; `count`, `sort` and `ls` change nothing."""
    visitor = visitors.known(call.workspace, call.given["token"])
    room = messages.room_of(call.workspace, visitor, call.path["rid"])
    end = call.given.get("end")
    found = messages.history(
        call.workspace,
        room.id,
        limit=call.given.get("limit", 20),
        offset=call.given.get("offset", 0),
        end=from_iso(end) if end else None,
    )
    return {"messages": found}


def _own(call: Call, setting: str) -> Message:
    """Find the message by its id alone, as Rocket.Chat does, and see that it is the visitor's."""
    visitor = visitors.known(call.workspace, call.given["token"])
    messages.room_of(call.workspace, visitor, call.given["rid"])
    message = call.workspace.messages.get(call.path["id"])
    if message is None:
        raise Failure("invalid-message")
    if message.author.id != visitor.id or not call.workspace.settings[setting]:
        raise MeteorError("error-action-not-allowed", "Message edition or removal not allowed")
    return message


OPERATIONS = (
    Operation(method="POST", path="/api/v1/livechat/message", act=post, accepts=_POSTED),
    Operation(method="GET", path="/api/v1/livechat/message/{id}", act=show, accepts=_ONE),
    Operation(method="PUT", path="/api/v1/livechat/message/{id}", act=edit, accepts=_EDITED),
    Operation(method="DELETE", path="/api/v1/livechat/message/{id}", act=delete, accepts=_DELETED),
    Operation(method="GET", path="/api/v1/livechat/messages.history/{rid}", act=history, accepts=_HISTORY),
)
