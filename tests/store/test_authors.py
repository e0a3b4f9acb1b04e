"""What agents are told, in the tables: notices that wait are summed up, a newer mark replaces an older."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channel.core import limits
from channel.core.addresses import ByRoom
from channel.core.breaker import State
from channel.core.claimed import Claimed
from channel.core.errors import Ambiguous, Refused, StoreBusy, Unavailable
from channel.core.events import AgentWrote, RoomClosed, RoomTaken
from channel.core.learned import AuthorTold, Received
from channel.core.notices import Tell
from channel.core.owed import MarkMessage, ReplyToContact, TellAuthor
from channel.core.pacing import Dest, Peer
from channel.delivery.behind import Behind
from channel.store import peers
from channel.store.timing import due_timers, wake_behind
from tests.store.driving import JOAO
from tests.store.premises import Premises, arrived, broke

LONG = "w" * 641
EDITED = "2026-03-01T12:00:05.000Z"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def room_of(premises: Premises) -> str:
    await premises.ready_room("ana")
    (room,) = await premises.column(
        "INSERT INTO room (workspace_id, conversation_id, rid, first_seen_at)"
        " SELECT $1, id, room, live_agents_now() FROM conversation RETURNING rid",
        premises.workspace,
    )
    return str(room)


async def with_bot(premises: Premises) -> None:
    token = premises.vault.seal(f"bot_token:{premises.workspace}", b"t0ken")
    await premises.pool.execute("UPDATE workspace SET bot_user_id = 'aBot', bot_token = $1", token)


def said(premises: Premises, room: str, text: str, item: str, edited_at: str | None = None) -> AgentWrote:
    address = ByRoom(premises.workspace, room, "token")
    return AgentWrote(address, item, text, b"raw", JOAO, said_at="2026-03-01T12:00:00.000Z", edited_at=edited_at)


async def waiting(premises: Premises, kind: str = "TellAuthor") -> list[Claimed]:
    """What is claimed of this kind, once its time has come."""
    await premises.later(61)
    return [each for each in await premises.claim() if type(each.owed).__name__ == kind]


def told(claimed: Sequence[Claimed]) -> list[list[str]]:
    return [[each.what for each in one.owed.told] for one in claimed if isinstance(one.owed, TellAuthor)]


async def test_what_waits_to_be_told_in_a_room_is_told_together(premises: Premises) -> None:
    room = await room_of(premises)
    await premises.handle(said(premises, room, LONG, "m1"))
    (first,) = await premises.claim()
    for number in (2, 3):
        await premises.handle(said(premises, room, LONG, f"m{number}"))
    await premises.handle(arrived(first, AuthorTold(room)))
    assert told([first]) == [[Tell.TOO_LONG]]
    assert await premises.claim() == []
    assert told(await waiting(premises)) == [[Tell.TOO_LONG, Tell.TOO_LONG]]


async def test_what_comes_in_one_commit_is_told_together(premises: Premises) -> None:
    room = await room_of(premises)
    await premises.handle(*(said(premises, room, LONG, f"m{number}") for number in range(3)))
    assert told(await premises.claim()) == [[Tell.TOO_LONG] * 3]


async def test_nothing_is_added_to_a_notice_that_is_perhaps_there(premises: Premises) -> None:
    room = await room_of(premises)
    await premises.handle(said(premises, room, LONG, "m1"))
    (first,) = await premises.claim()
    await premises.handle(broke(first, Ambiguous("timeout", "no answer")))
    await premises.handle(said(premises, room, LONG, "m2"))
    (again,) = await waiting(premises)
    assert told([again]) == [[Tell.TOO_LONG]]
    assert (again.delivery, again.external_id) == (first.delivery, first.external_id)
    await premises.handle(arrived(again, AuthorTold(room)))
    assert told(await waiting(premises)) == [[Tell.TOO_LONG]]


async def test_something_is_added_to_a_notice_that_did_not_arrive(premises: Premises) -> None:
    room = await room_of(premises)
    await premises.handle(said(premises, room, LONG, "m1"))
    (first,) = await premises.claim()
    await premises.handle(broke(first, Unavailable("unreachable", "away")))
    await premises.handle(said(premises, room, LONG, "m2"))
    assert told(await waiting(premises)) == [[Tell.TOO_LONG, Tell.TOO_LONG]]


async def test_what_belongs_to_a_room_goes_with_it(premises: Premises) -> None:
    await with_bot(premises)
    room = await room_of(premises)
    await premises.handle(said(premises, room, LONG, "m1"), said(premises, room, "Hi", "m2"))
    closed = RoomClosed(ByRoom(premises.workspace, room, "token"), "user", f"close:{room}", b"raw")
    await premises.handle(closed)
    rows = await premises.rows(
        "SELECT d.kind, d.state, d.reason FROM delivery d JOIN lane l ON l.id = d.lane_id"
        " WHERE l.kind = 'to_author' ORDER BY d.kind"
    )
    assert rows == [("MarkMessage", "discarded", "room_closed"), ("TellAuthor", "discarded", "room_closed")]


async def test_a_room_that_closes_in_the_same_commit_is_told_nothing(premises: Premises) -> None:
    room = await room_of(premises)
    closed = RoomClosed(ByRoom(premises.workspace, room, "token"), "user", f"close:{room}", b"raw")
    await premises.handle(said(premises, room, LONG, "m1"), closed)
    assert await premises.column("SELECT state FROM delivery WHERE kind = 'TellAuthor'") == []


async def test_the_last_state_of_a_message_is_marked(premises: Premises) -> None:
    await with_bot(premises)
    room = await room_of(premises)
    await premises.handle(said(premises, room, LONG, "m1"))
    await premises.handle(said(premises, room, "Hi", "m1", EDITED))
    (reply,) = await _claimed_of(premises, "to_contact")
    await premises.handle(arrived(reply, Received("u1")))
    assert await _marks(premises) == [("discarded", "failed", "true"), ("waiting", "arrived", "false")]


async def test_words_that_arrive_after_a_refused_edit_are_not_ticked(premises: Premises) -> None:
    await with_bot(premises)
    room = await room_of(premises)
    await premises.handle(said(premises, room, "Hi", "m1"))
    (reply,) = await _claimed_of(premises, "to_contact")
    await premises.handle(said(premises, room, LONG, "m1", EDITED))
    await premises.handle(arrived(reply, Received("u1")))
    assert [(state, mark) for state, mark, _ in await _marks(premises)] in (
        [("waiting", "failed")],
        [("discarded", "failed")],
    )


async def test_a_mark_takes_away_the_one_that_a_replayed_message_had(premises: Premises) -> None:
    await with_bot(premises)
    room = await room_of(premises)
    await premises.handle(said(premises, room, "Hi", "m1"))
    (reply,) = await premises.claim()
    await premises.pool.execute(
        "INSERT INTO delivery (lane_id, message_id, seq, kind, body, state, due_at, created_at)"
        " SELECT l.id, m.id, 99, 'MarkMessage', '{}', 'done', live_agents_now(), live_agents_now()"
        " FROM message m JOIN lane l ON l.conversation_id = m.conversation_id AND l.kind = 'to_author'"
        " WHERE m.external_id = 'm1'"
    )
    await premises.handle(arrived(reply, Received("u1")))
    (mark,) = await waiting(premises, "MarkMessage")
    assert isinstance(mark.owed, MarkMessage)
    assert not mark.owed.first


async def test_words_under_way_that_are_what_an_agent_came_back_to_have_their_mark(premises: Premises) -> None:
    await with_bot(premises)
    room = await room_of(premises)
    await premises.handle(said(premises, room, "Hi", "m1"))
    (reply,) = await _claimed_of(premises, "to_contact")
    await premises.handle(said(premises, room, LONG, "m1", EDITED))
    await premises.handle(said(premises, room, "Hi", "m1", "2026-03-01T12:00:15.000Z"))
    await premises.handle(arrived(reply, Received("u1")))
    assert [mark[:2] for mark in await _marks(premises)] == [("discarded", "failed"), ("waiting", "arrived")]


# Words behind a peer that is away, where nobody tries them


async def test_whose_words_nobody_tries_is_woken_when_they_have_waited_too_long(premises: Premises) -> None:
    room = await room_of(premises)
    known, _ = await peers.read(premises.pool)
    (flows,) = [peer.id for peer in known if peer.dest is Dest.RAPIDPRO]
    await premises.handle(said(premises, room, "Hi", "m1"))
    await wake_behind(premises.pool, [flows])
    assert await due_timers(premises.pool) == []
    await premises.later(121)
    await wake_behind(premises.pool, [flows])
    for woken in await due_timers(premises.pool):
        await premises.handle(woken)
    (line,) = await premises.column("SELECT body -> 'told' -> 0 ->> 'what' FROM delivery WHERE kind = 'TellAuthor'")
    assert line == Tell.WAITING
    await wake_behind(premises.pool, [flows])
    assert "undelivered" not in await premises.column("SELECT why FROM timer")
    await premises.handle(said(premises, room, "Hi again", "m2"))
    await premises.later(300)
    await wake_behind(premises.pool, [flows])
    assert "undelivered" in await premises.column("SELECT why FROM timer")


async def test_a_contact_whose_words_nobody_tries_is_woken_too(premises: Premises) -> None:
    await room_of(premises)
    known, _ = await peers.read(premises.pool)
    (chat,) = [peer.id for peer in known if peer.dest is Dest.ROCKETCHAT]
    await premises.handle(premises.wrote("Hello?", "1002"))
    await premises.later(59)
    await wake_behind(premises.pool, [chat])
    assert "delayed" not in await premises.column("SELECT why FROM timer")
    await premises.later(2)
    await wake_behind(premises.pool, [chat])
    assert "delayed" in await premises.column("SELECT why FROM timer")


async def test_nobody_who_waits_for_an_agent_is_woken_in_the_place_of_others(premises: Premises) -> None:
    await room_of(premises)
    known, _ = await peers.read(premises.pool)
    (chat,) = [peer.id for peer in known if peer.dest is Dest.ROCKETCHAT]
    await premises.handle(premises.wrote("Hello?", "1002"))
    await premises.pool.execute("UPDATE delivery SET reason = 'no_agents' WHERE state = 'waiting'")
    await premises.later(61)
    await wake_behind(premises.pool, [chat])
    assert "delayed" not in await premises.column("SELECT why FROM timer")


async def test_nothing_is_told_in_a_room_that_has_closed_meanwhile(premises: Premises) -> None:
    room = await room_of(premises)
    await premises.handle(said(premises, room, "Hi", "m1"))
    (reply,) = await _claimed_of(premises, "to_contact")
    closed = RoomClosed(ByRoom(premises.workspace, room, "token"), "user", f"close:{room}", b"raw")
    await premises.handle(closed)
    await premises.handle(broke(reply, Refused("no", "no")))
    assert await premises.column("SELECT count(*) FROM delivery WHERE kind = 'TellAuthor'") == [0]


async def test_it_is_looked_for_only_while_a_peer_is_away_and_now_and_then() -> None:
    woken: list[Sequence[int]] = []
    time = 0.0

    async def wake(numbers: Sequence[int]) -> None:
        woken.append(numbers)

    behind = Behind(wake, lambda: time)
    there = Peer(1, Dest.RAPIDPRO, "http://flows.test")
    away = replace(there, id=2, breaker=replace(there.breaker, state=State.OPEN))
    for time in (0.0, 10.0, limits.BEHIND_EVERY):  # noqa: B007 - what the clock says
        await behind.look([there], {}, NOW)
        await behind.look([there, away], {}, NOW)
    assert woken == [[2], [2]]


async def test_what_cannot_be_looked_for_is_left_until_the_next_time() -> None:
    """A claim is behind it, and somebody may hold one conversation's timers for long."""
    tried = 0

    async def wake(numbers: Sequence[int]) -> None:
        nonlocal tried
        tried += 1
        raise StoreBusy("somebody has them")

    behind = Behind(wake, lambda: 0.0)
    there = Peer(1, Dest.RAPIDPRO, "http://flows.test")
    for _ in range(3):
        await behind.look([there], {1: limits.PEER_SLOTS}, NOW)
    assert tried == 1


