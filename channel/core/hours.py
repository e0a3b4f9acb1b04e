"""When somebody is there: opening hours by a time zone's clock, closed dates, and departments that keep other hours."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from channel.core import limits
from channel.core.values import dataclass

#: from a minute of its day to a later minute, which may be the next day's: more than 24 * 60
Period: TypeAlias = tuple[int, int]

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_MINUTES: Final = 24 * 60
_DAY = timedelta(days=1)
_EXACT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Times:
    """One desk's hours. A period belongs to the day on which it begins."""

    zone: str  #: IANA's name of it
    week: tuple[tuple[Period, ...], ...]  #: Monday first; each day's periods in their order
    closed: frozenset[date] = frozenset()  #: on which nothing begins

    def spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The day's periods as moments. What the clocks skip takes no time; an hour they repeat is open both times."""
        if day in self.closed:
            return
        zone = ZoneInfo(self.zone)
        for begin, end in self.week[day.weekday()]:
            span = _moment(day, begin, zone, fold=0), _moment(day, end, zone, fold=1)
            if span[0] < span[1]:
                yield span

    def is_open(self, now: datetime) -> bool:
        today = now.astimezone(ZoneInfo(self.zone)).date()
        near = (today - 2 * _DAY, today - _DAY, today, today + _DAY)
        return any(begin <= now < end for day in near for begin, end in self.spans(day))

    def next_open(self, now: datetime) -> datetime | None:
        zone = ZoneInfo(self.zone)
        if self.is_open(now):
            return now.astimezone(zone)
        yesterday = now.astimezone(zone).date() - _DAY
        for days in range(limits.HOURS_DAYS + 1):
            later = [begin for begin, _ in self.spans(yesterday + days * _DAY) if begin > now]
            if later:
                return min(later).astimezone(zone)
        return None


@dataclass(frozen=True, slots=True)
class Hours:
    """A channel's hours, and those of the departments that keep their own."""

    common: Times
    departments: Mapping[str, Times] = field(default_factory=dict)  #: by name or id, as the operator wrote it

    def times(self, department: str = "") -> Times:
        """The department's own, whatever the case of its name, or the common ones."""
        wanted = folded(department)
        return next((times for name, times in self.departments.items() if folded(name) == wanted), self.common)

    def is_open(self, now: datetime, department: str = "") -> bool:
        return self.times(department).is_open(now)

    def next_open(self, now: datetime, department: str = "") -> datetime | None:
        """When it is open next, in its time zone: now, if it is; None, if it is not for more than a year."""
        return self.times(department).next_open(now)


def folded(department: str) -> str:
    """A department's name, as names are compared."""
    return department.strip().casefold()


def _moment(day: date, minute: int, zone: ZoneInfo, *, fold: int) -> datetime:
    """When the clocks show it (`fold`: the first time or the second), or when they skip it. In UTC."""
    midnight = datetime(day.year, day.month, day.day)
    shown = midnight + timedelta(minutes=minute)
    moment = shown.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == shown:
        return moment
    before, after = sorted(shown.replace(tzinfo=zone, fold=each).astimezone(UTC) for each in (0, 1))
    return _leap(before, after, zone)


def _leap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between these two at which the zone's clocks are put forward."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _EXACT:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
