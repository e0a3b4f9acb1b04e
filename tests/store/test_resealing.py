"""Every sealed value gets the newest key, whatever happens meanwhile, and it is said what is left."""

from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from cryptography.fernet import Fernet
from tortoise.fields import BinaryField
from tortoise.models import Model

from channel.core import limits
from channel.core.errors import StoreUnavailable
from channel.store import auditing, listings, resealing
from channel.store.admin import administering
from channel.store.keyring import check_keys, hash_key
from channel.store.migrations import check_migrated, migrate
from channel.store.replicas import Replica, leave, show
from channel.store.resealing import OWN, SEALED, Resealed, reseal
from channel.store.vault import UnreadableSecret, Vault
from models import tables
from tests.store.premises import Premises

NEW: Final = Fernet.generate_key().decode()
#: each sealed value, and the place it is bound to
PLACES: Final = """
    SELECT 'webhook_secret:' || id, webhook_secret FROM workspace UNION ALL
    SELECT 'bot_token:' || id, bot_token FROM workspace UNION ALL
    SELECT 'rapidpro_token:' || id, rapidpro_token FROM channel UNION ALL
    SELECT 'visitor:' || visitor_token_hash, visitor_token FROM contact UNION ALL
    SELECT 'message:' || id, original FROM message UNION ALL
    SELECT 'event:' || key, original FROM event UNION ALL
    SELECT 'keyring:' || name, value FROM keyring
"""


@pytest.fixture
async def old(premises: Premises) -> str:
    """The key by which something is sealed in every sealed column."""
    key = Fernet.generate_key().decode()
    await premises.pool.execute("DELETE FROM keyring")
    premises.vault = Vault([key])
    premises.key = await hash_key(premises.pool, premises.vault)
    async with administering(premises.url, premises.vault) as admin:
        await admin.edit_channel(premises.channel, {"rapidpro_token": "token-of-rapidpro"})
        await admin.set_bot(premises.workspace, "bot", "token-of-the-bot")
        await admin.rotate_workspace(premises.workspace)
    await premises.ready_room("ana", "bob")
    event = f"k{uuid4()}"
    await premises.pool.execute(
        "INSERT INTO event (workspace_id, kind, reason, key, original, created_at)"
        " VALUES ($1, 'x', 'x', $2, $3, now())",
        premises.workspace,
        event,
        premises.vault.seal(f"event:{event}", b"what came in"),
    )
    return key


async def opened(premises: Premises, key: str) -> int:
    """How many values this key opens, each in its place: all there are, or it raises."""
    vault = Vault([key])
    return len([vault.open(place, sealed) for place, sealed in await premises.rows(PLACES)])


def test_every_column_that_is_sealed_is_known() -> None:
    models = [each for each in vars(tables).values() if isinstance(each, type) and issubclass(each, Model)]
    sealed = {
        (model._meta.db_table, name)
        for model in models
        for name, field in model._meta.fields_map.items()
        if isinstance(field, BinaryField)
    }
    assert sealed == {(column.table, column.name) for column in (*SEALED, OWN)}


async def test_all_of_it_is_sealed_anew_and_needs_the_old_key_no_more(premises: Premises, old: str) -> None:
    done = await reseal(premises.url, Vault([NEW, old]))
    assert (done.sealed, done.left, done.unreadable) == (9, 0, {})
    assert await opened(premises, NEW) == 9
    again = await reseal(premises.url, Vault([NEW, old]))
    assert (again.sealed, again.left) == (0, 0)


class _Stopped(Exception):
    """The command was interrupted."""


class _Stopping(Vault):
    """A vault that gets so far."""

    left = 4

    def reseal(self, sealed: bytes | bytearray) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise _Stopped
        return super().reseal(sealed)


async def test_what_was_interrupted_is_readable_refuses_to_lose_the_old_key_and_goes_on(
    premises: Premises, old: str
) -> None:
    with pytest.raises(_Stopped):
        await reseal(premises.url, _Stopping([NEW, old]))
    both = Vault([NEW, old])
    values = [(place, sealed) for place, sealed in await premises.rows(PLACES)]
    assert len([both.open(place, sealed) for place, sealed in values]) == 9
    assert len([sealed for _, sealed in values if both.is_newest(sealed)]) == 4
    with pytest.raises(UnreadableSecret):
        await check_keys(premises.url, Vault([NEW]))
    done = await reseal(premises.url, both)
    assert (done.sealed, done.left) == (5, 0)
    await check_keys(premises.url, Vault([NEW]))


