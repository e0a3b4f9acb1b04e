"""Mailroom: what an incoming message does to a contact, and how messages to a contact are made."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx

from . import routing
from .background import Background
from .courier import Courier
from .flows import Flow, Run, walk
from .memory import Memory
from .records import Channel, Contact, Message
from .triggers import Trigger, best
from .urns import Urn

_LOOP_MEMORY = timedelta(minutes=5)
_LOOP_LENGTH = 128
_MOST_RESUMES = 250
_IDEMPOTENCY = {"idempotency-key", "x-idempotency-key"}


class Mailroom:
    """Handles one message of a contact at a time, in the order of their arrival."""

    def __init__(
        self,
        memory: Memory,
        background: Background,
        client: httpx.AsyncClient,
        courier: Courier,
        *,
        webhook_timeout: float,
        webhook_retry_waits: Sequence[float],
    ) -> None:
        self.triggers: list[Trigger] = []
        #: Those flows that the API can start.
        self.flow_uuids: dict[Flow, str] = {}
        self.webhook_timeout = webhook_timeout
        self.webhook_retry_waits = tuple(webhook_retry_waits)
        self._memory = memory
        self._background = background
        self._client = client
        self._courier = courier
        self._locks: defaultdict[Contact, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._recent: defaultdict[Contact, list[tuple[datetime, str]]] = defaultdict(list)
        self._sessions: dict[Contact, tuple[Run, asyncio.Task[None]]] = {}

    async def handle(self, message: Message) -> None:
        """Let an incoming message have its effect: on the contact's status and URNs, then on their flow."""
        async with self._locks[message.contact]:
            self._note_arrival(message)
            if message.contact.status != "blocked" and message.channel and message.channel.enabled:
                await self._run_flow(message)
            self._memory.set_status(message, "handled")

    async def start(self, flow: Flow, contact: Contact, params: Mapping[str, Any] | None = None) -> None:
        """Start a flow by an operator's or the API's wish; it interrupts the contact's waiting session."""
        async with self._locks[contact]:
            await self._start(flow, contact, None, params or {})

    def interrupt(self, contact: Contact) -> None:
        """End the contact's waiting session."""
        if session := self._sessions.pop(contact, None):
            run, task = session
            task.cancel()
            contact.flow = ""
            run.waiting = False
            run.paused.set()

    def is_waiting(self, contact: Contact) -> bool:
        """Does a flow wait for the contact's next message?"""
        return contact in self._sessions

    def create_outgoing(
        self, contact: Contact, text: str, *, quick_replies: Iterable[str] = (), attachments: Iterable[str] = ()
    ) -> Message:
        """A message to the contact, queued on its route; or failed, when there is none or it may not be sent."""
        route = routing.resolve_route(contact, self._memory.channels)
        reason = self._obstacle(contact, text, route)
        message = self._memory.add_message(
            "out",
            contact,
            route.channel if route else None,
            route.urn if route else None,
            text,
            status="failed" if reason else "queued",
            attachments=attachments,
            quick_replies=quick_replies,
        )
        message.failed_reason = reason
        return message

    def set_channel(self, contact: Contact, channel: Channel | None) -> bool:
        """The flow action `set_contact_channel`."""
        done = routing.set_contact_channel(contact, channel, self._memory.version)
        self._touch(contact)
        return done

    def add_urn(self, contact: Contact, urn: Urn) -> bool:
        """The flow action `add_contact_urn`."""
        if self._memory.owner(urn) not in {None, contact}:
            return False
        done = routing.append_urn(contact, urn)
        self._touch(contact)
        return done

    def set_group(self, contact: Contact, group: str, *, member: bool) -> None:
        """Add the contact to a group, or remove them."""
        if member:
            contact.groups.add(group)
        else:
            contact.groups.discard(group)
        self._touch(contact)

    def shown_urn(self, contact: Contact) -> str | None:
        """`@contact.urn`"""
        return self._memory.shown(contact.urns[0]) if contact.urns else None

    async def call(
        self, method: str, url: str, headers: Mapping[str, str], body: str, *, mode: str = "normal"
    ) -> httpx.Response | None:
        """Call a flow webhook: once, or as often as older versions would; None when there was no answer in time."""
        sent = dict(headers) | {"User-Agent": self._memory.version.mailroom_agent, "X-Mailroom-Mode": mode}
        for wait in self.webhook_retry_waits if self._memory.version.retries_webhooks else ():
            response = await self._call_once(method, url, sent, body)
            if not _is_retried(method, sent, response, wait):
                return response
            await asyncio.sleep(wait)
        return await self._call_once(method, url, sent, body)

    async def _call_once(self, method: str, url: str, headers: Mapping[str, str], body: str) -> httpx.Response | None:
        try:
            async with asyncio.timeout(self.webhook_timeout):
                return await self._client.request(method, url, headers=headers, content=body or None)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            return None

    def _note_arrival(self, message: Message) -> None:
        contact = message.contact
        if contact.status == "stopped":
            contact.status = "active"
        if message.channel and message.urn:
            routing.prefer(contact, message.urn, message.channel)
        contact.last_seen_on = self._memory.now()
        self._touch(contact)

    async def _run_flow(self, message: Message) -> None:
        trigger = best(self.triggers, message)
        if trigger and (trigger.keyword or message.contact not in self._sessions):
            await self._start(trigger.flow, message.contact, message, {})
        elif message.contact in self._sessions:
            await self._resume(message)

    async def _start(self, flow: Flow, contact: Contact, message: Message | None, params: Mapping[str, Any]) -> None:
        self.interrupt(contact)
        run = Run(self, contact, message, params)
        contact.flow = self.flow_uuids.get(flow, "")
        self._sessions[contact] = (run, self._background.start(walk(flow, run)))
        self._memory.changed()
        await self._end_of_sprint(run)

    async def _resume(self, message: Message) -> None:
        run, _ = self._sessions[message.contact]
        if run.resumes >= _MOST_RESUMES:
            self.interrupt(message.contact)
            return
        run.resume(message)
        await self._end_of_sprint(run)

    async def _end_of_sprint(self, run: Run) -> None:
        """Wait for the flow to wait or to end; only then do its messages leave."""
        await run.paused.wait()
        if not run.waiting:
            self._sessions.pop(run.contact, None)
            run.contact.flow = ""
        if messages := run.end_sprint():
            self._background.start(self._courier.send_sprint(messages))

    def _obstacle(self, contact: Contact, text: str, route: routing.Route | None) -> str:
        if contact.status != "active":
            return "contact"
        if self._is_loop(contact, text):
            return "looping"
        return "" if route else "no_destination"

    def _is_loop(self, contact: Contact, text: str) -> bool:
        """Has the contact been sent this text too often within five minutes? Counts this time too."""
        now, start = self._memory.now(), text[:_LOOP_LENGTH].casefold()
        recent = [(at, said) for at, said in self._recent[contact] if at > now - _LOOP_MEMORY]
        self._recent[contact] = [*recent, (now, start)]
        return sum(said == start for _, said in recent) >= self._memory.version.loop_limit

    def _touch(self, contact: Contact) -> None:
        contact.modified_on = self._memory.now()
        self._memory.changed()


def _is_retried(method: str, headers: Mapping[str, str], response: httpx.Response | None, wait: float) -> bool:
    """A GET, or what carries a key against repeats, after trouble of the other side's; anything that is asked for."""
    if response is not None and response.headers.get("retry-after", "").isdecimal():
        return not response.is_success and int(response.headers["retry-after"]) <= wait
    repeatable = method == "GET" or any(name.lower() in _IDEMPOTENCY for name in headers)
    return repeatable and (response is None or response.status_code > HTTPStatus.NOT_IMPLEMENTED)
