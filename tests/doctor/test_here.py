"""RapidPro's side, the database and the clocks are made to be wrong: each line says so, and what to do."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest
from cryptography.fernet import Fernet

from channel.sandbox.rapidpro import Contact, faults
from channel.store.vault import Vault
from tests.doctor.conftest import Practice, assert_said


async def test_rapidpros_side_is_looked_at(practice: Practice) -> None:
    pro = practice.bridge.rapidpro
    async with practice.changed(rapidpro_channel="00000000-0000-4000-8000-000000000000"):
        found = await practice.lines(code=1)
    assert_said(
        found,
        ("receive", "wrong", "knows no External channel of this UUID", "--rapidpro-channel UUID"),
        ("api_channel", "wrong", "has no channel of this UUID", "give a token of the RapidPro workspace"),
        ("api_token", "fine", "opens the RapidPro workspace Sandbox", ""),
    )
    pro.switches.throttled_for = 42
    async with practice.changed(rapidpro_channel=pro.add_phone_channel().uuid):
        found = await practice.lines(code=1)
    pro.switches.throttled_for = 0
    assert_said(
        found,
        ("receive", "wrong", "is no External API channel", "--rapidpro-channel UUID"),
        ("api_throttle", "wrong", "over its rate, and wants a pause of 42 s", "raise the workspace's API rates"),
        ("api_token", "not_checked", "wants a pause", ""),
    )
    token, pro.api_token = pro.api_token, "another"
    async with practice.changed(rapidpro_channel=None):
        found = await practice.lines(code=1)
    pro.api_token = token
    assert_said(
        found,
        ("api_token", "wrong", "does not take the channel's API token", "--rapidpro-token-file FILE"),
        ("receive", "not_checked", "RapidPro answers, and has not named its External channel yet", "send one message"),
        ("roles", "not_checked", "does not take the token", "docs/rapidpro/set-ups.md"),
    )
    async with practice.changed(rapidpro_token=None, reply_via="api"):
        found = await practice.lines(code=1)
    assert_said(
        found,
        ("api_token", "wrong", "the channel has no token for it: they wait", "--rapidpro-token-file FILE"),
        ("api_throttle", "not_checked", "no token", ""),
    )


async def test_replies_that_would_go_through_us_are_noticed(practice: Practice, served: Contact) -> None:
    served.urns.reverse()
    found = await practice.lines(code=1)
    assert_said(
        found,
        (
            "roles",
            "wrong",
            "of 1 contact whose chat is over, RapidPro would answer 1 through Live Agents",
            "Send role",
        ),
    )
    served.urns.reverse()
    found = await practice.lines(code=0)
    assert_said(found, ("roles", "fine", "none is answered through Live Agents", ""))


async def test_a_callback_that_answers_something_else_is_named(practice: Practice) -> None:
    practice.bridge.rapidpro.faults.add("receive", faults.not_json())
    assert_said(
        await practice.lines(code=1), ("receive", "wrong", "answers 200 to what courier would refuse", "--rapidpro-url")
    )


@pytest.mark.usefixtures("served")
async def test_the_database_is_looked_at(practice: Practice) -> None:
    query = practice.bridge.query
    sealed = Vault([Fernet.generate_key().decode()]).seal("event", b"words")
    await query("INSERT INTO peer (dest, address, state) VALUES ('rocketchat', 'http://away.test', 'open')")
    await query(
        "UPDATE delivery SET state = 'dead' WHERE id = (SELECT max(id) FROM delivery WHERE kind = 'ReplyToContact')"
    )
    await query(
        "INSERT INTO event (workspace_id, kind, reason, key, original, created_at)"
        " SELECT id, 'unreadable', 'unreadable', 'lost key', $1, live_agents_now() FROM workspace",
        sealed,
    )
    await query(
        "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', '9999_later', $1)",
        datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
    )
    found = await practice.lines(code=1)
    await query("DELETE FROM peer WHERE address = 'http://away.test'")
    await query("UPDATE delivery SET state = 'done' WHERE state = 'dead'")
    await query("DELETE FROM event WHERE key = 'lost key'")
    await query("DELETE FROM tortoise_migrations WHERE name = '9999_later'")
    assert_said(
        found,
        ("deliveries", "wrong", "http://away.test does not answer our deliveries", "goes by itself"),
        ("dead_letters", "doubtful", "1 dead letter waits for somebody to decide", "live-agents backlog --dead"),
        ("keys", "wrong", "none of 1 key opens 1", "live-agents keys rotate"),
        ("schema", "doubtful", "the schema is newer (9999_later)", "newest version"),
    )
    newer = await practice.lines(code=0, SECRET_KEYS=f"{Fernet.generate_key().decode()},{practice.key}")
    assert_said(newer, ("keys", "doubtful", "are left on an older key (2 keys)", "run `live-agents keys rotate`"))


async def test_so_are_the_clocks_and_what_holds_old_rows(practice: Practice) -> None:
    """The database's clock is put forward; and somebody has a transaction open for longer than any of ours."""
    holding = await asyncpg.connect(practice.bridge.database_url)
    transaction = holding.transaction(isolation="repeatable_read")
    await transaction.start()
    began = await holding.fetchval("SELECT xact_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
    await practice.bridge.shift_clock(60)
    far = await practice.lines(code=1)
    await practice.bridge.shift_clock(-50)
    near = await practice.lines(code=0)
    await practice.bridge.shift_clock(-10)
    for check, whose in (("clock", "the service"), ("clock_rocketchat", "Rocket.Chat"), ("clock_rapidpro", "RapidPro")):
        assert_said(far, (check, "wrong", f"the clock of {whose} is 6", "keep their time by NTP"))
        assert_said(near, (check, "doubtful", f"the clock of {whose} is 1", "by NTP"))
    await _until_old(practice.bridge.database_url, began + timedelta(seconds=11))
    found = await practice.lines(code=0)
    await transaction.rollback()
    await holding.close()
    assert_said(found, ("snapshots", "doubtful", "somebody has held a snapshot of the database", "pg_stat_activity"))


async def _until_old(url: str, moment: datetime) -> None:
    """Return when that is past, by the database's clock."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_sleep(greatest(0, extract(epoch FROM $1::timestamptz - clock_timestamp())))", moment
    )
    await connection.close()


async def test_a_webhook_that_takes_long_to_answer_is_doubtful(practice: Practice) -> None:
    """Whoever keeps the database keeps us, too."""
    holding = await asyncpg.connect(practice.bridge.database_url)
    transaction = holding.transaction()
    await transaction.start()
    await holding.execute("LOCK TABLE event IN SHARE MODE")
    asking = asyncio.create_task(practice.lines(code=0))
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    await practice.bridge.until_rows(waiting)
    await practice.bridge.query("SELECT pg_sleep(1.1)")
    await transaction.rollback()
    await holding.close()
    assert_said(await asking, ("answer_time", "doubtful", "Rocket.Chat waits 5 s", "see how long the database takes"))
