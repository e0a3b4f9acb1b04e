"""What the pages on restoring, on a lost key and on upgrading have an operator do, done: nothing is sent twice."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from cryptography.fernet import Fernet
from tortoise import Tortoise
from tortoise.migrations.api import migrate as tortoise_migrate

from channel.sandbox.rapidpro.faults import FOR_EVER, answer
from channel.sandbox.rocketchat import Room
from channel.store.migrations import NEWEST, check_migrated
from channel.store.tortoise import tortoise_config
from tests import processes
from tests.faults.recovering import Page
from tests.faults.rig import Rig, running_rig
from tests.faults.talk import AGENT

pytestmark = pytest.mark.anyio

RESTORED: Final = "live_agents_restored"
_WAITS: Final = "SELECT 1 FROM delivery WHERE state = 'waiting' AND kind = 'ReplyToContact'"
_NONE_WAITS: Final = f"SELECT 1 WHERE NOT EXISTS ({_WAITS})"
#: every open room has been looked at since the start
_LOOKED: Final = """
    SELECT 1 WHERE NOT EXISTS (
        SELECT FROM delivery WHERE state = 'waiting' AND kind IN ('ReadHistory', 'ReplyToContact')
    ) AND NOT EXISTS (SELECT FROM room r JOIN workspace w ON w.id = r.workspace_id
                    WHERE r.closed_at IS NULL AND (w.seek_from IS NULL OR r.sought_at < w.seek_from))
