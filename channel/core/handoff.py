"""A hand-off: one time a contact is handed to agents, from the first words, or a flow's asking, to the room's close."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from channel.core import limits
from channel.core.people import Agent
from channel.core.values import dataclass


class Ending(StrEnum):
    """Why a hand-off ends, or is being ended."""

    AGENT = "agent"
    CONTACT = "contact"  #: by the leave word
    FLOW = "flow"
    IDLE = "idle"
    MAX_WAIT = "max_wait"
    REFUSED = "refused"  #: Rocket.Chat opens no room for them
    ROCKETCHAT = "rocketchat"  #: by an automaton of Rocket.Chat's own


@dataclass(frozen=True, slots=True)
class Handoff:
    """The latest one of a conversation; what it says of a close stays until the next begins."""

    department: str = ""  #: as the flow names it; "": the channel's
    by_flow: bool = False  #: a flow speaks for the contact, and is to hear of the close
    asked_key: str = ""  #: by which a repeat of registerClient is known,
    asked_before: str = ""  #: and one of the call that began the hand-off before,
    asked_earlier: tuple[str, ...] = ()  #: and of those before that, the latest first, hashed
    began_at: datetime | None = None
    room: str = ""
    room_before: str = ""  #: of the hand-off before: a rating that comes late is of that one
    lost: bool = False  #: that room was found gone before anybody told of its close
    taken_at: datetime | None = None
    agent: Agent | None = None  #: of whom the contact was last told
    taken_by: str = ""  #: id of the agent whose taking Rocket.Chat has told; once more, and a chat on hold goes on
    told: tuple[str, ...] = ()  #: notices that are told once
    author_told_at: datetime | None = None  #: when agents are, or were, last told something of what they wrote
    late: tuple[str, ...] = ()  #: keys of agents' messages of which they were told that they wait, or are given up
    on_hold: bool = False  #: as far as it was looked for
    closing: Ending | None = None  #: why we are closing the room
    closed_at: datetime | None = None
    close_heard: bool = True  #: has the flow that spoke for the contact heard of the close?
    blocked_at: datetime | None = None  #: when Rocket.Chat last refused this contact
    told_until: str = ""  #: the latest time, by Rocket.Chat's clock, of an agent's words that have gone

    def was_asked(self, key: str) -> bool:
        """Has a call of this key begun this hand-off, or one before?"""
        return key in {self.asked_key, self.asked_before} or _short(key) in self.asked_earlier

    def asked_until_now(self) -> tuple[str, tuple[str, ...]]:
        """What the next hand-off has for `asked_before` and `asked_earlier`."""
        if not self.asked_key:
            return self.asked_before, self.asked_earlier
        earlier = (_short(self.asked_before), *self.asked_earlier) if self.asked_before else self.asked_earlier
        return self.asked_key, earlier[: limits.ASKED_KEPT]


def _short(key: str) -> str:
    """Enough to know a key again."""
    return sha256(key.encode(errors="surrogatepass")).hexdigest()[:24]
