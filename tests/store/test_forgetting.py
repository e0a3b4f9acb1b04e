"""A forgotten contact is known by nothing any more, and nothing old of theirs looks new."""

import asyncio
from typing import Any, Final

import asyncpg
import pytest

from channel.core import limits
from channel.core.addresses import ByContact, ByConversation, ByRoom
from channel.core.errors import StoreBusy
from channel.core.events import AgentAsked, AgentWrote, ContactSaid, Introduced, Presence, RoomClosed, Woke
from channel.core.events import Timer as Why
from channel.core.learned import Posted
from channel.store.forgetting import Contact, NobodyMeant, find, forget, forget_visitor, look
from channel.store.retention import sweep
from tests.store.premises import Premises, arrived, connected

ANA: Final = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
BEA: Final = "7f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
EVA: Final = "8f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
#: what is Ana's and nobody else's
CANARIES: Final = (ANA, "ana-path", "Ana Lima", ",spa,", "Kigali", "secret")


async def everything(premises: Premises) -> str:
    """All rows of all tables, as text."""
    tables = await premises.column(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'"
    )
    rows = [await premises.column(f'SELECT t::text FROM "{table}" t') for table in tables]  # noqa: S608 - our own names
    return "\n".join(row for each in rows for row in each)


async def ana(premises: Premises) -> int:
    """Ana, with something in every place in which something of hers can be: an open room, words that are there, words
    that wait, words that are dead, words of an agent, and what nobody could use."""
    address = ByContact(premises.channel, ANA, "ana-path")
    told = Introduced("Ana Lima", "spa", "", (("topic", "secret topic"),), (("district", "Kigali"),))
    await premises.pool.execute("""UPDATE channel SET options = '{"context_fields": ["district"]}'""")
    await premises.handle(AgentAsked(address, told, Presence(certain=True)))
    await premises.handle(ContactSaid(address, Introduced(), "secret one", b"raw secret", "m1"))
    (number,) = await premises.column("SELECT id FROM contact WHERE uuid = $1", ANA)
    await premises.pool.execute("UPDATE conversation SET state = 'served', room = 'rAna' WHERE id = $1", number)
    await premises.pool.execute(
        "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at)"
        " VALUES ($1, 'rAna', $2, live_agents_now())",
        premises.workspace,
        number,
    )
    await premises.pool.execute("UPDATE delivery SET state = 'done', ended_at = live_agents_now()")
    await premises.handle(ContactSaid(address, Introduced(), "secret two", b"raw secret", "m2"))
    await premises.pool.execute("UPDATE delivery SET state = 'dead', reason = 'x' WHERE state = 'waiting'")
    await premises.handle(wrote(premises, "secret answer", "a1"), wrote(premises, "x" * 700, "a2"))
    await premises.handle(premises.wrote("secret three", "1001", "ana-path"))
    await premises.handle(premises.wrote("another secret", "1001", "ana-path"))
    return int(number)


def wrote(premises: Premises, text: str, item: str) -> AgentWrote:
    return AgentWrote(ByRoom(premises.workspace, "rAna", None), item, text, b"raw secret")


async def gone(premises: Premises, number: int) -> Contact:
    known = await forget(premises.pool, premises.vault, premises.key, number)
    await forget_visitor(premises.pool, premises.vault, number)
    return known


async def test_nothing_of_a_forgotten_contact_is_left_but_keys(premises: Premises) -> None:
    number = await ana(premises)
    before = await everything(premises)
    assert [each for each in CANARIES if each not in before] == []
    known = await gone(premises, number)
    after = await everything(premises)
    assert [each for each in CANARIES if each in after] == []
    assert (known.messages, known.unmade, known.open_rooms) == (5, 4, ["rAna"])
    assert await premises.column("SELECT count(*) FROM message WHERE texts <> '{}' OR original IS NOT NULL") == [0]
    assert await premises.column("SELECT count(*) FROM event WHERE original IS NOT NULL") == [0]
    assert await premises.rows(
        "SELECT external_id, reason FROM message WHERE author = 'contact' ORDER BY external_id"
    ) == [("1001", "forgotten"), ("m1", None), ("m2", "forgotten")]
    assert set(await premises.column("SELECT reason FROM delivery WHERE state = 'discarded'")) == {"forgotten"}
    assert await premises.column("SELECT count(*) FROM delivery WHERE state IN ('waiting', 'dead')") == [0]
    assert await premises.column("SELECT count(*) FROM timer") == [0]
    assert await premises.claim() == []
    assert (await look(premises.pool, premises.vault, number)).visitor_token == ""


