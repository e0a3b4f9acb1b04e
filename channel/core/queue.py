"""The queue of a workspace and who is there to take it, as Rocket.Chat lists them."""

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime

from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open room that no agent has taken: ours, or of anybody else who uses this Rocket.Chat."""

    department: str
    since: datetime | None  #: by Rocket.Chat's clock
    name: str = field(default="", repr=False)  #: of the visitor


@dataclass(frozen=True, slots=True)
class OnDuty:
    """An agent."""

    username: str
    name: str
    status: str  #: of the account: online, away, busy, offline
    is_online: bool  #: would Rocket.Chat give them a chat?
    chats: int | None  #: open rooms that they serve; None where nobody says


@dataclass(frozen=True, slots=True)
class Queue:
    """What was listed. A list that could not be had is None, and `missing` says why, in a sentence each."""

    waiting: Sequence[Waiting] | None = None
    agents: Sequence[OnDuty] | None = None
    missing: Sequence[str] = ()

    @property
    def online(self) -> int:
        return sum(agent.is_online for agent in self.agents or ())