async def test_it_is_looked_for_at_a_peer_too_that_is_kept_to_a_rate() -> None:
    woken: list[Sequence[int]] = []

    async def wake(numbers: Sequence[int]) -> None:
        woken.append(numbers)

    unasked = Peer(1, Dest.RAPIDPRO, "http://flows.test")
    idle = replace(unasked, id=3, next_at=NOW)
    spaced = replace(unasked, id=2, next_at=NOW + timedelta(seconds=0.1))
    for rated in (False, True):
        await Behind(wake, lambda: 0.0, rated=rated).look([unasked, idle, spaced], {}, NOW)
    assert woken == [[2]]


async def test_it_is_looked_for_at_a_peer_too_of_which_all_slots_are_taken() -> None:
    woken: list[Sequence[int]] = []

    async def wake(numbers: Sequence[int]) -> None:
        woken.append(numbers)

    there = Peer(1, Dest.RAPIDPRO, "http://flows.test")
    behind = Behind(wake, lambda: 0.0)
    for busy in (limits.PEER_SLOTS - 1, limits.PEER_SLOTS):
        await behind.look([there, replace(there, id=2)], {1: busy}, NOW)
    assert woken == [[1]]


# Edits of what waits


@pytest.mark.parametrize("together", [True, False])
async def test_new_words_take_the_place_of_those_that_wait(premises: Premises, *, together: bool) -> None:
    room = await room_of(premises)
    events = [
        said(premises, room, "first", "m1"),
        replace(said(premises, room, "second", "m2"), said_at="2026-03-01T12:00:01.000Z"),
        said(premises, room, "FIRST", "m1", EDITED),
    ]
    if together:
        await premises.handle(*events)
    else:
        for event in events:
            await premises.handle(event)
    assert await _read(premises) == ["FIRST", "second"]


