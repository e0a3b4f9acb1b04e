"""Dead letters on the command line: listed without anybody's words, replayed by id or by time."""

import json
from collections.abc import AsyncIterator

import pytest

from channel.store.database import open_pool
from channel.store.vault import Vault
from tests.processes import run
from tests.store.premises import Premises, connected

WORDS = "nobody's business"


@pytest.fixture
async def premises(env: dict[str, str], database_url: str) -> AsyncIterator[Premises]:
    """Two messages of Ana's that could not be posted: the second an hour after the first, for another reason."""
    pool = await open_pool(database_url, size=2, name="test")
    try:
        made = await connected(database_url, pool, Vault([env["LIVE_AGENTS_SECRET_KEYS"]]))
        await made.ready_room("ana")
        for place, (number, reason) in enumerate((("1001", "unreachable"), ("1002", "max_wait"))):
            await made.handle(made.wrote(WORDS, number, "ana"))
            await pool.execute(
                "UPDATE delivery SET state = 'dead', reason = $1, ended_at = $2::text::timestamptz"
                " WHERE state = 'waiting'",
                reason,
                f"2026-03-01T1{place}:00:00Z",
            )
        yield made
    finally:
        await pool.close()


async def dead(premises: Premises) -> list[str]:
    return await premises.column(
        "SELECT m.external_id FROM delivery d JOIN message m ON m.id = d.message_id"
        " WHERE d.state = 'dead' ORDER BY d.id"
    )


async def test_each_dead_letter_is_listed_without_its_words(env: dict[str, str], premises: Premises) -> None:
    listed = await run(env, "backlog", "--dead")
    head, *rows = listed.out.splitlines()
    assert head.split() == ["message", "external_id", "channel", "kind", "reason", "died_at"]
    assert [row.split()[1:] for row in rows] == [
        ["1001", "test", "PostToRoom", "unreachable", "2026-03-01T10:00:00Z"],
        ["1002", "test", "PostToRoom", "max_wait", "2026-03-01T11:00:00Z"],
    ]
    as_json = await run(env, "backlog", "--dead", "--json")
    assert [each["external_id"] for each in json.loads(as_json.out)] == ["1001", "1002"]
    assert {each["channel_id"] for each in json.loads(as_json.out)} == {str(premises.channel)}
    assert WORDS not in listed.out + as_json.out


async def test_a_dry_run_says_what_would_go_and_changes_nothing(env: dict[str, str], premises: Premises) -> None:
    ended = await run(env, "replay", "--since", "2026-03-01T11:00", "--dry-run")
    assert (ended.code, ended.err) == (0, "")
    assert [row.split()[1] for row in ended.out.splitlines()[1:]] == ["1002"]
    assert WORDS not in ended.out
    assert await dead(premises) == ["1001", "1002"]


async def test_what_died_in_a_time_goes_again_and_nothing_else(env: dict[str, str], premises: Premises) -> None:
    ended = await run(env, "replay", "--since", "2026-03-01", "--until", "2026-03-01T12:00+01:00")
    assert (ended.code, ended.out) == (0, "1 delivery goes again.\n")
    assert await dead(premises) == ["1002"]
    none = await run(env, "replay", "--since", "2026-03-01", "--reason", "crashed")
    assert (none.code, none.out) == (0, "0 deliveries go again.\n")
    rest = await run(env, "replay", "--since", "2026-03-01", "--reason", "max_wait", "--channel", str(premises.channel))
    assert rest.out == "1 delivery goes again.\n"
    assert await dead(premises) == []


async def test_several_messages_go_again_and_are_discarded(env: dict[str, str], premises: Premises) -> None:
    assert (await run(env, "replay", "1002", "1001")).out == "2 deliveries go again.\n"
    assert await dead(premises) == []
    ended = await run(env, "discard", "1001", "1002", "--reason", "by telephone")
    assert ended.out == "2 deliveries discarded.\n"


async def test_an_unknown_id_among_others_keeps_all_as_they_are(env: dict[str, str], premises: Premises) -> None:
    ended = await run(env, "replay", "1001", "nobody")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.strip() == "live-agents: there is no message nobody"
    assert await dead(premises) == ["1001", "1002"]
