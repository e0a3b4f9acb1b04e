"""The Rocket.Chat account that acts for us: named with its token, shown without it."""

import json
from pathlib import Path

import asyncpg
import pytest

from tests.cli.test_bad_input import said
from tests.cli.test_connect import connect
from tests.processes import run


async def bot_of(env: dict[str, str], workspace: str) -> str:
    shown = await run(env, "workspaces", "show", workspace, "--json", "--secret")
    bot: str = json.loads(shown.out)["bot_user"]
    return bot


async def test_a_bot_user_is_kept_with_its_token_sealed(env: dict[str, str], database_url: str, tmp_path: Path) -> None:
    workspace = (await connect(env))["workspace"]["uuid"]
    assert await bot_of(env, workspace) == "none"
    file = tmp_path / "token"
    file.write_text("s3cr3t-token\n")
    named = ("--bot-user-id", "aobEdbYhXfu5hkeqG", "--bot-token-file", str(file))
    edited = await run(env, "workspaces", "edit", workspace, *named, "--name", "Chat")
    assert (edited.code, edited.out) == (0, "Workspace Chat is changed.\n")
    assert await bot_of(env, workspace) == "aobEdbYhXfu5hkeqG"
    shown = await run(env, "workspaces", "show", workspace, "--secret")
    assert "s3cr3t-token" not in shown.out
    connection = await asyncpg.connect(database_url)
    sealed = await connection.fetchval("SELECT bot_token FROM workspace")
    await connection.close()
    assert sealed
    assert b"s3cr3t-token" not in sealed


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        (("--bot-user-id", "b0t"), "--bot-user-id and --bot-token-file go together"),
        (("--bot-token-file", "-"), "--bot-user-id and --bot-token-file go together"),
        (("--bot-user-id", "", "--bot-token-file", "-"), "--bot-user-id is no id of a Rocket.Chat account"),
        (("--bot-user-id", "two words", "--bot-token-file", "-"), "--bot-user-id is no id of a Rocket.Chat account"),
        (("--bot-user-id", "b0t", "--bot-token-file", "/nowhere"), "--bot-token-file cannot be read from /nowhere"),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(
    named: tuple[str, ...], sentence: str, env: dict[str, str]
) -> None:
    workspace = (await connect(env))["workspace"]["uuid"]
    said(await run(env, "workspaces", "edit", workspace, "--name", "Chat", *named, given="t0ken"), sentence)
    shown = json.loads((await run(env, "workspaces", "show", workspace, "--json")).out)
    assert (shown["name"], shown["bot_user"]) == ("chat.test", "none")
