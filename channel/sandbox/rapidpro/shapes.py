"""The API's objects as JSON."""

from datetime import datetime
from typing import Any

from .memory import Memory
from .records import Channel, Contact, Message

_FOLDERS = {
    "queued": "outbox",
    "errored": "outbox",
    "wired": "sent",
    "sent": "sent",
    "delivered": "sent",
    "failed": "failed",
    "handled": "inbox",
}


def stamp(moment: datetime | None) -> str | None:
    """UTC ISO 8601 with microseconds and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


def folder(message: Message) -> str:
    """The folder that shows the message."""
    return _FOLDERS.get(message.status, "")


def message_json(message: Message, memory: Memory) -> dict[str, Any]:
    """A message; before temba 10 it has neither `uuid` nor `quick_replies`, only an integer id."""
    common: dict[str, Any] = {
        "id": message.id,
        "contact": {"uuid": message.contact.uuid, "name": message.contact.name or None},
        "urn": message.urn.identity if message.urn and not memory.switches.anonymous else None,
        "channel": {"uuid": message.channel.uuid, "name": message.channel.name} if message.channel else None,
        "direction": message.direction,
        "type": "text",
        "status": message.status,
        "archived": False,
        "visibility": "visible",
        "text": message.text,
        "labels": [],
        "flow": None,
        "attachments": [_attachment(attachment) for attachment in message.attachments],
        "created_on": stamp(message.created_on),
        "sent_on": stamp(message.sent_on),
        "modified_on": stamp(message.created_on),
        "media": None,
        "broadcast": message.broadcast,
    }
    if not memory.version.api_uuids:
        return common
    replies = [{"type": "text", "text": reply} for reply in message.quick_replies]
    return {"uuid": message.uuid} | common | {"quick_replies": replies}


def contact_json(contact: Contact, memory: Memory, *, expand_urns: bool = False) -> dict[str, Any]:
    """A contact; expanded URNs tell which channel each is bound to."""
    common: dict[str, Any] = {
        "uuid": contact.uuid,
        "name": contact.name or None,
        "status": contact.status,
        "language": contact.language,
        "urns": [_urn(contact, position, memory) for position in range(len(contact.urns))]
        if expand_urns
        else [memory.shown(urn) for urn in contact.urns],
        "groups": [{"uuid": memory.group_uuid(group), "name": group} for group in sorted(contact.groups)],
        "fields": dict(contact.fields),
        "flow": {"uuid": contact.flow, "name": "Flow"} if contact.flow else None,
        "created_on": stamp(contact.created_on),
        "modified_on": stamp(contact.modified_on or contact.created_on),
        "last_seen_on": stamp(contact.last_seen_on),
        "blocked": contact.status == "blocked",
        "stopped": contact.status == "stopped",
    }
    return common | ({"ref": contact.uuid[:6].upper()} if memory.switches.anonymous else {})


def channel_json(channel: Channel) -> dict[str, Any]:
    """A channel; `type` is a slug, and `external` is what the bridge looks for."""
    return {
        "uuid": channel.uuid,
        "name": channel.name,
        "address": channel.address,
        "type": "external" if channel.external else channel.scheme,
        "country": channel.country or None,
        "device": None,
        "last_seen": None,
        "created_on": stamp(channel.created_on),
    }


def _urn(contact: Contact, position: int, memory: Memory) -> dict[str, Any]:
    urn = contact.urns[position]
    channel = memory.channel(urn.channel)
    bound = {"uuid": channel.uuid, "name": channel.name} if channel else None
    return {"channel": bound, "scheme": urn.scheme, "path": memory.shown(urn).partition(":")[2], "display": None}


def _attachment(attachment: str) -> dict[str, str]:
    content_type, _, url = attachment.partition(":")
    return {"content_type": content_type, "url": url}
