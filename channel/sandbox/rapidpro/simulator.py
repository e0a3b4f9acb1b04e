"""The flow simulator: a flow builder tries a flow on a contact who does not exist. Its webhook calls are real."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

import httpx

from . import routing
from .background import Background
from .flows import Flow, Run, walk
from .memory import Memory
from .records import Channel, Contact, Message
from .urns import Urn

Call = Callable[..., Awaitable[httpx.Response | None]]

CONTACT_UUID: Final = "ba96bf7f-bc2a-4873-a7c7-254d1927c4e3"
CONTACT_URN: Final = Urn("tel", "+12065551212")


class Simulator:
    """One session. Nothing is sent and nothing is kept; `shown` is what the flow builder sees on the pictured phone."""

    def __init__(self, memory: Memory, background: Background, call: Call) -> None:
        self.contact = Contact(CONTACT_UUID, "", memory.now(), [CONTACT_URN])
        self.shown: list[str] = []
        self._memory = memory
        self._background = background
        self._call = call
        self._run: Run | None = None

    async def start(self, flow: Flow, text: str | None = None) -> Run:
        """Start the flow, by a message if there is a text; returns when it waits or has ended."""
        self._run = Run(self, self.contact, None if text is None else self._message("in", text), {})
        self._background.start(walk(flow, self._run))
        return await self._end_of_sprint(self._run)

    async def answer(self, text: str) -> Run:
        """Write the contact's next message."""
        if self._run is None or not self._run.waiting:
            raise ValueError("no flow waits for an answer")
        self._run.resume(self._message("in", text))
        return await self._end_of_sprint(self._run)

    def create_outgoing(
        self, contact: Contact, text: str, *, quick_replies: Iterable[str] = (), attachments: Iterable[str] = ()
    ) -> Message:
        """A message that nobody sends."""
        message = self._message("out", text)
        message.contact, message.quick_replies, message.attachments = contact, tuple(quick_replies), tuple(attachments)
        return message

    def set_channel(self, contact: Contact, channel: Channel | None) -> bool:
        """The flow action `set_contact_channel`."""
        return routing.set_contact_channel(contact, channel, self._memory.version)

    def add_urn(self, contact: Contact, urn: Urn) -> bool:
        """The flow action `add_contact_urn`."""
        return routing.append_urn(contact, urn)

    def set_group(self, contact: Contact, group: str, *, member: bool) -> None:
        """Put the contact in a group, or take them out."""
        (contact.groups.add if member else contact.groups.discard)(group)

    def shown_urn(self, contact: Contact) -> str | None:
        """`@contact.urn`"""
        return self._memory.shown(contact.urns[0]) if contact.urns else None

    async def call(self, method: str, url: str, headers: Mapping[str, str], body: str) -> httpx.Response | None:
        """Call a flow webhook, and say that it is a simulation."""
        return await self._call(method, url, headers, body, mode="simulation")

    async def _end_of_sprint(self, run: Run) -> Run:
        await run.paused.wait()
        self.shown += [message.text for message in run.end_sprint()]
        return run

    def _message(self, direction: str, text: str) -> Message:
        return Message(
            id=0,
            uuid=self._memory.new_uuid(),
            direction=direction,
            contact=self.contact,
            channel=None,
            urn=CONTACT_URN,
            text=text,
            created_on=self._memory.now(),
            status="handled" if direction == "in" else "queued",
        )
