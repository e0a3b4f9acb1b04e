"""A peer that takes only so many: who goes first, who has had a turn, and what a replica may not take."""

from datetime import datetime, timedelta

from channel.core.exchange import Request
from channel.core.learned import Posted
from channel.core.limiter import Allowance, Window, told
from channel.core.pacing import ROUTES, Dest
from tests.store.premises import Premises, texts
from tests.store.replica import Replica, know, replica, rocketchat

FIVE = ("ana", "rui", "eva", "leo", "ines")


async def limited(premises: Premises, calls: int, seconds: float = 60) -> None:
    """Rocket.Chat has said that so many posts are left of ten, until then."""
    now: datetime = await premises.pool.fetchval("SELECT live_agents_now()")
    await know(premises, {ROUTES["message"]: told(Window(), Allowance(10, calls, seconds), now)})


async def write(premises: Premises, *contacts: str, text: str = "words") -> None:
    for to in contacts:
        await premises.handle(premises.wrote(f"{text} of {to}", f"{text}-{to}", to))


async def take(one: Replica) -> list[str]:
    """Everything that may be taken is, and arrives."""
    claimed = [each for each in await one.claim() if each.peer == (await rocketchat(one.premises)).id]
    for each in claimed:
        assert await one.ends(each, Posted(each.room or "")) is None
    return texts(claimed)


async def ask_rapidpro(premises: Premises, *contacts: str) -> None:
    """Something is due of RapidPro, and has been for an hour, in a lane of each."""
    await premises.ready_room(*contacts)
    await premises.pool.execute(
        """
        INSERT INTO delivery (lane_id, seq, kind, body, due_at, created_at)
        SELECT id, 0, 'ReadContact', '{}', live_agents_now(), live_agents_now() FROM lane WHERE kind = 'status'
        """
    )
    await premises.pool.execute(
        "UPDATE lane SET head_due = live_agents_now() - interval '1 hour' WHERE kind = 'status'"
    )


async def test_no_more_are_taken_than_are_left_by_two_replicas_and_none_before_the_window_ends(
    premises: Premises,
) -> None:
    await premises.ready_room(*FIVE)
    await write(premises, *FIVE)
    await limited(premises, 3)
    async with replica(premises) as one, replica(premises) as two:
        assert sorted([*await take(one), *await take(two)]) == [f"words of {to}" for to in ("ana", "eva", "rui")]
        await premises.later(50)
        assert [*await take(one), *await take(two)] == []
        await premises.later(11)
        assert sorted([*await take(one), *await take(two)]) == ["words of ines", "words of leo"]
        spent = "SELECT max(attempts) FROM delivery WHERE kind = 'PostToRoom' AND state = 'done'"
        assert await premises.column(spent) == [1]


async def test_who_has_waited_longest_goes_first_and_who_had_a_turn_waits_anew(premises: Premises) -> None:
    await premises.ready_room(*FIVE)
    for number in range(4):
        await write(premises, "ana", text=f"{number}")
    await write(premises, "rui", "eva")
    async with replica(premises) as one:
        order = []
        for turn in range(6):
            await limited(premises, 1)
            order += await take(one)
            if turn == 1:
                await write(premises, "ana", text="more")  # does not let her jump the queue
    assert order == ["0 of ana", "words of rui", "words of eva", "1 of ana", "2 of ana", "3 of ana"]


async def test_what_an_author_is_to_be_told_goes_before_what_has_waited_longer(premises: Premises) -> None:
    await premises.ready_room(*FIVE)
    await write(premises, *FIVE)
    ours, at = (await premises.rows("SELECT conversation_id, head_due FROM lane WHERE head_due IS NOT NULL LIMIT 1"))[0]
    await premises.pool.execute(
        "UPDATE lane SET route = 'author', peer_id = $2, head_due = $3"
        " WHERE conversation_id = $1 AND kind = 'to_author'",
        ours,
        (await rocketchat(premises)).id,
        at + timedelta(milliseconds=1),
    )
    await premises.pool.execute(
        """
        INSERT INTO delivery (lane_id, seq, kind, body, due_at, created_at)
        SELECT id, 0, 'PostToRoom', '{"text": "for the author"}', live_agents_now(), live_agents_now()
        FROM lane WHERE conversation_id = $1 AND kind = 'to_author'
        """,
        ours,
    )
    await limited(premises, 2)
    assert sorted(texts(await premises.claim())) == ["for the author", "words of ana"]


