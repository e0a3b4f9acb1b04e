"""What is over loses its words and names when its time has come, and nothing old looks new for it."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import fields
from typing import Any, Final, get_args, get_type_hints
from uuid import uuid4

import asyncpg
import pytest

from channel.core import limits
from channel.core.addresses import ByRoom
from channel.core.claimed import Claimed
from channel.core.events import AgentWrote
from channel.core.learned import Learned, Posted, Received, Reported
from channel.core.owed import Mark, Owed, PostToRoom, ReplyToContact, Status
from channel.store import listings
from channel.store.queries import query
from channel.store.retention import LISTS, LOCK, TEXTS, keeping_of, sweep
from channel.store.rows import body_of, owed_of
from tests.store.premises import Premises, arrived, texts

DAY: Final = 86400.0
MONTH: Final = limits.KEEP_DAYS * DAY
LEARNED: Final[dict[type, Learned]] = {PostToRoom: Posted("room-1"), ReplyToContact: Received("u")}
#: every table in which something of a message is written, as text
EVERYWHERE: Final = """
    SELECT message::text FROM message UNION ALL SELECT delivery::text FROM delivery
    UNION ALL SELECT event::text FROM event UNION ALL SELECT attempt::text FROM attempt
"""


async def erase(premises: Premises) -> int:
    """All that is old."""
    return sum([count async for count in sweep(premises.pool)])


async def told(premises: Premises, text: str, item: str = "m1", **more: Any) -> AgentWrote:
    await premises.pool.execute(
        "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at) SELECT $1, room, id, live_agents_now()"
        " FROM conversation ON CONFLICT DO NOTHING",
        premises.workspace,
    )
    (room,) = await premises.column("SELECT room FROM conversation")
    return AgentWrote(ByRoom(premises.workspace, room, None), item, text, b"raw", **more)


async def done(premises: Premises) -> list[str]:
    """Everything that is owed has been had, statuses too. The words of it."""
    went: list[Claimed] = []
    while await premises.column("SELECT 1 FROM delivery WHERE state = 'waiting'"):
        for each in await premises.claim():
            went.append(each)
            learned = LEARNED.get(type(each.owed), Reported())
            await premises.handle(arrived(each, learned), keeping=False)
        await premises.later(60)
    return [each for each in texts(went) if each != "ReportStatus"]


async def over(premises: Premises, *words: str) -> None:
    """Ana's words, and all that was owed for them has been had."""
    for text in words:
        await premises.handle(premises.wrote(text, f"ana-{text}", "ana"))
    await premises.pool.execute(
        "UPDATE delivery SET state = 'done', ended_at = live_agents_now() WHERE state = 'waiting'"
    )
    await premises.pool.execute("UPDATE lane SET head_due = NULL, lease_until = NULL")


async def written(premises: Premises) -> str:
    return "\n".join(await premises.column(EVERYWHERE))


async def test_words_are_erased_once_they_are_old_enough_and_not_before(premises: Premises) -> None:
    await premises.ready_room("ana")
    await over(premises, "secret of old")
    await premises.later(DAY)
    await over(premises, "secret of late")
    await premises.later(MONTH - DAY - 10)
    assert await erase(premises) == 0
    await premises.later(20)
    assert await erase(premises) > 0
    left = await written(premises)
    assert "secret of old" not in left.replace("ana-secret of old", "")
    assert left.count('"secret of late"') == 2  # the message's text and the delivery's
    assert await premises.rows(
        "SELECT external_id, texts, original IS NULL, erased_at IS NOT NULL FROM message ORDER BY created_at"
    ) == [
        ("first-ana", [], True, True),
        ("ana-secret of old", [], True, True),
        ("ana-secret of late", ["secret of late"], False, False),
    ]
    assert await erase(premises) == 0


@pytest.mark.parametrize("state", ["waiting", "dead"])
async def test_what_waits_or_is_dead_keeps_its_words(premises: Premises, state: str) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("Where are you?", "1001", "ana"))
    await premises.pool.execute("UPDATE delivery SET state = $1 WHERE state = 'waiting'", state)
    await premises.later(2 * MONTH)
    await erase(premises)
    assert await premises.column("SELECT texts FROM message WHERE external_id = '1001'") == [["Where are you?"]]
    if state == "dead":
        assert await listings.replay(premises.url, "1001") == 1
    assert await done(premises) == ["Where are you?"]
    await erase(premises)
    assert await premises.column("SELECT texts FROM message WHERE external_id = '1001'") == [[]]


