"""A coordinator's numbers, counted from what really happened to rooms: also when all words are erased."""

import json
import statistics
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from channel.core import limits
from channel.core.addresses import ByRoom
from channel.core.events import AgentWrote
from channel.core.numbers import Days, Numbers, Spread
from channel.store.numbers import TooMany, numbers
from channel.store.queries import query
from channel.store.retention import sweep
from tests.store.driving import Driver
from tests.store.premises import Premises

ROOMS = 20_000


async def today(premises: Premises, *, before: int = 0) -> Days:
    (now,) = await premises.column("SELECT live_agents_now()")
    last = now.astimezone(UTC).date()
    return Days(last - timedelta(days=before), last, "UTC")


async def counted(premises: Premises, chosen: Days | None = None) -> list[Numbers]:
    """By department; of all days."""
    found = await numbers(premises.pool, premises.channel, chosen or await today(premises, before=1))
    return [each for each in found if each.day is None and each.department is not None]


async def says(premises: Premises, room: str, text: str) -> None:
    await premises.handle(AgentWrote(ByRoom(premises.workspace, room, None), f"id {text}", text, b"raw"))


def about(spread: Spread | None, median: float, most: float) -> bool:
    """A test takes its own time, too."""
    return spread is not None and 0 <= spread.median - median < 10 and 0 <= spread.most - most < 10


async def test_a_room_is_waited_for_until_it_is_taken_and_answered_by_the_first_words_that_go(
    premises: Premises,
) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(department="Water", words="Hello"))
    await driver.run()
    await premises.later(100)
    await premises.handle(driver.takes("r1"))
    await premises.later(20)
    await says(premises, "r1", "// a note for my colleagues")
    await says(premises, "r1", "x" * (limits.TEXT_LENGTH + 1))
    await premises.later(30)
    await says(premises, "r1", "Good morning")
    await premises.later(1000)
    await says(premises, "r1", "Are you there?")
    (water,) = await counted(premises)
    assert (water.department, water.opened, water.taken, water.answered, water.unserved) == ("Water", 1, 1, 1, 0)
    assert about(water.waited, 100, 100)
    assert about(water.first_answer, 50, 50)


async def test_a_room_that_nobody_takes_is_unserved_once_it_is_closed_in_the_department_that_it_waited_for(
    premises: Premises,
) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(department="Water", words="Hello"))
    await driver.run()
    (water,) = await counted(premises)
    assert (water.department, water.opened, water.taken, water.unserved) == ("Water", 1, 0, 0)
    await premises.handle(driver.shuts("r1"))
    (water,) = await counted(premises)
    assert (water.opened, water.taken, water.unserved, water.waited, water.first_answer) == (1, 0, 1, None, None)


async def test_a_room_of_no_department_is_of_the_channels(premises: Premises) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(words="Hello"))
    await driver.run()
    assert [each.department for each in await counted(premises)] == [""]
    await premises.pool.execute("UPDATE channel SET department = 'Care'")
    assert [each.department for each in await counted(premises)] == ["Care"]


async def test_when_every_word_is_erased_the_numbers_are_as_before(premises: Premises) -> None:
    driver = Driver(premises)
    await driver.answer(driver.asks(department="Water", words="Hello"))
    await driver.run()
    await premises.later(60)
    await premises.handle(driver.takes("r1"))
    await premises.later(5)
    await says(premises, "r1", "Good morning")
    await driver.run()
    await premises.handle(driver.shuts("r1"))
    await driver.run()
    await premises.pool.execute("UPDATE delivery SET state = 'done' WHERE state = 'waiting'")
    chosen = await today(premises, before=1)
    before = await numbers(premises.pool, premises.channel, chosen)
    await premises.later((limits.KEEP_DAYS + 1) * 86400)
    assert sum([count async for count in sweep(premises.pool)]) > 0
    assert await premises.column("SELECT DISTINCT texts::text FROM message") == ["{}"]
    assert await numbers(premises.pool, premises.channel, chosen) == before
    assert before[0].answered == 1


