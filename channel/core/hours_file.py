"""Hours as an operator writes them in TOML, and as they are stored: the same document as JSON."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from channel.core import toml
from channel.core.hours import DAY_MINUTES, DAYS, Hours, Period, Times, folded
from channel.core.toml import Document, Wrong

_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
_KEYS = ("zone", "closed")


def read_hours(text: str) -> Hours:
    """The hours in a file; toml.WrongFile, with the line, where it says something that cannot be."""
    return toml.read(text, _hours)


def from_json(document: Document) -> Hours:
    """The hours that `to_json` gave; ValueError where they are none."""
    return _hours(document)


def to_json(hours: Hours) -> dict[str, Any]:
    """The hours as `from_json` takes them; of a department only what is its own."""
    departments = {name: _own(times, hours.common) for name, times in hours.departments.items()}
    common = {"zone": hours.common.zone, **_closed_document(hours.common.closed), **_week_document(hours.common.week)}
    return {**common, **({"departments": departments} if departments else {})}


def write_hours(hours: Hours) -> str:
    """The file that `read_hours` would read so."""
    document = to_json(hours)
    departments = document.pop("departments", {})
    lines = [*_written(document)]
    for name, own in departments.items():
        lines += ["", f"[departments.{toml.key(name)}]", *_written(own)]
    return "\n".join(lines) + "\n"


def _hours(document: Document) -> Hours:
    if "zone" not in document:
        raise Wrong('zone is missing: write the time zone, such as zone = "Africa/Nairobi"')
    if not any(_is_day(name) for name in document):
        raise Wrong('no day is named: write at least one, such as monday-friday = "08:00-17:00"')
    common = _times({name: value for name, value in document.items() if name != "departments"}, None)
    departments = document.get("departments", {})
    if not isinstance(departments, dict):
        raise Wrong('it is a table: write [departments."Night line"], and its days below it', "departments")
    return Hours(common, dict(_departments(departments, common)))


def _departments(document: Document, common: Times) -> Iterator[tuple[str, Times]]:
    seen: dict[str, str] = {}
    for name, own in document.items():
        path = ("departments", name)
        if not isinstance(own, dict):
            raise Wrong(f"it is a table: write [departments.{toml.key(name)}], and its days below it", *path)
        if not folded(name) or "\0" in name:
            raise Wrong("a department has no name", *path)
        if folded(name) in seen:
            raise Wrong(f"this is the department {seen[folded(name)]} again", *path)
        seen[folded(name)] = name
        yield name, _times(own, common, *path)


def _times(document: Document, common: Times | None, *path: str) -> Times:
    """The times in a document; what it does not say is as in `common`."""
    for name in document:
        if name not in _KEYS and not _is_day(name):
            raise Wrong(f"unknown; what can be said here are zone, closed and days, such as {DAYS[0]}", *path, name)
    zone = _zone(document["zone"], *path, "zone") if "zone" in document or common is None else common.zone
    closed = frozenset(_dates(document.get("closed", []), *path, "closed"))
    week = _week(document, *path)
    if common is None:
        return Times(zone, week, closed)
    return Times(zone, week if any(map(_is_day, document)) else common.week, closed | common.closed)


def _zone(value: object, *path: str) -> str:
    if isinstance(value, str):
        try:
            return ZoneInfo(value).key
        except (KeyError, ValueError, OSError):
            pass
    raise Wrong(f"{value} is no time zone: write one such as Africa/Nairobi", *path)


def _dates(value: object, *path: str) -> Iterator[date]:
    for each in value if isinstance(value, list) else [value]:
        yield _date(each, *path)


def _date(value: object, *path: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise Wrong(f"{value} is no date: write one such as 2026-12-25", *path, near=str(value)) from None


def _is_day(name: str) -> bool:
    return bool(set(_days(name)))


def _days(name: str) -> tuple[str, ...]:
    """The days that a key names: `monday`, or `saturday-monday`; none, if it is another key."""
    first, dash, last = name.lower().partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        return ()
    begin, end = DAYS.index(first), DAYS.index(last if dash else first)
    return tuple(DAYS[(begin + n) % len(DAYS)] for n in range((end - begin) % len(DAYS) + 1))


def _week(document: Document, *path: str) -> tuple[tuple[Period, ...], ...]:
    week: dict[str, tuple[Period, ...]] = {}
    for name, value in document.items():
        for day in _days(name):
            if day in week:
                raise Wrong(f"{day} is said twice", *path, name)
            week[day] = tuple(sorted(_periods(value, *path, name)))
    return tuple(week.get(day, ()) for day in DAYS)


def _periods(value: object, *path: str) -> Iterator[Period]:
    for each in value if isinstance(value, list) else [value]:
        begin, dash, end = str(each).partition("-")
        if not isinstance(each, str) or not dash:
            raise Wrong(f'{each} is no period: write one such as "08:00-17:00"', *path, near=str(each))
        period = _minute(begin, each, *path), _minute(end, each, *path)
        if period[0] == period[1] or period[0] == DAY_MINUTES:
            raise Wrong(f"{each} never begins; a whole day is 00:00-24:00", *path, near=each)
        yield period if period[0] < period[1] else (period[0], period[1] + DAY_MINUTES)


def _minute(text: str, near: str, *path: str) -> int:
    found = _TIME.fullmatch(text.strip())
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY_MINUTES + 1
    if minute > DAY_MINUTES:
        raise Wrong(f"{text.strip() or 'nothing'} is no time", *path, near=near)
    return minute


def _own(times: Times, common: Times) -> dict[str, Any]:
    """What a department has of its own."""
    week = {} if times.week == common.week else _week_document(times.week)
    zone = {} if times.zone == common.zone else {"zone": times.zone}
    return {**zone, **_closed_document(times.closed - common.closed), **week}


def _closed_document(closed: frozenset[date]) -> dict[str, Any]:
    return {"closed": [day.isoformat() for day in sorted(closed)]} if closed else {}


def _week_document(week: tuple[tuple[Period, ...], ...]) -> dict[str, Any]:
    """The days with periods; a week without any says so of Monday."""
    days = {day: [_said(period) for period in periods] for day, periods in zip(DAYS, week, strict=True) if periods}
    return days or {DAYS[0]: []}


def _said(period: Period) -> str:
    begin, end = period
    end = end if end <= DAY_MINUTES else end - DAY_MINUTES
    return f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"


def _written(document: Document) -> Iterator[str]:
    for name, value in document.items():
        if isinstance(value, list):
            yield f"{name} = [{', '.join(map(toml.quoted, value))}]"
        else:
            yield f"{name} = {toml.quoted(value)}"