async def test_a_route_of_which_nobody_knows_is_tried_by_one(premises: Premises) -> None:
    await premises.ready_room(*FIVE)
    await write(premises, *FIVE)
    await know(premises, {ROUTES["message"]: Window()})
    async with replica(premises) as one, replica(premises) as two:
        (first,) = await one.claim()
        assert await two.claim() == []
        await one.ends(first, Posted(first.room or ""))
        assert len(await two.claim()) == 1


async def test_what_is_not_urgent_takes_a_fifth_of_a_window_over_all_replicas(premises: Premises) -> None:
    history = "GET livechat/messages.history"
    chat = (await rocketchat(premises)).address
    now: datetime = await premises.pool.fetchval("SELECT live_agents_now()")
    async with replica(premises) as one, replica(premises) as two:
        await know(premises, {history: told(Window(), Allowance(10, 10, 30), now)})
        waits = [await each.pace.wait_for_spare(chat, history) for each in (one, two, one)]
        assert waits[:2] == [0, 0]
        assert 20 < waits[2] <= 30
        await premises.later(31)
        assert await two.pace.wait_for_spare(chat, history) == 0


async def test_a_rate_holds_for_all_replicas_together(premises: Premises) -> None:
    await ask_rapidpro(premises, *(f"c{n}" for n in range(30)))
    async with replica(premises, rate=10) as one, replica(premises, rate=10) as two:
        first, second = await one.claim(), await two.claim()
        assert {peer.dest for peer in one.pace.peers if peer.id == first[0].peer} == {Dest.RAPIDPRO}
        waits = sorted(each.passed.wait for each in [*first, *second])
        assert 5 <= len(waits) <= 8
        await premises.later(10)
        assert len(await one.claim()) == 6


async def test_requests_beyond_a_lanes_own_are_made_up_for_though_another_has_the_peers_row(premises: Premises) -> None:
    await ask_rapidpro(premises, *FIVE)
    async with replica(premises, rate=10) as one, replica(premises, rate=10) as two, premises.pool.acquire() as held:
        await one.pace.look()
        (address,) = {peer.address for peer in one.pace.peers if peer.dest is Dest.RAPIDPRO}
        for _ in range(20):  # pages of a list, say
            one.hearing.before(address, Request("GET", "/api/v2/messages.json"), accounted=False)
        async with held.transaction():
            await held.execute("SELECT FROM peer FOR NO KEY UPDATE")
            await one.pace.look()
        await one.pace.look()
        assert await two.claim() == []
        await premises.later(1.6)
        assert len(await two.claim()) > 0


async def test_a_peer_that_is_never_done_keeps_one_that_is_accounted_for_from_nothing(premises: Premises) -> None:
    """One slot at a time is free, and more is due of the other peer, and older, than will ever fit."""
    await ask_rapidpro(premises, *FIVE)
    await write(premises, "ana", "rui")
    await limited(premises, 9)
    taken = [sorted(texts(await premises.claim(1))) for _ in range(3)]
    assert taken == [["ReadContact", "words of ana"], ["ReadContact", "words of rui"], ["ReadContact"]]


async def test_what_an_attempt_said_while_the_peers_row_could_not_be_had_is_told_at_the_next_look(
    premises: Premises,
) -> None:
    """Or the route of which nobody knows would wait for an answer that has come long ago."""
    await premises.ready_room("ana", "rui")
    await write(premises, "ana")
    await know(premises, {ROUTES["message"]: Window()})
    async with replica(premises) as one, premises.pool.acquire() as held:
        (words,) = [each for each in await one.claim() if texts([each])]
        async with held.transaction():
            await held.execute("SELECT FROM peer FOR NO KEY UPDATE")
            await one.ends(words, Posted(words.room or ""))
        await write(premises, "rui")
        assert await take(one) == ["words of rui"]