#: so many ($2) messages more of a contact ($1), who has got most of them; and a quarter as many of all else
MANY: Final = (
    """INSERT INTO message (id, channel_id, conversation_id, author, key, external_id, texts, answered_at, created_at)
    SELECT gen_random_uuid(), channel_id, $1, 'contact', 'k' || n, 'x', '{secret}', created_at, created_at
    FROM contact, generate_series(1, $2) n WHERE contact.id = $1""",
    """INSERT INTO delivery (lane_id, message_id, seq, kind, body, state, due_at, created_at)
    SELECT l.id, m.id, 1000 + row_number() OVER (), 'PostToRoom', '{"text": "secret"}',
    CASE WHEN row_number() OVER () <= $2 / 4 THEN 'waiting' ELSE 'done' END, m.created_at, m.created_at
    FROM message m JOIN lane l ON l.conversation_id = $1 AND l.kind = 'to_agent'
    WHERE m.conversation_id = $1 AND m.external_id = 'x'""",
    """INSERT INTO delivery (lane_id, seq, kind, body, state, due_at, created_at)
    SELECT l.id, 9000000 + n, 'TellAuthor', '{"told": ["secret"]}', 'done', ct.created_at, ct.created_at
    FROM contact ct JOIN lane l ON l.conversation_id = $1 AND l.kind = 'to_author', generate_series(1, $2 / 4) n
    WHERE ct.id = $1""",
    """INSERT INTO event (workspace_id, conversation_id, kind, reason, key, original, created_at)
    SELECT ch.workspace_id, $1, 'x', 'conflict', 'e' || n, 'secret', ct.created_at
    FROM contact ct JOIN channel ch ON ch.id = ct.channel_id, generate_series(1, $2 / 4) n WHERE ct.id = $1""",
)


async def many(premises: Premises, number: int, messages: int) -> None:
    for statement in MANY:
        await premises.pool.execute(statement, number, messages, timeout=60)


