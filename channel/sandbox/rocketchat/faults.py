"""What can be made to go wrong, as data, and the register of what will."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Generic, TypeVar


@dataclass(frozen=True)
class Answers:
    """The request is answered with this instead; with `worked` its work was done all the same."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    worked: bool = False


@dataclass(frozen=True)
class Hangs:
    """Nothing is answered for so many seconds; without `worked`, nothing is done before they are over either.

    A caller who goes away before a request without `worked` was looked at is a request that never happened.
    """

    seconds: float
    worked: bool = False


@dataclass(frozen=True)
class Drops:
    """The connection is cut without an answer; with `worked` the write happened and only the answer was lost."""

    worked: bool = False


@dataclass(frozen=True)
class Trickles:
    """The answer comes a byte at a time, with a pause of so many seconds after each."""

    pause: float


@dataclass(frozen=True)
class Garbles:
    """The work is done, and the answer is cut in the middle of its JSON."""


RestFault = Answers | Hangs | Drops | Trickles | Garbles


@dataclass(frozen=True)
class Loses:
    """The event is not sent, as after a restart of Rocket.Chat: nobody will try again."""


@dataclass(frozen=True)
class Repeats:
    """The event is sent again, identically, once its first delivery has ended."""


@dataclass(frozen=True)
class Delays:
    """The event leaves so many seconds late; what comes after it may overtake it."""

    seconds: float


@dataclass(frozen=True)
class Holds:
    """The event is kept until it is released (`RocketChat.release`)."""


WebhookFault = Loses | Repeats | Delays | Holds

F = TypeVar("F")


@dataclass
class _Plan(Generic[F]):
    fault: F
    pattern: str
    #: How often it will still happen; None: until cleared.
    times: int | None


@dataclass
class _Register(Generic[F]):
    plans: list[_Plan[F]] = field(default_factory=list)

    def take(self, name: str) -> F | None:
        """Return the oldest fault planned for this name, and count it down."""
        for plan in self._matching(name):
            if plan.times is not None:
                plan.times -= 1
            return plan.fault
        return None

    def _matching(self, name: str) -> Iterator[_Plan[F]]:
        return (plan for plan in self.plans if plan.times != 0 and fnmatchcase(name, plan.pattern))


class Faults:
    """What will go wrong from now on."""

    def __init__(self) -> None:
        self._rest = _Register[RestFault]()
        self._webhooks = _Register[WebhookFault]()
        self._closings = 0
        #: Seconds between a check and the act that follows it, so that two requests can race.
        self.gap = 0.0

    def rest(self, fault: RestFault, *, at: str = "*", times: int | None = 1) -> None:
        """Plan a fault for the next `times` requests (None: all) that match, e.g. `POST livechat/message`.

        Patterns are shell patterns over the method and the path after `/api/v1/`. Plans are used up in their order.
        """
        self._rest.plans.append(_Plan(fault, at, times))

    def webhook(self, fault: WebhookFault, *, type: str = "*", times: int | None = 1) -> None:
        """Plan a fault for the next `times` events (None: all) whose type matches."""
        self._webhooks.plans.append(_Plan(fault, type, times))

    def close_while_storing(self, times: int = 1) -> None:
        """Let the next visitor messages find their room open, and close it before they are stored."""
        self._closings += times

    def clear(self) -> None:
        """Forget every plan; what is held stays held until released."""
        self._rest.plans.clear()
        self._webhooks.plans.clear()
        self._closings = 0
        self.gap = 0.0

    def of_request(self, name: str) -> RestFault | None:
        """Take the fault this request meets."""
        return self._rest.take(name)

    def of_webhook(self, type: str) -> WebhookFault | None:
        """Take the fault this event meets."""
        return self._webhooks.take(type)

    def closing_now(self) -> bool:
        """Whether the room of the message being stored closes this instant."""
        if not self._closings:
            return False
        self._closings -= 1
        return True
