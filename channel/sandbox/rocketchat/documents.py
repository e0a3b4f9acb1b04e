"""Records as the REST interface shows them."""

from collections.abc import Mapping
from typing import Any

from .ids import iso
from .profile import Profile
from .records import Author, Department, Inquiry, Message, Room, Served, User, Visitor

_NO_PRIORITY = 99
_NO_ESTIMATE = 9999999


def without_unset(document: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is unset: JSON has no `undefined`, the key is simply missing."""
    return {key: value for key, value in document.items() if value is not None}


def of_visitor(visitor: Visitor) -> dict[str, Any]:
    """Return a visitor's document."""
    return without_unset(
        {
            "_id": visitor.id,
            "username": visitor.username,
            "status": visitor.status,
            "ts": iso(visitor.ts),
            "token": visitor.token,
            "name": visitor.name,
            "phone": [{"phoneNumber": number} for number in visitor.phones] or None,
            "visitorEmails": [{"address": address} for address in visitor.emails] or None,
            "department": visitor.department,
            "livechatData": dict(visitor.custom_fields) or None,
            "_updatedAt": iso(visitor.updated_at),
        }
    )


def of_room(room: Room, visitor: Visitor | None, messages: int, profile: Profile) -> dict[str, Any]:
    """Return a room's document; a closed one has no `open` key."""
    return without_unset(
        {
            "_id": room.id,
            "t": "l",
            "fname": room.name,
            "msgs": messages,
            "usersCount": 1 + len(room.members),
            "ts": iso(room.ts),
            "lm": iso(room.last_message_at),
            "departmentId": room.department,
            "v": {
                "_id": room.visitor_id,
                "username": visitor.username if visitor else "",
                "token": room.token,
                "status": visitor.status if visitor else "offline",
            },
            "cl": False,
            "open": True if room.open else None,
            "waitingResponse": True if room.open and not room.served_by else None,
            "source": {"type": "api"},
            "queuedAt": iso(room.ts),
            "priorityWeight": _NO_PRIORITY,
            "estimatedWaitingTimeQueue": _NO_ESTIMATE,
            "servedBy": of_served(room.served_by),
            "onHold": room.on_hold or None,
            "topic": room.topic,
            "tags": list(room.tags) or None,
            "livechatData": dict(room.custom_fields) or None,
            "crmData": room.crm_data or None,
            **_closing(room),
            **_of_release(room, profile),
            "_updatedAt": iso(room.newest),
        }
    )


def _closing(room: Room) -> dict[str, Any]:
    if room.closed_at is None or room.closed_by is None:
        return {}
    return {
        "closedAt": iso(room.closed_at),
        "closer": room.closer,
        "closedBy": {"_id": room.closed_by.id, "username": room.closed_by.username},
        "chatDuration": (room.closed_at - room.ts).total_seconds(),
    }


def _of_release(room: Room, profile: Profile) -> dict[str, Any]:
    contact = {"contactId": f"contact-{room.visitor_id}", "verified": False} if profile.contacts else {}
    single = {"_enforceSingleRoom": True} if profile.single_room else {}
    return contact | single


def of_served(served: Served | None) -> dict[str, Any] | None:
    """Return `servedBy`."""
    if served is None:
        return None
    return {"_id": served.user_id, "username": served.username, "ts": iso(served.since)}


def of_author(author: Author) -> dict[str, Any]:
    """Return `u`."""
    return without_unset({"_id": author.id, "username": author.username, "name": author.name})


def of_message(message: Message) -> dict[str, Any]:
    """Return a message as it is stored."""
    return without_unset(
        {
            "_id": message.id,
            "rid": message.rid,
            "t": message.kind,
            "msg": message.text,
            "token": message.token,
            "alias": message.author.name if message.token else None,
            "ts": iso(message.ts),
            "u": of_author(message.author),
            "urls": [],
            "mentions": [],
            "channels": [],
            "md": _paragraph(message.text) if message.text else None,
            **message.extras,
            "editedAt": iso(message.edited_at) if message.edited_at else None,
            "editedBy": {"_id": message.edited_by.id, "username": message.edited_by.username}
            if message.edited_by
            else None,
            "reactions": {emoji: {"usernames": list(names)} for emoji, names in message.reactions.items()} or None,
            "_updatedAt": iso(message.updated_at),
        }
    )


def _paragraph(text: str) -> list[dict[str, Any]]:
    return [{"type": "PARAGRAPH", "value": [{"type": "PLAIN_TEXT", "value": text}]}]


def of_inquiry(inquiry: Inquiry) -> dict[str, Any]:
    """Return an inquiry's document."""
    return without_unset(
        {
            "_id": inquiry.id,
            "rid": inquiry.rid,
            "name": inquiry.name,
            "ts": iso(inquiry.ts),
            "status": inquiry.status,
            "department": inquiry.department,
        }
    )


def of_user(user: User) -> dict[str, Any]:
    """Return an agent as managers and visitors see them."""
    return without_unset(
        {
            "_id": user.id,
            "username": user.username,
            "name": user.name,
            "status": user.status,
            "statusLivechat": user.livechat_status if user.is_agent else None,
            "emails": [{"address": user.email, "verified": True}] if user.email else None,
        }
    )


def of_department(department: Department) -> dict[str, Any]:
    """Return a department's document."""
    return without_unset(
        {
            "_id": department.id,
            "name": department.name,
            "enabled": department.enabled,
            "showOnRegistration": department.on_registration,
            "showOnOfflineForm": True,
            "numAgents": len(department.agents),
            "fallbackForwardDepartment": department.fallback,
        }
    )
