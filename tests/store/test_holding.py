"""Replicas that take in the same things at the same time, and batches with poison in them. Real Postgres."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from channel.bridge import handle
from channel.core.addresses import ByRoom
from channel.core.conversation import State
from channel.core.decide import decide
from channel.core.errors import StoreRefused, StoreUnavailable
from channel.core.events import AgentWrote, Event, RoomClosed, RoomTaken, WorkspaceNoted
from channel.core.people import Agent
from channel.gathering import LARGEST, Gathering
from channel.store.conversations import Handled
from channel.store.database import open_pool
from tests.store.premises import Premises

JOAO = Agent("aJoao", "joao.agent", "João")


def said(premises: Premises, room: str, text: str = "Hi", item: str = "m1") -> AgentWrote:
    return AgentWrote(ByRoom(premises.workspace, room, None), item, text, b"raw", JOAO)


@pytest.mark.parametrize("known", [(), ("ana",)], ids=["a new contact", "a known contact"])
async def test_two_replicas_that_are_sent_the_same_message_keep_it_once(
    premises: Premises, known: tuple[str, ...]
) -> None:
    await premises.ready_room(*known)
    other = await open_pool(premises.url, size=5, name="other replica")
    try:
        both = await asyncio.gather(
            *(handle(premises.store(pool), [premises.wrote()]) for pool in (premises.pool, other) for _ in range(5))
        )
    finally:
        await other.close()
    reasons = [handled.decision.reason for (handled,) in both if handled.decision]
    assert sorted(reasons, key=str) == [None, *["repeat"] * 9]
    assert await premises.rows("SELECT texts FROM message WHERE external_id = '1001'") == [(["words"],)]
    assert await premises.column("SELECT count(*) FROM delivery WHERE body ->> 'text' = 'words'") == [1]


async def test_a_replica_waits_for_the_conversation_that_another_one_holds(premises: Premises) -> None:
    await premises.ready_room("ana")
    async with premises.store().hold([premises.wrote()]) as holding:
        other = asyncio.create_task(premises.handle(premises.wrote()))
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        while await premises.column(waiting) == [0]:
            assert not other.done()
        holding.fold(decide)
        await holding.save()
    (handled,) = await other
    assert handled.decision is not None
    assert handled.decision.reason == "repeat"


async def test_twenty_first_messages_of_a_new_contact_at_once_make_one_contact(premises: Premises) -> None:
    await asyncio.gather(*(premises.handle(premises.wrote(f"words {n}", str(n))) for n in range(20)))
    assert await premises.column("SELECT count(*) FROM contact") == [1]
    assert await premises.column("SELECT count(*) FROM conversation") == [1]
    assert await premises.column("SELECT kind FROM lane ORDER BY kind") == [
        "status",
        "to_agent",
        "to_author",
        "to_contact",
    ]
    assert await premises.column("SELECT count(*) FROM message") == [20]
    assert await premises.column("SELECT kind FROM delivery ORDER BY seq LIMIT 3") == [
        "RegisterVisitor",
        "OpenRoom",
        "PostToRoom",
    ]
    assert await premises.column("SELECT count(DISTINCT seq) FROM delivery") == [22]


async def test_batches_that_name_the_same_new_contacts_in_other_orders_do_not_wait_for_each_other(
    premises: Premises,
) -> None:
    names = [f"c{n}" for n in range(10)]
    batches = [names, names[::-1], names[5:] + names[:5]]
    await asyncio.gather(
        *(
            premises.handle(*(premises.wrote(f"{number} {to}", f"{number}-{to}", to) for to in batch))
            for number, batch in enumerate(batches)
        )
    )
    assert await premises.column("SELECT count(*) FROM contact") == [10]
    assert await premises.column("SELECT count(*) FROM message") == [30]


async def test_in_one_batch_each_event_is_decided_upon_the_one_before(premises: Premises) -> None:
    part = "l" * 60
    handled = await premises.handle(
        premises.wrote(part), premises.wrote("more"), premises.wrote(part), premises.wrote("more")
    )
    assert [h.decision.reason for h in handled if h.decision] == [None, None, "repeat", "repeat"]
    assert await premises.column("SELECT texts FROM message") == [[part, "more"]]


async def test_one_urn_on_two_ways_of_writing_is_one_contact_and_its_last_path_is_kept(premises: Premises) -> None:
    await premises.handle(premises.wrote("one", "1", "ana"))
    await premises.handle(premises.wrote("two", "2", " ana "))
    assert await premises.rows("SELECT urn, path FROM contact") == [("ana", " ana ")]


async def test_a_path_that_is_the_contacts_uuid_is_that_contact(premises: Premises) -> None:
    await premises.handle(premises.wrote(to="ana"))
    await premises.pool.execute("UPDATE contact SET uuid = 'u-ana'")
    await premises.handle(premises.wrote("again", "1002", "u-ana"))
    assert await premises.column("SELECT count(*) FROM contact") == [1]


async def test_a_room_is_found_by_itself_then_by_the_token_then_by_the_token_as_uuid(premises: Premises) -> None:
    await premises.ready_room("ana", "bea")
    await premises.pool.execute("UPDATE contact SET uuid = 'u-' || urn")
    (known,) = await premises.column("SELECT room FROM conversation c JOIN contact USING (id) WHERE urn = 'ana'")
    for item, (room, token) in enumerate([(known, None), ("rOther", "u-bea"), (known, "u-bea")]):
        event = said(premises, room, item=f"m{item}")
        await premises.pool.execute(
            "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at) "
            "SELECT $1, $2, id, now() FROM contact WHERE urn = 'ana' ON CONFLICT DO NOTHING",
            premises.workspace,
            known,
        )
        await premises.handle(replace(event, address=replace(event.address, token=token)))
    assert await premises.rows(
        "SELECT external_id, urn FROM message m JOIN contact c ON c.id = m.conversation_id WHERE author = 'agent' "
        "ORDER BY 1"
    ) == [("m0", "ana"), ("m1", "bea"), ("m2", "ana")]


async def test_a_foreign_room_leaves_nothing_behind(premises: Premises) -> None:
    decision = await premises.decide(said(premises, "rForeign"))
    assert decision is not None
    assert decision.reason == "foreign_room"
    for table in ("message", "event", "room", "contact"):
        assert await premises.column(f"SELECT count(*) FROM {table}") == [0]  # noqa: S608


async def test_an_event_told_twice_is_kept_once(premises: Premises) -> None:
    await premises.ready_room("ana")
    (room,) = await premises.column("SELECT room FROM conversation")
    await premises.pool.execute(
        "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at) SELECT $1, room, id, now() "
        "FROM conversation",
        premises.workspace,
    )
    address = ByRoom(premises.workspace, room, None)
    taken = RoomTaken(address, JOAO, "taken:1", b"raw")
    closed = RoomClosed(address, "user", "closed:1", b"raw")
    for event in (taken, taken, closed, closed, taken):
        await premises.handle(event)
    assert await premises.column("SELECT key FROM event ORDER BY key") == ["closed:1", "taken:1"]
    assert await premises.column("SELECT state FROM conversation") == [State.CLOSED]
    assert await premises.column("SELECT closed_at IS NOT NULL FROM room") == [True]


async def test_what_belongs_to_the_workspace_is_kept_sealed(premises: Premises) -> None:
    await premises.handle(WorkspaceNoted(premises.workspace, "unreadable", "unreadable", "unreadable:1", b"raw"))
    ((key, original),) = await premises.rows("SELECT key, original FROM event")
    assert premises.vault.open(f"event:{key}", original) == b"raw"


# Poison


def poison(premises: Premises) -> Event:
    """Postgres cannot hold a NUL; `wire` takes it out of what peers send."""
    return premises.wrote("nul \0", "poison", "zoe")


async def gathered(premises: Premises, *events: Event, batches: list[int] | None = None) -> list[object]:
    """What came of each event when all of them arrived at once."""

    async def handling(batch: Sequence[Event]) -> list[Handled]:
        if batches is not None:
            batches.append(len(batch))
        return await premises.handle(*batch)

    gathering = Gathering(handling)
    return await asyncio.gather(*(gathering([event]) for event in events), return_exceptions=True)


async def test_a_batch_that_fails_keeps_nothing(premises: Premises) -> None:
    with pytest.raises(StoreRefused):
        await premises.handle(premises.wrote(), poison(premises))
    assert await premises.column("SELECT count(*) FROM message") == [0]
    assert await premises.column("SELECT count(*) FROM contact") == [0]


async def test_poison_takes_no_neighbour_with_it(premises: Premises) -> None:
    neighbours = [premises.wrote("words", str(n), f"c{n}") for n in range(4)]
    came = await gathered(premises, *neighbours[:2], poison(premises), *neighbours[2:])
    assert [type(each) for each in came] == [list, list, StoreRefused, list, list]
    assert await premises.column("SELECT external_id FROM message ORDER BY 1") == ["0", "1", "2", "3"]


async def test_a_refusal_does_not_quote_what_was_written(premises: Premises) -> None:
    (error,) = await gathered(premises, poison(premises))
    assert isinstance(error, StoreRefused)
    assert "nul" not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


async def test_what_arrives_together_is_committed_together(premises: Premises) -> None:
    batches: list[int] = []
    await gathered(premises, *(premises.wrote("w", str(n), f"c{n % 7}") for n in range(120)), batches=batches)
    assert sum(batches) == 120
    assert max(batches) == LARGEST
    assert await premises.column("SELECT count(*) FROM message") == [120]


async def test_a_database_that_is_away_is_said_to_be_away_to_everybody(premises: Premises) -> None:
    await premises.pool.execute("ALTER TABLE lane RENAME TO elsewhere")
    batches: list[int] = []
    came = await gathered(premises, premises.wrote(id="1"), premises.wrote(id="2"), batches=batches)
    assert [type(each) for each in came] == [StoreUnavailable, StoreUnavailable]
    assert batches == [2]  # nobody hammers a database that is away
