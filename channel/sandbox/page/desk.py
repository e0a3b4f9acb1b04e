"""The agents' desk: who they are, the chats, and what stands in them, as Rocket.Chat shows it."""

from typing import Any, Final

from channel.sandbox.rocketchat import Message, RocketChat, Room

from .telephone import SHOWN
from .times import clock

#: how a line begins that the bridge has written for the agents, where it has no user of its own
SIGN: Final = "[Live Agents] "
#: what stands first in a chat: what the flow has found out
CONTEXT: Final = "[About this chat]"

_SYSTEM: Final = {
    "livechat-started": "The chat has begun.",
    "command": "{name} has taken the chat.",
    "livechat_transfer_history": "The chat was handed on.",
    "livechat-close": "The chat was closed.",
    "uj": "{name} has joined.",
    "omnichannel_placed_chat_on_hold": "The chat is on hold.",
    "omnichannel_on_hold_chat_resumed": "The chat goes on.",
}


def agents(rocketchat: RocketChat) -> list[dict[str, str]]:
    """Who can answer."""
    return [{"username": user.username, "name": user.name} for user in rocketchat.users.values() if user.is_agent]


def chats(rocketchat: RocketChat) -> list[dict[str, Any]]:
    """Newest first, closed ones too."""
    return [_chat(rocketchat, room) for room in reversed(rocketchat.rooms.values())]


def is_agents(rocketchat: RocketChat, message: Message) -> bool:
    """Did an agent write it, and no visitor, bot or Rocket.Chat itself?"""
    author = rocketchat.users.get(message.author.id)
    return message.kind is None and message.token is None and author is not None and author.is_agent


def file_of(message: Message) -> str:
    """The name of the file that was sent with it, if any."""
    return str(message.extras["file"]["name"]) if "file" in message.extras else ""


def words_of(message: Message) -> str:
    """What was written; of a file, what was written beneath it."""
    below = [attached.get("description", "") for attached in message.extras.get("attachments", [])]
    return message.text or " ".join(filter(None, below))


def _chat(rocketchat: RocketChat, room: Room) -> dict[str, Any]:
    served = rocketchat.workspace.agent_of(room)
    messages = rocketchat.workspace.messages_of(room.id)
    return {
        "id": room.id,
        "name": room.name,
        "state": "closed" if not room.open else "taken" if served else "queued",
        "agent": served.username if served else "",
        "standing": "Closed" if not room.open else f"With {served.name}" if served else "In the queue",
        "messages": [_message(rocketchat, message) for message in messages[-SHOWN:]],
    }


def _message(rocketchat: RocketChat, message: Message) -> dict[str, Any]:
    if message.kind is not None:
        author = "system"
    elif is_agents(rocketchat, message):
        author = "agent"
    elif message.text.startswith((SIGN, CONTEXT)) or message.token is None:
        author = "bridge"
    else:
        author = "contact"
    user = rocketchat.users.get(message.author.id)
    name = user.name if user else message.author.name or message.author.username
    return {
        "id": message.id,
        "author": author,
        "name": name,
        "username": message.author.username,
        "text": _system(message, name) if author == "system" else words_of(message).removeprefix(SIGN),
        "files": [file_of(message)] if file_of(message) else [],
        "at": clock(message.ts),
        "edited": message.edited_at is not None,
    }


def _system(message: Message, name: str) -> str:
    line = _SYSTEM.get(message.kind or "", message.kind or "").format(name=name)
    return f"{line} {message.text}" if message.kind == "livechat-close" and message.text else line
