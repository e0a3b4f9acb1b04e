"""What is measured of the database is there at a scrape; while it is away, the last of it is, and `db_up` says so."""

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

from channel import metrics
from channel.core.breaker import State
from channel.core.errors import StoreUnavailable
from channel.core.owed import Lane
from channel.core.pacing import Dest
from channel.core.vitals import Backlog, Vitals, Waiting
from channel.delivery.watching import Watching, WatchingVerbs


def waiting(channel: UUID, deliveries: int, failing_for: float = 0.0) -> Backlog:
    return Backlog([Waiting(channel, Lane.TO_AGENT, deliveries, failing_for)])


def value(name: str, **labels: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(f"live_agents_{name}", labels)


async def watched(*looks: Callable[[], Vitals], backlog: Backlog) -> None:
    """Look so many times, and stop."""
    left = list(looks)
    done = asyncio.Event()

    async def vitals() -> Vitals:
        look = left.pop(0)
        if not left:
            watching.stop()
            done.set()
        return look()

    async def counted() -> Backlog:
        return backlog

    watching = Watching(WatchingVerbs(vitals, counted), every=0)
    async with asyncio.timeout(5):
        await watching.run()
    assert done.is_set()


def away() -> Vitals:
    raise StoreUnavailable("away")


def broken() -> Vitals:
    raise ValueError("ours")


def fine(age: float = 7.0) -> Vitals:
    return Vitals(age, 3, 11.0, {Dest.ROCKETCHAT: State.OPEN, Dest.RAPIDPRO: State.CLOSED})


async def test_what_was_measured_is_shown() -> None:
    channel = uuid4()
    await watched(fine, backlog=waiting(channel, 5))
    assert value("backlog", direction="to_agent", channel=str(channel)) == 5
    assert (value("lane_head_age_seconds"), value("dead_letters"), value("xmin_age_seconds")) == (7, 3, 11)
    assert (value("breaker_state", dest="rocketchat"), value("breaker_state", dest="rapidpro")) == (2, 0)
    assert value("db_up") == 1


async def test_a_head_is_as_old_as_it_has_been_failing() -> None:
    await watched(fine, backlog=waiting(uuid4(), 1, failing_for=120.0))
    assert value("lane_head_age_seconds") == 120


async def test_what_waits_no_more_is_not_shown() -> None:
    first, second = uuid4(), uuid4()
    await watched(fine, backlog=waiting(first, 5))
    await watched(fine, backlog=waiting(second, 1))
    assert value("backlog", direction="to_agent", channel=str(first)) is None


async def test_a_database_that_is_away_is_a_measurement() -> None:
    await watched(fine, away, backlog=waiting(uuid4(), 1))
    assert (value("db_up"), value("dead_letters")) == (0, 3)


async def test_neither_that_nor_an_error_of_ours_ends_it() -> None:
    await watched(away, broken, fine, backlog=waiting(uuid4(), 1))
    assert value("db_up") == 1


def test_a_scrape_asks_nobody() -> None:
    """What it says is in memory: it cannot wait for a database."""
    body, _ = metrics.exposition()
    assert b"live_agents_db_up" in body
