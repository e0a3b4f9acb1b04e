"""Courier's receiving side: `/c/ex/<channel>/<action>`."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import routing
from .background import Background
from .duplicates import Duplicates
from .forms import MalformedForm, parse_form
from .mailroom import Mailroom
from .memory import Memory, find_urn
from .records import SEND, Channel, External, Message
from .statuses import StatusUpdates
from .urns import BadUrn, Urn, sender

Endpoint = Callable[[Request], Awaitable[Response]]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MESSAGE_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-7][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_STATUSES = {"sent": ("S", "sent"), "delivered": ("D", "delivered"), "failed": ("F", "failed")}


class Refused(ValueError):
    """A request courier answers 400, with one or more error texts."""

    def __init__(self, *errors: str) -> None:
        super().__init__(*errors)
        self.errors = errors


class Receiving:
    """The endpoints by which a channel's other side tells RapidPro something. There is no authentication."""

    def __init__(
        self,
        memory: Memory,
        background: Background,
        mailroom: Mailroom,
        duplicates: Duplicates,
        updates: StatusUpdates,
    ) -> None:
        self._memory = memory
        self._background = background
        self._mailroom = mailroom
        self._duplicates = duplicates
        self._updates = updates

    def routes(self) -> list[Route]:
        """One route for each action; there is no `received`."""
        actions = {"receive": self._receive, "stopped": self._stopped} | dict.fromkeys(_STATUSES, self._status)
        return [
            Route(f"/c/ex/{{channel}}/{action}", _refusing(endpoint), methods=["GET", "POST"], name=action)
            for action, endpoint in actions.items()
        ]

    async def _receive(self, request: Request) -> Response:
        channel, external = self._addressed(request)
        form = await read_form(request)
        urn = self._sender(channel, form, _first(form, external.mo_from_field, "from", "sender"))
        said = _check_date(_first(form, external.mo_date_field, "date", "time"))
        text = _first(form, external.mo_text_field, "text").replace("\0", "")
        message_uuid = self._duplicates.seen(channel, urn, text) or self._store(channel, urn, text, said).uuid
        if external.mo_response:
            return Response(external.mo_response, media_type=external.mo_response_content_type or "text/plain")
        return _accepted(
            "Message",
            type="msg",
            channel_uuid=channel.uuid,
            msg_uuid=message_uuid,
            text=text,
            urn=urn.identity,
            received_on=_go_time(self._memory.now()),
        )

    async def _status(self, request: Request) -> Response:
        channel, _ = self._addressed(request)
        form = await read_form(request)
        letter, status = _STATUSES[request.scope["route"].name]
        name = self._message_name(form)
        message = self._memory.message(name)
        if message and message.direction == "out" and message.channel is channel:
            self._updates.put(message, status)
        msg_id = {"msg_id": int(name)} if self._memory.version.shows_msg_id else {}
        return _accepted("Status Update", type="status", channel_uuid=channel.uuid, status=letter, **msg_id)

    async def _stopped(self, request: Request) -> Response:
        channel, _ = self._addressed(request)
        form = await read_form(request)
        if not form.get("from"):
            raise Refused("field 'from' required")
        urn = self._sender(channel, form, form["from"])
        self._memory.contact_with(urn).status = "stopped"
        self._memory.changed()
        return _accepted(
            "Event",
            type="event",
            channel_uuid=channel.uuid,
            event_type="stop_contact",
            urn=urn.identity,
            received_on=_go_time(self._memory.now()),
        )

    def _addressed(self, request: Request) -> tuple[Channel, External]:
        uuid = request.path_params["channel"]
        if not _UUID.fullmatch(uuid):
            raise HTTPException(404)
        channel = self._memory.channel(uuid)
        if channel is None:
            raise Refused("channel not found")
        if channel.external is None:
            raise Refused("channel type wrong")
        return channel, channel.external

    def _sender(self, channel: Channel, form: Mapping[str, str], path: str) -> Urn:
        if not path:
            raise Refused("must have one of 'sender' or 'from' set")
        try:
            return sender(channel.scheme, path, country=channel.country, version=self._memory.version)
        except BadUrn as exc:
            raise Refused(str(exc)) from exc

    def _store(self, channel: Channel, urn: Urn, text: str, said: datetime | None) -> Message:
        """Keep it. The date that was given is its time of sending; order and display follow its arrival."""
        contact = self._memory.contact_with(urn)
        if SEND in channel.roles:
            routing.bind(contact, urn, channel)
        own = find_urn(contact, urn)
        message = self._memory.add_message("in", contact, channel, own, text, status="pending")
        message.sent_on = said
        self._duplicates.remember(channel, urn, text, message.uuid)
        self._background.start(self._mailroom.handle(message))
        return message

    def _message_name(self, form: Mapping[str, str]) -> str:
        message_id, uuid = form.get("id", ""), form.get("uuid", "")
        if not self._memory.version.uuid_ids:
            return _integer(message_id)
        if not message_id and not uuid:
            raise Refused("parameters id or uuid should not be empty")
        if not any(map(_MESSAGE_UUID.fullmatch, (message_id, uuid))):
            raise Refused(f"parsing failed: id '{message_id}' and uuid '{uuid}' are not valid UUIDs")
        return uuid or message_id


def _refusing(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refused as exc:
            return failure(400, "Error", *exc.errors)

    return answer


async def read_form(request: Request) -> dict[str, str]:
    """The values of the query and of a form body, which wins; JSON is not looked at."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        values = parse_form(request.scope["query_string"])
        if request.method == "POST" and content_type == "application/x-www-form-urlencoded":
            values |= parse_form(await request.body())
    except MalformedForm as exc:
        raise Refused(f"invalid request: {exc}") from exc
    if request.method == "POST" and content_type == "multipart/form-data":
        form = await request.form()
        values |= {name: value for name in form if isinstance(value := form.getlist(name)[0], str)}
    return values


def _integer(text: str) -> str:
    """The id courier before 10.3.21 insists on."""
    if not text:
        required = "Key: 'statusForm.ID' Error:Field validation for 'ID' failed on the 'required' tag"
        raise Refused(required, "field 'id' required")
    if not re.fullmatch(r"-?[0-9]+", text):
        raise Refused('schema: error converting value for "id"')
    return str(int(text))


def _first(form: Mapping[str, str], *names: str) -> str:
    """The value of the first name that is there at all, even if it is empty."""
    return next((form[name] for name in names if name in form), "")


def _check_date(date: str) -> datetime | None:
    if not date:
        return None
    try:
        return datetime.fromisoformat(date if _RFC_3339.fullmatch(date) else "")
    except ValueError as exc:
        raise Refused("invalid date format, must be RFC 3339") from exc


def _go_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def _accepted(what: str, **event: str | int) -> Response:
    return _GoJSON({"message": f"{what} Accepted", "data": [event]})


def failure(status: int, message: str, *errors: str) -> Response:
    """Courier's one shape for everything that went wrong."""
    data = [{"type": "error", "error": error} for error in errors]
    return _GoJSON({"message": message, "data": data}, status)


class _GoJSON(JSONResponse):
    """JSON as Go's encoder leaves it, with a newline behind."""

    def render(self, content: object) -> bytes:
        return super().render(content) + b"\n"
