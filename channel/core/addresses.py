"""Whose conversation an event is about, as far as whoever tells of it can say."""

from dataclasses import field
from typing import TypeAlias
from uuid import UUID

from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class ByUrn:
    """The contact of a channel with this URN path, begun if there is none yet."""

    channel: UUID
    path: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ByContact:
    """The contact of a channel whom a flow names by UUID, begun if there is none yet.

    One whom the send URL knows by a path that is this UUID, or by `path`, is the same.
    """

    channel: UUID
    uuid: str  #: in lower case
    path: str | None = field(default=None, repr=False)  #: of the contact's URN, where it is of the channel's scheme
    begins: bool = True  #: is a contact whom we do not know to be known from now on?


@dataclass(frozen=True, slots=True)
class ByConversation:
    """The contact of this conversation."""

    conversation: int


@dataclass(frozen=True, slots=True)
class ByRoom:
    """The contact whose room this is: by the room, then by the visitor token, then by the token as contact UUID."""

    workspace: UUID
    room: str
    token: str | None = field(repr=False)
    from_rocketchat: bool = True  #: a payload of Rocket.Chat's own has `visitor._id`; a bare live-agents body has not
    last_at: str | None = field(default=None, compare=False)  #: what it says of the room's message before,
    began_at: str | None = field(default=None, compare=False)  #: and of the room's beginning


@dataclass(frozen=True, slots=True)
class ByDelivery:
    """The contact to or from whom this delivery is: whose it is was read when it was claimed, and does not change."""

    delivery: int
    conversation: int


Address: TypeAlias = ByUrn | ByContact | ByRoom | ByConversation | ByDelivery
