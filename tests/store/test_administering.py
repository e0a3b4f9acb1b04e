"""Operators at the console and on the command line change things at once, in one process too."""

import asyncio
from typing import Any

import pytest

from channel.core.errors import StoreRefused, StoreUnavailable, Unknown
from channel.store import tortoise
from channel.store.admin import administering
from tests.store.premises import Premises


async def test_many_at_once_in_one_process_are_none_in_anothers_way(premises: Premises) -> None:
    entered = asyncio.Barrier(8)

    async def renames(number: int) -> str:
        async with administering(premises.url, premises.vault) as admin:
            await entered.wait()  # every one is open before the first is closed
            if number % 2:
                await admin.edit_channel(premises.channel, {"name": f"name {number}"})
            return (await admin.channel(premises.channel)).name

    names = await asyncio.gather(*(renames(number) for number in range(8)))
    assert all(name == "test" or name.startswith("name ") for name in names)
    assert await premises.column("SELECT name FROM channel WHERE name LIKE 'name %'")


async def test_what_one_of_them_is_refused_is_nobody_elses(premises: Premises) -> None:
    async with administering(premises.url, premises.vault) as admin:
        with pytest.raises(Unknown):
            async with administering(premises.url, premises.vault) as other:
                await other.channel(premises.workspace)
        with pytest.raises(StoreRefused):
            async with administering(premises.url, premises.vault) as other:
                await other.edit_channel(premises.channel, {"set_up": "c"})
        assert [channel.id for channel in await admin.channels()] == [premises.channel]


async def test_a_database_that_is_silent_is_given_up(premises: Premises, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tortoise.SILENCE > 8  # what the database itself gives a statement
    monkeypatch.setattr(tortoise, "SILENCE", 0.2)
    async with premises.pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM channel FOR UPDATE")
        with pytest.raises(StoreUnavailable, match="does not answer"):
            async with administering(premises.url, premises.vault) as admin:
                await admin.edit_channel(premises.channel, {"name": "another"})


def test_a_migration_may_take_its_time_and_nobody_believes_a_standby() -> None:
    waits, is_patient = (credentials(tortoise.tortoise_config("postgresql://db/x", patient=p)) for p in (False, True))
    assert (waits["command_timeout"], is_patient["command_timeout"]) == (tortoise.SILENCE, None)
    assert {waits["target_session_attrs"], is_patient["target_session_attrs"]} == {"read-write"}


def credentials(config: dict[str, Any]) -> dict[str, Any]:
    (connection,) = config["connections"].values()
    found: dict[str, Any] = connection["credentials"]
    return found
