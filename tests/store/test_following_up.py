"""Words that RapidPro took, in the tables: whom it is time to ask, by one replica; and a failure, once for all."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from channel.bridge import handle
from channel.core import limits
from channel.core.addresses import ByConversation
from channel.core.events import ReplyFailed, ReplyResent
from channel.core.following_up import FAILED_LATER, Account, Reply
from channel.core.learned import Received, Sent
from channel.core.notices import Tell
from channel.core.owed import Mark, ReplyToContact, TellAuthor
from channel.store import following_up
from channel.store.database import Pool, open_pool
from channel.store.listings import trace
from channel.store.queries import query
from channel.store.timing import now
from tests.store.premises import Premises, arrived
from tests.store.test_authors import room_of, said, told, with_bot

TOKEN = "t0ken"


async def with_token(premises: Premises) -> None:
    sealed = premises.vault.seal(f"rapidpro_token:{premises.channel}", TOKEN.encode())
    await premises.pool.execute("UPDATE channel SET reply_via = 'api', rapidpro_token = $1", sealed)


async def taken(premises: Premises, room: str, item: str = "m1", name: str = "90212", *, by_api: bool = True) -> None:
    """The agent has written, and RapidPro has taken it."""
    await premises.handle(said(premises, room, f"words of {item}", item))
    (reply,) = [each for each in await premises.claim() if isinstance(each.owed, ReplyToContact)]
    await premises.handle(arrived(reply, Sent(name) if by_api else Received(name)))


async def due(premises: Premises, pool: Pool | None = None) -> list[Account]:
    return list(await following_up.due(pool or premises.pool, premises.vault))


async def ours(premises: Premises, *names: str) -> list[Reply]:
    """Those of our replies that RapidPro calls so."""
    account = Account("http://flows.test", TOKEN, (premises.channel,), await now(premises.pool))
    return list(await following_up.named(premises.pool, account, names))


def failure(reply: Reply) -> ReplyFailed:
    return ReplyFailed(ByConversation(reply.conversation), reply.message, reply.id)


def recovery(reply: Reply) -> ReplyResent:
    return ReplyResent(ByConversation(reply.conversation), reply.message, reply.id)


@pytest.fixture
async def other(premises: Premises) -> AsyncIterator[Pool]:
    """Another replica's connections."""
    pool = await open_pool(premises.url, size=5, name="other replica")
    try:
        yield pool
    finally:
        await pool.close()


# Whom it is time to ask


async def test_nobody_is_asked_where_nothing_was_sent_through_the_api(premises: Premises) -> None:
    await with_token(premises)
    room = await room_of(premises)
    assert await due(premises) == []
    await taken(premises, room, by_api=False)
    await premises.later(limits.FOLLOWED_SELDOM + 1)
    assert await due(premises) == []


async def test_nobody_is_asked_without_a_token_or_of_a_removed_channel(premises: Premises) -> None:
    await with_token(premises)
    await taken(premises, await room_of(premises))
    await premises.pool.execute("UPDATE channel SET removed_at = live_agents_now()")
    assert await due(premises) == []
    await premises.pool.execute("UPDATE channel SET removed_at = NULL, rapidpro_token = NULL")
    assert await due(premises) == []


async def test_it_is_asked_every_minute_while_words_are_young_then_seldom_then_not(premises: Premises) -> None:
    await with_token(premises)
    await taken(premises, await room_of(premises))
    (account,) = await due(premises)
    assert (account.url, account.token, account.channels) == ("http://flows.test", TOKEN, (premises.channel,))
    back = (await now(premises.pool) - account.since).total_seconds()
    assert limits.FOLLOWED_YOUNG + limits.FOLLOWED_SLACK <= back < limits.FOLLOWED_YOUNG + limits.FOLLOWED_SLACK + 5
    assert await due(premises) == []
    await premises.later(limits.FOLLOWED_EVERY + 1)
    assert len(await due(premises)) == 1
    await premises.later(limits.FOLLOWED_YOUNG + 1)
    (seldom,) = await due(premises)
    assert (await now(premises.pool) - seldom.since).total_seconds() >= limits.FOLLOWED_FOR + limits.FOLLOWED_SLACK
    await premises.later(limits.FOLLOWED_EVERY + 1)
    assert await due(premises) == []
    await premises.later(limits.FOLLOWED_SELDOM)
    assert len(await due(premises)) == 1
    await premises.later(limits.FOLLOWED_FOR)
    assert await due(premises) == []


async def test_channels_of_one_workspace_are_asked_together(premises: Premises) -> None:
    await with_token(premises)
    room = await room_of(premises)
    await taken(premises, room)
    (second,) = await premises.column(
        "INSERT INTO channel (id, workspace_id, name, rapidpro_url, scheme, set_up, reply_via, max_length,"
        " send_token_hash, live_agents_token_hash, created_at) SELECT gen_random_uuid(), workspace_id, 'second',"
        " rapidpro_url, scheme, set_up, reply_via, max_length, 'x', 'x', created_at FROM channel RETURNING id"
    )
    sealed = premises.vault.seal(f"rapidpro_token:{second}", TOKEN.encode())
    await premises.pool.execute("UPDATE channel SET rapidpro_token = $1 WHERE id = $2", sealed, second)
    (account,) = await due(premises)
    assert account.channels == (premises.channel,), "of the second nothing was sent"
    await premises.pool.execute("UPDATE contact SET channel_id = $1", second)
    await premises.later(limits.FOLLOWED_SELDOM + 1)
    (account,) = await due(premises)
    assert account.channels == (second,)


