"""`messages.json` and `broadcasts.json`."""

import asyncio
import re
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .api_support import Denied, Invalid, find_contact, page, read_json
from .background import Background
from .courier import Courier
from .mailroom import Mailroom
from .memory import Memory
from .records import Contact, Message
from .shapes import folder, message_json, stamp


class MessagesApi:
    """Messages seen and sent through the API. There is no idempotency key: a POST again is a message again."""

    def __init__(self, memory: Memory, background: Background, mailroom: Mailroom, courier: Courier) -> None:
        self._memory = memory
        self._background = background
        self._mailroom = mailroom
        self._courier = courier
        self._broadcasts = 0

    async def find(self, request: Request) -> Response:
        """Newest first; incoming messages that mailroom has not handled yet are hidden."""
        asked = request.query_params
        bounds = _moment(asked.get("after")), _moment(asked.get("before"))
        found = [m for m in reversed(self._memory.messages) if self._is_asked_for(m, request, *bounds)]
        return page(request, found, partial(message_json, memory=self._memory))

    async def create(self, request: Request) -> Response:
        """Send one message to one contact. 201 does not mean deliverable: the status may be `failed`."""
        if not self._memory.version.posts_messages:
            raise Denied(405, 'Method "POST" not allowed.')
        body = await read_json(request)
        contact = self._contact(body)
        if body.get("attachments"):
            raise Invalid("attachments", f"No such object: {body['attachments'][0]}")
        message = self._send(contact, self._text(body.get("text")), self._quick_replies(body))
        return JSONResponse(message_json(message, self._memory), 201)

    async def broadcast(self, request: Request) -> Response:
        """Send one text to several contacts, later. Expressions in it are evaluated."""
        body = await read_json(request)
        contacts = [self._recipient(reference) for reference in [*body.get("contacts", []), *body.get("urns", [])]]
        if not contacts:
            raise Invalid("non_field_errors", "Must provide either urns, contacts or groups.")
        text = body.get("text")
        text = self._text(next(iter(text.values()), "") if isinstance(text, dict) else text)
        self._broadcasts += 1
        key, name = ("uuid", self._memory.new_uuid()) if self._memory.version.api_uuids else ("id", self._broadcasts)
        self._background.start(self._send_to_all(dict.fromkeys(contacts), text, name))
        made = {key: name, "status": "queued", "created_on": stamp(self._memory.now())}
        return JSONResponse(made, 201)

    async def _send_to_all(self, contacts: Iterable[Contact], text: str, broadcast: str | int) -> None:
        """Later than anything else that is to be sent."""
        await asyncio.sleep(self._memory.switches.broadcast_wait)
        for contact in contacts:
            self._send(contact, _evaluated(text, contact), ()).broadcast = broadcast

    def _is_asked_for(
        self, message: Message, request: Request, after: datetime | None, before: datetime | None
    ) -> bool:
        asked = request.query_params
        return (
            message.status != "pending"
            and asked.get("contact") in {None, message.contact.uuid}
            and asked.get("uuid") in {None, message.uuid}
            and asked.get("id") in {None, str(message.id)}
            and asked.get("folder") in {None, folder(message)}
            and (after is None or message.created_on >= after)
            and (before is None or message.created_on <= before)
        )

    def _send(self, contact: Contact, text: str, replies: tuple[str, ...]) -> Message:
        message = self._mailroom.create_outgoing(contact, text, quick_replies=replies)
        self._background.start(self._courier.send(message))
        return message

    def _contact(self, body: dict[str, Any]) -> Contact:
        if not body.get("contact"):
            raise Invalid("contact", "This field is required.")
        try:
            return find_contact(self._memory, body["contact"])
        except LookupError as exc:
            raise Invalid("contact", str(exc.args[0])) from exc

    def _recipient(self, reference: object) -> Contact:
        try:
            return find_contact(self._memory, reference)
        except LookupError as exc:
            raise Invalid("contacts", str(exc.args[0])) from exc

    def _text(self, value: object) -> str:
        if value is None:
            raise Invalid("non_field_errors", "Must provide either text or attachments.")
        text = str(value).strip()
        if not text:
            raise Invalid("text", "This field may not be blank.")
        if "\0" in text:
            raise Invalid("text", "Null characters are not allowed.")
        limit = self._memory.version.api_text_limit
        if len(text) > limit:
            raise Invalid("text", f"Ensure this field has no more than {limit} characters.")
        return text

    def _quick_replies(self, body: dict[str, Any]) -> tuple[str, ...]:
        replies = body.get("quick_replies") or []
        return tuple(str(reply["text"]) for reply in replies) if self._memory.version.api_uuids else ()


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise Invalid("non_field_errors", f"Invalid date: {text}") from exc
    if moment.tzinfo is None:
        raise Invalid("non_field_errors", f"Invalid date: {text}")
    return moment


def _evaluated(text: str, contact: Contact) -> str:
    """`@@` and `@contact.name` evaluated; other expressions stay, as unknown names do."""
    values = {"@@": "@", "@contact.name": contact.name, "@contact": contact.name}
    return re.sub("|".join(map(re.escape, values)), lambda found: values[found[0]], text)
