"""What is wrong on the command line is named in one sentence, with a non-zero exit code, and nothing is changed."""

from pathlib import Path

import asyncpg
import pytest

from tests import processes
from tests.processes import Ended, run

PEERS = ("--rocketchat-url", "https://chat.test", "--rapidpro-url", "https://rapidpro.test")
NOBODY = "00000000-0000-4000-8000-000000000000"

WRONG = {
    "a URL that is none": (
        ("connect", "--rocketchat-url", "chat", "--rapidpro-url", "https://r.test"),
        "--rocketchat-url",
    ),
    "a URL of another kind": (
        ("connect", "--rocketchat-url", "https://c.test", "--rapidpro-url", "ftp://r.test"),
        "--rapidpro-url",
    ),
    "a URL with a password": (
        ("connect", "--rocketchat-url", "https://me:pw@c.test", "--rapidpro-url", "https://r.test"),
        "--rocketchat-url",
    ),
    "a URL with a name in it": (
        ("connect", "--rocketchat-url", "https://me@c.test", "--rapidpro-url", "https://r.test"),
        "--rocketchat-url",
    ),
    "a URL with a line break": (
        ("connect", "--rocketchat-url", "https://c.test/\r\nX-Header:y", "--rapidpro-url", "https://r.test"),
        "--rocketchat-url",
    ),
    "a URL with a tab in its name": (
        ("connect", "--rocketchat-url", "https://c.te\tst", "--rapidpro-url", "https://r.test"),
        "--rocketchat-url",
    ),
    "a URL with a backslash": (
        ("connect", "--rocketchat-url", "https://c.test\\@169.254.169.254", "--rapidpro-url", "https://r.test"),
        "--rocketchat-url",
    ),
    "a URL in other letters": (
        ("connect", "--rocketchat-url", "https://\uff43.test", "--rapidpro-url", "https://r.test"),
        "--rocketchat-url",
    ),
    "a file": (
        ("connect", "--rocketchat-url", "file:///etc/passwd", "--rapidpro-url", "https://r.test"),
        "--rocketchat-url",
    ),
    "a socket": (("workspaces", "edit", NOBODY, "--url", "unix:///tmp/socket"), "--url"),
    "a gopher": (("channels", "edit", NOBODY, "--rapidpro-url", "gopher://r.test:70/x"), "--rapidpro-url"),
    "a workspace's URL with a password": (("workspaces", "edit", NOBODY, "--url", "https://a:b@c.test"), "--url"),
    "a channel's URL with a line break": (
        ("channels", "edit", NOBODY, "--rapidpro-url", "https://r.test\nHost:x"),
        "--rapidpro-url",
    ),
    "a URL with a port that is none": (
        ("connect", "--rocketchat-url", "https://c.test:99999", "--rapidpro-url", "https://r.test"),
        "--rocketchat-url",
    ),
    "a scheme RapidPro does not know": (("connect", *PEERS, "--scheme", "pigeon"), "--scheme"),
    "a set-up that is none": (("connect", *PEERS, "--set-up", "c"), "--set-up"),
    "an External channel that is no UUID": (("connect", *PEERS, "--rapidpro-channel", "12"), "--rapidpro-channel"),
    "a token file that is not there": (
        ("connect", *PEERS, "--rapidpro-token-file", "/nowhere/at/all"),
        "cannot be read",
    ),
    "an empty token": (("connect", *PEERS, "--rapidpro-token-file", "-"), "is empty"),
    "a role that is none": (("serve", "--role", "boss"), "--role"),
    "a channel that is no UUID": (("channels", "show", "x"), "the channel is no UUID"),
    "an unknown channel": (("channels", "show", NOBODY), f"there is no channel {NOBODY}"),
    "a removal of nothing": (("channels", "remove", NOBODY), f"there is no channel {NOBODY}"),
    "a change of nothing": (("channels", "edit", NOBODY), "nothing to change"),
    "an unknown workspace": (("workspaces", "show", NOBODY), f"there is no workspace {NOBODY}"),
    "an unknown message to trace": (("trace", "12345"), "there is no message 12345"),
    "an unknown message to replay": (("replay", "12345"), "there is no message 12345"),
    "a second message to replay that is unknown": (
        ("replay", "12345", "12346", "--dry-run"),
        "there is no message 12345",
    ),
    "a replay of nothing": (("replay",), "name messages, or say with --since"),
    "a replay to a time only": (("replay", "--until", "2026-03-01"), "say with --since"),
    "a replay of messages and of a time": (("replay", "12345", "--since", "2026-03-01"), "but not both"),
    "a replay of messages and a reason": (("replay", "12345", "--reason", "max_wait"), "but not both"),
    "a time that ends before it begins": (
        ("replay", "--since", "2026-03-02", "--until", "2026-03-01"),
        "ends before it begins",
    ),
    "a time that ends as it begins": (
        ("replay", "--since", "2026-03-01T14:30", "--until", "2026-03-01T15:30+01:00", "--dry-run"),
        "ends before it begins",
    ),
    "a beginning that is no time": (("replay", "--since", "yesterday"), "--since is no time"),
    "an end that is no time": (("replay", "--since", "2026-03-01", "--until", "2026-13-01"), "--until is no time"),
    "a replay of a channel that is no UUID": (
        ("replay", "--since", "2026-03-01", "--channel", "Helpline"),
        "--channel is no UUID",
    ),
    "a replay of an unknown channel": (
        ("replay", "--since", "2026-03-01", "--channel", NOBODY),
        f"there is no channel {NOBODY}",
    ),
    "an unknown message to discard": (("discard", "12345", "--reason", "test"), "there is no message 12345"),
    "a discard without a reason": (("discard", "12345"), "--reason"),
    "a set-up that the demo does not have": (("demo", "--set-up", "c"), "--set-up is none of a, b"),
    "a way to reply that is none": (
        ("connect", *PEERS, "--reply-via", "pigeon"),
        "--reply-via is none of api, receive",
    ),
    "a change to a set-up that is none": (("channels", "edit", NOBODY, "--set-up", "c"), "--set-up is none of a, b"),
    "a change to a way to reply that is none": (("channels", "edit", NOBODY, "--reply-via", "x"), "--reply-via"),
    "a bot user without a token": (("workspaces", "edit", NOBODY, "--bot-user-id", "b0t"), "go together"),
    "a bot user with an empty token": (
        ("workspaces", "edit", NOBODY, "--bot-user-id", "b0t", "--bot-token-file", "-"),
        "--bot-token-file is empty",
    ),
    "a change of nothing to a workspace": (("workspaces", "edit", NOBODY), "nothing to change"),
}


