"""What becomes of a lane's lease after a settle is one decision, however near its head's time is."""

from typing import Final

from channel.store.database import transaction
from channel.store.lanes import Places, settle_lanes
from tests.store.premises import Premises

#: each with a head that is due within some milliseconds: now and then while the lane's row is being written
TIMES: Final = 400


async def test_a_lane_that_is_said_to_be_kept_is_leased(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote())
    (lane,) = await premises.column("SELECT id FROM lane WHERE kind = 'to_agent'")
    states = set()
    for turn in range(TIMES):
        async with transaction(premises.pool) as connection:
            ahead = "UPDATE delivery SET due_at = live_agents_now() + make_interval(secs => $1) WHERE state = 'waiting'"
            await connection.execute(ahead, 0.0002 + turn * 0.000005)
            kept = await settle_lanes(connection, [lane], Places(), [lane], [], keep=True)
            leased = await connection.fetchval("SELECT lease_until IS NOT NULL FROM lane WHERE id = $1", lane)
        states.add((kept == [lane], leased))
    print(f"kept and leased: {sorted(states)}")
    assert states <= {(True, True), (False, False)}
    assert len(states) == 2
