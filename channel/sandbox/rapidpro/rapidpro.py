"""The simulated RapidPro: one object that remembers a RapidPro workspace and behaves as the real one does."""

import time
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import TypeVar

import httpx

from .api import Api
from .app import create_app
from .background import Background
from .control import control_routes
from .courier import Courier
from .duplicates import Duplicates
from .faults import Faults
from .flows import Flow
from .mailroom import Mailroom
from .memory import Memory, find_urn
from .receiving import Receiving
from .records import RECEIVE, SEND, Attempt, Channel, Contact, External, Message, Received
from .simulator import Simulator
from .statuses import StatusUpdates
from .triggers import Trigger
from .urns import Urn, parse_urn
from .versions import V26_3_31, Version

T = TypeVar("T")

#: What the API of a new RapidPro takes, unless told otherwise.
API_TOKEN = "5a4d" * 10


class RapidPro:
    """A RapidPro workspace with its courier, its mailroom and its API.

    Times are the real ones unless given: `retry_waits` after the first and second failed try, `webhook_retry_waits`
    likewise, the `duplicate_window` of received texts, `status_interval` of the batches of status callbacks, the
    `sprint_gap` between the messages of one flow sprint (3 s in production; 0 sends each when the one before it is
    done), all in seconds. `transport` reaches send URLs and flow webhooks in place of the network; `seed` makes the
    order of substitution and the UUIDs repeatable; `clock` is what time it is.
    """

    def __init__(
        self,
        version: Version = V26_3_31,
        *,
        retry_waits: Sequence[float] = (300, 600),
        duplicate_window: float = 4.0,
        status_interval: float = 0.5,
        sprint_gap: float = 0,
        send_timeout: float = 30,
        webhook_timeout: float = 15,
        webhook_retry_waits: Sequence[float] = (5, 10),
        api_token: str = API_TOKEN,
        transport: httpx.AsyncBaseTransport | None = None,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.version = version
        self.faults = Faults()
        self.memory = Memory(version, clock, Random(seed))  # noqa: S311 - chance, not secrecy
        self.switches = self.memory.switches
        self.background = Background()
        self.duplicates = Duplicates(duplicate_window, clock)
        self._client = httpx.AsyncClient(
            follow_redirects=True, timeout=max(send_timeout, webhook_timeout), trust_env=False, transport=transport
        )
        self._client.max_redirects = 10
        self.status_updates = StatusUpdates(self.memory, self.background, status_interval)
        self.courier = Courier(
            self.memory,
            self.background,
            self._client,
            self.duplicates,
            self.status_updates,
            retry_waits=retry_waits,
            timeout=send_timeout,
            sprint_gap=sprint_gap,
        )
        self.mailroom = Mailroom(
            self.memory,
            self.background,
            self._client,
            self.courier,
            webhook_timeout=webhook_timeout,
            webhook_retry_waits=webhook_retry_waits,
        )
        receiving = Receiving(self.memory, self.background, self.mailroom, self.duplicates, self.status_updates)
        self._flows: dict[str, Flow] = {}
        self._api = Api(self.memory, self.background, self.mailroom, self.courier, token=api_token, flows=self._flows)
        routes = [*receiving.routes(), *self._api.routes(), *control_routes(self.memory, self.person_writes)]
        self.app = create_app(routes, self.memory, self.faults)

    @property
    def api_token(self) -> str:
        """What the API wants to see; set it to make every other token a bad one."""
        return self._api.token

    @api_token.setter
    def api_token(self, token: str) -> None:
        self._api.token = token

    @property
    def channels(self) -> list[Channel]:
        return self.memory.channels

    @property
    def contacts(self) -> list[Contact]:
        return self.memory.contacts

    @property
    def messages(self) -> list[Message]:
        return self.memory.messages

    @property
    def requests(self) -> list[Received]:
        return self.memory.requests

    @property
    def channel_log(self) -> list[Attempt]:
        """Every request to a send URL, with its answer."""
        return self.memory.attempts

    @property
    def failures(self) -> list[BaseException]:
        """What went wrong inside: above all exceptions that flows did not catch."""
        return self.background.failures

    def incoming(self, channel: Channel | None = None) -> list[Message]:
        """What the workspace received, on this channel or on any."""
        return [m for m in self.messages if m.direction == "in" and channel in {None, m.channel}]

    def outgoing(self, channel: Channel | None = None) -> list[Message]:
        """What the workspace sent or tried to, on this channel or on any."""
        return [m for m in self.messages if m.direction == "out" and channel in {None, m.channel}]

    def phone(self, contact: Contact) -> list[str]:
        """The texts the person sees on their phone, in the order of their arrival."""
        return [message.text for message in self.memory.on_phones if message.contact is contact]

    def add_external_channel(
        self,
        external: External,
        *,
        scheme: str = "ext",
        address: str = "livechat",
        name: str = "Live agents",
        roles: Iterable[str] = (SEND, RECEIVE),
        uuid: str = "",
    ) -> Channel:
        """Claim an External API channel. `channel.external` and `channel.roles` may be set anew later."""
        return self.memory.add_channel(name, address, scheme, uuid=uuid, external=external, roles=frozenset(roles))

    def add_phone_channel(
        self, *, scheme: str = "whatsapp", address: str = "5511900000000", name: str = "WhatsApp", uuid: str = ""
    ) -> Channel:
        """A channel to phones: what it sends has arrived, and can be read with `phone`."""
        return self.memory.add_channel(name, address, scheme, uuid=uuid)

    def add_contact(
        self, name: str = "", urns: Iterable[str] = (), *, language: str | None = None, uuid: str = "", **fields: str
    ) -> Contact:
        """A contact with these URNs (`scheme:path`), the first of which is tried first, and with these fields."""
        return self.memory.add_contact(name, map(parse_urn, urns), uuid=uuid, language=language, fields=fields)

    def on_message(
        self,
        flow: Flow,
        *,
        channel: Channel | None = None,
        keyword: str = "",
        group: str = "",
        exclude_group: str = "",
    ) -> None:
        """A trigger: start the flow when a message comes in, on this channel or on any."""
        self.mailroom.triggers.append(Trigger(flow, keyword, channel, group, exclude_group))

    def add_flow(self, flow: Flow) -> str:
        """Let the API start this flow, by the UUID returned (`flow_starts.json`)."""
        uuid = self.memory.new_uuid()
        self._flows[uuid] = flow
        self.mailroom.flow_uuids[flow] = uuid
        return uuid

    def simulator(self) -> Simulator:
        """A flow builder's try of a flow, on a contact of its own."""
        return Simulator(self.memory, self.background, self.mailroom.call)

    async def person_writes(self, contact: Contact, text: str, attachments: Iterable[str] = ()) -> Message:
        """The person writes from their phone; returns when RapidPro has handled it and its flow waits or has ended."""
        for urn in contact.urns:
            for channel in self.channels:
                if channel.external is None and channel.scheme == urn.scheme:
                    message = self.memory.add_message(
                        "in", contact, channel, urn, text, status="pending", attachments=attachments
                    )
                    await self.mailroom.handle(message)
                    return message
        raise ValueError("the contact has no URN of a phone channel")

    async def send(
        self, contact: Contact, text: str, *, quick_replies: Iterable[str] = (), attachments: Iterable[str] = ()
    ) -> Message:
        """Send to the contact by the route RapidPro chooses; returns after the first try."""
        message = self.mailroom.create_outgoing(contact, text, quick_replies=quick_replies, attachments=attachments)
        await self.courier.send(message)
        return message

    async def send_on(
        self,
        channel: Channel,
        path: str,
        text: str,
        *,
        quick_replies: Iterable[str] = (),
        attachments: Iterable[str] = (),
        session_status: str = "",
    ) -> Message:
        """Send on this channel to this URN path, whose contact is made if need be; returns after the first try."""
        urn = Urn(channel.scheme, path)
        contact = self.memory.contact_with(urn)
        message = self.memory.add_message(
            "out",
            contact,
            channel,
            find_urn(contact, urn),
            text,
            status="queued",
            attachments=attachments,
            quick_replies=quick_replies,
        )
        message.session_status = session_status
        await self.courier.send(message)
        return message

    async def resend(self, message: Message) -> None:
        """An operator sends a failed message again, under its id."""
        await self.courier.resend(message)

    async def until(self, condition: Callable[["RapidPro"], T | None], timeout: float = 10) -> T:  # noqa: ASYNC109
        """The first true value of the condition, looked at now and whenever anything changes; else `TimeoutError`."""
        return await self.memory.changes.until(lambda: condition(self), timeout)

    async def aclose(self) -> None:
        """Stop whatever goes on, and close the connections."""
        self.faults.clear()
        await self.background.aclose()
        await self._client.aclose()
