"""Times that conversations set themselves: rows that survive, and are taken up once."""

import asyncio

from channel.bridge import handle
from channel.core.addresses import ByConversation
from channel.core.events import Timer, Woke
from channel.store.database import open_pool
from channel.store.timing import due_timers, now
from tests.store.premises import Premises


async def waiting(premises: Premises, why: Timer, seconds: float) -> Woke:
    """Ana waits in the queue, and has set herself this time."""
    await premises.ready_room("ana")
    (number,) = await premises.column("SELECT id FROM conversation")
    await premises.pool.execute("DELETE FROM timer")
    await premises.pool.execute(
        "INSERT INTO timer (conversation_id, why, due_at)"
        " VALUES ($1, $2, live_agents_now() + make_interval(secs => $3))",
        number,
        why.value,
        seconds,
    )
    return Woke(ByConversation(number), why)


async def test_a_timer_is_due_when_its_time_has_come_by_the_databases_clock(premises: Premises) -> None:
    woke = await waiting(premises, Timer.QUEUED, 60)
    assert await due_timers(premises.pool) == []
    before = await now(premises.pool)
    await premises.later(61)
    assert (await now(premises.pool) - before).total_seconds() > 60
    assert await due_timers(premises.pool) == [woke]


async def test_what_was_taken_up_is_due_no_more_and_what_came_too_early_stays(premises: Premises) -> None:
    woke = await waiting(premises, Timer.QUEUED, 60)
    decision = await premises.decide(woke)
    assert decision is not None
    assert decision.reason == "needless"
    assert await premises.column("SELECT count(*) FROM timer") == [1]
    await premises.later(61)
    await premises.handle(woke)
    assert await premises.column("SELECT count(*) FROM timer") == [0]
    assert await premises.column("SELECT external_id FROM message WHERE author = 'bridge'") == ["queued"]


async def test_two_replicas_that_take_up_the_same_time_tell_the_contact_once(premises: Premises) -> None:
    woke = await waiting(premises, Timer.QUEUED, -1)
    other = await open_pool(premises.url, size=5, name="other replica")
    try:
        await asyncio.gather(
            *(handle(premises.store(pool), [woke]) for pool in (premises.pool, other) for _ in range(3))
        )
    finally:
        await other.close()
    assert await premises.column("SELECT external_id FROM message WHERE author = 'bridge'") == ["queued"]


async def test_the_place_in_line_is_told_among_those_who_wait_for_the_same_department(premises: Premises) -> None:
    await premises.ready_room("bea", "ana", "eva")
    ids = await premises.column(
        "SELECT conversation.id FROM conversation JOIN contact ON contact.id = contact_id ORDER BY urn"
    )
    await premises.pool.execute("DELETE FROM timer")
    for number in ids:
        await premises.pool.execute(
            "INSERT INTO timer (conversation_id, why, due_at) VALUES ($1, 'queued', live_agents_now())", number
        )
    for woke in await due_timers(premises.pool):
        await premises.handle(woke)
    told = await premises.rows(
        "SELECT contact.urn, message.texts[1] FROM message JOIN contact ON contact.id = message.conversation_id"
        " WHERE author = 'bridge' ORDER BY contact.urn"
    )
    assert [(urn, "Your position: 1." in text, "Your position: 2." in text) for urn, text in told] == [
        ("ana", False, True),
        ("bea", True, False),
        ("eva", False, False),
    ]
