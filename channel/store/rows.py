"""Rows become the core's values, and what is owed becomes a row's body."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, get_args

import msgspec

from channel.core import hours_file, option_file
from channel.core.conversation import Author, Conversation, Message, State
from channel.core.handoff import Handoff
from channel.core.held import Delivery
from channel.core.hours import Hours
from channel.core.options import Options
from channel.core.owed import Owed, Status

Row = Mapping[str, Any]

KINDS: Final[dict[str, type[Owed]]] = {kind.__name__: kind for kind in get_args(Owed)}


def owed_of(kind: str, body: str) -> Owed:
    owed: Owed = msgspec.json.decode(body, type=KINDS[kind])
    return owed


def body_of(owed: Owed) -> str:
    return msgspec.json.encode(owed).decode()


def texts_of(message: Message) -> str:
    return json.dumps(message.texts)


def json_of(value: object) -> str:
    return msgspec.json.encode(value).decode()


@lru_cache(maxsize=1000)
def options_of(text: str) -> Options:
    """A channel's options. It is asked at every event, and changes by an operator's hand."""
    return option_file.from_json(json.loads(text))


@lru_cache(maxsize=1000)
def hours_of(text: str | None) -> Hours | None:
    return hours_file.from_json(json.loads(text)) if text is not None else None


def pairs_of(text: str) -> tuple[tuple[str, str], ...]:
    """A JSON object of texts, in its order."""
    found: dict[str, str] = json.loads(text)
    return tuple(found.items())


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
        uuid=row["uuid"],
        urn=row["urn"],
        language=row["language"],
        shown_fields=pairs_of(row["shown_fields"]),
        scheme=row["scheme"],
        reply_via=row["reply_via"],
        bot=row["bot_user_id"],
        options=options_of(row["options"]),
        hours=hours_of(row["hours"]),
        handoff=msgspec.json.decode(row["handoff"], type=Handoff),
        forgotten=row["forgotten"],
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
        begun=row["begun"],
        erased=row["erased"],
        forgotten=row.get("forgotten", False),
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
