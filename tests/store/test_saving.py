"""Claims, leases and lanes: what a crash or another worker may do meanwhile. Real Postgres."""

import asyncio

from channel.core import limits
from channel.core.errors import Refused, RoomGone, Unavailable
from channel.core.learned import Posted, Registered, Reported, RoomOpened
from channel.core.owed import PostToRoom
from tests.store.premises import Premises, arrived, broke, texts

AWAY = Unavailable("away", "away")


async def test_two_workers_never_have_one_lane(premises: Premises) -> None:
    contacts = [f"c{n}" for n in range(40)]
    await premises.handle(*(premises.wrote("w", to, to) for to in contacts))
    claimed = [each for taken in await asyncio.gather(*(premises.claim(10) for _ in range(12))) for each in taken]
    while more := await premises.claim(10):  # what another had locked when each of them looked
        claimed += more
    assert len(claimed) == 40
    assert len({each.lane for each in claimed}) == 40
    assert {each.attempts for each in claimed} == {1}
    assert await premises.claim() == []


async def test_a_follower_waits_while_its_head_waits_for_its_retry(premises: Premises) -> None:
    """a and b are one contact's words, c and d another's; a fails."""
    await premises.ready_room("ana", "bea")
    for text, to in [("a", "ana"), ("b", "ana"), ("c", "bea"), ("d", "bea")]:
        await premises.handle(premises.wrote(text, text, to))
    claimed = {each.owed.text: each for each in await premises.claim() if hasattr(each.owed, "text")}
    assert sorted(claimed) == ["a", "c"]

    await premises.handle(broke(claimed["a"], AWAY))
    (after_c,) = await premises.handle(arrived(claimed["c"], Posted(claimed["c"].room or "")))
    assert after_c.next is not None
    assert texts([after_c.next]) == ["d"]
    assert "b" not in texts(await premises.claim())

    await premises.later(1.5)
    (again,) = [each for each in await premises.claim() if hasattr(each.owed, "text")]
    assert (texts([again]), again.attempts) == (["a"], 2)
    (after_a,) = await premises.handle(arrived(again, Posted(again.room or "")))
    assert after_a.next is not None
    assert texts([after_a.next]) == ["b"]


async def test_a_dead_letter_leaves_the_lane_to_those_behind_it(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("a", "a"), premises.wrote("b", "b"))
    (head,) = await premises.claim()
    (handled,) = await premises.handle(broke(head, Refused("no", "no")))
    assert handled.next is not None
    assert texts([handled.next]) == ["b"]
    assert await premises.column("SELECT state FROM delivery WHERE kind = 'PostToRoom' ORDER BY id DESC LIMIT 2") == [
        "waiting",
        "dead",
    ]


async def test_a_status_that_waits_holds_no_other_status(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("a", "a"), premises.wrote("b", "b"))
    (head,) = await premises.claim()
    (handled,) = await premises.handle(arrived(head, Posted(head.room or "")))
    assert handled.next is not None
    await premises.handle(arrived(handled.next, Posted(head.room or "")))
    await premises.later(3)

    (first,) = await premises.claim()
    (handled,) = await premises.handle(broke(first, AWAY))
    assert handled.next is not None
    assert handled.next.owed != first.owed
    await premises.handle(arrived(handled.next, Reported()))
    assert await premises.claim() == []
    await premises.later(2)
    (again,) = await premises.claim()
    assert again.owed == first.owed


async def test_an_outcome_that_comes_after_the_lease_ran_out_is_fenced_out(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("a", "a"))
    (slow,) = await premises.claim()
    assert await premises.claim() == []
    await premises.later(limits.LEASE + 1)
    (quick,) = await premises.claim()
    assert (quick.delivery, quick.attempts) == (slow.delivery, 2)
    assert quick.lease != slow.lease

    (late,) = await premises.handle(broke(slow, Refused("no", "no")))
    assert (late.decision, late.next) == (None, None)
    assert await premises.column("SELECT state FROM delivery WHERE id = $1", slow.delivery) == ["waiting"]

    (in_time,) = await premises.handle(arrived(quick, Posted(quick.room or "")))
    assert in_time.decision is not None
    assert await premises.column("SELECT state FROM delivery WHERE id = $1", slow.delivery) == ["done"]


async def test_an_outcome_saved_twice_counts_once(premises: Premises) -> None:
    """The answer to the commit was lost, and the worker settles again."""
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("a", "a"))
    (head,) = await premises.claim()
    outcome = arrived(head, Posted(head.room or ""))
    await premises.handle(outcome)
    (again,) = await premises.handle(outcome)
    assert again.decision is None
    assert await premises.column("SELECT count(*) FROM attempt") == [1]


async def test_an_attempt_that_a_crash_left_open_counts_as_one_of_unknown_end(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("a", "a"))
    await premises.claim()
    await premises.later(limits.LEASE + 1)
    (again,) = await premises.claim()
    assert (again.attempts, again.ambiguous, again.tried_room) == (2, 1, again.room)


