"""Days as a time zone has them, what cannot be asked for, how times are said, and the file for a spreadsheet."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core import limits
from channel.core.hours_file import read_hours
from channel.core.numbers import (
    Days,
    Numbers,
    Spread,
    WrongDays,
    days,
    departments,
    of_department,
    took,
    zone_of,
)
from channel.core.numbers_file import plain, write_numbers

NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
FIRST, LAST = date(2026, 3, 28), date(2026, 3, 30)


def numbers(department: str | None = "", day: date | None = FIRST, **counted: int) -> Numbers:
    counts = {"opened": 4, "taken": 3, "answered": 2, "unserved": 1} | counted
    return Numbers(department, day, waited=Spread(30.04, 61), first_answer=None, **counts)


def test_a_day_is_as_long_as_the_clocks_make_it() -> None:
    bounds = Days(FIRST, LAST, "Europe/Lisbon").bounds()  # on the 29th they are put forward
    assert [b - a for a, b in pairwise(bounds)] == [timedelta(hours=n) for n in (24, 23, 24)]
    assert bounds[0] == datetime(2026, 3, 28, tzinfo=UTC)


def test_a_day_that_a_zone_never_had_has_no_length() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    bounds = Days(date(2011, 12, 29), date(2011, 12, 31), "Pacific/Apia").bounds()
    assert [(b - a).days for a, b in pairwise(bounds)] == [1, 0, 1]


def test_the_zone_is_that_of_the_hours() -> None:
    hours = read_hours('zone = "Africa/Nairobi"\nmonday = "08:00-17:00"\n[departments.far]\nzone = "Asia/Kathmandu"\n')
    assert (zone_of(hours), zone_of(None)) == ("Africa/Nairobi", "UTC")


def test_four_weeks_are_shown_where_nobody_says_which_and_today_is_the_zones() -> None:
    shown = days("", " ", NOW, "Africa/Nairobi")
    assert (shown.first, shown.last, len(shown.each())) == (date(2026, 3, 5), date(2026, 4, 1), limits.NUMBERS_SHOWN)
    assert days("", "2026-03-01", NOW, "UTC").first == date(2026, 2, 2)


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("2026-03-02", "2026-03-01", "2026-03-02 comes after 2026-03-01"),
        ("2026-01-01", "2026-04-03", "at most 92 days are shown at once"),
        ("yesterday", "", "yesterday is no date: write it as 2026-03-31"),
        ("", "2026-02-30", "2026-02-30 is no date: write it as 2026-03-31"),
        ("x" * 1000, "", f"{'x' * 20} is no date: write it as 2026-03-31"),
        ("", "0001-01-01", "no calendar has these days"),
        ("9999-12-31", "9999-12-31", "no calendar has these days"),
    ],
)
def test_days_that_cannot_be_shown_are_refused_in_words(first: str, last: str, why: str) -> None:
    with pytest.raises(WrongDays) as refused:
        days(first, last, NOW, "Africa/Nairobi")
    assert str(refused.value) == why


@given(st.text(), st.text())
def test_whatever_is_written_for_a_day_is_a_day_or_refused(first: str, last: str) -> None:
    try:
        shown = days(first, last, NOW, "America/New_York")
    except WrongDays:
        return
    assert 1 <= len(shown.each()) <= limits.NUMBERS_DAYS
    assert len(shown.bounds()) == len(shown.each()) + 1


def test_92_days_can_be_shown() -> None:
    assert len(days("2026-01-01", "2026-04-02", NOW, "UTC").each()) == limits.NUMBERS_DAYS


def test_a_day_without_rooms_has_a_line_too() -> None:
    found = [numbers("water"), numbers("water", None), numbers(None, LAST), numbers("", LAST)]
    lines = of_department(found, "water", Days(FIRST, LAST, "UTC"))
    assert [(line.day, line.opened) for line in lines] == [(FIRST, 4), (date(2026, 3, 29), 0), (LAST, 0)]
    assert departments(found) == ["", "water"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.6, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h"),
        (5400, "1 h 30 min"),
        (7195, "2 h"),
        (100 * 3600, "100 h"),
    ],
)
def test_a_time_is_said_in_words(seconds: float, said: str) -> None:
    assert took(seconds) == said


def test_the_file_has_a_line_for_each_department_and_day_and_no_totals() -> None:
    found = [numbers("water", LAST), numbers('a "b", c'), numbers(None), numbers("water", None), numbers(None, None)]
    head, *lines = csv.reader(io.StringIO(write_numbers(found)))
    assert head[:3] == ["day", "department", "opened"]
    assert lines == [
        ["2026-03-28", 'a "b", c', "4", "3", "2", "1", "30.0", "61", "", ""],
        ["2026-03-30", "water", "4", "3", "2", "1", "30.0", "61", "", ""],
    ]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝"])
def test_no_spreadsheet_takes_a_department_for_a_formula(first: str) -> None:
    name = f"{first}cmd|' /C calc'!A0"
    _, (_, cell, *_) = csv.reader(io.StringIO(write_numbers([numbers(name)])))
    assert cell == f"'{name}"


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert (plain("Water = life"), plain(" =1+1")) == ("Water = life", "' =1+1")
