"""provision: what it shows, what it changes in Rocket.Chat, and that all of it can be had back."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from cryptography.fernet import Fernet

from channel.sandbox.rocketchat import PROFILES, RocketChat
from channel.sandbox.rocketchat.faults import Answers
from tests import processes
from tests.cli.peers import Peers, open_peers
from tests.cli.test_bad_input import NOBODY, said
from tests.processes import Ended, run


@dataclass
class Site:
    """A channel whose Rocket.Chat is simulated, and the commands about it."""

    env: dict[str, str]
    rocketchat: RocketChat
    workspace: dict[str, Any]
    database_url: str

    async def provision(self, *how: str, by: str = "bridge.bot", bypasses: bool = True, second: str = "") -> Ended:
        login = self.rocketchat.personal_access_token(by, bypasses_two_factor=bypasses)
        given = f"{login.user_id} {login.token}\n{second}\n"
        return await run(self.env, "provision", *how, self.workspace["uuid"], given=given)

    def settings(self) -> dict[str, Any]:
        return dict(self.rocketchat.settings)


@pytest.fixture(scope="module")
async def peers() -> AsyncIterator[Peers]:
    async with open_peers() as opened:
        yield opened


async def site(env: dict[str, str], database_url: str, peers: Peers, version: str = "7.11") -> Site:
    rocketchat = RocketChat(PROFILES[version])
    url = peers.board.connect(rocketchat.app)
    made = await run(env, "connect", "--json", "--rocketchat-url", url, "--rapidpro-url", "https://rapidpro.test")
    return Site(env, rocketchat, json.loads(made.out)["workspace"], database_url)


async def test_it_shows_then_makes_then_takes_back(env: dict[str, str], database_url: str, peers: Peers) -> None:
    there = await site(env, database_url, peers)
    rocketchat, workspace = there.rocketchat, there.workspace
    rocketchat.settings |= {
        "Livechat_webhookUrl": "https://crm.test/hook?key=hunter2",
        "Livechat_secret_token": "their-secret",
        "Livechat_http_timeout": 900,
        "Livechat_webhook_on_visitor_message": True,
    }
    before = there.settings()

    planned = await there.provision("--plan")
    assert planned.code == 0, planned.err
    assert "Rocket.Chat 7.11.0 at http://127.0.0.1" in planned.out
    assert "somebody else's: https://crm.test/hook\n" in planned.out
    assert "Nothing was changed." in planned.out
    for row in (
        f"Webhook URL                     https://crm.test/hook  {workspace['webhook_url']}",
        "Secret Token                    set                    changed",
        "HTTP Timeout                    900                    5000",
        "Visitor Messages                on                     off",
        "custom field rapidpro_uuid      not there              there",
    ):
        assert row in planned.out
    assert there.settings() == before
    assert not rocketchat.custom_fields

    applied = await there.provision("--apply")
    assert applied.code == 0, applied.err
    assert "It is done" in applied.out
    settings = there.settings()
    assert settings["Livechat_webhookUrl"] == workspace["webhook_url"]
    assert settings["Livechat_secret_token"] == workspace["webhook_secret"]
    changed = {name for name in settings if settings[name] != before[name]}
    assert changed == {
        "Livechat_webhookUrl", "Livechat_secret_token", "Livechat_http_timeout", "Livechat_webhook_on_start",
        "Livechat_webhook_on_close", "Livechat_webhook_on_chat_taken", "Livechat_webhook_on_chat_queued",
        "Livechat_webhook_on_forward", "Livechat_webhook_on_visitor_message", "Livechat_webhook_on_agent_message",
    }  # fmt: skip
    assert set(rocketchat.custom_fields) == {"rapidpro_uuid", "rapidpro_language"}
    assert "Nothing has to be changed." in (await there.provision("--apply")).out

    undone = await there.provision("--undo")
    assert undone.code == 0, undone.err
    assert "It is as it was before." in undone.out
    assert there.settings() == before
    assert not rocketchat.custom_fields
    assert "nothing to take back" in (await there.provision("--undo")).out
    told = planned.out + applied.out + undone.out
    for secret in ("hunter2", "their-secret", workspace["webhook_secret"]):
        assert secret not in told


async def test_what_was_there_is_kept_sealed_and_goes_over_to_a_new_key(
    env: dict[str, str], database_url: str, peers: Peers
) -> None:
    there = await site(env, database_url, peers)
    there.rocketchat.settings["Livechat_secret_token"] = "their-secret"
    assert (await there.provision("--apply")).code == 0
    connection = await asyncpg.connect(database_url)
    assert b"their-secret" not in await connection.fetchval("SELECT provisioned FROM workspace")
    audited = await connection.fetch("SELECT what, outcome FROM audit WHERE what LIKE 'provision%'")
    await connection.close()
    assert [tuple(row) for row in audited] == [("provision --apply", "done")]
    new = Fernet.generate_key().decode()
    both = f"{new},{env['LIVE_AGENTS_SECRET_KEYS']}"
    assert (await run(env | {"LIVE_AGENTS_SECRET_KEYS": both}, "keys", "rotate")).code == 0
    there.env = env | {"LIVE_AGENTS_SECRET_KEYS": new}
    assert (await there.provision("--undo")).code == 0
    assert there.rocketchat.settings["Livechat_secret_token"] == "their-secret"


async def test_before_6_2_it_is_an_administrators_with_a_second_factor(
    env: dict[str, str], database_url: str, peers: Peers
) -> None:
    there = await site(env, database_url, peers, "4.8")
    before = there.settings()
    said(await there.provision("--apply"), "only an administrator changes the webhook")
    asked = await there.provision("--apply", by="admin", bypasses=False)
    assert (asked.code, there.settings()) == (1, before)
    assert "wants a second factor (password)" in asked.err
    applied = await there.provision("--apply", by="admin", bypasses=False, second="admin")
    assert applied.code == 0, applied.err
    assert there.rocketchat.settings["Livechat_webhookUrl"] == there.workspace["webhook_url"]
    assert "By hand: make these custom fields" in applied.out
    assert "HTTP Timeout" not in applied.out
    undone = await there.provision("--undo", by="admin")
    assert (undone.code, there.settings()) == (0, before)


async def test_the_bot_user_is_made_one_that_passes_the_limiter(
    env: dict[str, str], database_url: str, peers: Peers
) -> None:
    there = await site(env, database_url, peers)
    bot = there.rocketchat.add_user("desk", roles="user livechat-manager")
    stored = await run(
        env, "workspaces", "edit", there.workspace["uuid"], "--bot-user-id", bot.id, "--bot-token-file", "-", given="t"
    )
    assert stored.code == 0
    by_itself = await there.provision("--plan", by="desk")
    assert "By hand: give desk a role with the permission api-bypass-rate-limit" in by_itself.out
    applied = await there.provision("--apply", by="admin")
    assert "role bot of desk" in applied.out
    assert "bot" in bot.roles
    assert (await there.provision("--undo", by="admin")).code == 0
    assert "bot" not in bot.roles
    bot.roles |= {"livechat-agent"}
    assert "cannot be a bot" in (await there.provision("--plan", by="admin")).out


async def test_what_somebody_else_changed_since_is_left_to_them(
    env: dict[str, str], database_url: str, peers: Peers
) -> None:
    there = await site(env, database_url, peers)
    assert (await there.provision("--apply")).code == 0
    there.rocketchat.settings["Livechat_webhookUrl"] = "https://crm.test/hook"
    undone = await there.provision("--undo")
    assert "Webhook URL was changed by somebody else since, and stays as it is." in undone.out
    assert there.rocketchat.settings["Livechat_webhookUrl"] == "https://crm.test/hook"
    assert not there.rocketchat.settings["Livechat_webhook_on_close"]


async def test_what_broke_off_goes_on_or_is_taken_back(env: dict[str, str], database_url: str, peers: Peers) -> None:
    there = await site(env, database_url, peers)
    before = there.settings()
    there.rocketchat.faults.rest(Answers(503, "busy"), at="POST livechat/custom-fields.save", times=2)
    broken = await there.provision("--apply")
    assert (broken.code, "Traceback" in broken.err) == (1, False)
    assert "Rocket.Chat's address answered 503" in broken.err
    assert "`--apply` goes on with what is not done yet, `--undo` takes back what is" in broken.err
    assert there.rocketchat.settings["Livechat_webhookUrl"] == there.workspace["webhook_url"]
    assert (await there.provision("--undo")).code == 0
    assert there.settings() == before
    assert (await there.provision("--apply")).code == 1
    on = await there.provision("--apply")
    assert (on.code, "Webhook URL" in on.out) == (0, False)
    assert (await there.provision("--undo")).code == 0
    assert (there.settings(), there.rocketchat.custom_fields) == (before, {})


async def test_the_limiter_asks_for_a_pause(env: dict[str, str], database_url: str, peers: Peers) -> None:
    there = await site(env, database_url, peers)
    limited = '{"success":false,"error":"Error, too many requests. You must wait 42 seconds [error-too-many-requests]"}'
    there.rocketchat.faults.rest(Answers(429, limited), at="GET me")
    said(await there.provision("--plan"), "wants a pause of 42 s (its rate limiter)")


async def test_what_is_wrong_is_said_and_nothing_is_changed(
    env: dict[str, str], database_url: str, peers: Peers, tmp_path: Path
) -> None:
    there = await site(env, database_url, peers)
    before, workspace = there.settings(), there.workspace["uuid"]
    said(await run(env, "provision", "--apply", workspace, "--user-id", "u"), "the token is empty")
    said(await run(env, "provision", "--apply", workspace, given="t0ken"), "whose token is it? Write the account's id")
    said(await run(env, "provision", "--apply", workspace, "--user-id", "u", given="t0ken"), "does not take the token")
    said(await there.provision("--apply", by="joao.agent"), "give it the role livechat-manager")
    said(await run(env, "provision", "--plan", NOBODY, "--user-id", "u", given="t"), "there is no workspace")
    url = f"http://127.0.0.1:{processes.free_port()}"
    assert (await run(env, "workspaces", "edit", workspace, "--url", url)).code == 0
    said(await there.provision("--apply"), "could not be reached")
    assert there.settings() == before
    twice = await run(env, "provision", "--plan", "--apply", workspace, given="t")
    assert (twice.code, "Traceback" in twice.err) == (2, False)
