"""The migrations, all in order, give the tables as the models say; and one process at a time applies them."""

import asyncio
import re
from datetime import UTC, datetime

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.models import Model

from channel.core import breaker
from channel.core.conversation import Author, State
from channel.core.decision import End
from channel.core.errors import StoreUnavailable
from channel.core.operators import Role
from channel.core.owed import Lane, Status
from channel.core.pacing import Dest
from channel.store.migrations import NEWEST, check_migrated, migrate
from channel.store.tortoise import tortoise_config
from models import tables

COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'tortoise_migrations'
    ORDER BY table_name, column_name
"""


async def fetch(url: str, sql: str, *values: object) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row.values()) for row in await connection.fetch(sql, *values)]
    finally:
        await connection.close()


async def test_the_models_say_nothing_that_no_migration_does(database_url: str) -> None:
    await Tortoise.init(config=tortoise_config(database_url))
    try:
        assert Tortoise.apps is not None
        changes = await MigrationAutodetector(Tortoise.apps, tables.TORTOISE["apps"]).changes()  # type: ignore[arg-type]
    finally:
        await Tortoise.close_connections()
    assert [str(operation) for writer in changes for operation in writer.operations] == []


async def test_the_tables_have_the_columns_of_the_models(database_url: str, empty_database_url: str) -> None:
    await Tortoise.init(config=tortoise_config(empty_database_url))
    try:
        await Tortoise.generate_schemas()
    finally:
        await Tortoise.close_connections()
    said, made = await fetch(empty_database_url, COLUMNS), await fetch(database_url, COLUMNS)
    assert len(made) > 50
    assert made == said


async def test_a_second_migrate_changes_nothing(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    applied = await fetch(empty_database_url, "SELECT * FROM tortoise_migrations ORDER BY 1")
    await migrate(empty_database_url)
    assert await fetch(empty_database_url, "SELECT * FROM tortoise_migrations ORDER BY 1") == applied
    await check_migrated(empty_database_url)


async def test_migrates_at_the_same_time_take_turns(empty_database_url: str) -> None:
    """Two processes: Tortoise holds its connections per process."""
    command = "import asyncio, sys; from channel.store.migrations import migrate; asyncio.run(migrate(sys.argv[1]))"
    running = [
        await asyncio.create_subprocess_exec(
            *(".venv/bin/python", "-c", command, empty_database_url), stderr=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [(await each.communicate())[1] for each in running]
    assert [each.returncode for each in running] == [0, 0], said
    await check_migrated(empty_database_url)
    assert await fetch(empty_database_url, "SELECT count(*) FROM clock") == [(1,)]


async def test_a_database_without_tables_is_refused_with_what_to_do(empty_database_url: str) -> None:
    with pytest.raises(StoreUnavailable, match="not migrated: run `live-agents migrate`, or `serve --migrate`"):
        await check_migrated(empty_database_url)


async def test_a_database_of_an_older_version_is_refused(database_url: str) -> None:
    await fetch(database_url, "DELETE FROM tortoise_migrations WHERE name = $1", NEWEST)
    with pytest.raises(StoreUnavailable, match="not migrated"):
        await check_migrated(database_url)


async def test_a_database_of_a_newer_version_is_good_enough(database_url: str) -> None:
    await fetch(
        database_url, "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', '9999_later', now())"
    )
    await check_migrated(database_url)
    await migrate(database_url)


async def test_the_newest_migration_is_the_one_the_code_knows(database_url: str) -> None:
    assert await fetch(database_url, "SELECT max(name) FROM tortoise_migrations WHERE app = 'models'") == [(NEWEST,)]


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("conversation_state", set(State)),
        ("message_author", set(Author)),
        ("message_status", set(Status)),
        ("delivery_state", set(End)),
        ("lane_kind", {*Lane, "to_author"}),
        ("operator_role", set(Role)),
        ("peer_dest", set(Dest)),
        ("peer_state", set(breaker.State)),
    ],
)
async def test_a_check_allows_what_the_core_knows(database_url: str, constraint: str, values: set[str]) -> None:
    ((said,),) = await fetch(
        database_url, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", constraint
    )
    assert set(re.findall(r"'(\w+)'", str(said))) == {str(value) for value in values}


async def test_the_database_has_every_check_that_the_models_name(database_url: str) -> None:
    """Tortoise's `CreateModel` notes them down and leaves them out of the tables."""
    models = [model for model in vars(tables).values() if isinstance(model, type) and issubclass(model, Model)]
    named = {check.name for model in models for check in getattr(model.Meta, "constraints", ())}
    made = await fetch(database_url, "SELECT conname FROM pg_constraint WHERE contype = 'c'")
    assert len(named) == 12
    assert {str(name) for (name,) in made} >= named


async def test_the_one_clock_follows_its_row(database_url: str) -> None:
    await fetch(database_url, "UPDATE clock SET shift_seconds = 3600")
    ((ahead,),) = await fetch(
        database_url, "SELECT extract(epoch FROM live_agents_now() - clock_timestamp())::float8 AS ahead"
    )
    assert ahead == pytest.approx(3600, abs=1)


async def test_the_clock_moves_within_a_transaction(database_url: str) -> None:
    """It is not the transaction's time: what waited for a lock is decided at the time it has become."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            before: datetime = await connection.fetchval("SELECT live_agents_now()")
            after: datetime = await connection.fetchval("SELECT live_agents_now()")
    finally:
        await connection.close()
    assert after > before
    assert before.tzinfo == UTC