def said(ended: Ended, sentence: str) -> None:
    """One sentence on standard error, no traceback, nothing on standard output."""
    assert ended.code != 0
    assert sentence in ended.err
    assert "Traceback" not in ended.err
    assert ended.err.strip().count("\n") == 0
    assert not ended.out


@pytest.mark.parametrize("name", WRONG)
async def test_it_is_named_and_nothing_is_changed(name: str, env: dict[str, str], database_url: str) -> None:
    arguments, sentence = WRONG[name]
    said(await run(env, *arguments), sentence)
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM channel") == 0
    assert await connection.fetchval("SELECT count(*) FROM workspace") == 0
    await connection.close()


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("PORT", "eighty", "LIVE_AGENTS_PORT"),
        ("PORT", "70000", "LIVE_AGENTS_PORT"),
        ("LOG_LEVEL", "CHATTY", "LIVE_AGENTS_LOG_LEVEL"),
        ("DRAIN_SECONDS", "-1", "LIVE_AGENTS_DRAIN_SECONDS"),
        ("SECRET_KEYS", "hunter2", "LIVE_AGENTS_SECRET_KEYS"),
        ("PUBLIC_URL", "bridge.test", "LIVE_AGENTS_PUBLIC_URL"),
        ("DATABASE_URL", "mysql://db", "DATABASE_URL"),
        ("DATABASE_URL", "postgresql://u:s3cr#et@host/db", "DATABASE_URL"),
        ("DATABASE_URL", "postgresql://u:s3[cret@host/db", "DATABASE_URL"),
    ],
)
async def test_a_wrong_setting_is_named_and_its_value_is_not(
    setting: str, value: str, sentence: str, env: dict[str, str]
) -> None:
    wrong = env | ({"DATABASE_URL": value} if setting == "DATABASE_URL" else {f"LIVE_AGENTS_{setting}": value})
    ended = await run(wrong, "serve")
    said(ended, sentence)
    assert value not in ended.err.replace(sentence, "")
    assert "s3" not in ended.err