async def test_whoever_wrote_very_much_is_forgotten_in_steps(
    premises: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FORGOTTEN_AT_ONCE", 100)
    number = await ana(premises)
    await many(premises, number, 1000)
    known = await gone(premises, number)
    assert (known.messages, known.unmade) == (1005, 254)
    after = await everything(premises)
    assert [each for each in CANARIES if each in after] == []
    assert await premises.column(
        "SELECT reason FROM message m WHERE external_id = 'x' AND EXISTS"
        " (SELECT FROM delivery d WHERE d.message_id = m.id AND d.state = 'discarded')"
    ) == 250 * ["forgotten"]


async def test_what_broke_off_goes_on_where_it_stopped(premises: Premises, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody holds a message in the middle. Nobody is found by the name any more, and our id leads on."""
    monkeypatch.setattr(limits, "FORGOTTEN_AT_ONCE", 100)
    number = await ana(premises)
    await many(premises, number, 400)
    holder = await asyncpg.connect(premises.url)
    try:
        async with holder.transaction():
            await holder.execute(
                "SELECT 1 FROM message m JOIN delivery d ON d.message_id = m.id AND d.state = 'done'"
                " WHERE m.external_id = 'x' ORDER BY m.key DESC LIMIT 1 FOR UPDATE OF m"
            )
            with pytest.raises(StoreBusy):
                await forget(premises.pool, premises.vault, premises.key, number)
    finally:
        await holder.close()
    (left,) = await premises.column("SELECT count(*) FROM message WHERE erased_at IS NULL")
    assert 0 < left < 400
    before = await premises.column("SELECT erased_at FROM message WHERE erased_at IS NOT NULL ORDER BY id")
    with pytest.raises(NobodyMeant):
        await find(premises.pool, "ana-path", None)
    decision = await premises.decide(premises.wrote("secret three", "1001", "ana-path"))
    assert decision
    assert decision.reason == "repeat"  # of words that are not erased yet, too

    assert await find(premises.pool, f"id:{number}", None) == number
    await gone(premises, number)
    after = await everything(premises)
    assert [each for each in CANARIES if each in after and each != "ana-path"] == []
    assert set(before) < set(await premises.column("SELECT erased_at FROM message"))  # none of these anew


#: all that is Bob's
BOBS: Final = """
    SELECT m::text FROM message m JOIN contact ct ON ct.id = m.conversation_id WHERE ct.urn = 'bob' UNION ALL
    SELECT d::text FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id
    WHERE ct.urn = 'bob' UNION ALL SELECT ct::text FROM contact ct WHERE ct.urn = 'bob' ORDER BY 1
"""


async def test_only_this_contact_is_forgotten(premises: Premises) -> None:
    await premises.ready_room("bob")
    await premises.handle(premises.wrote("bob's words", "2001", "bob"))
    before = await premises.column(BOBS)
    await premises.handle(premises.wrote("ana's words", "1001", "ana"))
    await gone(premises, await find(premises.pool, "ana", None))
    assert await premises.column(BOBS) == before
    assert "bob's words" in "".join(before)


async def test_what_comes_again_is_a_repeat_and_what_is_new_begins_a_new_contact(premises: Premises) -> None:
    number = await ana(premises)
    await gone(premises, number)
    messages = await premises.column("SELECT count(*) FROM message")
    address = ByContact(premises.channel, ANA, "ana-path")
    for again in (
        premises.wrote("secret three", "1001", "ana-path"),
        premises.wrote("edited in between", "1001", "ana-path"),
        ContactSaid(address, Introduced(), "secret one", b"raw", "m1"),
        wrote(premises, "secret answer", "a1"),
    ):
        decision = await premises.decide(again)
        assert decision is not None
        assert decision.reason in {"repeat", "forgotten"}
        assert decision.owed == ()
    assert await premises.column("SELECT count(*) FROM message") == messages
    assert await premises.column("SELECT count(*) FROM delivery WHERE state = 'waiting'") == [0]
    await premises.handle(premises.wrote("Hello again", "1002", "ana-path"))
    ((new, words),) = await premises.rows("SELECT conversation_id, texts FROM message WHERE external_id = '1002'")
    assert new != number
    assert words == ["Hello again"]
    assert "PostToRoom" in await premises.column("SELECT kind FROM delivery WHERE state = 'waiting'")


async def test_who_was_known_before_is_nobody_who_was_forgotten(premises: Premises) -> None:
    """A flow may give the same key to two contacts."""
    await premises.handle(premises.wrote("Ana's words", "55", "ana-path"), premises.wrote("Bob's", "55", "bob-path"))
    await premises.handle(premises.wrote("Eva's", "1", "eva-path"))
    await premises.pool.execute("UPDATE delivery SET state = 'dead', reason = 'x' WHERE kind = 'PostToRoom'")
    await forget(premises.pool, premises.vault, premises.key, await find(premises.pool, "ana-path", None))
    resent = await premises.decide(premises.wrote("Bob's", "55", "bob-path"))
    assert resent
    assert resent.replayed
    new = await premises.decide(premises.wrote("Eva's own", "55", "eva-path"))
    assert new
    assert [message.texts for message in new.messages] == [("Eva's own",)]


async def test_a_key_that_a_flow_gives_to_many_is_a_repeat_of_nobody_elses(premises: Premises) -> None:
    """RapidPro's ids are unique; what a flow writes into a header need not be."""
    await premises.handle(said(premises, ANA, "secret"), said(premises, BEA, "mine"))
    await gone(premises, await find(premises.pool, ANA, None))
    again, new, before = [
        await premises.decide(said(premises, uuid, words))
        for uuid, words in ((ANA, "secret"), (EVA, "Eva's own"), (BEA, "mine"))
    ]
    assert again
    assert new
    assert before
    assert (again.reason, again.owed) == ("repeat", ())
    assert [message.texts for message in new.messages] == [("Eva's own",)]
    assert before.reason == "repeat"


async def test_who_was_forgotten_by_an_older_version_is_whoever_asks(premises: Premises) -> None:
    await premises.handle(said(premises, ANA, "secret"))
    await gone(premises, await find(premises.pool, ANA, None))
    await premises.pool.execute("UPDATE contact SET forgotten_hash = NULL, forgotten_at = NULL")
    decision = await premises.decide(said(premises, EVA, "Eva's own"))
    assert decision
    assert decision.reason == "repeat"


def said(premises: Premises, uuid: str, words: str) -> ContactSaid:
    return ContactSaid(ByContact(premises.channel, uuid, None), Introduced(), words, b"raw", "welcome")


async def test_what_is_told_of_an_old_room_is_counted_and_not_kept(premises: Premises) -> None:
    number = await ana(premises)
    await gone(premises, number)
    before = await everything(premises)
    here = ByRoom(premises.workspace, "rAna", None)
    for event in (
        wrote(premises, "secret of late", "a9"),
        RoomClosed(here, "user", "closed:rAna", b"raw secret", "secret comment"),
        Woke(ByConversation(number), Why.MAX_WAIT),
    ):
        decision = await premises.decide(event)
        assert decision is not None
        assert decision.reason == "forgotten"
    assert await everything(premises) == before


async def test_an_attempt_that_was_under_way_ends_as_nothing(premises: Premises) -> None:
    await premises.ready_room("ana")
    await premises.handle(premises.wrote("words", "1001", "ana"))
    (claimed,) = await premises.claim()
    known = await gone(premises, await find(premises.pool, "ana", None))
    assert (known.unmade, known.under_way) == (1, 1)
    (handled,) = await premises.handle(arrived(claimed, Posted("room-1")))
    assert (handled.decision, handled.next) == (None, None)
    assert await premises.rows("SELECT state, reason FROM delivery WHERE id = $1", claimed.delivery) == [
        ("discarded", "forgotten")
    ]


async def test_who_waited_for_the_lock_of_a_forgotten_contact_asks_again(premises: Premises) -> None:
    await premises.ready_room("ana")
    holder = await asyncpg.connect(premises.url)
    try:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM conversation cv JOIN contact ON true FOR NO KEY UPDATE")
            waiting = asyncio.create_task(premises.handle(premises.wrote("new words", "1002", "ana")))
            while not await holder.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - no event to wait for
                await asyncio.sleep(0.01)
            await holder.execute("UPDATE contact SET urn = NULL, uuid = NULL")
        with pytest.raises(StoreBusy):
            await waiting
    finally:
        await holder.close()
    await premises.handle(premises.wrote("new words", "1002", "ana"))
    assert await premises.column("SELECT urn FROM contact ORDER BY id") == [None, "ana"]


@pytest.mark.parametrize("named", [ANA, ANA.upper(), "ana-path", "ext:ana-path", " ana-path ", "id"])
async def test_a_contact_is_found_by_every_name_they_have(premises: Premises, named: str) -> None:
    number = await ana(premises)
    assert await find(premises.pool, f"id:{number}" if named == "id" else named, premises.channel) == number


@pytest.mark.parametrize("named", ["nobody", "id:0", "id:99999999999999999999", "tel:ana-path", "", "id:"])
async def test_nobody_is_forgotten_for_somebody_else(premises: Premises, named: str) -> None:
    await ana(premises)
    with pytest.raises(NobodyMeant, match=r"^there is no contact of this name$"):
        await find(premises.pool, named, None)


async def test_a_name_that_several_have_is_refused_unless_the_channel_is_named(premises: Premises) -> None:
    other = await connected(premises.url, premises.pool, premises.vault)
    for each in (premises, other):
        await each.handle(each.wrote("Hello", "1001", "ana"))
    with pytest.raises(NobodyMeant, match=r"several contacts are called so.* id:\d+ \(test\), id:\d+ \(test\)"):
        await find(premises.pool, "ana", None)
    number = await find(premises.pool, "ana", other.channel)
    assert await premises.column("SELECT channel_id FROM contact WHERE id = $1", number) == [other.channel]


async def profile(premises: Premises) -> tuple[Any, ...]:
    (row,) = await premises.rows("SELECT name, language, shown_fields, registered, uuid, urn FROM contact")
    return row


async def test_what_a_contact_is_called_goes_with_the_last_of_their_words(premises: Premises) -> None:
    await ana(premises)
    await premises.pool.execute("UPDATE delivery SET state = 'done' WHERE state <> 'done'")
    await premises.pool.execute("UPDATE lane SET head_due = NULL")
    await premises.pool.execute(
        """UPDATE conversation SET state = 'closed', room = NULL,
        handoff = handoff || '{"agent": {"id": "aJoao", "name": "Joao"}, "department": "Help", "asked_key": "k"}'"""
    )
    await premises.pool.execute("UPDATE contact SET registered = 'Ana Lima'")
    await premises.later(limits.KEEP_DAYS * 86400 - 10)
    [count async for count in sweep(premises.pool)]
    assert await profile(premises) == ("Ana Lima", "spa", '{"district": "Kigali"}', "Ana Lima", ANA, "ana-path")
    await premises.later(20)
    [count async for count in sweep(premises.pool)]
    assert await profile(premises) == ("", "", "{}", None, ANA, "ana-path")
    ((handoff,),) = await premises.rows("SELECT handoff::text FROM conversation")
    assert "Joao" not in handoff
    assert "Help" not in handoff
    assert '"asked_key": "k"' in handoff


@pytest.mark.parametrize("state", ["queued", "waiting"])
async def test_what_a_contact_is_called_stays_while_something_of_theirs_goes_on(premises: Premises, state: str) -> None:
    await ana(premises)
    await premises.pool.execute("UPDATE delivery SET state = 'done' WHERE state <> 'done'")
    await premises.pool.execute("UPDATE conversation SET state = $1", "queued" if state == "queued" else "closed")
    if state == "queued":
        await premises.pool.execute("UPDATE lane SET head_due = NULL")
    await premises.later(2 * limits.KEEP_DAYS * 86400)
    [count async for count in sweep(premises.pool)]
    assert (await profile(premises))[0] == "Ana Lima"


async def test_what_a_contact_is_called_goes_though_a_chat_was_open_when_the_last_words_went(
    premises: Premises,
) -> None:
    """Nothing of theirs becomes old any more that could take the name along."""
    await ana(premises)
    await premises.pool.execute("UPDATE delivery SET state = 'done' WHERE state <> 'done'")
    await premises.pool.execute("UPDATE lane SET head_due = NULL")
    await premises.later(limits.KEEP_DAYS * 86400 + 10)
    [count async for count in sweep(premises.pool)]
    assert await premises.column("SELECT count(*) FROM message WHERE erased_at IS NULL") == [0]
    assert (await profile(premises))[0] == "Ana Lima"
    await premises.pool.execute("UPDATE conversation SET state = 'closed', room = NULL")
    assert sum([count async for count in sweep(premises.pool)]) == 1
    assert await profile(premises) == ("", "", "{}", None, ANA, "ana-path")
    assert sum([count async for count in sweep(premises.pool)]) == 0


async def test_what_a_contact_is_called_goes_though_they_never_wrote(premises: Premises) -> None:
    address = ByContact(premises.channel, ANA, "ana-path")
    await premises.handle(AgentAsked(address, Introduced("Ana Lima", "spa"), Presence(certain=True)))
    await premises.pool.execute("UPDATE delivery SET state = 'done'")
    await premises.pool.execute("UPDATE lane SET head_due = NULL")
    await premises.pool.execute("UPDATE conversation SET state = 'closed'")
    await premises.later(limits.KEEP_DAYS * 86400 - 10)
    [count async for count in sweep(premises.pool)]
    assert (await profile(premises))[0] == "Ana Lima"
    await premises.later(20)
    [count async for count in sweep(premises.pool)]
    assert await profile(premises) == ("", "", "{}", None, ANA, "ana-path")