"""
TAKING_OUT: Final = ("RemoveField", "DeleteModel", "RenameField", "RenameModel")
MIGRATIONS: Final = Path(__file__).parents[2] / "models" / "migrations"


async def until(url: str, sql: str) -> None:
    """There is such a row."""
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(60):
            while not await connection.fetchval(sql):  # noqa: ASYNC110 - another process makes it so
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def writes(rig: Rig, words: str) -> Room:
    """Ana writes, and an agent reads it in this room."""
    await rig.rapidpro.send_on(rig.channel, "ana", words)
    message = await rig.rocketchat.until(
        lambda rc: next((m for m in rc.messages.values() if m.text == words), None), timeout=60
    )
    return rig.rocketchat.rooms[message.rid]


async def hears(rig: Rig, *words: str) -> None:
    """All that Ana has been told."""
    await rig.rapidpro.until(lambda rp: [m.text for m in rp.incoming(rig.channel)] == list(words) or None, 60)


async def test_a_database_is_restored_and_nothing_is_sent_twice(database_url: str, tmp_path: Path) -> None:
    parts = urlsplit(database_url)
    restored = parts._replace(path=f"/{RESTORED}").geturl()
    async with running_rig(database_url, tmp_path, 0, replicas=1, api_token=False) as rig:
        page = Page(
            "restore.md", tmp_path, {**rig.replicas.env, "DATABASE_URL": database_url, "RESTORED_URL": restored}
        )
        room = await writes(rig, "ana one")
        await rig.rocketchat.take(room.id, AGENT)
        await rig.rocketchat.write(room.id, AGENT, "one")
        await hears(rig, "one")
        await until(database_url, _NONE_WAITS)  # that it arrived is saved, too: the backup has it
        rig.rapidpro.faults.add("receive", answer(503), times=FOR_EVER)
        await rig.rocketchat.write(room.id, AGENT, "two")
        await until(database_url, _WAITS)
        await page.run()  # the backup
        rig.rapidpro.faults.clear()
        await hears(rig, "one", "two")
        await rig.rocketchat.write(room.id, AGENT, "three")
        await hears(rig, "one", "two", "three")
        await writes(rig, "ana two")
        await rig.replicas.all[0].kill()
        page.env["LOST_AT"] = datetime.now(UTC).isoformat()
        try:
            await page.run()  # into a new database
            await page.run()  # what happened since
            page.env["DATABASE_URL"] = rig.replicas.env["DATABASE_URL"] = restored
            said = await page.run()
            assert page.left == 0
            assert "would be delivered" not in said
            assert "restored" in said
            (number,) = await _column(restored, "SELECT message_id::text FROM delivery WHERE state = 'dead'")
            gone = await processes.run(rig.replicas.env, "discard", number, "--reason", "restored")
            assert (gone.code, gone.err) == (0, "")

            await rig.replicas.start()
            await until(restored, _LOOKED)
            await rig.rocketchat.write(room.id, AGENT, "four")
            assert await writes(rig, "ana three") == room
            await hears(rig, "one", "two", "three", "four")
            read = [m.text for m in rig.rocketchat.messages.values() if m.token is not None and not m.kind]
            assert read == ["ana one", "ana two", "ana three"]
            await rig.replicas.alive[0].kill()
        finally:
            connection = await asyncpg.connect(database_url)
            await connection.execute(f"DROP DATABASE IF EXISTS {RESTORED} WITH (FORCE)")
            await connection.close()


async def _column(url: str, sql: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def test_with_a_lost_key_the_service_goes_on_and_repeats_are_repeats(database_url: str, tmp_path: Path) -> None:
    async with running_rig(database_url, tmp_path, 0, replicas=1, api_token=False) as rig:
        room = await writes(rig, "ana one")
        await rig.rocketchat.take(room.id, AGENT)
        await rig.rocketchat.write(room.id, AGENT, "one")
        await hears(rig, "one")
        await rig.replicas.all[0].kill()
        rig.replicas.env["LIVE_AGENTS_SECRET_KEYS"] = Fernet.generate_key().decode()
        refused = await processes.run(rig.replicas.env, "backlog")
        assert refused.code != 0
        assert "none of the secret keys opens keyring secrets" in refused.err

        (workspace,) = await _column(database_url, "SELECT id::text FROM workspace")
        env = {**rig.replicas.env, "DATABASE_URL": database_url, "WORKSPACE": workspace}
        page = Page("lost-key.md", tmp_path, env)
        for _ in range(3):  # a key, what had not been delivered, and what nobody can open
            await page.run()
        await rig.replicas.start()
        again = await writes(rig, "ana two")
        assert again != room
        await rig.rocketchat.take(again.id, AGENT)
        await rig.rocketchat.write(again.id, AGENT, "two")
        await hears(rig, "one", "two")
        assert await page.run()  # another webhook secret
        assert page.left == 0

        (number,) = await _column(database_url, "SELECT external_id FROM message WHERE texts = '{ana one}'")
        external = rig.channel.external
        assert external is not None
        async with httpx.AsyncClient() as http:
            form = {"id": number, "text": "ana one", "to": "ana"}
            headers = {"Authorization": external.send_authorization}
            assert (await http.post(external.send_url, data=form, headers=headers)).status_code == 200
        await rig.drained()
        read = [m.text for m in rig.rocketchat.messages.values() if m.token is not None and not m.kind]
        assert read == ["ana one", "ana two"]


async def test_a_schema_is_brought_up_to_date_before_the_processes(empty_database_url: str, tmp_path: Path) -> None:
    before = sorted(path.stem for path in MIGRATIONS.glob("0*.py"))[-2]
    try:
        await tortoise_migrate(config=tortoise_config(empty_database_url), target=f"models.{before}")
    finally:
        await Tortoise.close_connections()
    env = processes.environment(tmp_path, DATABASE_URL=empty_database_url, SECRET_KEYS=Fernet.generate_key().decode())
    refused = await processes.run(env, "serve")
    assert refused.code != 0
    assert "run `live-agents migrate`" in refused.err
    page = Page("upgrade.md", tmp_path, env)
    assert "The schema is up to date." in await page.run()
    await check_migrated(empty_database_url)
    assert "migrate" in await page.run()
    assert page.left == 0
    assert before != NEWEST


def test_no_migration_takes_anything_out_that_older_code_knows() -> None:
    """In what each does, not in what would undo it; an index is nobody's knowledge."""
    for path in MIGRATIONS.glob("0*.py"):
        operations = path.read_text().partition("operations = [")[2]
        assert not [word for word in TAKING_OUT if word in operations], path