async def test_a_real_database_without_a_key_refuses_to_start(env: dict[str, str]) -> None:
    without = {name: value for name, value in env.items() if name != "LIVE_AGENTS_SECRET_KEYS"}
    said(await run(without, "serve"), "LIVE_AGENTS_SECRET_KEYS is missing")


async def test_a_data_directory_that_cannot_be_is_said(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    without = {name: value for name, value in env.items() if name != "DATABASE_URL"}
    said(await run(without | {"LIVE_AGENTS_DATA_DIR": str(tmp_path / "file" / "data")}, "serve"), "cannot be used")


async def test_a_database_that_is_away_is_said(env: dict[str, str]) -> None:
    away = env | {"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{processes.free_port()}/none"}
    said(await run(away, "channels", "list"), "ConnectionRefusedError")


async def test_a_database_that_is_not_migrated_is_said_and_not_touched(
    env: dict[str, str], empty_database_url: str
) -> None:
    said(await run(env | {"DATABASE_URL": empty_database_url}, "serve"), "run `live-agents migrate`")
    connection = await asyncpg.connect(empty_database_url)
    tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert tables == 0


async def test_migrate_makes_a_database_ready_and_twice_is_fine(env: dict[str, str], empty_database_url: str) -> None:
    empty = env | {"DATABASE_URL": empty_database_url}
    assert [(await run(empty, "migrate")).code for _ in range(2)] == [0, 0]
    assert (await run(empty, "channels", "list")).code == 0


async def test_serve_migrates_a_database_when_it_is_told_to(env: dict[str, str], empty_database_url: str) -> None:
    ports = {"LIVE_AGENTS_PORT": str(processes.free_port()), "LIVE_AGENTS_INTERNAL_PORT": str(processes.free_port())}
    empty = env | ports | {"DATABASE_URL": empty_database_url, "LIVE_AGENTS_DRAIN_SECONDS": "0"}
    async with processes.serving(empty, "--migrate") as service:
        service.terminate()
        assert await service.ended() == 0
    assert (await run(empty, "channels", "list")).code == 0


async def test_a_key_that_is_not_this_databases_is_said(env: dict[str, str], tmp_path: Path) -> None:
    assert (await run(env, "connect", *PEERS)).code == 0
    other = env | {"LIVE_AGENTS_SECRET_KEYS": (await run(env, "keys", "generate")).out.strip()}
    said(await run(other, "connect", *PEERS), "none of the secret keys opens")


async def test_a_port_that_is_taken_is_said(env: dict[str, str]) -> None:
    port = str(processes.free_port())
    ports = env | {"LIVE_AGENTS_PORT": port, "LIVE_AGENTS_INTERNAL_PORT": str(processes.free_port())}
    async with processes.serving(ports):
        other = ports | {"LIVE_AGENTS_INTERNAL_PORT": str(processes.free_port())}
        ended = await run(other, "serve")
    assert ended.code == 1
    assert f"LIVE_AGENTS_PORT: cannot listen on 127.0.0.1 port {port}" in ended.err
    assert "Traceback" not in ended.err
