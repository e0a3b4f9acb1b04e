"""Rooms in which something may be missing though nothing says so: looked at soon, and never at the cost of the rest."""

from datetime import datetime, timedelta
from typing import Final

import pytest

from channel.bridge import handle
from channel.core import limits
from channel.core.conversation import State
from channel.core.learned import Posted
from channel.core.limiter import HISTORY, Window
from channel.store.queries import query
from channel.store.repairs import unsought
from tests.store.premises import Premises, arrived
from tests.store.replica import know

CONTACTS: Final = tuple(f"c{n}" for n in range(7))
POSTED_AT: Final = "2026-03-01T12:00:00.000Z"


async def posted(premises: Premises, *contacts: str) -> None:
    """Each of them has written in a room that an agent serves, and the words are there."""
    await premises.ready_room(*contacts)
    await premises.pool.execute("UPDATE conversation SET state = $1", State.SERVED.value)
    await premises.pool.execute(
        "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at, sought_at)"
        " SELECT $1, room, id, live_agents_now(), live_agents_now() FROM conversation",
        premises.workspace,
    )
    for contact in contacts:
        await premises.handle(premises.wrote("words", f"more-{contact}", contact))
    for claimed in await premises.claim():
        await handle(premises.store(keeping=False), [arrived(claimed, Posted(claimed.room or "", POSTED_AT))])


async def looked_at(premises: Premises) -> int:
    """In how many rooms something is to be looked for now. It is owed from then on."""
    sought = await unsought(premises.pool)
    assert {event.why for event in sought} <= {"unsure"}
    for event in sought:
        await premises.handle(event)
    return len(sought)


async def read(premises: Premises) -> None:
    await premises.pool.execute("UPDATE delivery SET state = 'done' WHERE kind = 'ReadHistory'")


async def now(premises: Premises) -> datetime:
    found: datetime = await premises.pool.fetchval("SELECT live_agents_now()")
    return found


async def test_a_room_is_looked_at_soon_after_our_own_post_and_once(premises: Premises) -> None:
    await posted(premises, "ana")
    await know(premises, {HISTORY: Window(known=True)})
    await premises.later(limits.UNSURE_LOOKED_AT - 5)
    assert await looked_at(premises) == 0
    await premises.later(10)
    assert await looked_at(premises) == 1
    await read(premises)
    assert await looked_at(premises) == 0
    await premises.later(limits.SOUGHT_EVERY / 2)
    assert await looked_at(premises) == 0


async def test_where_rocketchat_does_not_limit_that_some_are_read_at_once(premises: Premises) -> None:
    await posted(premises, *CONTACTS)
    await know(premises, {HISTORY: Window(known=True)})
    await premises.later(limits.UNSURE_LOOKED_AT + 1)
    assert await looked_at(premises) == limits.SOUGHT_AT_ONCE
    assert await looked_at(premises) == 0  # they wait
    await read(premises)
    assert await looked_at(premises) == len(CONTACTS) - limits.SOUGHT_AT_ONCE


@pytest.mark.parametrize(("limit", "spared", "looks"), [(10, 0, 1), (10, 1, 0), (60, 5, 1), (60, 6, 0), (5, 0, 0)])
async def test_where_it_does_half_of_what_repair_may_take_is_left_for_what_is_known_to_be_missing(
    premises: Premises, limit: int, spared: int, looks: int
) -> None:
    await posted(premises, *CONTACTS)
    await premises.later(limits.UNSURE_LOOKED_AT + 1)
    until = await now(premises) + timedelta(seconds=60)
    await know(premises, {HISTORY: Window(True, limit, limit, until, spared=spared)})
    assert await looked_at(premises) == looks
    assert await looked_at(premises) == 0  # none while one waits
    await read(premises)
    await premises.later(61)
    assert await looked_at(premises) == (limit // limits.UNSURE_SHARE > 0)  # in the next window


async def test_a_read_that_may_turn_out_needless_makes_nothing_sure(premises: Premises) -> None:
    await posted(premises, "ana")
    ((number, room),) = await premises.rows("SELECT id, room FROM conversation")
    for conditional in (True, False):
        await premises.pool.execute(query("note_sought"), [number], [room], [conditional])
        assert await premises.column("SELECT unsure_since IS NOT NULL FROM room") == [conditional]
