"""What the processes of a benchmark tell each other. Times are of the one monotonic clock that all of them read."""

from collections.abc import Sequence
from typing import Literal

import msgspec

Direction = Literal["to_agent", "to_contact"]


class Job(msgspec.Struct, frozen=True):
    """What the load is to do."""

    direction: Direction
    ports: Sequence[int]  #: of the replicas; each connection is to one of them
    peers: int  #: the port at which it is told what has arrived
    path: str
    header: str  #: by which the caller is known
    run: str  #: makes ids of one load other than those of any other
    conversations: int
    connections: int
    seconds: float
    rate: float = 0.0  #: messages a second; 0: each connection the next as soon as the last is answered
    window: int = 0  #: messages that may be accepted and not have arrived; 0: any number
    forged: float = 0.0  #: malformed and forged requests a second, beside them


class Sent(msgspec.Struct):
    """What was sent: column by column, a row for each message."""

    conversation: list[int]
    number: list[int]
    due: list[float]  #: when it was to be sent
    began: list[float]
    answered: list[float]  #: 0: never
    status: list[int]
    refused: dict[str, int]  #: of forged requests, how often each was answered how
    cpu: float  #: seconds of a core


class Came(msgspec.Struct):
    """What the peers wrote down."""

    conversation: list[int]
    number: list[int]
    at: list[float]
    status_conversation: list[int]
    status_number: list[int]
    status_at: list[float]