async def test_a_repeat_of_what_was_erased_is_a_repeat(premises: Premises) -> None:
    await premises.ready_room("ana")
    await over(premises, "secret")
    await premises.handle(await told(premises, "Good morning"))
    await premises.handle(await told(premises, "Good evening", edited_at="2026-03-01T12:00:01.000Z"))
    await done(premises)
    await premises.later(MONTH + 10)
    await erase(premises)
    assert await premises.column("SELECT count(*) FROM message WHERE erased_at IS NULL") == [0]
    for again in (
        premises.wrote("secret", "ana-secret", "ana"),
        premises.wrote("edited in between", "ana-secret", "ana"),
        await told(premises, "Good morning"),
        await told(premises, "Good evening", edited_at="2026-03-01T12:00:01.000Z"),
    ):
        decision = await premises.decide(again)
        assert decision is not None
        assert decision.reason == "repeat"
    assert await premises.column("SELECT kind FROM delivery WHERE state = 'waiting' AND kind <> 'ReportStatus'") == []
    assert await premises.column("SELECT count(*) FROM message") == [4]


async def test_the_resend_of_what_was_discarded_and_erased_has_no_words_to_post(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("secret", "1001", "ana"))
    await listings.discard(premises.url, "1001", reason="by telephone")
    await done(premises)
    await premises.later(MONTH + 10)
    await erase(premises)
    await premises.handle(premises.wrote("secret", "1001", "ana"))
    assert await premises.column("SELECT kind FROM delivery WHERE state = 'waiting'") == ["ReportStatus"]


async def test_what_was_kept_and_nobody_came_for_is_shown_to_nobody_any_more(premises: Premises) -> None:
    await premises.ready_room("ana")
    await over(premises, "Thank you")
    await premises.pool.execute("UPDATE message SET reason = 'kept' WHERE external_id = 'ana-Thank you'")
    await premises.later(MONTH + 10)
    await erase(premises)
    assert await premises.column("SELECT reason FROM message WHERE external_id = 'ana-Thank you'") == ["expired"]


async def test_each_channel_keeps_words_as_long_as_it_says(premises: Premises) -> None:
    await premises.ready_room("ana")
    await over(premises, "secret")
    await premises.pool.execute("""UPDATE channel SET options = '{"keep_days": 0}'""")
    await premises.later(100 * MONTH)
    assert await erase(premises) == 0
    await premises.pool.execute("""UPDATE channel SET options = '{"keep_days": 3651}', removed_at = now()""")
    assert await erase(premises) > 0  # more than may be chosen is not chosen


def test_what_is_of_no_contact_is_kept_as_long_as_the_channel_that_keeps_longest() -> None:
    one, other, nobody = uuid4(), uuid4(), uuid4()

    def row(workspace: object, days: int) -> dict[str, object]:
        return {"id": uuid4(), "workspace_id": workspace, "options": json.dumps({"keep_days": days})}

    keeping = keeping_of([row(one, 3), row(one, 7), row(other, 3), row(other, 0)])
    assert keeping.workspaces == {one: 7}
    assert sorted(keeping.channels.values()) == [3, 3, 7]
    assert nobody not in keeping.workspaces


