"""How it stands with the database and with what waits there, for whoever watches."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from channel.core.breaker import State
from channel.core.owed import Lane
from channel.core.pacing import Dest
from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Vitals:
    """What costs the same however much waits."""

    head_age: float  #: seconds since the oldest head was due; 0 if none is
    dead_letters: int
    snapshot_age: float  #: seconds since the oldest snapshot was taken that keeps old rows from being cleared away
    breakers: Mapping[Dest, State]  #: of the peers of a kind, the worst


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in one lane of all conversations of a channel."""

    channel: UUID
    lane: Lane
    deliveries: int
    failing_for: float  #: seconds since the oldest attempt that failed; 0 if none has, or nothing waits behind it


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is counted, at a cost that grows with it."""

    waiting: Sequence[Waiting]

    @property
    def failing_for(self) -> float:
        return max((each.failing_for for each in self.waiting), default=0.0)
