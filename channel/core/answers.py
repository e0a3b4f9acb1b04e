"""What a flow is answered, as values: an outcome to branch on, and a text it may send to the contact."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final

from channel.core.notices import Said, Value, render
from channel.core.options import Options
from channel.core.values import dataclass


class Outcome(StrEnum):
    """What came of a live-agents call."""

    QUEUED = "queued"
    ALREADY_OPEN = "already_open"
    NO_AGENTS = "no_agents"
    CLOSED_HOURS = "closed_hours"
    UNKNOWN_DEPARTMENT = "unknown_department"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    AVAILABLE = "available"
    CLOSING = "closing"
    NOT_OPEN = "not_open"


class Refusal(StrEnum):
    """Why an outcome is `refused`."""

    BLOCKED = "blocked"
    MEDIA = "media"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_ALLOWED = "not_allowed"


class Call(StrEnum):
    """What a flow can ask of us."""

    REGISTER = "registerClient"
    MESSAGE = "sendMessageToAgent"
    AVAILABILITY = "availability"
    CLOSE = "session close"
    SURVEY = "survey"


#: which outcomes each call can have, the usual one first, and what is said with them
OUTCOMES: Final[Mapping[Call, Mapping[Outcome, Said]]] = {
    Call.REGISTER: {
        Outcome.QUEUED: Said.CONNECTING,
        Outcome.ALREADY_OPEN: Said.ALREADY_OPEN,
        Outcome.NO_AGENTS: Said.NOBODY,
        Outcome.CLOSED_HOURS: Said.OUTSIDE_HOURS,
        Outcome.UNKNOWN_DEPARTMENT: Said.UNKNOWN_DEPARTMENT,
    },
    Call.MESSAGE: {Outcome.ACCEPTED: Said.ACCEPTED, Outcome.CLOSED: Said.CLOSED},
    Call.AVAILABILITY: {
        Outcome.AVAILABLE: Said.AVAILABLE,
        Outcome.NO_AGENTS: Said.NOBODY,
        Outcome.CLOSED_HOURS: Said.OUTSIDE_HOURS,
        Outcome.UNKNOWN_DEPARTMENT: Said.UNKNOWN_DEPARTMENT,
    },
    Call.CLOSE: {Outcome.CLOSING: Said.CLOSING, Outcome.NOT_OPEN: Said.NOT_OPEN},
    Call.SURVEY: {Outcome.ACCEPTED: Said.RATED, Outcome.NOT_OPEN: Said.NOT_RATED},
}
#: the reasons for which each call can be refused, the usual one first, and what is said of them
REFUSALS: Final[Mapping[Call, Mapping[Refusal, Said]]] = {
    Call.REGISTER: {Refusal.BLOCKED: Said.BLOCKED},
    Call.MESSAGE: {
        Refusal.MEDIA: Said.NOT_CARRIED,
        Refusal.EMPTY: Said.EMPTY,
        Refusal.TOO_LONG: Said.TOO_LONG,
    },
    Call.AVAILABILITY: {},
    Call.CLOSE: {Refusal.NOT_ALLOWED: Said.NOT_ALLOWED},
    Call.SURVEY: {},
}


def outcomes(call: Call) -> tuple[Outcome, ...]:
    """All that can come of a call, the usual one first."""
    return (*OUTCOMES[call], Outcome.REFUSED) if REFUSALS[call] else tuple(OUTCOMES[call])


@dataclass(frozen=True, slots=True)
class Answer:
    """The key is never `status`, which is RapidPro's own. Fields that are None are not said."""

    outcome: Outcome
    message: str = field(default="", repr=False)  #: in the contact's language
    reason: Refusal | None = None
    certain: bool | None = None  #: has Rocket.Chat said so?
    department: str | None = None
    next_open: datetime | None = None
    max_wait: int | None = None  #: seconds that a hand-off waits for an agent, at most


@dataclass(frozen=True, slots=True)
class Voice:
    """In which language, and by whose templates, a contact is answered."""

    language: str = ""
    options: Options = field(default_factory=Options)

    def answers(self, call: Call, outcome: Outcome, **values: Value) -> Answer:
        return Answer(outcome, render(OUTCOMES[call][outcome], self.language, self.options, **values))

    def refuses(self, call: Call, reason: Refusal) -> Answer:
        text = render(REFUSALS[call][reason], self.language, self.options)
        return Answer(Outcome.REFUSED, text, reason)