@pytest.mark.parametrize("together", [True, False])
async def test_the_third_words_take_the_place_too(premises: Premises, *, together: bool) -> None:
    room = await room_of(premises)
    events = [
        said(premises, room, "first", "m1"),
        replace(said(premises, room, "second", "m2"), said_at="2026-03-01T12:00:01.000Z"),
        said(premises, room, "FIRST", "m1", EDITED),
        said(premises, room, "FIRST!", "m1", "2026-03-01T12:00:09.000Z"),
    ]
    for some in [events] if together else [[event] for event in events]:
        await premises.handle(*some)
    assert await _read(premises) == ["FIRST!", "second"]


async def test_two_edits_of_one_commit_keep_the_place(premises: Premises) -> None:
    room = await room_of(premises)
    await premises.handle(said(premises, room, "first", "m1"))
    await premises.handle(replace(said(premises, room, "second", "m2"), said_at="2026-03-01T12:00:01.000Z"))
    await premises.handle(
        said(premises, room, "FIRST", "m1", EDITED), said(premises, room, "FIRST!", "m1", "2026-03-01T12:00:09.000Z")
    )
    assert await _read(premises) == ["FIRST!", "second"]


async def test_new_words_go_before_the_notice_that_stood_behind_the_old(premises: Premises) -> None:
    await premises.pool.execute("UPDATE channel SET options = '{}'")
    room = await room_of(premises)
    await premises.handle(said(premises, room, "first", "m1"))
    taken = RoomTaken(ByRoom(premises.workspace, room, "token"), JOAO, f"taken:{room}", b"raw")
    await premises.handle(taken)
    await premises.handle(said(premises, room, "FIRST", "m1", EDITED))
    assert await _read(premises) == ["FIRST", "You are now being attended by: João"]


