"""One contact through all their rooms, and what was written between them and agents."""

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from channel.core.handoff import Handoff
from channel.core.hours import Hours
from channel.core.options import Options
from channel.core.owed import Status
from channel.core.values import dataclass

#: the reason of words that came after a close: they open the next room's context
KEPT: Final = "kept"
#: of such words that were erased before there was a next room
EXPIRED: Final = "expired"


class State(StrEnum):
    """Where a conversation is: no room open, a room that waits for an agent, a room that has one."""

    CLOSED = "closed"
    QUEUED = "queued"
    SERVED = "served"


class Author(StrEnum):
    CONTACT = "contact"
    AGENT = "agent"
    BRIDGE = "bridge"  #: ourselves: notices, and what is done after a close


@dataclass(frozen=True, slots=True)
class Conversation:
    id: int
    workspace: UUID
    state: State
    room: str | None  #: Rocket.Chat's id of the open room
    agent: str | None  #: Rocket.Chat's id of who serves it
    path: str = field(repr=False)  #: the URN path last received in `to`, byte for byte
    name: str = field(repr=False)
    department: str
    registered: str | None  #: what Rocket.Chat was last told of the visitor (`profile`)
    max_length: int  #: courier's part size, in bytes
    hold_ambiguous: bool
    received_uuid: str  #: courier's last answer for this URN,
    received_text_hash: str = field(repr=False)  #: the SHA-256 of the text it took,
    received_at: datetime | None  #: and when
    can_ask: bool = False  #: is there a token for RapidPro's API?
    uuid: str | None = None  #: RapidPro's, of the contact
    urn: str | None = field(default=None, repr=False)  #: what two ways to write the contact's URN have in common
    language: str = ""  #: ISO 639-3; "" where it is not known
    shown_fields: tuple[tuple[str, str], ...] = field(
        default=(), repr=False
    )  #: RapidPro's fields that an agent is shown
    scheme: str = "ext"
    reply_via: str = "receive"
    bot: str = ""  #: Rocket.Chat's user id of the account that is ours
    options: Options = field(default_factory=Options)
    hours: Hours | None = None  #: None: somebody is always there
    handoff: Handoff = field(default_factory=Handoff)
    forgotten: bool = False  #: nobody knows any more whose this was

    @property
    def wanted_department(self) -> str:
        """For which this hand-off is: as the flow says, or the channel."""
        return self.handoff.department or self.department

    @property
    def reachable(self) -> bool:
        """Is there any way to bring words to the contact?"""
        if self.path or (self.uuid and self.scheme == "ext"):
            return True
        return self.uuid is not None and (self.can_ask or self.reply_via == "api")


@dataclass(frozen=True, slots=True)
class Message:
    """Something one person wrote to another; `id` is None until it is stored."""

    id: UUID | None
    key: str
    author: Author
    external_id: str
    texts: tuple[str, ...] = field(repr=False)
    answered_at: datetime
    created_at: datetime
    position: int = 0
    edited_at: str | None = None
    status: Status | None = None  #: what RapidPro was told of it, or is about to be
    reason: str | None = None
    room: str | None = None
    raw: bytes | None = field(default=None, repr=False)
    pending: int = 0  #: posts not there yet
    dead: int = 0  #: posts given up
    begun: int = 0  #: posts that are there, under way, or perhaps there
    erased: bool = False  #: its words are gone by now: whatever comes under its id is a repeat
    forgotten: bool = False  #: so is its contact: nothing of it is reported any more

    @property
    def by_flow(self) -> bool:
        """Did a flow pass it on? RapidPro has no status for such a message: to it, it is an incoming one."""
        return self.author is Author.CONTACT and not self.key.startswith(("send:", "send#"))