async def rooms(premises: Premises, *of: tuple[str, datetime, float | None, float | None]) -> None:
    """Rooms of one contact: department, when it was opened, how long it waited, and how long for the first words."""
    await premises.handle(premises.wrote())
    for n, (department, opened, waited, answered) in enumerate(of):
        taken = None if waited is None else opened + timedelta(seconds=waited)
        await premises.pool.execute(
            "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at, taken_at, closed_at, department)"
            " SELECT $1, $2, id, $3, $4, $3, $5 FROM conversation",
            premises.workspace,
            f"room {n}",
            opened,
            taken,
            department,
        )
        if answered is not None and taken is not None:
            await premises.pool.execute(
                "INSERT INTO message (id, channel_id, conversation_id, author, key, external_id, texts, answered_at,"
                " created_at, room) SELECT gen_random_uuid(), $1, id, 'agent', $2::text, $2::text, '{}', $3, $3,"
                " $2::text FROM conversation",
                premises.channel,
                f"room {n}",
                taken + timedelta(seconds=answered),
            )


async def test_a_day_is_the_time_zones_and_totals_are_of_all_its_rooms(premises: Premises) -> None:
    late = datetime(2026, 3, 1, 20, 59, 59, tzinfo=UTC)  # a second before midnight in Nairobi
    await rooms(
        premises,
        ("Water", late, 10, 1),
        ("Water", late + timedelta(seconds=1), 20, 2),
        ("Water", late + timedelta(seconds=2), 30, None),
        ("Care", late + timedelta(seconds=3), None, None),
        ("Care", late + timedelta(days=1, seconds=1), 40, 3),  # on the day after
        ("Care", late - timedelta(days=1), 40, 3),  # on the day before
    )
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    found = await numbers(premises.pool, premises.channel, Days(first, second, "Africa/Nairobi"))
    told = {(each.department, each.day): (each.opened, each.taken, each.answered, each.unserved) for each in found}
    assert told == {
        ("Water", first): (1, 1, 1, 0),
        ("Water", second): (2, 2, 1, 0),
        ("Water", None): (3, 3, 2, 0),
        ("Care", second): (1, 0, 0, 1),
        ("Care", None): (1, 0, 0, 1),
        (None, first): (1, 1, 1, 0),
        (None, second): (3, 2, 1, 1),
        (None, None): (4, 3, 2, 1),
    }
    spreads = {(each.department, each.day): (each.waited, each.first_answer) for each in found}
    assert spreads["Water", second] == (Spread(25, 29), Spread(2, 2))
    assert spreads["Water", None][0] == Spread(20, 28)
    assert spreads["Care", None] == (None, None)


async def test_a_department_that_is_called_by_its_id_and_by_its_name_is_one(premises: Premises) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    await rooms(premises, ("dep1", noon, 10, 1), ("Water", noon, 30, 1), ("dep2", noon, 20, 1))
    day = Days(date(2026, 3, 1), date(2026, 3, 1), "UTC")
    found = await numbers(premises.pool, premises.channel, day, {"dep1": "Water", "dep3": "Care"})
    by_name = {each.department: each for each in found if each.day is None}
    assert {name: each.opened for name, each in by_name.items()} == {"Water": 2, "dep2": 1, None: 3}
    assert by_name["Water"].waited == Spread(20, 28)


async def test_words_before_an_agent_is_known_to_have_the_room_are_an_answer_at_once(premises: Premises) -> None:
    await rooms(premises, ("", datetime(2026, 3, 1, 12, tzinfo=UTC), 10, -2))
    found = await numbers(premises.pool, premises.channel, Days(date(2026, 3, 1), date(2026, 3, 1), "UTC"))
    assert {each.first_answer for each in found} == {Spread(0, 0)}


