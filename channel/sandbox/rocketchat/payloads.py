"""The bodies of webhooks."""

import json
from collections.abc import Iterable
from typing import Any

from .documents import of_author, of_served, without_unset
from .ids import iso, now
from .profile import Profile
from .records import Message, Room, User, Visitor

CLOSING = "livechat-close"
NAVIGATION = "livechat_navigation_history"


def of_event(
    type: str, room: Room, *, visitor: Visitor, agent: User | None, messages: Iterable[Message], profile: Profile
) -> dict[str, Any]:
    """Return what all events of a room have in common; `_id` is the room's, and `agent` is whoever serves it."""
    return without_unset(
        {
            "_id": room.id,
            "label": room.name,
            "topic": room.topic,
            "createdAt": iso(room.ts),
            "lastMessageAt": iso(room.last_message_at),
            "tags": list(room.tags) or None,
            "customFields": dict(room.custom_fields) or None,
            "visitor": _visitor(visitor, profile),
            "agent": agent and _agent(agent, profile),
            "crmData": room.crm_data or None,
            "type": type,
            "messages": [_item(message, visitor, profile) for message in messages],
        }
    )


def of_session(room: Room) -> dict[str, Any]:
    """Return the keys that the events of a room's life have and a `Message` lacks."""
    return without_unset({"departmentId": room.department, "servedBy": of_served(room.served_by)})


def of_closing(room: Room) -> dict[str, Any]:
    """Return the keys that say who closed a room, and when."""
    if room.closed_at is None or room.closed_by is None:
        return {}
    closed_by = {"_id": room.closed_by.id, "username": room.closed_by.username}
    return {"closedAt": iso(room.closed_at), "closedBy": closed_by, "closer": room.closer}


def of_offline_message(name: str, email: str, text: str) -> dict[str, Any]:
    """Return the one event without a room; its `visitor.email` is a plain string."""
    visitor = {"name": name, "email": email}
    return {"type": "LivechatOfflineMessage", "sentAt": iso(now()), "visitor": visitor, "message": text}


def of_test_button() -> dict[str, Any]:
    """Return the test button's sample, which looks like no real event."""
    moment = iso(now())
    return {
        "type": "LivechatSession",
        "_id": "fasd6f5a4sd6f8a4sdf",
        "label": "title",
        "topic": "asiodojf",
        "createdAt": moment,
        "lastMessageAt": moment,
        "tags": ["tag1", "tag2", "tag3"],
        "customFields": {"productId": "123456"},
        "visitor": {
            "_id": "",
            "name": "visitor name",
            "username": "visitor-username",
            "department": "department",
            "email": "email@address.com",
            "phone": "192873192873",
            "ip": "123.456.7.89",
            "browser": "Chrome",
            "os": "Linux",
            "customFields": {"customerId": "123456"},
        },
        "agent": {
            "_id": "asdf89as6df8",
            "username": "agent.username",
            "name": "Agent Name",
            "email": "agent@email.com",
        },
        "messages": [
            {"username": "visitor-username", "msg": "message content", "ts": moment},
            {
                "username": "agent.username",
                "agentId": "asdf89as6df8",
                "msg": "message content from agent",
                "ts": moment,
            },
        ],
    }


def _visitor(visitor: Visitor, profile: Profile) -> dict[str, Any]:
    addresses = {
        "email": [{"address": address} for address in visitor.emails] or None,
        "phone": [{"phoneNumber": number} for number in visitor.phones] or None,
    }
    known = without_unset(
        {
            "_id": visitor.id,
            "token": visitor.token,
            "name": visitor.name,
            "username": visitor.username,
            "department": visitor.department,
            "customFields": dict(visitor.custom_fields) or None,
        }
    )
    return known | (addresses if profile.nulls_for_empty else without_unset(addresses))


def _agent(agent: User, profile: Profile) -> dict[str, Any]:
    known = {"_id": agent.id, "username": agent.username, "name": agent.name}
    email = {"email": agent.email}
    return known | (email if profile.nulls_for_empty else without_unset(email))


def _blocks_as_text(message: Message, profile: Profile) -> str | None:
    blocks = message.extras.get("blocks")
    return json.dumps(blocks) if blocks and profile.blocks_as_text else None


def _item(message: Message, visitor: Visitor, profile: Profile) -> dict[str, Any]:
    by_visitor = message.author.username == visitor.username
    extras = {key: message.extras.get(key) for key in ("navigation", "blocks", "file", "attachments", "fileUpload")}
    return without_unset(
        {
            "u": of_author(message.author),
            "_id": message.id,
            "username": message.author.username,
            "msg": message.text or _blocks_as_text(message, profile),
            "ts": iso(message.ts),
            "rid": message.rid if profile.items_name_room else None,
            "editedAt": iso(message.edited_at) if message.edited_at else None,
            "agentId": None if by_visitor else message.author.id,
            "closingMessage": True if message.kind == CLOSING else None,
            **extras,
            "_updatedAt": iso(message.updated_at) if profile.items_name_room else None,
        }
    )
