"""What a page of the sandbox is about: two simulated peers, somebody with a telephone, and what the bridge says."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from channel.sandbox.rapidpro import RapidPro
from channel.sandbox.rapidpro.records import Channel, Contact
from channel.sandbox.rocketchat import RocketChat

from .switches import Switches


class Standing(StrEnum):
    """How far a message has come, in the words of the page."""

    ON_ITS_WAY = "on its way"
    WAITS = "waits"
    ARRIVED = "arrived"
    REFUSED = "refused"
    KEPT = "kept for the next chat"
    GIVEN_UP = "given up"
    NOT_TOLD = "not told yet"


@dataclass(frozen=True, slots=True)
class Told:
    """What the bridge says of one message, in lines for people: what it did with it, and what the other side said."""

    standing: Standing
    here: tuple[str, ...] = ()
    there: tuple[str, ...] = ()


#: The bridge's word on the message that a peer calls by this id; None if it knows of none.
Ask = Callable[[str], Awaitable[Told | None]]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Everything that the page shows, and whom it acts as."""

    rapidpro: RapidPro
    rocketchat: RocketChat
    person: Contact
    external: Channel | None  #: in set-up b
    keyword: str  #: with which the person asks for an agent, in set-up a
    switches: Switches
    ask: Ask | None = None  #: None: the bridge is another process, and only its answers are seen
    skip: Callable[[float], Awaitable[object]] | None = None  #: let it be so many seconds later for the bridge

    @property
    def set_up(self) -> str:
        return "a" if self.external is None else "b"
