"""The numbers' page, its file and its picture say the same, and what cannot be counted is said."""

import csv
import io
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest

from channel.core import limits
from channel.core.operators import Role
from tests.bridge import Bridge
from tests.console.desk import Browser, open_desk, words
from tests.console.test_overview import rows

pytestmark = pytest.mark.xdist_group("console")

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAYS = "from=2026-03-01&to=2026-03-03"
#: department, days after noon, seconds waited, seconds until the first words
ROOMS = (("Water", 0, 60, 10), ("Water", 0, 120, 30), ("Water", 1, None, None), ("=1+1", 0, 90, None))


@pytest.fixture(scope="module")
async def counted(house: Bridge) -> Bridge:
    await house.talking("counted")
    (conversation,) = await house.query("SELECT id FROM conversation LIMIT 1")
    (workspace,) = await house.query("SELECT id FROM workspace")
    for n, (department, day, waited, answered) in enumerate(ROOMS):
        opened = NOON + timedelta(days=day)
        taken = opened + timedelta(seconds=waited) if waited else None
        await house.query(
            "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at, taken_at, closed_at, department)"
            " VALUES ($1, $2, $3, $4, $5, $4, $6)",
            workspace["id"], f"counted {n}", conversation["id"], opened, taken, department,
        )  # fmt: skip
        if taken and answered:
            await house.query(
                "INSERT INTO message (id, channel_id, conversation_id, author, key, external_id, texts, answered_at,"
                " created_at, room) SELECT gen_random_uuid(), channel_id, id, 'agent', $2::text, $2::text, '{}', $3,"
                " $3, $2::text FROM contact WHERE id = $1",
                conversation["id"], f"counted {n}", taken + timedelta(seconds=answered),
            )  # fmt: skip
    return house


async def test_the_page_has_a_line_for_each_department_and_for_each_day(
    counted: Bridge, browsers: dict[Role, Browser]
) -> None:
    page = (await browsers[Role.LOOK].get(f"/numbers?{DAYS}&department=Water")).text
    by_department = {line["Department"]: line for line in rows(page, "By department")}
    assert list(by_department) == ["=1+1", "Water", "all"]
    assert by_department["Water"] == {
        "Department": "Water", "Opened": "3", "Taken": "2", "Unserved": "1",
        "Waiting time, median": "1 min 30 s", "Waiting time, nine in ten": "1 min 54 s",
        "Answered": "2", "First answer, median": "20 s", "First answer, nine in ten": "28 s",
    }  # fmt: skip
    by_day = rows(page, "By day")
    assert [(line["Day"], line["Opened"], line["Unserved"]) for line in by_day] == [
        ("2026-03-01", "0", "0"), ("2026-03-02", "2", "0"), ("2026-03-03", "1", "1"),
    ]  # fmt: skip
    assert by_day[2]["Waiting time, median"] == "–"
    everybody = (await browsers[Role.LOOK].get(f"/numbers?{DAYS}")).text
    assert [line["Opened"] for line in rows(everybody, "By day")] == ["0", "3", "1"]


