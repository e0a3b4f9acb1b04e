"""Dead letters that go again: in their old places, some at a time, and nothing but what was meant."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from channel.core.learned import Posted
from channel.store import listings
from channel.store.listings import Which
from channel.store.replaying import again
from channel.store.timing import now
from tests.store.premises import Premises, arrived, texts

NOBODY = UUID("00000000-0000-4000-8000-000000000000")


async def dead(premises: Premises, to: str, *words: str, reason: str = "unreachable") -> None:
    """What `to` wrote, none of which could be posted."""
    for text in words:
        await premises.handle(premises.wrote(text, f"{to}-{text}", to))
    await premises.pool.execute(
        "UPDATE delivery SET state = 'dead', reason = $1, ended_at = live_agents_now() WHERE state = 'waiting'", reason
    )
    await premises.pool.execute(
        "UPDATE message SET status = 'failed', reason = $1 WHERE external_id LIKE $2", reason, f"{to}-%"
    )
    await premises.pool.execute("UPDATE lane SET head_due = NULL")


async def posted(premises: Premises) -> list[str]:
    """What goes now, in the order in which it is claimed."""
    went: list[str] = []
    while claimed := await premises.claim():
        went += texts(claimed)
        await premises.pool.execute(
            "UPDATE delivery SET state = 'done' WHERE id = ANY($1)", [each.delivery for each in claimed]
        )
        await premises.pool.execute(
            "UPDATE lane SET lease_until = NULL, head_due = (SELECT min(due_at) FROM delivery"
            " WHERE lane_id = lane.id AND state = 'waiting')"
        )
    return went


async def still_dead(premises: Premises) -> list[str]:
    return await premises.column("SELECT body ->> 'text' FROM delivery WHERE state = 'dead' ORDER BY id")


async def test_all_that_died_in_a_time_goes_again_in_its_old_order(premises: Premises) -> None:
    await premises.ready_room("ana", "bob")
    await dead(premises, "ana", "too early")
    await premises.later(60)
    since = await now(premises.pool)
    await dead(premises, "ana", *(f"ana {n}" for n in range(5)))
    await dead(premises, "bob", *(f"bob {n}" for n in range(5)))
    until = await now(premises.pool) + timedelta(seconds=1)
    await premises.later(60)
    await dead(premises, "bob", "too late")
    counts: list[int] = []
    found = await listings.dead_letters(premises.url, Which(since, until))
    assert await again(premises.url, found, counts.append, most=3) == 10
    assert counts == [3, 6, 9, 10]
    went = await posted(premises)
    for who in ("ana", "bob"):
        assert [text for text in went if text.startswith(who)] == [f"{who} {n}" for n in range(5)]
    assert await still_dead(premises) == ["too early", "too late"]
    assert await premises.column("SELECT count(*) FROM message WHERE status = 'failed'") == [2]


async def test_what_waits_in_a_lane_goes_behind_what_was_replayed_in_front_of_it(premises: Premises) -> None:
    await premises.ready_room("ana")
    await dead(premises, "ana", "first", "second")
    await premises.handle(premises.wrote("third", "ana-third", "ana"))
    assert await listings.replay(premises.url, "ana-second", "ana-first") == 2
    assert await posted(premises) == ["first", "second", "third"]


async def test_only_those_of_the_reason_and_of_the_channel_are_meant(premises: Premises) -> None:
    await premises.ready_room("ana")
    await dead(premises, "ana", "nobody came", reason="max_wait")
    await dead(premises, "ana", "nobody answered")

    async def found(which: Which) -> list[str]:
        return [row["external_id"] for row in await listings.dead_letters(premises.url, which)]

    assert await found(Which()) == ["ana-nobody came", "ana-nobody answered"]
    assert await found(Which(reason="max_wait")) == ["ana-nobody came"]
    assert await found(Which(channel=premises.channel)) == ["ana-nobody came", "ana-nobody answered"]
    await premises.pool.execute("UPDATE channel SET removed_at = live_agents_now()")
    assert await found(Which(channel=premises.channel, reason="unreachable")) == ["ana-nobody answered"]
    with pytest.raises(listings.Nothing, match=f"there is no channel {NOBODY}"):
        await found(Which(channel=NOBODY))


async def test_a_message_of_which_a_part_stays_dead_stays_failed(premises: Premises) -> None:
    await premises.ready_room("ana")
    await dead(premises, "ana", "x" * 60, reason="max_wait")
    (first,) = await listings.dead_letters(premises.url, Which())
    await premises.pool.execute(
        "INSERT INTO delivery (lane_id, message_id, seq, kind, body, part, state, reason, due_at, created_at, ended_at)"
        " SELECT lane_id, message_id, seq + 1, kind, body, 1, 'dead', 'unreachable', due_at, created_at, ended_at"
        " FROM delivery WHERE id = $1",
        first["delivery"],
    )
    found = await listings.dead_letters(premises.url, Which(reason="max_wait"))
    assert await again(premises.url, found) == 1
    assert await premises.column("SELECT status FROM message WHERE external_id LIKE 'ana-x%'") == ["failed"]
    assert await listings.replay(premises.url, str(first["message"])) == 1
    assert await premises.column("SELECT status FROM message WHERE external_id LIKE 'ana-x%'") == [None]


async def test_a_dead_letter_of_no_message_stays(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.pool.execute(
        "INSERT INTO delivery (lane_id, seq, kind, body, state, reason, due_at, created_at, ended_at)"
        " SELECT id, 99, 'CloseRoom', '{\"room\": \"r\"}', 'dead', 'not_allowed', live_agents_now(),"
        " live_agents_now(), live_agents_now() FROM lane WHERE kind = 'to_agent'"
    )
    found = await listings.dead_letters(premises.url, Which())
    assert [(row["kind"], row["message"]) for row in found] == [("CloseRoom", None)]
    assert await again(premises.url, found) == 0
    assert await premises.column("SELECT reason FROM delivery WHERE state = 'dead'") == ["not_allowed"]


async def test_what_went_again_meanwhile_is_not_counted_and_not_doubled(premises: Premises) -> None:
    await premises.ready_room("ana")
    await dead(premises, "ana", "first", "second")
    found = await listings.dead_letters(premises.url, Which())
    assert await listings.replay(premises.url, "ana-first") == 1
    assert await again(premises.url, found) == 1
    assert await posted(premises) == ["first", "second"]
    assert await again(premises.url, found) == 0


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        (("ana-first", "nobody"), "there is no message nobody"),
        (("ana-first", "first-ana"), "message first-ana has no dead letter"),
    ],
)
async def test_one_that_cannot_be_meant_keeps_all_as_they_are(
    premises: Premises, numbers: Sequence[str], sentence: str
) -> None:
    await premises.ready_room("ana")
    await dead(premises, "ana", "first")
    with pytest.raises(listings.Nothing, match=sentence):
        await listings.replay(premises.url, *numbers)
    assert await still_dead(premises) == ["first"]


async def test_several_messages_are_discarded_together_or_not_at_all(premises: Premises) -> None:
    await premises.ready_room("ana")
    await dead(premises, "ana", "first", "second")
    with pytest.raises(listings.Nothing, match="there is no message nobody"):
        await listings.discard(premises.url, "ana-first", "nobody", reason="by telephone")
    with pytest.raises(listings.Nothing, match="message first-ana has nothing that waits or is dead"):
        await listings.discard(premises.url, "ana-first", "first-ana", reason="by telephone")
    assert await still_dead(premises) == ["first", "second"]
    assert await listings.discard(premises.url, "ana-first", "ana-second", reason="by telephone") == 2
    assert await still_dead(premises) == []
    assert await premises.column("SELECT reason FROM message WHERE external_id <> 'first-ana'") == ["by telephone"] * 2


@pytest.mark.parametrize("keeping", [True, False])
async def test_what_a_process_was_sending_when_it_ended_stays_in_doubt_behind_what_goes_again(
    premises: Premises, *, keeping: bool
) -> None:
    await premises.ready_room("ana")
    await dead(premises, "ana", "first")
    await premises.handle(premises.wrote("second", "2"))
    (ended,) = await premises.claim()
    await premises.later(60)
    assert await again(premises.pool, await listings.dead_letters(premises.pool, Which())) == 1
    (first,) = await premises.claim()
    assert texts([ended, first]) == ["second", "first"]
    (handled,) = await premises.handle(arrived(first, Posted(first.room or "")), keeping=keeping)
    claimed = [handled.next] if handled.next else await premises.claim()
    (second,) = [each for each in claimed if each.lane == ended.lane]
    assert (second.delivery, second.attempts, second.ambiguous, second.crashes) == (ended.delivery, 2, 1, 1)