async def test_new_words_for_what_is_under_way_are_a_correction_behind_it(premises: Premises) -> None:
    room = await room_of(premises)
    await premises.handle(said(premises, room, "first", "m1"))
    (first,) = await premises.claim()
    await premises.handle(said(premises, room, "FIRST", "m1", EDITED))
    await premises.handle(broke(first, Unavailable("unreachable", "away")))
    assert await _read(premises) == ["first", "Correction: FIRST"]


async def test_new_words_for_what_failed_and_waits_are_the_only_ones(premises: Premises) -> None:
    room = await room_of(premises)
    await premises.handle(said(premises, room, "first", "m1"))
    (first,) = await premises.claim()
    await premises.handle(broke(first, Unavailable("unreachable", "away")))
    await premises.handle(said(premises, room, "FIRST", "m1", EDITED))
    assert await _read(premises) == ["FIRST"]


async def test_what_an_agent_answers_to_is_found_whoever_wrote_it(premises: Premises) -> None:
    await premises.pool.execute("""UPDATE channel SET options = '{"quotes": "render"}'""")
    room = await room_of(premises)
    (ours,) = await premises.column("SELECT external_id FROM delivery WHERE kind = 'PostToRoom'")
    await premises.handle(said(premises, room, f"[ ](https://chat.test/live/{room}?msg={ours}) Yes", "m1"))
    await premises.handle(said(premises, room, f"[ ](https://chat.test/live/{room}?msg=m1) And no", "m2"))
    await premises.handle(said(premises, room, "// she is ill", "m3"))
    await premises.handle(said(premises, room, f"[ ](https://chat.test/live/{room}?msg=m3) See you", "m4"))
    assert await _read(premises) == ["> Hello\nYes", "> Yes\nAnd no", "See you"]


async def _claimed_of(premises: Premises, kind: str) -> list[Claimed]:
    """What is claimed in such lanes; what is claimed in others is nobody's."""
    claimed = await premises.claim()
    await premises.pool.execute(
        "UPDATE delivery SET attempt_open = false WHERE lane_id IN (SELECT id FROM lane WHERE kind <> $1)", kind
    )
    lanes = await premises.column("SELECT id FROM lane WHERE kind = $1", kind)
    return [each for each in claimed if each.lane in lanes]


async def _marks(premises: Premises) -> list[tuple[str, str, str]]:
    rows = await premises.rows(
        "SELECT state, body ->> 'mark', body ->> 'first' FROM delivery WHERE kind = 'MarkMessage' ORDER BY id"
    )
    return [(row[0], row[1], row[2] or "true") for row in rows]


async def _read(premises: Premises) -> list[str]:
    """What the contact gets, one after the other."""
    read = []
    for number in range(5):
        await premises.later(20)
        for reply in [each for each in await premises.claim() if isinstance(each.owed, ReplyToContact)]:
            assert isinstance(reply.owed, ReplyToContact)
            read.append(reply.owed.text)
            await premises.handle(arrived(reply, Received(f"u{number}")), keeping=False)
    return read
