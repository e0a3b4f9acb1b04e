"""The numbers that a coordinator asks for, by department and day: waiting time, first answer, unserved.

What they are computed of stays when words and names are erased: the times of rooms, and of agents' messages.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from channel.core import limits
from channel.core.hours import Hours
from channel.core.values import dataclass

_DAY = timedelta(days=1)
_MINUTE, _HOUR = 60, 3600


class WrongDays(ValueError):
    """Days that cannot be shown; `str()` says why, to whoever asked for them."""


@dataclass(frozen=True, slots=True)
class Days:
    """Days one after the other, as a time zone's clocks show them."""

    first: date
    last: date
    zone: str  #: IANA's name of it

    def each(self) -> list[date]:
        return [self.first + n * _DAY for n in range((self.last - self.first).days + 1)]

    def bounds(self) -> list[datetime]:
        """The moment at which each begins, and that at which the last has ended: in UTC, and none before another."""
        zone = ZoneInfo(self.zone)
        midnights = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (*self.each(), self.last + _DAY))
        return [midnight.astimezone(UTC) for midnight in midnights]


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in seconds: half of the times at most the one, nine in ten at most the other."""

    median: float
    most: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of the rooms that were opened on a day, or on all of the days; of a department, or of all."""

    department: str | None  #: "" where a channel has none; None: of all departments
    day: date | None  #: None: of all days
    opened: int
    taken: int  #: of those, by an agent
    answered: int  #: of these, with words that went to the contact
    unserved: int  #: closed with no agent; a room that still waits is neither taken nor unserved
    waited: Spread | None  #: until an agent took the room; None where nobody did
    first_answer: Spread | None  #: from then to the agent's first words


def zone_of(hours: Hours | None) -> str:
    """The time zone whose days are a channel's."""
    return hours.common.zone if hours else "UTC"


def days(first: str, last: str, now: datetime, zone: str) -> Days:
    """The days from one to another, as an operator wrote them; WrongDays, in words, where they cannot be.

    Nothing said: the last four weeks, or as long up to the last one.
    """
    end = _date(last) if last.strip() else now.astimezone(ZoneInfo(zone)).date()
    try:
        begin = _date(first) if first.strip() else end - (limits.NUMBERS_SHOWN - 1) * _DAY
        if (end - begin).days < 0:
            raise WrongDays(f"{begin} comes after {end}")
        if (end - begin).days >= limits.NUMBERS_DAYS:
            raise WrongDays(f"at most {limits.NUMBERS_DAYS} days are shown at once")
        chosen = Days(begin, end, zone)
        chosen.bounds()
    except OverflowError:
        raise WrongDays("no calendar has these days") from None
    return chosen


def of_department(found: Iterable[Numbers], department: str | None, chosen: Days) -> list[Numbers]:
    """One line a day, also for those on which nothing was opened."""
    by_day = {each.day: each for each in found if each.department == department and each.day is not None}
    return [by_day.get(day) or Numbers(department, day, 0, 0, 0, 0, None, None) for day in chosen.each()]


def departments(found: Iterable[Numbers]) -> list[str]:
    """Those that have any numbers, in the order of their names."""
    return sorted({each.department for each in found if each.department is not None})


def took(seconds: float) -> str:
    """A time as people say it, to the second below an hour and to the minute above."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    larger, smaller = ("min", "s") if whole < _HOUR else ("h", "min")
    whole = whole if whole < _HOUR else round(whole / _MINUTE)
    rest = f" {whole % _MINUTE} {smaller}" if whole % _MINUTE else ""
    return f"{whole // _MINUTE} {larger}{rest}"


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise WrongDays(f"{text.strip()[:20]} is no date: write it as 2026-03-31") from None
