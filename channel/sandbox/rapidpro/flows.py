"""Flows: Python callables that are given a run, whose actions are those of RapidPro's flow editor."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from .records import Called, Channel, Contact, Message
from .urns import Urn


@dataclass(frozen=True)
class WebhookAnswer:
    """What came of a call: `ok` is the Success branch, `json` the parsed body, whatever its content type."""

    ok: bool
    #: 0: there was no answer.
    status: int = 0
    json: Any = None


class Workspace(Protocol):
    """What a run does to the RapidPro workspace it runs in."""

    def create_outgoing(
        self, contact: Contact, text: str, *, quick_replies: Iterable[str] = (), attachments: Iterable[str] = ()
    ) -> Message:
        """A message to the contact, routed now and sent later."""

    def set_channel(self, contact: Contact, channel: Channel | None) -> bool:
        """Have the contact's messages go by this channel, if it can send."""

    def add_urn(self, contact: Contact, urn: Urn) -> bool:
        """Give the contact one more URN, unless it is somebody else's."""

    def set_group(self, contact: Contact, group: str, *, member: bool) -> None:
        """Put the contact in a group, or take them out."""

    def shown_urn(self, contact: Contact) -> str | None:
        """The first URN of the contact, as anybody may see it."""

    async def call(self, method: str, url: str, headers: Mapping[str, str], body: str) -> httpx.Response | None:
        """Call a flow webhook; None when there was no answer."""


class Run:
    """One contact's way through a flow: what the flow may look at, and what it may do.

    What is sent in a sprint leaves when the sprint ends: at a wait, or at the end of the flow.
    """

    def __init__(
        self, workspace: Workspace, contact: Contact, message: Message | None, params: Mapping[str, Any]
    ) -> None:
        self.contact = contact
        #: The message that started or last resumed the flow.
        self.message = message
        self.params = params
        #: The error events: what a flow builder would see in the simulator.
        self.errors: list[str] = []
        self.waiting = False
        self.resumes = 0
        self.paused = asyncio.Event()
        self._workspace = workspace
        self._sprint: list[Message] = []
        self._replies: asyncio.Queue[Message] = asyncio.Queue()
        self._untouched = message is not None

    @property
    def text(self) -> str:
        """`@input.text`"""
        return self.message.text if self.message else ""

    @property
    def urn(self) -> str | None:
        """`@contact.urn`"""
        return self._workspace.shown_urn(self.contact)

    @property
    def input(self) -> str:
        """`@input`: the text and the URLs of the attachments, a line each."""
        if not self.message:
            return ""
        urls = [attachment.partition(":")[2] for attachment in self.message.attachments]
        return "\n".join(part for part in (self.message.text, *urls) if part)

    def send_msg(self, text: str, *, quick_replies: Iterable[str] = (), attachments: Iterable[str] = ()) -> Message:
        """Send to wherever the contact's messages go now."""
        self._untouched = False
        message = self._workspace.create_outgoing(
            self.contact, text, quick_replies=quick_replies, attachments=attachments
        )
        self._sprint.append(message)
        return message

    def set_contact_channel(self, channel: Channel | None) -> None:
        """Update Contact, Channel."""
        self._untouched = False
        if not self._workspace.set_channel(self.contact, channel):
            self.errors.append("channel cannot send")

    def add_contact_urn(self, scheme: str, path: str) -> None:
        """Add a URN behind the contact's others."""
        self._untouched = False
        if not self._workspace.add_urn(self.contact, Urn(scheme, path)):
            self.errors.append(f"URN not added: {scheme}:{path}")

    def add_to_group(self, group: str) -> None:
        """Add the contact to a static group."""
        self._untouched = False
        self._workspace.set_group(self.contact, group, member=True)

    def remove_from_group(self, group: str) -> None:
        """Take the contact out of a static group."""
        self._untouched = False
        self._workspace.set_group(self.contact, group, member=False)

    async def call_webhook(
        self, url: str, body: object = None, *, method: str = "POST", headers: Mapping[str, str] | None = None
    ) -> WebhookAnswer:
        """Call a flow webhook; a body that is no string is sent as JSON."""
        self._untouched = False
        content = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        filled = {"Accept": "application/json", "Content-Type": "application/json"} | dict(headers or {})
        response = await self._workspace.call(method, url, filled, content)
        answer = (
            WebhookAnswer(ok=False)
            if response is None
            else WebhookAnswer(response.is_success, response.status_code, _parsed(response))
        )
        if self.message is not None:
            self.message.calls.append(Called(url, answer.status, answer.json))
        return answer

    async def wait_for_response(self) -> str:
        """Wait for the contact's next message and return its text.

        The first node of a flow that a message started does not wait: that message is its answer.
        """
        if self._untouched:
            self._untouched = False
            return self.text
        self.waiting = True
        self.paused.set()
        self.message = await self._replies.get()
        self.waiting = False
        return self.text

    def resume(self, message: Message) -> None:
        """Let a waiting flow go on with this message."""
        self.paused.clear()
        self.resumes += 1
        self._replies.put_nowait(message)

    def end_sprint(self) -> list[Message]:
        """The messages since the last sprint, which may leave now."""
        messages, self._sprint = self._sprint, []
        for message in messages:
            message.session_status = "W" if self.waiting else "C"
        return messages


Flow = Callable[[Run], Awaitable[None]]


async def walk(flow: Flow, run: Run) -> None:
    """Let the flow run to its end, whichever that is; whoever waits for the end of a sprint goes on."""
    try:
        await flow(run)
    finally:
        run.waiting = False
        run.paused.set()


def _parsed(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
