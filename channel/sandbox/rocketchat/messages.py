"""Writing, editing and deleting messages."""

import re
from datetime import datetime
from typing import Any

from . import events, files, rooms, writing
from .documents import of_message
from .errors import Failure, Refused
from .profile import Duplicate
from .records import Attachment, Author, Message, Room, User, Visitor
from .workspace import Workspace

_BYTES_A_UNIT = 2
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z.]+)\s*\}\}")


async def post(workspace: Workspace, visitor: Visitor, rid: str, text: str, id: str | None) -> Message:
    """Store what a visitor wrote and return it; its room is another one if the one named closed meanwhile."""
    room = room_of(workspace, visitor, rid)
    if not room.open:
        raise Failure("room-closed")
    _check_length(workspace, text)
    if workspace.faults.closing_now():
        await rooms.close_by_system(workspace, room, "Closed while the visitor was writing")
        room, _ = await rooms.find_or_open(workspace, visitor)
    if id is not None and id in workspace.messages:
        return _answer_to_duplicate(workspace, workspace.messages[id])
    await workspace.between_check_and_act()
    if id is not None and id in workspace.messages:
        raise Failure(f'E11000 duplicate key error collection: meteor.rocketchat_message dup key: {{ _id: "{id}" }}')
    before = room.last_message_at
    message = writing.store(workspace, room, visitor.author, text, id=id, token=visitor.token)
    await _after_visitor_wrote(workspace, room, visitor, message, before)
    return message


async def write(
    workspace: Workspace,
    room: Room,
    user: User,
    text: str,
    *,
    id: str | None = None,
    attachment: Attachment | None = None,
    blocks: list[dict[str, Any]] | None = None,
) -> Message:
    """Store what an agent or a bot wrote, and tell of it."""
    if not room.open:
        raise Failure("room-closed")
    if id is not None and id in workspace.messages:
        return _answer_to_duplicate(workspace, workspace.messages[id])
    before = room.last_message_at
    extras = files.of_attachment(attachment, workspace.settings["Site_Url"]) if attachment else {}
    if blocks:
        extras["blocks"] = blocks
    message = writing.store(workspace, room, user.author, _filled_in(workspace, room, user, text), id=id, extras=extras)
    await events.written(workspace, room, message, before)
    return message


async def edit(workspace: Workspace, message: Message, by: Author, text: str) -> None:
    """Give a message new words: same `_id`, same `ts`; the author stays who wrote it first."""
    room = workspace.rooms[message.rid]
    message.text = text
    message.edited_at = message.updated_at = writing.next_time(room)
    message.edited_by = by
    workspace.changed()
    await events.written(workspace, room, message)


def delete(workspace: Workspace, message: Message) -> None:
    """Remove a message. No webhook tells of it."""
    del workspace.messages[message.id]
    workspace.changed()


def react(workspace: Workspace, message: Message, user: User, emoji: str, wanted: bool | None) -> None:
    """Set (True), take back (False) or toggle (None) a reaction. No webhook tells of it."""
    names = message.reactions.setdefault(emoji, [])
    there = user.username in names
    if wanted is None:
        wanted = not there
    if wanted and not there:
        names.append(user.username)
    elif there and not wanted:
        names.remove(user.username)
    if not names:
        del message.reactions[emoji]
    workspace.changed()


def history(
    workspace: Workspace, rid: str, *, limit: int = 20, offset: int = 0, end: datetime | None = None
) -> list[dict[str, Any]]:
    """Return a room's messages, newest first, system messages included; `end` is strict."""
    hidden = workspace.settings["Hide_System_Messages"]
    shown = [
        message
        for message in workspace.messages_of(rid)
        if message.kind not in hidden and (end is None or message.ts < end)
    ]
    newest_first = sorted(shown, key=lambda message: message.ts, reverse=True)
    return [of_message(message) for message in newest_first[offset : offset + limit]]


def room_of(workspace: Workspace, visitor: Visitor, rid: str) -> Room:
    """Find a room, open or not, that was made with the visitor's token."""
    room = workspace.rooms.get(rid)
    if room is None or room.token != visitor.token:
        raise Failure("invalid-room")
    return room


def _filled_in(workspace: Workspace, room: Room, user: User, text: str) -> str:
    """Replace the placeholders of a canned response, which Rocket.Chat does before it stores a message."""
    visitor = workspace.visitors.get(room.visitor_id)
    names = {
        "contact.name": visitor.name or visitor.username if visitor else "",
        "agent.name": user.name,
        "agent.email": user.email or "",
    }
    return _PLACEHOLDER.sub(lambda found: names.get(found.group(1), found.group()), text)


def _check_length(workspace: Workspace, text: str) -> None:
    """Refuse what is too long in UTF-16 units. The default limit, 0, refuses everything that is not empty."""
    if not workspace.settings["Livechat_enable_message_character_limit"]:
        return
    units = len(text.encode("utf-16-le", "surrogatepass")) // _BYTES_A_UNIT
    if units > int(workspace.settings["Livechat_message_character_limit"]):
        raise Failure("message-length-exceeds-character-limit")


def _answer_to_duplicate(workspace: Workspace, existing: Message) -> Message:
    """Answer a repeated `_id`: nothing is stored, and no event fires."""
    match workspace.profile.duplicate:
        case Duplicate.BARE:
            raise Refused
        case Duplicate.TYPE_ERROR:
            raise Failure("Cannot convert undefined or null to object")
        case Duplicate.EXISTING:
            return existing


async def _after_visitor_wrote(
    workspace: Workspace, room: Room, visitor: Visitor, message: Message, before: datetime
) -> None:
    await rooms.resume(workspace, room)
    if _captures_lead(workspace, visitor, message.text) or not workspace.profile.lead_needs_match:
        await events.lead_captured(workspace, room)
    await events.written(workspace, room, message, before)


def _captures_lead(workspace: Workspace, visitor: Visitor, text: str) -> bool:
    """Append the addresses a visitor mentions to their own, and say whether there were any."""
    if not workspace.settings["Livechat_webhook_on_capture"]:
        return False
    phones = re.findall(workspace.settings["Livechat_lead_phone_regex"], text)
    emails = re.findall(workspace.settings["Livechat_lead_email_regex"], text)
    visitor.phones += [phone for phone in phones if phone not in visitor.phones]
    visitor.emails += [email for email in emails if email not in visitor.emails]
    return bool(phones or emails)