async def test_a_row_that_somebody_has_locked_is_left_and_counted(
    premises: Premises, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(resealing._SESSION, "lock_timeout", "20")
    holder = await asyncpg.connect(premises.url)
    try:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM contact WHERE urn = 'ana' FOR NO KEY UPDATE")
            done = await reseal(premises.url, Vault([NEW, old]))
    finally:
        await holder.close()
    assert (done.sealed, done.left) == (7, 1)
    with pytest.raises(UnreadableSecret):
        await check_keys(premises.url, Vault([NEW]))
    assert (await reseal(premises.url, Vault([NEW, old]))).left == 0
    assert await opened(premises, NEW) == 9


async def test_a_process_that_goes_on_sealing_with_the_old_key_is_noticed(premises: Premises, old: str) -> None:
    """A trigger takes its part: whatever is sealed anew has the old key again."""
    await premises.pool.execute(
        "CREATE FUNCTION as_before() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN NEW.original := OLD.original; RETURN NEW; END'"
    )
    await premises.pool.execute(
        "CREATE TRIGGER as_before BEFORE UPDATE ON message FOR EACH ROW EXECUTE FUNCTION as_before()"
    )
    assert (await reseal(premises.url, Vault([NEW, old]))).left == 2
    with pytest.raises(UnreadableSecret):
        await check_keys(premises.url, Vault([NEW]))


async def test_what_somebody_changed_meanwhile_is_not_overwritten(premises: Premises, old: str) -> None:
    vault, column = Vault([NEW, old]), SEALED[0]
    connection = await asyncpg.connect(premises.url)
    try:
        (row,) = [each async for each in resealing._older(connection, vault, column)]
        async with administering(premises.url, Vault([old])) as admin:
            new = await admin.rotate_workspace(premises.workspace)
            assert not await resealing._replace(connection, column, row, vault.reseal(row["sealed"]))
            assert await admin.webhook_secret(premises.workspace) == new
    finally:
        await connection.close()


async def test_what_none_of_the_keys_opens_is_said_and_keeps_nothing_back(premises: Premises, old: str) -> None:
    stranger = Vault([Fernet.generate_key().decode()]).seal("x", b"x")
    await premises.pool.execute("UPDATE event SET original = $1", stranger)
    done = await reseal(premises.url, Vault([NEW, old]))
    assert (done.sealed, done.left, done.unreadable) == (8, 0, {"event": 1})
    await check_keys(premises.url, Vault([NEW]))


async def test_more_rows_than_are_read_at_once_are_all_sealed(
    premises: Premises, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "ROWS", 2)
    await premises.handle(*(premises.wrote(f"words {n}", f"m{n}", "ana") for n in range(7)))
    done = await reseal(premises.url, Vault([NEW, old]))
    assert (done.sealed, done.left) == (16, 0)
    assert await opened(premises, NEW) == 16


@pytest.fixture
async def other(premises: Premises, old: str) -> Replica:
    """A process that was left out, and seals with the old key."""
    replica = Replica(uuid4(), "deliver", Vault([old, NEW]).fingerprint)
    await show(premises.pool, replica)
    return replica


async def test_nothing_is_sealed_while_a_process_runs_that_seals_with_another_key(
    premises: Premises, old: str, other: Replica
) -> None:
    both = Vault([NEW, old])
    await show(premises.pool, Replica(uuid4(), "all", both.fingerprint))
    done = await reseal(premises.url, both)
    assert (done.sealed, done.left, done.otherwise) == (0, 0, [other])
    await leave(premises.pool, other)
    done = await reseal(premises.url, both)
    assert (done.sealed, done.left, done.otherwise) == (9, 0, [])


async def test_one_that_has_been_silent_for_long_is_gone(premises: Premises, old: str, other: Replica) -> None:
    await premises.later(limits.GONE_AFTER - 5)
    assert (await reseal(premises.url, Vault([NEW, old]))).otherwise == [other]
    await show(premises.pool, other)
    await premises.later(limits.GONE_AFTER - 5)
    assert (await reseal(premises.url, Vault([NEW, old]))).otherwise == [other]
    await premises.later(10)
    assert (await reseal(premises.url, Vault([NEW, old]))).sealed == 9
    await show(premises.pool, Replica(uuid4(), "edge", "x"))
    assert await premises.column("SELECT role FROM replica") == ["edge"]


async def test_one_that_began_meanwhile_keeps_the_service_s_own_key_as_it_is(
    premises: Premises, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass of the rotation is where it begins: the look behind it sees it."""
    late = Replica(uuid4(), "edge", Vault([old]).fingerprint)
    passing = resealing._until_nothing_is_left

    async def begun_meanwhile(connection: Any, vault: Vault) -> Resealed:
        await show(premises.pool, late)
        return await passing(connection, vault)

    monkeypatch.setattr(resealing, "_until_nothing_is_left", begun_meanwhile)
    done = await reseal(premises.url, Vault([NEW, old]))
    assert (done.sealed, done.otherwise) == (8, [late])
    with pytest.raises(UnreadableSecret):
        await check_keys(premises.url, Vault([NEW]))


def test_a_fingerprint_tells_keys_apart_and_the_order_of_two() -> None:
    one, two = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    assert Vault([one]).fingerprint == Vault([one, two]).fingerprint != Vault([two, one]).fingerprint
    assert one not in Vault([one]).fingerprint


async def test_a_database_that_takes_no_commits_is_not_asked(premises: Premises, old: str) -> None:
    """It may be a standby, or a primary that is none any more: what it says may be old."""
    name = urlsplit(premises.url).path[1:]
    await premises.pool.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    for asked in (
        reseal(premises.url, Vault([NEW, old])),
        check_keys(premises.url, Vault([old])),
        check_migrated(premises.url),
        migrate(premises.url),
        auditing.lines(premises.url, None, None, 1),
        listings.backlog(premises.url),
    ):
        with pytest.raises(StoreUnavailable):
            await asked
