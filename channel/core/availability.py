"""Is anybody there for a contact, and if not, when?"""

from dataclasses import field, replace
from datetime import datetime
from functools import partial

from channel.core.answers import Answer, Call, Outcome, Voice
from channel.core.events import Presence, There
from channel.core.hours import Hours
from channel.core.languages import moment_text
from channel.core.options import Options
from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Office:
    """What a channel says of itself: for which department, and when."""

    department: str = ""
    hours: Hours | None = None  #: None: always
    options: Options = field(default_factory=Options)

    def voice(self, language: str = "") -> Voice:
        return Voice(language, self.options)


def available(office: Office, now: datetime, presence: Presence, department: str, language: str = "") -> Answer:
    """What a flow is told before it hands anybody over."""
    if unable := unavailable(Call.AVAILABILITY, office, now, presence, department, language):
        return unable
    told = office.voice(language).answers(Call.AVAILABILITY, Outcome.AVAILABLE)
    return replace(told, certain=presence.certain)


def unavailable(
    call: Call, office: Office, now: datetime, presence: Presence, department: str, language: str = ""
) -> Answer | None:
    """Why nobody would take a chat now; None where somebody would, or nobody knows."""
    voice = office.voice(language)
    if presence.there is There.UNKNOWN_DEPARTMENT:
        return voice.answers(call, Outcome.UNKNOWN_DEPARTMENT)
    if office.hours and not office.hours.is_open(now, department or office.department):
        return out_of_hours(call, office, office.hours.next_open(now, department or office.department), now, language)
    if presence.there is There.NO_AGENTS:
        return replace(voice.answers(call, Outcome.NO_AGENTS), certain=presence.certain)
    return None


def out_of_hours(call: Call, office: Office, opens: datetime | None, now: datetime, language: str) -> Answer:
    """Nobody is there before `opens`; None: for more than a year."""
    when = partial(moment_text, opens, now) if opens else None
    return replace(office.voice(language).answers(call, Outcome.CLOSED_HOURS, next_open=when), next_open=opens)
