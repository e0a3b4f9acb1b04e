"""What can go wrong with a peer, each with its consequences.

ChannelError
├── ProtocolError         what came in cannot be read; the sender is told, nothing is retried
└── DeliveryError         an attempt that did not succeed
    ├── Unavailable       it did not arrive, and may when tried again
    ├── Ambiguous         nobody knows whether it arrived
    ├── Waiting           not failing: there is nobody, or no time slot, for it yet; spends no attempt
    ├── Refused           it will never be taken as it is: a dead letter
    ├── RoomGone          the room is closed or unknown; the words belong in the next one
    └── VisitorGone       the visitor token is unknown; register again
"""

from channel.core.values import dataclass


class ChannelError(Exception):
    """The family. `code` is stable and short; `str()` is a sentence for an operator, without anybody's words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ProtocolError(ChannelError):
    """A peer's request, or its answer, is not what the contract says. `code` names what is wrong."""


class DeliveryError(ChannelError):
    """An attempt that did not succeed. Its class says what follows; nobody asks for a status code."""

    #: may the same delivery be tried again, unchanged?
    retryable = True
    #: does the attempt count towards giving up?
    spends_attempt = True


class Unavailable(DeliveryError):
    """The peer did not take it: refused connection, name not found, 502, 503, or an error of its own.

    `answered`: it is there, and would not take this one only.
    """

    def __init__(self, code: str, message: str, *, answered: bool = False) -> None:
        super().__init__(code, message)
        self.answered = answered


class Ambiguous(DeliveryError):
    """No answer. `connection_lost`: the connection broke at once, as opposed to no answer in time."""

    def __init__(self, code: str, message: str, *, connection_lost: bool = False) -> None:
        super().__init__(code, message)
        self.connection_lost = connection_lost


class Waiting(DeliveryError):
    """A normal state: the limiter's next slot, an agent to come online, equal words to space. `seconds`: from now."""

    spends_attempt = False

    def __init__(self, code: str, message: str, *, seconds: float) -> None:
        super().__init__(code, message)
        self.seconds = seconds


class Rejected(DeliveryError):
    """The peer says no and the contract does not say whether it means it; `limits.REJECTED_ATTEMPTS` tries."""


class Refused(DeliveryError):
    """For good: no repetition can help until somebody changes something."""

    retryable = False


class RoomGone(DeliveryError):
    """The room takes no more words (`room-closed`, `invalid-room`), or there is none yet."""


class VisitorGone(DeliveryError):
    """Rocket.Chat does not know the visitor token (`invalid-token`)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A `DeliveryError` as a value, for events and rows."""

    kind: type[DeliveryError]
    code: str
    message: str
    seconds: float = 0.0
    connection_lost: bool = False
    answered: bool = False  #: the peer is there

    @classmethod
    def of(cls, error: DeliveryError) -> "Failure":
        seconds = error.seconds if isinstance(error, Waiting) else 0.0
        lost = error.connection_lost if isinstance(error, Ambiguous) else False
        answered = error.answered if isinstance(error, Unavailable) else False
        return cls(type(error), error.code, error.message, seconds, lost, answered)


class StoreError(Exception):
    """The store could not do it. Whether it was done is unknown if the trouble came at the commit."""


class StoreUnavailable(StoreError):
    """The database is away, or not ready: the same may succeed later."""


class StoreBusy(StoreUnavailable):
    """Somebody holds what this needs locked: the same may succeed in a moment, and what needs less can go on."""


class StoreRefused(StoreError):
    """The database does not take this: the same will not succeed later."""


class Unknown(Exception):
    """There is no channel or workspace of this name."""
