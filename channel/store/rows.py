"""Rows become the core's values, and what is owed becomes a row's body."""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from channel.core.conversation import Author, Conversation, Delivery, Message, State
from channel.core.owed import OpenRoom, Owed, PostToRoom, RegisterVisitor, ReplyToContact, ReportStatus, Status

Row = Mapping[str, Any]

KINDS: Final[dict[str, type[Owed]]] = {
    kind.__name__: kind for kind in (RegisterVisitor, OpenRoom, PostToRoom, ReplyToContact, ReportStatus)
}


def owed_of(kind: str, body: str) -> Owed:
    owed: Owed = msgspec.json.decode(body, type=KINDS[kind])
    return owed


def body_of(owed: Owed) -> str:
    return msgspec.json.encode(owed).decode()


def texts_of(message: Message) -> str:
    return json.dumps(message.texts)


def conversation_of(row: Row) -> Conversation:
    return Conversation(
        id=row["id"],
        workspace=row["workspace_id"],
        state=State(row["state"]),
        room=row["room"],
        agent=row["agent"],
        path=row["path"],
        name=row["name"],
        department=row["department"],
        registered=row["registered"],
        max_length=row["max_length"],
        hold_ambiguous=row["when_ambiguous"] == "hold",
        can_ask=row["can_ask"],
        received_uuid=row["received_uuid"],
        received_text_hash=row["received_text_hash"] or "",
        received_at=row["received_at"],
    )


def message_of(row: Row) -> Message:
    return Message(
        id=row["id"],
        key=row["key"],
        author=Author(row["author"]),
        external_id=row["external_id"],
        texts=tuple(row["texts"]),
        answered_at=row["answered_at"],
        created_at=row["created_at"],
        position=row["position"],
        edited_at=row["edited_at"],
        status=Status(row["status"]) if row["status"] else None,
        reason=row["reason"],
        room=row["room"],
        pending=row["pending"],
        dead=row["dead"],
    )


def delivery_of(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        owed=owed_of(row["kind"], row["body"]),
        message=row["message_key"],
        attempts=row["attempts"],
        ambiguous=row["ambiguous"],
        tried_room=row["tried_room"],
        first_failed_at=row["first_failed_at"],
        rejections=row["rejections"],
        rehomings=row["rehomings"],
        superseded=row["superseded"],
    )
