"""What a check finds: a line that says how it is, and what to do where it is not as it should be."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum

from channel.core.values import dataclass


class Verdict(StrEnum):
    FINE = "fine"
    WRONG = "wrong"  #: messages do not pass, or will not
    DOUBTFUL = "doubtful"  #: messages pass; somebody should look at it
    NOT_CHECKED = "not_checked"  #: the sentence says why


class Check(StrEnum):
    """Everything that is looked at, in the order in which it is told."""

    PUBLIC_URL = "public_url"
    DATABASE = "database"
    DATABASE_SIZE = "database_size"
    SNAPSHOTS = "snapshots"
    SCHEMA = "schema"
    KEYS = "keys"
    CLOCK = "clock"
    DELIVERIES = "deliveries"
    DEAD_LETTERS = "dead_letters"
    WEBHOOK = "webhook"
    ANSWER_TIME = "answer_time"
    ROCKETCHAT = "rocketchat"
    VERSION = "version"
    LOGIN = "login"
    WEBHOOK_URL = "webhook_url"
    WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 - a check's name
    WEBHOOK_EVENTS = "webhook_events"
    WEBHOOK_TIMEOUT = "webhook_timeout"
    WEBHOOK_TEST = "webhook_test"
    LIMITER = "limiter"
    LIMITER_ROOMS = "limiter_rooms"
    NO_AGENTS = "no_agents"
    VISITOR_LENGTH = "visitor_length"
    AGENT_LENGTH = "agent_length"
    CLOCK_ROCKETCHAT = "clock_rocketchat"
    DEPARTMENT = "department"
    AGENTS = "agents"
    RECEIVE = "receive"
    API_TOKEN = "api_token"  # noqa: S105 - a check's name
    API_CHANNEL = "api_channel"
    API_THROTTLE = "api_throttle"
    ROLES = "roles"
    CLOCK_RAPIDPRO = "clock_rapidpro"
    TEST_TO_AGENT = "test_to_agent"
    TEST_TO_CONTACT = "test_to_contact"
    TEST_CLEANED = "test_cleaned"


@dataclass(frozen=True, slots=True)
class Finding:
    """`said`: how it is, in a sentence; `advice`: what to do, "" where there is nothing to do."""

    check: Check
    verdict: Verdict
    said: str
    advice: str = ""
    about: str = ""  #: of what: a Rocket.Chat or a channel, by its name; "" for what all of them share
    channel: str = ""  #: the channel, by UUID


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one request that was made for a check."""

    status: int = 0  #: 0 if nothing came
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  #: names in lower case
    seconds: float = 0.0
    trouble: str = ""  #: why nothing came


def fine(check: Check, said: str) -> Finding:
    return Finding(check, Verdict.FINE, said)


def wrong(check: Check, said: str, advice: str) -> Finding:
    return Finding(check, Verdict.WRONG, said, advice)


def doubtful(check: Check, said: str, advice: str) -> Finding:
    return Finding(check, Verdict.DOUBTFUL, said, advice)


def not_checked(check: Check, because: str, advice: str = "") -> Finding:
    return Finding(check, Verdict.NOT_CHECKED, f"not checked, because {because}", advice)


def is_all_right(findings: Iterable[Finding], *, strict: bool = False) -> bool:
    """Is nothing wrong, and, if `strict`, nothing doubtful either?"""
    bad = {Verdict.WRONG, Verdict.DOUBTFUL} if strict else {Verdict.WRONG}
    return not any(finding.verdict in bad for finding in findings)
