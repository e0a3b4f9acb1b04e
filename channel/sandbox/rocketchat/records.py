"""What the server remembers. Unlike our values, its records change: that is what a server does with them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .ids import new_id


@dataclass(frozen=True)
class Author:
    """Who wrote a message, as the message keeps it."""

    id: str
    username: str
    name: str | None = None


@dataclass(kw_only=True)
class User:
    """A Rocket.Chat user: an agent, a manager, a bot."""

    id: str = field(default_factory=new_id)
    username: str
    name: str
    email: str | None = None
    password: str = ""
    roles: frozenset[str] = frozenset()
    status: str = "online"
    livechat_status: str = "available"

    @property
    def is_agent(self) -> bool:
        """Whether rooms may be given to them."""
        return "livechat-agent" in self.roles

    @property
    def is_online(self) -> bool:
        """Whether they count when Rocket.Chat asks if anybody is there; a bot always does."""
        if not self.is_agent:
            return False
        return "bot" in self.roles or (self.livechat_status == "available" and self.status != "offline")

    @property
    def author(self) -> Author:
        """The user as a message names them."""
        return Author(self.id, self.username, self.name)


@dataclass(frozen=True)
class Credentials:
    """A login: what goes into `X-User-Id` and `X-Auth-Token`."""

    user_id: str
    token: str
    #: A personal access token made with `bypassTwoFactor`.
    bypasses_two_factor: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """The two headers of every authenticated call."""
        return {"X-Auth-Token": self.token, "X-User-Id": self.user_id}


@dataclass(kw_only=True)
class Department:
    """A group of agents a room waits for."""

    id: str = field(default_factory=new_id)
    name: str
    agents: set[str] = field(default_factory=set)
    enabled: bool = True
    on_registration: bool = True
    #: The department asked instead while nobody is online here.
    fallback: str | None = None
    #: A room without tags may not be closed.
    wants_tags: bool = False


@dataclass(frozen=True)
class CustomField:
    """A custom field that exists; `id` is the `key` elsewhere."""

    id: str
    scope: str = "visitor"


@dataclass(kw_only=True)
class Visitor:
    """A contact, as Rocket.Chat knows them."""

    id: str
    token: str
    username: str
    ts: datetime
    name: str | None = None
    phones: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    department: str | None = None
    status: str = "online"
    custom_fields: dict[str, str] = field(default_factory=dict)
    #: No room is opened for a contact whom an agent has blocked.
    blocked: bool = False
    updated_at: datetime

    @property
    def author(self) -> Author:
        """The visitor as a message names them."""
        return Author(self.id, self.username, self.name)


@dataclass(frozen=True)
class Served:
    """The agent a room has, and since when."""

    user_id: str
    username: str
    since: datetime


@dataclass(kw_only=True)
class Room:
    """One livechat conversation, open until closed."""

    id: str = field(default_factory=new_id)
    #: The visitor, and the token it had when the room was made: an e-mail merge parts the two.
    visitor_id: str
    token: str
    name: str
    ts: datetime
    department: str | None = None
    open: bool = True
    on_hold: bool = False
    served_by: Served | None = None
    members: set[str] = field(default_factory=set)
    #: When the last message that is no system message was written: `lm`.
    last_message_at: datetime
    #: The newest time used in this room, so that no two of its messages share a millisecond.
    newest: datetime
    #: The body our last 200 to a webhook had.
    crm_data: str = ""
    topic: str | None = None
    tags: list[str] = field(default_factory=list)
    custom_fields: dict[str, str] = field(default_factory=dict)
    survey: dict[str, str] = field(default_factory=dict)
    closed_at: datetime | None = None
    closer: str | None = None
    closed_by: Author | None = None


@dataclass(frozen=True)
class Attachment:
    """A file an agent sends; `caption` is what they wrote beneath it."""

    name: str
    type: str = "image/png"
    size: int = 20480
    caption: str = ""


@dataclass(kw_only=True)
class Message:
    """One message of a room."""

    id: str
    rid: str
    ts: datetime
    author: Author
    text: str = ""
    #: The visitor's token, on what a visitor wrote.
    token: str | None = None
    #: The type of a system message (`t`); None for what somebody wrote.
    kind: str | None = None
    edited_at: datetime | None = None
    edited_by: Author | None = None
    updated_at: datetime
    #: `file`, `files`, `attachments` and `fileUpload` of a file message; `navigation` of a page visit; `blocks`.
    extras: dict[str, Any] = field(default_factory=dict)
    #: Emoji by those who reacted with it.
    reactions: dict[str, list[str]] = field(default_factory=dict)


@dataclass(kw_only=True)
class Inquiry:
    """An open room's place in the queue."""

    id: str = field(default_factory=new_id)
    rid: str
    name: str
    ts: datetime
    #: `ready`, `queued` or `taken`.
    status: str
    department: str | None = None


@dataclass(kw_only=True)
class RestRequest:
    """A REST request, recorded when it arrives and completed when its work is done."""

    at: datetime
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    #: Parsed if it is JSON, else the text; None when there was none.
    body: Any
    #: None while nothing has been answered, and for good if the work was never done.
    status: int | None = None
    answer: Any = None
    #: The fault this request met, if any.
    fault: object = None


@dataclass(kw_only=True)
class Attempt:
    """One attempt at a webhook, recorded when it leaves and completed when it ends."""

    at: datetime
    #: From 1; a retry carries the same body.
    number: int
    url: str
    headers: dict[str, str]
    body: dict[str, Any]
    #: None while it lasts, and for good if no answer came.
    status: int | None = None
    answer: str = ""
    #: Why there was no answer: `timeout`, the network's error, or `lost` by a fault.
    error: str = ""
    #: When it ended, one way or another.
    ended_at: datetime | None = None

    @property
    def type(self) -> str:
        """The event's type."""
        return str(self.body.get("type", ""))