async def test_events_lose_what_came_in(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.pool.execute(
        "INSERT INTO event (workspace_id, conversation_id, kind, reason, key, original, created_at)"
        " SELECT $1, unnest(ARRAY[NULL, (SELECT min(id) FROM conversation)]), 'conflict', 'conflict',"
        " gen_random_uuid()::text, 'sealed', live_agents_now()",
        premises.workspace,
    )
    await premises.later(MONTH - 10)
    await erase(premises)
    assert await premises.column("SELECT original IS NULL FROM event") == [False, False]
    await premises.later(20)
    await erase(premises)
    assert await premises.column("SELECT original IS NULL FROM event") == [True, True]


async def test_what_was_shown_and_told_of_several_messages_goes_too(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.pool.execute("UPDATE delivery SET erased_at = live_agents_now()")
    for place, (kind, body) in enumerate(
        {
            "RegisterVisitor": {"name": "Ana Lima", "department": "Help", "custom_fields": [["a", "Ana Lima"]]},
            "PostContext": {"lines": ["Ana Lima"], "messages": 3, "words": ["Ana Lima"]},
            "CloseRoom": {"room": "r", "comment": "Ana Lima"},
            "TellAuthor": {"room": "r", "told": [{"what": "empty", "text": "Ana Lima"}]},
        }.items()
    ):
        await premises.pool.execute(
            "INSERT INTO delivery (lane_id, seq, kind, body, state, due_at, created_at)"
            " SELECT id, $1, $2, $3, 'done', live_agents_now(), live_agents_now() FROM lane WHERE kind = 'to_agent'",
            90 + place,
            kind,
            json.dumps(body),
        )
    await premises.later(MONTH + 10)
    await erase(premises)
    assert "Ana Lima" not in await written(premises)
    kept = await premises.rows("SELECT kind, body FROM delivery WHERE seq >= 90 ORDER BY seq")
    assert [type(owed_of(kind, body)).__name__ for kind, body in kept] == [kind for kind, _ in kept]
    assert json.loads(kept[0][1])["department"] == "Help"


SAMPLES: Final[dict[Any, Any]] = {str: "Ana", int: 1, bool: True, Mark: Mark.FAILED, Status: Status.SENT}


async def test_no_words_of_anything_that_can_be_owed_are_left(premises: Premises) -> None:
    """What its class does not print is somebody's, and so is a name. What is left can still be read."""
    await premises.ready_room("ana")
    for kind in get_args(Owed):
        hints = get_type_hints(kind)
        secret = {each.name for each in fields(kind) if not each.repr or each.name in {"name", "told"}}
        assert secret <= {*TEXTS, *LISTS}
        owed = kind(**{each.name: SAMPLES.get(hints[each.name], (("Ana", "Ana"),)) for each in fields(kind)})
        number = await premises.pool.fetchval(
            "INSERT INTO delivery (lane_id, seq, kind, body, due_at, created_at, state)"
            " SELECT min(id), 9, $1, $2, live_agents_now(), live_agents_now(), 'done' FROM lane RETURNING id",
            kind.__name__,
            body_of(owed),
        )
        await premises.pool.execute(query("erase_deliveries"), [], [number], TEXTS, LISTS)
        (body,) = await premises.column("SELECT body FROM delivery WHERE id = $1", number)
        assert all(not getattr(owed_of(kind.__name__, body), name) for name in secret), kind


async def test_two_processes_erase_one_after_the_other_and_both_end(premises: Premises) -> None:
    await premises.ready_room("ana")
    await over(premises, *(f"secret {n}" for n in range(5)))
    await premises.later(MONTH + 10)
    other = await asyncpg.connect(premises.url)
    try:
        async with other.transaction():
            assert await other.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK)
            assert await erase(premises) == 0
        counts = await asyncio.gather(erase(premises), erase(premises))
    finally:
        await other.close()
    assert sum(counts) + await erase(premises) >= 6
    assert await premises.column("SELECT count(*) FROM message WHERE erased_at IS NULL") == [0]


async def test_a_conversation_that_somebody_holds_is_passed_over_and_not_waited_for(premises: Premises) -> None:
    await premises.ready_room("ana", "bob")
    await premises.later(MONTH + 10)
    holder = await asyncpg.connect(premises.url)
    try:
        async with holder.transaction():
            await holder.execute(
                "SELECT 1 FROM conversation cv JOIN contact ct ON ct.id = cv.contact_id WHERE ct.urn = 'ana'"
                " FOR NO KEY UPDATE OF cv"
            )
            async with asyncio.timeout(1):
                await erase(premises)
        assert await premises.column("SELECT external_id FROM message WHERE erased_at IS NULL") == ["first-ana"]
    finally:
        await holder.close()
    await erase(premises)
    assert await premises.column("SELECT count(*) FROM message WHERE erased_at IS NULL") == [0]


async def test_a_few_are_erased_at_a_time_and_what_stays_stands_in_no_others_way(
    premises: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ERASED_AT_ONCE", 2)
    monkeypatch.setattr(limits, "LOOKED_AT_ONCE", 4)
    await premises.ready_room("ana")
    await over(premises, *(f"secret {n}" for n in range(10)))
    await premises.pool.execute(
        "UPDATE delivery SET state = 'dead' WHERE message_id IN (SELECT id FROM message ORDER BY created_at LIMIT 6)"
    )
    await premises.later(MONTH + 10)
    counts = [count async for count in sweep(premises.pool)]
    assert max(counts) == 2
    assert await premises.column("SELECT count(*) FROM message WHERE erased_at IS NULL") == [6]


async def test_who_is_told_to_stop_holds_no_lock(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.later(MONTH + 10)
    async with aclosing(sweep(premises.pool)) as sweeping:
        assert await anext(sweeping) == 1
    assert await premises.column("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [0]


#: many messages that are kept, or erased, each with what was owed; and many events
MANY: Final = (
    "INSERT INTO message (id, channel_id, conversation_id, author, key, external_id, texts, answered_at, created_at,"
    " erased_at) SELECT gen_random_uuid(), channel_id, conversation_id, 'contact', 'k' || n, 'x', '{}', created_at,"
    " created_at - make_interval(mins => n), CASE WHEN n % 2 = 0 THEN created_at END"
    " FROM message, generate_series(1, 100000) n",
    "INSERT INTO delivery (lane_id, message_id, seq, kind, body, state, due_at, created_at)"
    " SELECT (SELECT min(id) FROM lane), id, 1, 'PostToRoom', '{}', 'done', created_at, created_at FROM message",
    "INSERT INTO event (workspace_id, kind, reason, key, created_at)"
    " SELECT workspace_id, 'x', 'x', 'k' || n, created_at FROM channel, generate_series(1, 100000) n",
    "INSERT INTO contact (channel_id, urn, name, visitor_token, visitor_token_hash, created_at)"
    " SELECT channel_id, 'u' || n, CASE WHEN n % 10 = 0 THEN 'Ana' ELSE '' END, '', 'h' || n, created_at"
    " FROM contact, generate_series(1, 100000) n",
    "INSERT INTO conversation (id, contact_id) SELECT id, id FROM contact ON CONFLICT DO NOTHING",
    "ANALYZE",
)


async def test_no_table_is_scanned(premises: Premises) -> None:
    await premises.ready_room("ana")
    for statement in MANY:
        await premises.pool.execute(statement, timeout=60)
    (before,) = await premises.column("SELECT live_agents_now() - interval '400 days'")
    some = await premises.column("SELECT id FROM message LIMIT 50")
    asked: dict[str, tuple[object, ...]] = {
        "old_messages": ([premises.channel], [30], before, uuid4(), 50),
        "old_deliveries": ([premises.channel], [30], before, 0, 50),
        "old_events": ([premises.channel], [30], before, 0, 50),
        "old_profiles": ([premises.channel], [30], before, 0, 50),
        "erase_messages": (some, [1], "kept", "expired"),
        "erase_deliveries": (some, [], TEXTS, LISTS),
        "erase_events": ([1],),
        "unmade": ([1],),
        "forget_under_way": ([1], "forgotten"),
        "forget_waiting": ([1], "forgotten", 1000),
        "worded_deliveries": ([1], 1000),
        "worded_messages": (1, "", 1000),
        "forget_messages": (some, "kept", "expired"),
        "forget_events": (1, 1000),
        "find_contacts": ([premises.channel], ["ana"], "ana", 1),
    }
    for name, values in asked.items():
        plan = "\n".join(await premises.column(f"EXPLAIN {query(name)}", *values))
        scanned = [table for table in ("message", "delivery", "event", "contact") if f"Seq Scan on {table} " in plan]
        assert scanned == [], plan
        if name.startswith("old_"):
            assert "contact_named" in plan if name == "old_profiles" else "_unerased" in plan, plan
