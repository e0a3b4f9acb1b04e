"""connect, channels and workspaces: what is made, what is printed, what is shown again."""

import json
from typing import Any

import asyncpg

from tests.processes import run

PEERS = ("--rocketchat-url", "https://chat.test/", "--rapidpro-url", "https://rapidpro.test")


async def connect(env: dict[str, str], *more: str, given: str = "") -> dict[str, dict[str, Any]]:
    ended = await run(env, "connect", "--json", *PEERS, *more, given=given)
    assert ended.code == 0, ended.err
    printed: dict[str, dict[str, Any]] = json.loads(ended.out)
    return printed


async def test_connect_prints_what_to_paste_on_each_side(env: dict[str, str]) -> None:
    made = await connect(env, "--name", "Helpline")
    channel, workspace = made["channel"], made["workspace"]
    assert channel["send_url"] == f"https://bridge.test/channels/{channel['uuid']}/send"
    assert channel["send_authorization"].startswith("Token ")
    assert (channel["method"], channel["content_type"]) == ("POST", "urlencoded")
    assert channel["body"] == (
        "id={{id}}&uuid={{uuid}}&text={{text}}&to={{to}}&from={{from}}&channel={{channel}}"
        "&session_status={{session_status}}{{quick_replies}}"
    )
    assert (channel["max_length"], channel["mt_response_check"]) == (6400, "accepted")
    assert workspace["webhook_url"] == f"https://bridge.test/workspaces/{workspace['uuid']}/webhook"
    assert len(workspace["webhook_secret"]) == 43
    assert made["live_agents"]["url"] == "https://bridge.test/live-agents"
    assert made["live_agents"]["authorization"].startswith("Token ")


async def test_without_json_every_field_of_both_forms_is_named(env: dict[str, str]) -> None:
    ended = await run(env, "connect", *PEERS)
    assert ended.code == 0
    for field in (
        "URN Type", "Address", "Method", "Encoding", "Content Type", "Max Length", "Authorization Header Value",
        "Send URL", "Request Body", "MT Response Check", "Webhook URL", "Secret Token",
    ):  # fmt: skip
        assert field in ended.out


async def test_one_rocketchat_is_one_workspace_with_and_without_a_slash(env: dict[str, str]) -> None:
    first = await connect(env)
    second = await connect(env, "--rocketchat-url", "https://CHAT.test")
    assert first["workspace"] == second["workspace"]
    assert first["channel"]["uuid"] != second["channel"]["uuid"]
    listed = await run(env, "workspaces", "list", "--json")
    assert [w["channels"] for w in json.loads(listed.out)] == [2]


async def test_a_token_comes_from_standard_input_or_a_file_and_is_stored_sealed(
    env: dict[str, str], database_url: str
) -> None:
    made = await connect(env, "--rapidpro-token-file", "-", given="s3cr3t-token\n")
    shown = await run(env, "channels", "show", made["channel"]["uuid"])
    assert "api_token         stored" in shown.out
    assert "s3cr3t-token" not in shown.out
    connection = await asyncpg.connect(database_url)
    sealed = await connection.fetchval("SELECT rapidpro_token FROM channel")
    rows = await connection.fetch(
        "SELECT channel::text AS whole FROM channel UNION SELECT workspace::text FROM workspace"
    )
    await connection.close()
    assert b"s3cr3t-token" not in sealed
    for secret in (made["channel"]["send_authorization"][6:], made["workspace"]["webhook_secret"]):
        assert all(secret not in row["whole"] for row in rows)


async def test_channels_are_listed_changed_and_removed(env: dict[str, str]) -> None:
    made = await connect(env, "--name", "Helpline", "--department", "Support")
    number = made["channel"]["uuid"]
    assert number in (await run(env, "channels", "list")).out
    changed = await run(env, "channels", "edit", number, "--name", "Desk", "--department", "Night")
    assert changed.code == 0
    shown = json.loads((await run(env, "channels", "show", number, "--json")).out)
    assert (shown["name"], shown["department"], shown["scheme"]) == ("Desk", "Night", "ext")
    assert (await run(env, "channels", "remove", number)).code == 0
    assert number not in (await run(env, "channels", "list")).out


async def test_a_workspace_shows_its_secret_when_asked_and_rotates_it(env: dict[str, str]) -> None:
    made = await connect(env)
    number, secret = made["workspace"]["uuid"], made["workspace"]["webhook_secret"]
    assert secret not in (await run(env, "workspaces", "show", number)).out
    assert secret in (await run(env, "workspaces", "show", number, "--secret")).out
    new = (await run(env, "workspaces", "rotate", number)).out.strip()
    assert new != secret
    assert new in (await run(env, "workspaces", "show", number, "--secret")).out
    assert (await run(env, "workspaces", "rotate", number, "--finish")).code == 0


async def test_connect_works_while_the_service_runs_on_an_embedded_database(tmp_path_factory: Any) -> None:
    from tests import processes  # noqa: PLC0415 - the only test here that starts a service

    directory = tmp_path_factory.mktemp("embedded")
    port = processes.free_port()
    env = processes.environment(directory, PORT=str(port), INTERNAL_PORT=str(processes.free_port()), DRAIN_SECONDS="0")
    async with processes.serving(env) as service:
        made = await connect(env)
        assert made["channel"]["send_url"].startswith(f"http://127.0.0.1:{port}/channels/")
        service.terminate()
        assert await service.ended() == 0
    assert (directory / "secret.key").stat().st_mode & 0o777 == 0o600
