"""What the simulated RapidPro remembers, as records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .urns import Urn

SEND, RECEIVE = "S", "R"


@dataclass(frozen=True)
class External:
    """The configuration of an External API channel; the defaults are courier's."""

    send_url: str = ""
    method: str = "POST"
    body: str = ""
    content_type: str = "urlencoded"
    #: Of a part, in bytes.
    max_length: int = 160
    send_authorization: str = ""
    #: Applied last: they override the other headers.
    headers: Mapping[str, str] = field(default_factory=dict)
    mt_response_check: str = ""
    mo_from_field: str = ""
    mo_text_field: str = ""
    mo_date_field: str = ""
    mo_response: str = ""
    mo_response_content_type: str = ""


@dataclass(eq=False)
class Channel:
    """A channel of the RapidPro workspace."""

    uuid: str
    name: str
    address: str
    scheme: str
    created_on: datetime
    #: None: a channel to the person's phone, which is simulated too.
    external: External | None = None
    roles: frozenset[str] = frozenset({SEND, RECEIVE})
    country: str = ""
    enabled: bool = True

    @property
    def can_send(self) -> bool:
        return self.enabled and SEND in self.roles


@dataclass(eq=False)
class Contact:
    """A person. `urns` is in priority order: the one at the front is tried first."""

    uuid: str
    name: str
    created_on: datetime
    urns: list[Urn] = field(default_factory=list)
    language: str | None = None
    #: active, blocked, stopped or archived.
    status: str = "active"
    groups: set[str] = field(default_factory=set)
    fields: dict[str, str] = field(default_factory=dict)
    #: UUID of the flow they are in, if the API knows it.
    flow: str = ""
    modified_on: datetime | None = None
    last_seen_on: datetime | None = None


@dataclass(frozen=True)
class Attempt:
    """One request to a send URL, as the channel log shows it: the Authorization header's value is masked."""

    at: datetime
    message_uuid: str
    #: The position of the part, from 0.
    part: int
    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    elapsed: float
    #: None: no answer.
    status: int | None
    answer: str
    #: What the operator reads below the request; empty when there is nothing to say.
    error: str = ""


@dataclass(frozen=True)
class Called:
    """One call of a flow webhook, as the message that the flow was at shows it."""

    url: str
    #: 0: no answer.
    status: int
    #: The parsed body; None when it was no JSON.
    answer: object = None


@dataclass(eq=False)
class Message:
    """A message of either direction: `in` is what the workspace received."""

    id: int
    uuid: str
    direction: str
    contact: Contact
    channel: Channel | None
    urn: Urn | None
    text: str
    created_on: datetime
    #: Incoming: pending, handled. Outgoing: queued, wired, sent, delivered, errored, failed.
    status: str
    attachments: tuple[str, ...] = ()
    quick_replies: tuple[str, ...] = ()
    session_status: str = ""
    #: Why it failed: channel_config, response_status, error_limit, no_destination, contact, looping ...
    failed_reason: str = ""
    sent_on: datetime | None = None
    #: The texts it was cut into at its latest attempt.
    parts: tuple[str, ...] = ()
    #: Every request made for it, of all parts and tries.
    attempts: list[Attempt] = field(default_factory=list)
    #: Every flow webhook that was called while a flow was at it.
    calls: list[Called] = field(default_factory=list)
    #: Every status it ever had.
    statuses: list[str] = field(default_factory=list)
    #: How often sending it went wrong.
    error_count: int = 0
    #: The broadcast it was made for.
    broadcast: str | int | None = None


@dataclass(frozen=True)
class Answer:
    """What was answered to a request."""

    status: int
    body: str
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Received:
    """One request that came in."""

    at: datetime
    method: str
    path: str
    #: The last word of the path: receive, sent, messages ...
    action: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    #: The parameters of the query and of a form body; of a repeated one, the first.
    params: Mapping[str, str]
    #: None for as long as nothing was answered, and for good if the connection was dropped.
    answer: Answer | None = None
