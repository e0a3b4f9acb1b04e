"""What a claim cannot do is put off and given back, unless somebody else has claimed it meanwhile."""

import pytest

from channel.core.claimed import Claimed
from channel.store.database import transaction
from channel.store.heads import Heads, leave
from tests.store.premises import Premises

pytestmark = pytest.mark.anyio

STANDS = (
    "SELECT d.attempts, d.attempt_open, d.reason, l.lease_until IS NOT NULL"
    " FROM delivery d JOIN lane l ON l.id = d.lane_id WHERE d.state = 'waiting'"
)


async def leaves(premises: Premises, claimed: Claimed) -> None:
    async with transaction(premises.pool) as connection:
        unreadable = {claimed.lane: claimed.delivery}
        await leave(connection, Heads(left=[claimed.lane], unreadable=unreadable), of=claimed.lease)


async def test_what_cannot_be_read_here_is_put_off_and_was_no_attempt(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("words"))
    (claimed,) = await premises.claim()
    await leaves(premises, claimed)
    assert await premises.rows(STANDS) == [(0, False, "unreadable", False)]


async def test_what_somebody_has_claimed_since_is_theirs(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("words"))
    (late,) = await premises.claim()
    await premises.later(60)
    (now,) = await premises.claim()
    assert now.delivery == late.delivery
    await leaves(premises, late)
    assert await premises.rows(STANDS) == [(2, True, None, True)]
