"""Writing as a user."""

import re
from typing import Any

from .. import messages
from ..documents import of_message
from ..errors import MeteorError
from ..ids import iso
from ..permissions import may
from ..records import Message, Room
from ..rest import Call, Operation

#: What a shortcode looks like; every well-formed one exists here, and an emoji itself is no shortcode.
_SHORTCODE = re.compile(r":?[a-z0-9_+-]+:?")


async def send(call: Call) -> dict[str, Any]:
    """Write a message, with an `_id` of the caller's choice if they like."""
    given = call.given.get("message")
    if not isinstance(given, dict) or not given.get("rid"):
        raise MeteorError("error-invalid-params", 'The "rid" must be provided')
    if given.get("alias") and not may(call.caller, "message-impersonate"):
        raise MeteorError("error-not-allowed", "Not enough permission")
    message = await _written(call, given["rid"], given.get("msg") or "", given.get("_id"))
    return {"message": of_message(message)}


async def post(call: Call) -> dict[str, Any]:
    """Write a message under an id of the server's choice."""
    message = await _written(call, call.given.get("roomId", ""), call.given.get("text") or "", None)
    return {"ts": iso(message.ts), "channel": message.rid, "message": of_message(message)}


async def update(call: Call) -> dict[str, Any]:
    """Give one's own message new words."""
    message = _message(call, call.given.get("msgId", ""))
    if message.author.id != call.caller.id and "admin" not in call.caller.roles:
        raise MeteorError("error-action-not-allowed", "Message editing not allowed")
    await messages.edit(call.workspace, message, call.caller.author, call.given.get("text", ""))
    return {"message": of_message(message)}


async def react(call: Call) -> dict[str, Any]:
    """Set, take back, or (without `shouldReact`) toggle a reaction."""
    message = _message(call, call.given.get("messageId", ""))
    _check_access(call, call.workspace.rooms[message.rid])
    name = str(call.given.get("emoji") or call.given.get("reaction") or "")
    if not _SHORTCODE.fullmatch(name):
        raise MeteorError("error-not-allowed", "Invalid emoji provided.")
    messages.react(call.workspace, message, call.caller, f":{name.strip(':')}:", call.given.get("shouldReact"))
    return {}


async def show(call: Call) -> dict[str, Any]:
    """Show one message."""
    message = _message(call, call.given.get("msgId", ""))
    _check_access(call, call.workspace.rooms[message.rid])
    return {"message": of_message(message)}


async def _written(call: Call, rid: str, text: str, id: str | None) -> Message:
    room = call.workspace.rooms.get(rid)
    if room is None:
        raise MeteorError("error-invalid-room")
    _check_access(call, room)
    if len(text) > int(call.workspace.settings["Message_MaxAllowedSize"]):
        raise MeteorError("error-message-size-exceeded", "Message size exceeds Message_MaxAllowedSize")
    return await messages.write(call.workspace, room, call.caller, text, id=id)


def _check_access(call: Call, room: Room) -> None:
    if not may(call.caller, "view-livechat-rooms") and call.caller.id not in room.members:
        raise MeteorError("error-not-allowed", "Not allowed")


def _message(call: Call, id: str) -> Message:
    message = call.workspace.messages.get(id)
    if message is None:
        raise MeteorError("error-message-not-found", "The provided message id does not match any existing message.")
    return message


OPERATIONS = (
    Operation(method="POST", path="/api/v1/chat.sendMessage", act=send, login=True),
    Operation(method="POST", path="/api/v1/chat.postMessage", act=post, login=True),
    Operation(method="POST", path="/api/v1/chat.update", act=update, login=True),
    Operation(method="POST", path="/api/v1/chat.react", act=react, login=True),
    Operation(method="GET", path="/api/v1/chat.getMessage", act=show, login=True),
)
