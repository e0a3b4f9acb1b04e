"""When somebody is there: by the zone's clock, past midnight, on closed dates, and where the clocks are changed."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.hours import DAY_MINUTES, Hours, Times
from channel.core.hours_file import from_json, read_hours, to_json, write_hours
from channel.core.toml import WrongFile

PAGE = Path(__file__).parents[2] / "docs" / "hours.md"

DESK = """
zone = "Africa/Nairobi"
closed = [2026-12-25, "2027-01-01"]

monday-friday = ["08:00-12:30", "14:00-18:00"]
saturday = "22:00-02:00"

[departments."Night Line"]
monday-sunday = "20:00-06:00"
closed = 2026-12-31

[departments.kathmandu]
zone = "Asia/Kathmandu"

[departments.never]
monday = []
"""
NEW_YORK = """
zone = "America/New_York"
sunday = ["00:30-01:30", "02:30-04:00"]
monday = "08:00-17:00"
"""


def at(zone: str, moment: str, fold: int = 0) -> datetime:
    """A moment by the clock of a zone."""
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone), fold=fold)


def nairobi(moment: str) -> datetime:
    return at("Africa/Nairobi", moment)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-25 07:59:59", False),  # a Wednesday
        ("2026-11-25 08:00", True),
        ("2026-11-25 12:29:59", True),
        ("2026-11-25 12:30", False),
        ("2026-11-25 14:00", True),
        ("2026-11-25 18:00", False),
        ("2026-11-28 12:00", False),  # a Saturday
        ("2026-11-28 22:00", True),
        ("2026-11-29 01:59", True),
        ("2026-11-29 02:00", False),
        ("2026-11-29 22:00", False),
        ("2026-12-25 09:00", False),  # closed, a Friday
        ("2027-01-01 09:00", False),
    ],
)
def test_it_is_open_by_the_clock_of_its_zone(moment: str, is_open: bool) -> None:
    hours = read_hours(DESK)
    assert hours.is_open(nairobi(moment)) is is_open
    assert hours.is_open(nairobi(moment).astimezone(UTC)) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-25 07:00", "2026-11-25 08:00"),
        ("2026-11-25 09:17", "2026-11-25 09:17"),
        ("2026-11-25 13:00", "2026-11-25 14:00"),
        ("2026-11-27 18:00", "2026-11-28 22:00"),
        ("2026-11-29 02:00", "2026-11-30 08:00"),
        ("2026-12-24 18:00", "2026-12-26 22:00"),
    ],
)
def test_the_next_opening_is_found(moment: str, opens: str) -> None:
    found = read_hours(DESK).next_open(nairobi(moment).astimezone(UTC))
    assert found == nairobi(opens)
    assert found.utcoffset() == timedelta(hours=3)


def test_what_began_before_a_closed_date_goes_on_into_it() -> None:
    hours = read_hours(DESK)
    assert hours.is_open(nairobi("2027-01-01 03:00"), "Night Line") is False  # its own closed date, the day before
    assert hours.is_open(nairobi("2026-12-25 03:00"), "Night Line") is True
    assert hours.is_open(nairobi("2026-12-25 21:00"), "Night Line") is False  # the common one


def test_a_department_keeps_its_own_hours_under_any_case_of_its_name() -> None:
    hours, midnight = read_hours(DESK), nairobi("2026-11-25 00:30")
    assert (hours.is_open(midnight), hours.is_open(midnight, " night line")) == (False, True)
    assert hours.is_open(midnight, "another") is False


def test_a_department_has_the_common_days_by_its_own_clock() -> None:
    hours = read_hours(DESK)
    opening = at("Asia/Kathmandu", "2026-11-25 08:00")
    assert hours.next_open(opening - timedelta(minutes=1), "Kathmandu") == opening
    assert hours.is_open(opening - timedelta(seconds=1), "Kathmandu") is False
    assert opening.utcoffset() == timedelta(hours=5, minutes=45)


def test_one_that_is_never_open_has_no_next_opening() -> None:
    assert read_hours(DESK).next_open(nairobi("2026-11-25 00:30"), "never") is None


def test_one_that_is_closed_for_longer_than_a_year_has_none_either() -> None:
    first = date(2026, 11, 25)
    closed = ", ".join((first + timedelta(days=n)).isoformat() for n in range(420))
    hours = read_hours(f'zone = "UTC"\nmonday-sunday = "08:00-09:00"\nclosed = [{closed}]')
    assert hours.next_open(datetime(2026, 11, 25, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("moment", "fold", "is_open"),
    [
        ("2026-03-08 01:00", 0, True),  # the clocks go from 02:00 to 03:00
        ("2026-03-08 01:45", 0, False),
        ("2026-03-08 03:00", 0, True),  # 02:30 is skipped: open from the leap on
        ("2026-03-08 03:59", 0, True),
        ("2026-03-08 04:00", 0, False),
        ("2026-11-01 00:29", 0, False),  # the clocks go from 02:00 back to 01:00
        ("2026-11-01 01:15", 0, True),
        ("2026-11-01 01:15", 1, True),
        ("2026-11-01 01:30", 1, False),
        ("2026-11-02 08:00", 0, True),
        ("2026-11-02 07:59", 0, False),
    ],
)
def test_where_the_clocks_are_changed_it_is_open_by_what_they_show(moment: str, fold: int, is_open: bool) -> None:
    assert read_hours(NEW_YORK).is_open(at("America/New_York", moment, fold)) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-03-08 01:45", "2026-03-08 03:00"),
        ("2026-03-08 04:00", "2026-03-09 08:00"),
        ("2026-11-01 04:00", "2026-11-02 08:00"),
        ("2026-10-31 23:00", "2026-11-01 00:30"),
    ],
)
def test_the_next_opening_is_right_across_a_change_of_the_clocks(moment: str, opens: str) -> None:
    assert read_hours(NEW_YORK).next_open(at("America/New_York", moment)) == at("America/New_York", opens)


def test_hours_that_the_clocks_skip_whole_do_not_open_that_day() -> None:
    hours = read_hours('zone = "America/New_York"\nsunday = "02:15-02:45"')
    opens = hours.next_open(at("America/New_York", "2026-03-08 00:00"))
    assert opens == at("America/New_York", "2026-03-15 02:15")


def test_a_day_that_a_country_skipped_is_no_day() -> None:
    hours = read_hours('zone = "Pacific/Apia"\nfriday = "08:00-17:00"')
    opens = hours.next_open(at("Pacific/Apia", "2011-12-29 12:00"))
    assert opens == at("Pacific/Apia", "2012-01-06 08:00")


ZONES = ("America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Nairobi", "Europe/Lisbon", "Asia/Tehran")
minutes = st.integers(0, 1439)
periods = st.tuples(minutes, st.integers(1, DAY_MINUTES)).map(lambda each: (each[0], each[0] + each[1]))
weeks = st.lists(
    st.lists(periods.filter(lambda p: p[1] <= p[0] + DAY_MINUTES - 1), max_size=2).map(lambda day: tuple(sorted(day))),
    min_size=7, max_size=7,
).map(tuple)  # fmt: skip
times = st.builds(
    Times,
    zone=st.sampled_from(ZONES),
    week=weeks,
    closed=st.frozensets(st.dates(date(2026, 1, 1), date(2027, 6, 1)), max_size=4),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@settings(max_examples=150, deadline=None)
@given(times, moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(desk: Times, now: datetime) -> None:
    opens = desk.next_open(now)
    if opens is None:
        assert not any(desk.is_open(now + timedelta(hours=n)) for n in range(1000))
        return
    assert desk.is_open(opens)
    assert opens >= now
    waited = opens - now
    assert not any(desk.is_open(now + waited * n / 40) for n in range(40) if waited)
    assert not waited or not desk.is_open(opens.astimezone(UTC) - timedelta(seconds=1))


@settings(max_examples=100, deadline=None)
@given(times, times, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.sampled_from("ab"))
def test_hours_are_the_same_after_being_written_or_stored(common: Times, other: Times, name: str, more: str) -> None:
    own = Times(other.zone, other.week, common.closed | other.closed)
    hours = Hours(common, {more + name: own, "with nothing of its own": common})
    assert read_hours(write_hours(hours)) == hours
    assert from_json(json.loads(json.dumps(to_json(hours)))) == hours


ZONE = 'zone = "Africa/Nairobi"\n'


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "line 1: zone is missing"),
        (ZONE, "line 1: no day is named"),
        ('monday = "08:00-17:00"', "line 1: zone is missing"),
        ('zone = "Nairobi"\nmonday = "08:00-17:00"', "line 1: zone: Nairobi is no time zone"),
        ('zone = "Africa"\nmonday = "08:00-17:00"', "line 1: zone: Africa is no time zone"),
        ('zone = "../../etc/passwd"\nmonday = "08:00-17:00"', "line 1: zone: ../../etc/passwd is no time zone"),
        ('zone = 3\nmonday = "08:00-17:00"', "line 1: zone: 3 is no time zone"),
        ('zone = "a\\nb"\nmonday = "08:00-17:00"', "line 1: zone: a\\nb is no time zone"),
        (ZONE + '\n# a comment\nmonday = "08:00-25:00"', "line 4: monday: 25:00 is no time"),
        (ZONE + 'monday = "8-17"', "line 2: monday: 8 is no time"),
        (ZONE + 'monday = "08:60-17:00"', "line 2: monday: 08:60 is no time"),
        (ZONE + 'monday = "08:00-"', "line 2: monday: nothing is no time"),
        (ZONE + 'monday = "08:00"', "line 2: monday: 08:00 is no period"),
        (ZONE + "monday = 8", "line 2: monday: 8 is no period"),
        (ZONE + "monday = 08:00:00", "line 2: monday: 08:00:00 is no period"),
        (ZONE + "monday = true", "line 2: monday: True is no period"),
        (ZONE + 'monday = "08:00-08:00"', "line 2: monday: 08:00-08:00 never begins"),
        (ZONE + 'monday = "24:00-08:00"', "line 2: monday: 24:00-08:00 never begins"),
        (ZONE + 'monday = [\n  "08:00-12:00",\n  "13:00-27:00",\n]', "line 4: monday: 27:00 is no time"),
        (ZONE + 'monday-friday = "08:00-17:00"\nfriday = "08:00-12:00"', "line 3: friday: friday is said twice"),
        (ZONE + 'moonday = "08:00-17:00"\nmonday = "08:00-17:00"', "line 2: moonday: unknown; what can be said"),
        (ZONE + 'monday = "08:00-17:00"\nclosed = ["2026-02-30"]', "line 3: closed: 2026-02-30 is no date"),
        (ZONE + 'monday = "08:00-17:00"\nclosed = [\n2026-12-25,\n"Xmas"]', "line 5: closed: Xmas is no date"),
        (ZONE + 'monday = "08:00-17:00"\nclosed = [2026-12-25T08:00:00]', "line 3: closed: 2026-12-25 08:00:00 is no"),
        (ZONE + 'monday = "08:00-17:00"\ndepartments = 1', "line 3: departments: it is a table"),
        (ZONE + 'monday = "08:00-17:00"\n[departments]\nNight = 1', "line 4: departments.Night: it is a table"),
        (
            ZONE + 'monday = "08:00-17:00"\n[departments."Night line"]\n\nfriday = "8:00-26:00"',
            "line 5: departments.Night line.friday: 26:00 is no time",
        ),
        (
            ZONE + 'monday = "08:00-17:00"\n[departments.Night]\n[departments.NIGHT]\n',
            "line 4: departments.NIGHT: this is the department Night again",
        ),
        (ZONE + 'monday = "08:00-17:00"\n[departments.""]\n', "line 3: departments.: a department has no name"),
        (ZONE + "monday = 08:00-17:00", "line 2: this is no TOML: "),
        (ZONE + 'monday = "08:00', "line 2: this is no TOML: "),
        (ZONE + "monday = [", "line 2: this is no TOML: "),
        (ZONE + "\nzone = 1", "line 3: this is no TOML: "),
        ("x = " + "[" * 10000, "line 1: this is no TOML: "),
        ("x = " + "9" * 10000, "line 1: this is no TOML: "),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(file: str, said: str) -> None:
    with pytest.raises(WrongFile) as refused:
        read_hours(file)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_a_file_from_another_system_is_read() -> None:
    hours = read_hours("\ufeff" + DESK.replace("\n", "\r\n"))
    assert hours == read_hours(DESK)
    with pytest.raises(WrongFile, match=r"^line 2: monday: x is no period"):
        read_hours('zone = "UTC"\r\nmonday = "x"\r\n')


def test_the_days_of_a_range_may_go_over_the_weekend() -> None:
    hours = read_hours('zone = "UTC"\nSaturday-Monday = "00:00-24:00"')
    assert [bool(day) for day in hours.common.week] == [True, False, False, False, False, True, True]
    assert hours.is_open(datetime(2026, 11, 28, 23, 59, 59, tzinfo=UTC))


def test_the_documents_example_can_be_read() -> None:
    example = PAGE.read_text().partition("```toml\n")[2].partition("```")[0]
    hours = read_hours(example)
    assert set(hours.departments) == {"Night line", "Returns"}