async def test_rooms_of_another_channel_are_not_counted(premises: Premises) -> None:
    await rooms(premises, ("", datetime(2026, 3, 1, 12, tzinfo=UTC), 10, 1))
    other = await premises.column("SELECT gen_random_uuid()")
    found = await numbers(premises.pool, other[0], Days(date(2026, 3, 1), date(2026, 3, 1), "UTC"))
    assert found == [Numbers(None, None, 0, 0, 0, 0, None, None)]


async def test_the_median_and_the_ninth_tenth_are_as_statistics_has_them(premises: Premises) -> None:
    times = [3.0, 8.5, 1.0, 60.0, 7.25, 600.0, 2.0, 5.0, 9.0, 4.0, 11.0]
    await rooms(premises, *(("", datetime(2026, 3, 1, 12, tzinfo=UTC), each, each / 2) for each in times))
    found = await numbers(premises.pool, premises.channel, Days(date(2026, 3, 1), date(2026, 3, 1), "UTC"))
    tenths = statistics.quantiles(times, n=10, method="inclusive")
    assert found[0].waited == Spread(statistics.median(times), tenths[-1])
    assert found[0].first_answer == Spread(statistics.median(times) / 2, tenths[-1] / 2)


async def test_what_takes_the_database_too_long_is_given_up_and_leaves_the_connection_as_it_was(
    premises: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rooms(premises, ("", datetime(2026, 3, 1, 12, tzinfo=UTC), 10, 1))
    await premises.pool.execute(
        "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at, taken_at)"
        " SELECT workspace_id, 'many ' || n, conversation_id, first_seen_at, taken_at"
        " FROM room, generate_series(2, $1) n",
        ROOMS // 4,
    )
    chosen = Days(date(2026, 3, 1), date(2026, 3, 1), "UTC")
    with monkeypatch.context() as patched:
        patched.setattr(limits, "NUMBERS_SECONDS", 0.001)
        with pytest.raises(TooMany):
            await numbers(premises.pool, premises.channel, chosen)
    assert (await numbers(premises.pool, premises.channel, chosen))[0].opened == ROOMS // 4


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in nodes(child))]


async def test_messages_are_read_by_their_conversation_and_of_the_days_rooms_alone(premises: Premises) -> None:
    """Beside rooms of a year, each of another contact: only those of the days are looked at more than once."""
    await premises.pool.execute(
        "INSERT INTO contact (channel_id, urn, visitor_token, visitor_token_hash, created_at)"
        " SELECT $1, 'c' || n, '', n::text, live_agents_now() FROM generate_series(1, $2::int) AS n",
        premises.channel,
        ROOMS,
    )
    await premises.pool.execute("INSERT INTO conversation (id, contact_id) SELECT id, id FROM contact")
    await premises.pool.execute(
        "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at, taken_at)"
        " SELECT $1, 'r' || id, id, at, at FROM (SELECT id, live_agents_now() - id % 365 * interval '1 day' AS at"
        " FROM conversation) AS each",
        premises.workspace,
    )
    await premises.pool.execute(
        "INSERT INTO message (id, channel_id, conversation_id, author, key, external_id, texts, answered_at,"
        " created_at, room) SELECT gen_random_uuid(), $1, conversation_id, 'agent', rid || n, rid || n, '{}', taken_at,"
        " taken_at, rid FROM room, generate_series(1, 3) AS n",
        premises.channel,
    )
    await premises.pool.execute("ANALYZE room, message, contact, conversation")
    chosen = await today(premises, before=27)
    (explained,) = await premises.column(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {query('numbers')}", premises.channel, chosen.bounds(), [], []
    )
    plan = json.loads(explained)[0]["Plan"]
    reads = [node for node in nodes(plan) if node.get("Relation Name") == "message"]
    assert {(node["Node Type"], node["Index Name"]) for node in reads} == {("Index Scan", "message_spoken")}
    (found,) = [each for each in await numbers(premises.pool, premises.channel, chosen) if not each.day][:1]
    assert sum(node["Actual Loops"] for node in reads) <= found.opened < ROOMS / 10
    assert {round(node["Actual Rows"]) for node in reads} == {1}  # of three: the first is found, and no other is read