async def test_all_that_was_under_way_at_a_kill_is_picked_up_together(premises: Premises) -> None:
    people = [f"c{n}" for n in range(20)]
    await premises.ready_room(*people)
    await premises.handle(*(premises.wrote(to, to, to) for to in people))
    assert len(await premises.claim()) == len(people)
    await premises.later(limits.LEASE + 1)
    assert sorted(texts(await premises.claim())) == sorted(people)


async def test_after_a_second_kill_they_are_tried_one_after_the_other_so_that_only_the_cause_goes_on(
    premises: Premises,
) -> None:
    people = ["ana", "bob", "eve"]
    await premises.ready_room(*people)
    await premises.handle(*(premises.wrote(to, to, to) for to in people))
    for _ in range(2):
        assert len(await premises.claim()) == len(people)
        await premises.later(limits.LEASE + 1)
    alone: list[str] = []
    for _ in people:
        (suspect,) = [each for each in await premises.claim() if isinstance(each.owed, PostToRoom)]
        assert suspect.crashes == 2
        alone += texts([suspect])
        await premises.handle(arrived(suspect, Posted(suspect.room or "")))
        await premises.later(1)
    assert sorted(alone) == people


async def test_what_is_put_off_stays_known_since_when_it_has_been_in_doubt(premises: Premises) -> None:
    """A peer is asked about it from then on: from a later time on, what the first attempt brought is not found."""
    people = ["ana", "bob", "eve"]
    await premises.ready_room(*people)
    await premises.handle(*(premises.wrote(to, to, to) for to in people))
    due = dict(await premises.rows("SELECT id, due_at FROM delivery WHERE state = 'waiting'"))
    for _ in range(3):
        await premises.claim()
        await premises.later(limits.LEASE + 1)
    put_off = await premises.rows("SELECT id, first_failed_at FROM delivery WHERE reason = 'suspect'")
    assert len(put_off) == 2
    assert all(due[number] == since for number, since in put_off)


async def test_a_worker_that_stops_gives_the_lane_back(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("a", "a"), premises.wrote("b", "b"))
    (head,) = await premises.claim()
    (handled,) = await premises.handle(arrived(head, Posted(head.room or "")), keeping=False)
    assert handled.next is None
    assert texts(await premises.claim()) == ["b"]


async def test_a_room_is_opened_before_the_words_and_again_when_it_is_gone(premises: Premises) -> None:
    await premises.handle(premises.wrote("a", "a"), premises.wrote("b", "b"))
    (register,) = await premises.claim()
    (handled,) = await premises.handle(arrived(register, Registered("their-token")))
    assert handled.next is not None
    assert handled.next.visitor_token == "their-token"
    (handled,) = await premises.handle(arrived(handled.next, RoomOpened("r1")))
    post = handled.next
    assert post is not None
    assert (texts([post]), post.room) == (["a"], "r1")

    (handled,) = await premises.handle(broke(post, RoomGone("room-closed", "closed")))
    assert handled.next is not None
    assert texts([handled.next]) == ["OpenRoom"]
    (handled,) = await premises.handle(arrived(handled.next, RoomOpened("r2")))
    again = handled.next
    assert again is not None
    assert (again.delivery, again.external_id, again.room, again.tried_room) == (
        post.delivery,
        post.external_id,
        "r2",
        "r2",  # the attempt in r1 is known to have failed
    )
    assert await premises.column("SELECT rid FROM room ORDER BY rid") == ["r1", "r2"]


async def test_a_newer_status_replaces_one_that_has_not_gone(premises: Premises) -> None:
    await premises.ready_room("ana")
    part = "l" * 60
    await premises.handle(premises.wrote(part))
    (head,) = await premises.claim()
    await premises.handle(arrived(head, Posted(head.room or "")))
    await premises.handle(premises.wrote("more"))
    (head,) = await premises.claim()
    await premises.handle(arrived(head, Posted(head.room or "")))
    assert await premises.rows("SELECT state, reason FROM delivery WHERE kind = 'ReportStatus' ORDER BY id") == [
        ("discarded", "superseded"),
        ("waiting", None),
    ]


async def test_a_resend_of_a_dead_letter_goes_again_in_its_old_place(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("a", "a"), premises.wrote("b", "b"))
    (head,) = await premises.claim()
    (handled,) = await premises.handle(broke(head, Refused("no", "no")))
    assert handled.next is not None
    await premises.later(limits.PART_SILENCE)
    await premises.handle(premises.wrote("a", "a"))
    await premises.later(limits.LEASE)
    again = next(each for each in await premises.claim() if each.lane == head.lane)
    assert (again.delivery, again.attempts, again.external_id) == (head.delivery, 1, head.external_id)


async def test_what_came_in_is_kept_sealed_and_bound_to_its_message(premises: Premises) -> None:
    await premises.handle(premises.wrote("a"))
    ((number, original),) = await premises.rows("SELECT id, original FROM message")
    assert premises.vault.open(f"message:{number}", original) == b"raw"


async def test_a_lane_that_is_leased_is_no_candidate_even_if_it_is_due(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("a", "a"))
    await premises.claim()
    await premises.later(limits.LEASE - 1)
    await premises.handle(premises.wrote("b", "b"))
    assert await premises.claim(10) == []