async def test_one_replica_asks(premises: Premises, other: Pool) -> None:
    await with_token(premises)
    await taken(premises, await room_of(premises))
    found = await asyncio.gather(*(due(premises, pool) for pool in (premises.pool, other) for _ in range(3)))
    assert sum(len(accounts) for accounts in found) == 1


async def test_who_does_not_say_it_is_asked_later(premises: Premises) -> None:
    await with_token(premises)
    await taken(premises, await room_of(premises))
    (account,) = await due(premises)
    await following_up.put_off(premises.pool, account, 1200)
    await premises.later(1190)
    assert await due(premises) == []
    await premises.later(20)
    assert len(await due(premises)) == 1


async def test_a_token_that_nobody_can_read_is_said(premises: Premises) -> None:
    await with_token(premises)
    await taken(premises, await room_of(premises))
    await premises.pool.execute("UPDATE channel SET rapidpro_token = 'nonsense'::bytea")
    with capture_logs() as lines:
        assert await due(premises) == []
    assert [(line["event"], line["code"]) for line in lines] == [("failures_unread", "token_unreadable")]


# What it has said


async def test_words_are_known_by_what_rapidpro_calls_them_in_their_channels(premises: Premises) -> None:
    await with_token(premises)
    room = await room_of(premises)
    await taken(premises, room, "m1", "90212")
    (reply,) = await ours(premises, "90212", "another")
    assert (reply.name, reply.has_failed) == ("90212", False)
    assert await ours(premises) == []
    nowhere = Account("http://flows.test", TOKEN, (premises.workspace,), await now(premises.pool))
    assert await following_up.named(premises.pool, nowhere, ["90212"]) == []
    assert [message["id"] for message in (await trace(premises.url, "90212"))] == [reply.message]


async def test_a_failure_is_kept_and_told_once_by_however_many_replicas(premises: Premises, other: Pool) -> None:
    await with_bot(premises)
    await with_token(premises)
    room = await room_of(premises)
    await taken(premises, room)
    (reply,) = await ours(premises, "90212")
    stores = [premises.store(pool) for pool in (premises.pool, other) for _ in range(3)]
    await asyncio.gather(*(handle(store, [failure(reply), failure(reply)]) for store in stores))
    await premises.handle(failure(reply))
    assert await premises.rows("SELECT state, reason FROM delivery WHERE kind = 'ReplyToContact'") == [
        ("done", FAILED_LATER)
    ]
    assert await premises.column("SELECT reason FROM message WHERE author = 'agent'") == [FAILED_LATER]
    assert told(await premises.claim()) == [[Tell.UNDELIVERED]]
    marks = "SELECT state, body ->> 'mark' FROM delivery WHERE kind = 'MarkMessage' ORDER BY id"
    assert await premises.rows(marks) == [("discarded", Mark.ARRIVED), ("waiting", Mark.FAILED)]
    assert await premises.column("SELECT count(*) FROM delivery WHERE kind = 'ReplyToContact'") == [1]


async def test_a_recovery_is_kept_and_told_once(premises: Premises) -> None:
    await with_token(premises)
    room = await room_of(premises)
    await taken(premises, room)
    (reply,) = await ours(premises, "90212")
    (account,) = await due(premises)
    assert await following_up.failed(premises.pool, account) == []
    await premises.handle(failure(reply))
    (known,) = await following_up.failed(premises.pool, account)
    assert known == replace(reply, has_failed=True)
    await premises.handle(recovery(reply), recovery(reply))
    await premises.handle(recovery(reply))
    assert await following_up.failed(premises.pool, account) == []
    assert await premises.rows("SELECT state, reason FROM delivery WHERE kind = 'ReplyToContact'") == [("done", None)]
    assert await premises.column("SELECT reason FROM message WHERE author = 'agent'") == [None]
    await premises.later(61)
    (line,) = [each for each in await premises.claim() if isinstance(each.owed, TellAuthor)]
    assert told([line]) == [[Tell.UNDELIVERED, Tell.WENT]]


async def test_what_is_too_old_to_be_listed_is_not_asked_about(premises: Premises) -> None:
    await with_token(premises)
    await taken(premises, await room_of(premises))
    (reply,) = await ours(premises, "90212")
    await premises.handle(failure(reply))
    (account,) = await due(premises)
    late = replace(account, since=await now(premises.pool))
    assert await following_up.failed(premises.pool, late) == []


async def test_a_failure_in_a_room_that_is_closed_is_kept_and_told_nobody(premises: Premises) -> None:
    await with_token(premises)
    await taken(premises, await room_of(premises))
    (reply,) = await ours(premises, "90212")
    await premises.pool.execute("UPDATE room SET closed_at = live_agents_now()")
    await premises.handle(failure(reply))
    assert await premises.column("SELECT reason FROM message WHERE author = 'agent'") == [FAILED_LATER]
    assert await premises.column("SELECT count(*) FROM delivery WHERE kind = 'TellAuthor'") == [0]


async def test_young_words_are_found_by_their_time_alone(premises: Premises) -> None:
    await with_token(premises)
    await taken(premises, await room_of(premises))
    await premises.pool.execute("ANALYZE")
    async with premises.pool.acquire() as connection:
        await connection.execute("SET enable_seqscan = off")
        numbers = ("60", "1800", "600", "86400")
        await connection.execute(f"PREPARE asked (float8, float8, float8, float8) AS {query('follow_up')}")
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE asked ({', '.join(numbers)})"))
        await connection.execute("DEALLOCATE asked; RESET enable_seqscan")
    assert set(re.findall(r"(\w+) on delivery\b", plan)) <= {"Scan", "delivery_by_api"}, plan
    assert "delivery_by_api" in plan
    assert "delivery_external_id" not in plan