async def test_the_file_says_the_same_and_holds_no_formula(counted: Bridge, browsers: dict[Role, Browser]) -> None:
    answer = await browsers[Role.LOOK].get(f"/numbers.csv?{DAYS}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="numbers-2026-03-01-2026-03-03.csv"'
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert [dict(zip(head, line, strict=True))["department"] for line in lines] == ["'=1+1", "Water", "Water"]
    only = await browsers[Role.LOOK].get(f"/numbers.csv?{DAYS}&department=Water")
    assert only.text.count("Water") == 2
    assert "1+1" not in only.text


async def test_the_picture_is_one_for_light_and_one_for_dark_and_says_in_words_what_it_shows(
    counted: Bridge, browsers: dict[Role, Browser]
) -> None:
    light = await browsers[Role.LOOK].get(f"/numbers.svg?{DAYS}&department=Water")
    dark = await browsers[Role.LOOK].get(f"/numbers.svg?{DAYS}&department=Water&dark=1")
    assert light.headers["content-type"] == "image/svg+xml"
    assert light.text != dark.text
    tree = ET.fromstring(light.text)  # noqa: S314 - ours
    assert tree.findtext("{http://www.w3.org/2000/svg}title") == "test, Water, 2026-03-01 to 2026-03-03"
    assert "3 chats opened, 1 of them unserved" in (tree.findtext("{http://www.w3.org/2000/svg}desc") or "")


async def test_a_day_is_the_time_zones_of_the_hours(counted: Bridge, browsers: dict[Role, Browser]) -> None:
    await counted.query("""UPDATE channel SET hours = '{"zone": "Pacific/Kiritimati", "monday": ["08:00-17:00"]}'""")
    page = (await browsers[Role.LOOK].get(f"/numbers?{DAYS}")).text
    assert [line["Opened"] for line in rows(page, "By day")] == ["0", "0", "3"]  # noon is two o'clock tomorrow there
    assert "as the clocks of Pacific/Kiritimati show it" in page
    await counted.query("UPDATE channel SET hours = NULL")


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("from=tomorrow", 400, "Tomorrow is no date: write it as 2026-03-31."),
        ("from=2026-03-02&to=2026-03-01", 400, "2026-03-02 comes after 2026-03-01."),
        ("from=2020-01-01&to=2026-01-01", 400, "At most 92 days are shown at once."),
        ("channel=7", 404, "There is no channel 7."),
        ("channel=00000000-0000-0000-0000-000000000000", 404, "There is no channel 00000000-0000-0000-0000-"),
    ],
)
async def test_what_cannot_be_asked_for_is_said_in_a_sentence(
    query: str, status: int, sentence: str, browsers: dict[Role, Browser]
) -> None:
    for path in ("/numbers", "/numbers.csv", "/numbers.svg"):
        answer = await browsers[Role.LOOK].get(f"{path}?{query}")
        assert (answer.status_code, sentence in words(answer)) == (status, True), words(answer)


async def test_a_department_is_called_by_its_name_where_rocket_chat_says_it(
    counted: Bridge, browsers: dict[Role, Browser]
) -> None:
    water = counted.rocketchat.add_department("Water", "joao.agent")
    await counted.runtime.desk.config(counted.rocketchat_url, anew=True)  # not in ten minutes only
    await counted.query("UPDATE room SET department = $1 WHERE rid = 'counted 1'", water.id)
    page = (await browsers[Role.LOOK].get(f"/numbers?{DAYS}")).text
    assert {line["Department"]: line["Opened"] for line in rows(page, "By department")} == {
        "=1+1": "1", "Water": "3", "all": "4",
    }  # fmt: skip
    assert water.id not in page


async def test_a_department_that_nobody_has_has_no_numbers(counted: Bridge, browsers: dict[Role, Browser]) -> None:
    page = (await browsers[Role.LOOK].get(f"/numbers?{DAYS}&department=%3Cb%3E")).text
    assert {line["Opened"] for line in rows(page, "By day")} == {"0"}
    assert "<b>" not in page


async def test_what_takes_too_long_to_count_is_said_and_fewer_days_are_proposed(
    counted: Bridge, browsers: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    await counted.query(
        "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at, taken_at)"
        " SELECT r.workspace_id, 'many ' || n, r.conversation_id, $1, $1 FROM (SELECT * FROM room LIMIT 1) r,"
        " generate_series(1, 5000) n",
        NOON,
    )
    monkeypatch.setattr(limits, "NUMBERS_SECONDS", 0.001)
    assert "ask for fewer days" in await browsers[Role.LOOK].read(f"/numbers?{DAYS}", 400)


async def test_without_a_channel_there_is_nothing_to_count(bridge: Bridge) -> None:
    await bridge.query("UPDATE channel SET removed_at = live_agents_now()")
    async with open_desk(bridge) as desk:
        browser = await desk.operator(Role.LOOK)
        assert "There is no channel" in await browser.read("/numbers")
        assert (await browser.get("/numbers.csv")).status_code == 404
