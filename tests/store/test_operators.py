"""Accounts: who signs in with the right password, and how often a wrong one may be tried, over all processes."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from channel.core import limits
from channel.core.operators import Role
from channel.store import operators
from channel.store.auditing import LONGEST, audited, lines
from channel.store.database import Pool, open_pool
from channel.store.queries import query

RIGHT, WRONG = "correct horse battery", "incorrect horse battery"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    opened = await open_pool(database_url, size=3, name="test")
    try:
        assert await operators.add(opened, "ana", Role.OPERATE, RIGHT)
        yield opened
    finally:
        await opened.close()


async def later(pool: Pool, seconds: float) -> None:
    await pool.execute("UPDATE clock SET shift_seconds = shift_seconds + $1", seconds)


async def test_the_right_password_signs_in_and_no_other_does(pool: Pool) -> None:
    assert await operators.sign_in(pool, "ana", RIGHT) is Role.OPERATE
    for name, password in (
        ("ana", WRONG),
        ("ana", ""),
        ("ana", RIGHT + " "),
        ("bob", RIGHT),
        ("", ""),
        ("ana", "\udc80"),
    ):
        assert await operators.sign_in(pool, name, password) is None


async def test_a_password_is_kept_as_a_hash_of_its_own(pool: Pool) -> None:
    await operators.add(pool, "bob", Role.LOOK, RIGHT)
    ana, bob = [row[0] for row in await pool.fetch("SELECT password_hash FROM operator ORDER BY name")]
    assert ana != bob
    assert ana.startswith(f"$argon2id$v=19$m={limits.PASSWORD_MEMORY},t={limits.PASSWORD_PASSES},p=1$")
    assert RIGHT not in ana


async def test_a_name_is_given_once(pool: Pool) -> None:
    assert not await operators.add(pool, "ana", Role.ADMINISTER, WRONG)
    assert await operators.sign_in(pool, "ana", RIGHT) is Role.OPERATE


async def test_after_ten_wrong_ones_not_even_the_right_one_is_taken_for_a_quarter_of_an_hour(pool: Pool) -> None:
    for _ in range(limits.SIGN_IN_FAILURES - 1):
        assert await operators.sign_in(pool, "ana", WRONG) is None
    assert await operators.sign_in(pool, "ana", RIGHT) is Role.OPERATE  # and begins to count anew
    for _ in range(limits.SIGN_IN_FAILURES):
        assert await operators.sign_in(pool, "ana", WRONG) is None
    assert [(each.name, each.is_locked) for each in await operators.listed(pool)] == [("ana", False)]
    assert await operators.sign_in(pool, "ana", RIGHT) is None
    assert [each.is_locked for each in await operators.listed(pool)] == [True]
    await later(pool, limits.SIGN_IN_WINDOW - 5)
    assert await operators.sign_in(pool, "ana", RIGHT) is None
    await later(pool, 10)
    assert [each.is_locked for each in await operators.listed(pool)] == [False]
    assert await operators.sign_in(pool, "ana", RIGHT) is Role.OPERATE


async def test_many_at_once_are_not_more_than_there_may_be(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is counted before its password is looked at: of 30 right ones at once, ten find the account open."""
    monkeypatch.setattr(operators, "query", _without_forgiving)
    answers = await asyncio.gather(*(operators.sign_in(pool, "ana", RIGHT) for _ in range(30)))
    assert len([each for each in answers if each]) == limits.SIGN_IN_FAILURES


def _without_forgiving(name: str) -> str:
    """The named query; one who signs in is not forgiven what failed before, as no guesser is."""
    return "SELECT $1::text" if name == "clear_failures" else query(name)


async def test_another_password_opens_a_closed_account_and_the_old_one_is_none(pool: Pool) -> None:
    for _ in range(limits.SIGN_IN_FAILURES + 1):
        await operators.sign_in(pool, "ana", WRONG)
    assert await operators.set_password(pool, "ana", "another long password")
    assert await operators.sign_in(pool, "ana", RIGHT) is None
    assert await operators.sign_in(pool, "ana", "another long password") is Role.OPERATE
    assert not await operators.set_password(pool, "bob", RIGHT)


async def test_who_is_removed_signs_in_no_more(pool: Pool) -> None:
    assert await operators.remove(pool, "ana")
    assert await operators.sign_in(pool, "ana", RIGHT) is None
    assert not await operators.remove(pool, "ana")


async def test_what_is_changed_stands_in_the_audit_with_how_it_ended(database_url: str) -> None:
    async with audited(database_url, "os:root", "connect") as line:
        (written,) = await lines(database_url, None, None, 10)
        assert (written["what"], written["outcome"]) == ("connect", None)
        line.about = "a channel"
    with pytest.raises(ValueError, match="no"):
        async with audited(database_url, "operator:ana", "replay", "x" * 1000):
            raise ValueError("no")
    with pytest.raises(asyncio.CancelledError):
        async with audited(database_url, "os:root", "forget", "id:1"):
            raise asyncio.CancelledError
    found = await lines(database_url, None, None, 10)
    assert [(each["who"], each["what"], each["about"][:LONGEST], each["outcome"]) for each in found] == [
        ("os:root", "connect", "a channel", "done"),
        ("operator:ana", "replay", "x" * LONGEST, "failed"),
        ("os:root", "forget", "id:1", None),
    ]
    assert [each["about"] for each in await lines(database_url, None, None, 1)] == ["id:1"]
    assert [each["what"] for each in await lines(database_url, None, "a channel", 10)] == ["connect"]
    assert await lines(database_url, found[-1]["at"].replace(year=2100), None, 10) == []


async def test_where_the_audit_cannot_be_written_nothing_is_changed(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("ALTER TABLE audit RENAME TO elsewhere")
        done = False
        with pytest.raises(Exception, match="UndefinedTable"):
            async with audited(database_url, "os:root", "connect"):
                done = True
        assert not done
    finally:
        await connection.close()


async def test_who_signs_in_while_the_password_is_changed_is_signed_out(pool: Pool) -> None:
    was = await pool.fetchval("SELECT password_hash FROM operator WHERE name = 'ana'")
    async with pool.acquire() as signing_in:
        begun = signing_in.transaction()
        await begun.start()
        assert await signing_in.fetchval(query("begin_session"), "ana", was, "hash") is not None
        changing = asyncio.create_task(operators.set_password(pool, "ana", WRONG))
        while not await pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - nobody is told of a lock that is waited for
            await asyncio.sleep(0.01)
        await begun.commit()
    assert await changing
    assert await pool.fetchval("SELECT count(*) FROM session") == 0
