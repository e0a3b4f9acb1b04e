"""What is learned when something arrives: what the peer's answer told."""

from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from channel.core.people import Agent
from channel.core.values import dataclass

if TYPE_CHECKING:
    from channel.core.events import RoomEvent


@dataclass(frozen=True, slots=True)
class Registered:
    """Rocket.Chat knows the visitor by `token`, which need not be the one we sent."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RoomOpened:
    """The visitor's open room. `agent`: who serves it already."""

    room: str
    agent: Agent | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """The words are in `room`: not always the one we named, for a room can close meanwhile."""

    room: str
    at: str | None = None  #: Rocket.Chat's `ts` of the message


@dataclass(frozen=True, slots=True)
class Received:
    """Courier took the words, and calls them `uuid`."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Sent:
    """RapidPro's API took the words, and calls them `id`."""

    id: str


@dataclass(frozen=True, slots=True)
class AuthorTold:
    """The line for the agent is in `room`, which need not be the one it was for: that can close meanwhile."""

    room: str
    at: str | None = None  #: Rocket.Chat's `ts` of the line


@dataclass(frozen=True, slots=True)
class Reported:
    """The peer took it, and there is nothing to learn: a status, a rating, a tick, an action after a close."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The room is closed, by us or before."""

    room: str


@dataclass(frozen=True, slots=True)
class ContactRead:
    """What RapidPro's API says of the contact."""

    uuid: str = ""
    name: str = field(default="", repr=False)
    language: str = ""
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class HoldSeen:
    """Whether a room is on hold, as its history says."""

    room: str
    on_hold: bool


@dataclass(frozen=True, slots=True)
class HistoryRead:
    """What a room's history tells, as the events that webhooks would have brought: those told before are repeats."""

    room: str
    until: str = ""  #: everything up to this time is known now; "" where not all of it was read
    events: "tuple[RoomEvent, ...]" = field(default=(), repr=False)


Learned: TypeAlias = (
    Registered
    | RoomOpened
    | Posted
    | AuthorTold
    | Received
    | Sent
    | Reported
    | Closed
    | ContactRead
    | HoldSeen
    | HistoryRead
)
