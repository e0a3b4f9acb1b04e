"""A peer that is away, and one that is back: what two replicas do about it, against Postgres."""

from itertools import pairwise

import pytest

from channel.core import limits
from channel.core.breaker import State
from channel.core.claimed import Claimed
from channel.core.errors import Refused, Unavailable
from channel.core.learned import Posted, Reported
from channel.core.limiter import HISTORY
from channel.core.pacing import Dest, Peer
from channel.delivery.sending import dest_of
from channel.store import listings
from tests.store.premises import Premises, texts
from tests.store.replica import Replica, replica, rocketchat

AWAY = Unavailable("http_503", "away")
CONTACTS = tuple(f"c{n}" for n in range(30))
MANY = tuple(f"c{n}" for n in range(40))
UNTOUCHED = "SELECT count(*) FROM delivery WHERE state = 'waiting' AND attempts = 0 AND first_failed_at IS NULL"


async def write(premises: Premises, *contacts: str, text: str = "words") -> None:
    for to in contacts:
        await premises.handle(premises.wrote(f"{text} of {to}", f"{text}-{to}", to))


async def posted(one: Replica, claimed: Claimed) -> Claimed | None:
    return await one.ends(claimed, Posted(claimed.room or ""))


async def words(one: Replica) -> list[Claimed]:
    """The posts that may be made now; RapidPro takes what is for it."""
    claimed = await one.claim()
    for each in claimed:
        if dest_of(each.owed) is Dest.RAPIDPRO:
            await one.ends(each, Reported())
    return [each for each in claimed if dest_of(each.owed) is Dest.ROCKETCHAT]


async def open_breaker(one: Replica) -> None:
    """Five of those that wait are tried in vain."""
    for each in await one.claim(limits.BREAKER_FAILURES):
        await one.ends(each, AWAY)
    assert (await rocketchat(one.premises)).breaker.state is State.OPEN


async def test_behind_an_open_breaker_two_replicas_try_one_in_sixteen_seconds_and_nothing_else_spends_an_attempt(
    premises: Premises,
) -> None:
    await premises.ready_room(*CONTACTS)
    await write(premises, *CONTACTS)
    async with replica(premises) as one, replica(premises) as two:
        await open_breaker(one)
        probes: list[float] = []
        for second in range(60):
            await premises.later(1)
            for each in [*await one.claim(), *await two.claim()]:
                probes.append(second)
                await (one if second % 2 else two).ends(each, AWAY)
        # a second of the test's own may pass beside
        assert min(later - probe for probe, later in pairwise(probes)) >= 15
        assert len(probes) in {3, 4, 5}
        assert await premises.column(UNTOUCHED) == [30 - limits.BREAKER_FAILURES - len(probes)]


async def test_what_waited_longest_is_tried_first_so_that_no_poison_keeps_the_breaker_open(premises: Premises) -> None:
    await premises.ready_room("ana", "rui", "eva")
    await write(premises, "ana", "rui")
    async with replica(premises) as one:
        while (await rocketchat(premises)).breaker.state is State.CLOSED:
            for each in await one.claim():
                await one.ends(each, AWAY)
            await premises.later(5)
        await write(premises, "eva")
        tried: list[str] = []
        while "words of eva" not in tried:
            await premises.later(limits.PROBE_GAP + 1)
            for each in await one.claim():
                tried += texts([each])
                await one.ends(each, AWAY)
            assert len(tried) <= 3


async def test_a_peer_that_is_back_gets_what_has_gathered_in_growing_steps(premises: Premises) -> None:
    await premises.ready_room(*MANY)
    await write(premises, *MANY)
    async with replica(premises) as one, replica(premises) as two:
        await open_breaker(one)
        await premises.later(20)
        steps = []
        while (await rocketchat(premises)).breaker.state is not State.CLOSED:
            taken = [*await words(one), *await words(two)]
            steps.append(len(taken))
            assert len(steps) < 10
            for each in taken:
                assert await posted(one, each) is None
        assert steps == [1, 2, 4, 8, 16]
        assert len(await words(one)) == len(MANY) - sum(steps)


async def test_other_peers_are_asked_as_ever(premises: Premises) -> None:
    await premises.ready_room(*CONTACTS)
    await write(premises, *CONTACTS)
    async with replica(premises) as one:
        await open_breaker(one)
        await premises.pool.execute(
            """
            INSERT INTO delivery (lane_id, seq, kind, body, due_at, created_at)
            SELECT id, next_seq, 'ReadContact', '{}', live_agents_now(), live_agents_now()
            FROM lane WHERE kind = 'status'
            """
        )
        await premises.pool.execute("UPDATE lane SET head_due = live_agents_now() WHERE kind = 'status'")
        assert [type(each.owed).__name__ for each in await one.claim()] == ["ReadContact"] * len(CONTACTS)


