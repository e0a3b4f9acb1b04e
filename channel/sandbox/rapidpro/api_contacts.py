"""`contacts.json`, `contact_actions.json` and `flow_starts.json`."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .api_support import Invalid, check_urn_lookup, find_contact, not_found, page, read_json
from .background import Background
from .flows import Flow
from .mailroom import Mailroom
from .memory import Memory, find_urn
from .records import Contact
from .shapes import contact_json, stamp
from .urns import BadUrn, Urn, parse_urn


class ContactsApi:
    """Contacts seen and changed through the API, and flows started for them."""

    def __init__(self, memory: Memory, background: Background, mailroom: Mailroom, flows: Mapping[str, Flow]) -> None:
        self._memory = memory
        self._background = background
        self._mailroom = mailroom
        self._flows = flows

    async def find(self, request: Request) -> Response:
        """The contacts by UUID, URN or group, the last modified first."""
        asked = request.query_params
        if "urn" in asked:
            check_urn_lookup(self._memory)
        found = [contact for contact in reversed(self._memory.contacts) if self._is_asked_for(contact, request)]
        shape = partial(contact_json, memory=self._memory, expand_urns=asked.get("expand_urns") == "true")
        return page(request, found, shape)

    async def write(self, request: Request) -> Response:
        """Change the given fields of a contact, or make one. `urns` replaces the whole list."""
        body = await read_json(request)
        contact, status = self._subject(request, body)
        if contact is None:
            contact, status = self._memory.add_contact("", self._new_urns(request, body)), 201
        elif "urns" in body and self._memory.switches.anonymous:
            raise Invalid("urns", "Updating URNs not allowed for anonymous organizations")
        elif "urns" in body:
            contact.urns = self._urns(body["urns"], contact)
        contact.name = body.get("name", contact.name) or ""
        contact.language = body.get("language", contact.language)
        contact.fields |= body.get("fields", {})
        self._touch(contact)
        return JSONResponse(contact_json(contact, self._memory), status)

    async def act(self, request: Request) -> Response:
        """add, remove, block, unblock, interrupt, archive_messages or delete, for several contacts."""
        body = await read_json(request)
        contacts, action, group = self._found(body.get("contacts", [])), body.get("action"), body.get("group")
        if action in {"add", "remove"} and not group:
            raise Invalid("non_field_errors", f'For action "{action}" you should also specify a group')
        for contact in contacts:
            self._act(contact, str(action), self._memory.group_name(str(group)))
            self._touch(contact)
        return Response(status_code=204)

    async def start_flow(self, request: Request) -> Response:
        """Start a flow, soon, for each contact; it interrupts their waiting session."""
        body = await read_json(request)
        flow = self._flows.get(str(body.get("flow")))
        if flow is None:
            raise Invalid("flow", f"No such object: {body.get('flow')}")
        params = body.get("params") or body.get("extra") or {}
        for contact in self._found([*body.get("contacts", []), *body.get("urns", [])]):
            self._background.start(self._mailroom.start(flow, contact, params))
        start = {"uuid": self._memory.new_uuid(), "status": "pending", "params": params}
        return JSONResponse(start | {"created_on": stamp(self._memory.now())}, 201)

    def _is_asked_for(self, contact: Contact, request: Request) -> bool:
        asked = request.query_params
        return (
            asked.get("uuid") in {None, contact.uuid}
            and ("group" not in asked or self._memory.group_name(asked["group"]) in contact.groups)
            and ("urn" not in asked or find_urn(contact, _urn(asked["urn"], "urn")) is not None)
        )

    def _subject(self, request: Request, body: Mapping[str, Any]) -> tuple[Contact | None, int]:
        """Whom the query names: by UUID they must exist, by URN they need not."""
        asked = request.query_params
        if "urn" in asked:
            check_urn_lookup(self._memory)
        if "uuid" in asked:
            contact = self._memory.contact(asked["uuid"])
            if contact is None:
                raise not_found()
            return contact, 200
        if "urn" in asked:
            if "urns" in body:
                raise Invalid("urns", "Field not allowed when using URN in URL")
            return self._memory.owner(_urn(asked["urn"], "urn")), 200
        return None, 201

    def _new_urns(self, request: Request, body: Mapping[str, Any]) -> Iterable[Urn]:
        asked = request.query_params
        return [_urn(asked["urn"], "urn")] if "urn" in asked else self._urns(body.get("urns", []), None)

    def _urns(self, texts: Iterable[str], contact: Contact | None) -> list[Urn]:
        """The new list; a URN the contact has already keeps its channel."""
        urns = []
        for position, text in enumerate(texts):
            try:
                urn = parse_urn(text)
            except BadUrn as exc:
                raise Invalid("urns", {str(position): [str(exc)]}) from exc
            if self._memory.owner(urn) not in {None, contact}:
                raise Invalid("urns", {str(position): ["URN is in use by another contact."]})
            urns.append((contact and find_urn(contact, urn)) or urn)
        return urns

    def _found(self, references: Iterable[object]) -> list[Contact]:
        try:
            return [find_contact(self._memory, reference) for reference in references]
        except LookupError as exc:
            raise Invalid("contacts", str(exc.args[0])) from exc

    def _act(self, contact: Contact, action: str, group: str) -> None:
        match action:
            case "add" | "remove":
                self._mailroom.set_group(contact, group, member=action == "add")
            case "block" | "unblock":
                contact.status = "blocked" if action == "block" else "active"
            case "interrupt":
                self._mailroom.interrupt(contact)
            case "delete":
                self._memory.contacts.remove(contact)
                contact.urns = []
            case "archive_messages":
                pass
            case _:
                raise Invalid("action", f'"{action}" is not a valid choice.')

    def _touch(self, contact: Contact) -> None:
        contact.modified_on = self._memory.now()
        self._memory.changed()


def _urn(text: str, field: str) -> Urn:
    try:
        return parse_urn(text)
    except BadUrn as exc:
        raise Invalid(field, str(exc)) from exc