async def test_an_outage_of_more_than_three_days_ends_in_dead_letters_that_can_be_replayed_in_order(
    premises: Premises,
) -> None:
    await premises.ready_room(*CONTACTS[:6])
    for text in ("one", "two", "three"):
        await write(premises, *CONTACTS[:6], text=text)
    async with replica(premises) as one:
        await open_breaker(one)
        await premises.later(limits.RETRY_HORIZON - 3600)
        await write(premises, *CONTACTS[:6], text="late")
        assert await _round(one, AWAY) == 1  # the probe
        await premises.later(3600 + 60)
        for _ in range(40):
            # what was a probe lately is one once more, and then given up
            if not await _round(one, AWAY):
                await premises.later(limits.PROBE_GAP)
        dead = "SELECT count(*) FROM delivery WHERE state = 'dead' AND kind = 'PostToRoom'"
        assert await premises.column(dead) == [18]
        waiting = "SELECT body ->> 'text' FROM delivery WHERE state = 'waiting' AND kind = 'PostToRoom'"
        assert {text.split()[0] for text in await premises.column(waiting)} == {"late"}
        # an operator replays the dead letters of one of them, the latest first
        for text in ("three", "two", "one"):
            await listings.replay(premises.url, f"{text}-c0")
        await premises.later(60)
        order = []
        for _ in range(40):
            for each in await words(one):
                order += texts([each])
                await posted(one, each)
            await premises.later(1)
        assert [text for text in order if text.endswith(" of c0")] == [
            f"{text} of c0" for text in ("one", "two", "three", "late")
        ]


async def _round(one: Replica, error: Unavailable) -> int:
    """Everything that may be taken is, and ends so; what is given up is not even asked."""
    claimed = await words(one)
    for each in claimed:
        given_up = Refused("away", "for three days")
        await one.ends(each, given_up if each.passed.given_up else error)
    return len(claimed)


async def test_where_nothing_waits_for_it_any_more_an_open_breaker_is_not_left_open(premises: Premises) -> None:
    await premises.ready_room(*CONTACTS[:5])
    await write(premises, *CONTACTS[:5])
    async with replica(premises) as one:
        await open_breaker(one)
        await premises.pool.execute("UPDATE delivery SET state = 'discarded' WHERE state = 'waiting'")
        await premises.pool.execute("UPDATE lane SET head_due = NULL")
        await premises.later(60)
        await one.claim()
        assert (await rocketchat(premises)).breaker.state is State.HALF_OPEN
        await write(premises, "c0", text="new")
        (probe,) = await one.claim()
        await posted(one, probe)


async def test_a_success_begins_the_count_anew_for_all_replicas(premises: Premises) -> None:
    await premises.ready_room(*CONTACTS)
    await write(premises, *CONTACTS)
    async with replica(premises) as one, replica(premises) as two:
        for _ in range(limits.BREAKER_FAILURES):
            for each in await one.claim(limits.BREAKER_FAILURES - 1):
                await one.ends(each, AWAY)
            (each,) = await two.claim(1)
            await posted(two, each)
        assert (await rocketchat(premises)).breaker.state is State.CLOSED


async def test_a_replica_that_has_not_heard_of_it_takes_nothing_of_a_peer_that_is_away(premises: Premises) -> None:
    await premises.ready_room(*CONTACTS)
    await write(premises, *CONTACTS)
    before = await _peers(premises)
    async with replica(premises) as one:
        await open_breaker(one)
    assert await premises.claim_as(before) == []


async def _peers(premises: Premises) -> list[Peer]:
    async with replica(premises) as two:
        await two.pace.look()
        return list(two.pace.peers)


async def test_a_lane_that_an_older_version_has_made_is_found(premises: Premises) -> None:
    await premises.ready_room("ana")
    await write(premises, "ana")
    await premises.pool.execute("UPDATE lane SET peer_id = NULL, route = ''")
    await premises.pool.execute("DELETE FROM peer")
    async with replica(premises) as one:
        assert texts(await one.claim()) == ["words of ana"]


@pytest.mark.parametrize("count", [1, 2 * limits.PEER_SLOTS])
async def test_a_peer_has_no_more_than_its_slots(premises: Premises, count: int) -> None:
    contacts = tuple(f"c{n}" for n in range(count))
    await premises.ready_room(*contacts)
    await write(premises, *contacts)
    number = (await rocketchat(premises)).id
    assert len(await premises.claim(2 * count)) == min(count, limits.PEER_SLOTS)
    assert await premises.claim(2 * count, busy={number: limits.PEER_SLOTS}) == []


async def test_where_nothing_else_is_due_a_history_is_read_to_see_whether_it_is_back(premises: Premises) -> None:
    chat = (await rocketchat(premises)).address
    await premises.ready_room(*CONTACTS[:5])
    await write(premises, *CONTACTS[:5])
    async with replica(premises) as one, replica(premises) as two:
        await open_breaker(one)
        await premises.pool.execute("UPDATE delivery SET due_at = due_at + interval '1 day' WHERE state = 'waiting'")
        await premises.pool.execute("UPDATE lane SET head_due = head_due + interval '1 day'")
        assert await one.pace.wait_for_spare(chat, HISTORY) == limits.PROBE_GAP
        await premises.later(limits.PROBE_GAP)
        waits = [await each.pace.wait_for_spare(chat, HISTORY) for each in (one, two)]
        assert waits == [0, limits.PROBE_GAP]
