"""Rocket.Chat's side is made to be wrong, by the command against the sandbox: each line says so, and what to do."""

import dataclasses
import json

from channel.sandbox.rocketchat import Answers, Credentials
from channel.sandbox.rocketchat.settings import AGENT_MESSAGES, VISITOR_MESSAGES
from tests.doctor.conftest import Practice, as_before, assert_said, verdicts


async def test_rocketchats_settings_are_looked_at(practice: Practice) -> None:
    chat = practice.bridge.rocketchat
    with as_before(chat):
        chat.settings |= {
            AGENT_MESSAGES: False,
            "Livechat_secret_token": "another",
            "Livechat_http_timeout": 1,
            "Livechat_accept_chats_with_no_agents": True,
            "Livechat_enable_message_character_limit": True,
            "Message_MaxAllowedSize": 100,
            "API_Enable_Rate_Limiter": True,
        }
        for agent in ("joao.agent", "maria.agent"):
            chat.go_offline(agent)
        expected = ("--per-minute", "50", "--chats-per-minute", "6")
        async with practice.changed(department="Night"):
            found = await practice.lines(*expected, code=1, login=practice.admin)
    assert_said(
        found,
        (
            "webhook_events",
            "wrong",
            "does not send Agent Messages: agents' words do not come",
            "switch on Agent Messages",
        ),
        ("webhook_secret", "wrong", "another secret than we do", f"live-agents workspaces show {practice.workspace}"),
        ("webhook_timeout", "wrong", "waits only 1 ms", "HTTP Timeout: 5000"),
        ("webhook_test", "wrong", "own test of its webhook fails", "URL and secret on its webhook page are ours"),
        ("answer_time", "wrong", "Rocket.Chat waits 0.001 s: the event would come again, or be lost", "5000"),
        ("department", "wrong", "has no department Night: no room can be opened", "--department NAME"),
        (
            "agents",
            "doubtful",
            "nobody is online: no chat is taken now",
            "have an agent come online",
        ),
        (
            "no_agents",
            "doubtful",
            "opened while nobody is online",
            "Livechat_accept_chats_with_no_agents: switch it off",
        ),
        ("visitor_length", "wrong", "0: it refuses every word", "Livechat_enable_message_character_limit"),
        ("agent_length", "doubtful", "agents can write only 100 characters", "Message_MaxAllowedSize, 640 or more"),
        (
            "limiter",
            "wrong",
            "takes 10 messages to agents a minute, of all contacts together; 50 are expected",
            "raise",
        ),
        (
            "limiter_rooms",
            "wrong",
            "takes 5 new chats a minute, of all contacts together; 6 are expected",
            "switch it off",
        ),
    )


async def test_and_what_is_only_doubtful_in_them(practice: Practice) -> None:
    chat, query = practice.bridge.rocketchat, practice.bridge.query
    (before,) = await query("SELECT webhook_secret_hash, previous_secret_hash FROM workspace")
    with as_before(chat):
        chat.settings |= {
            VISITOR_MESSAGES: True,
            "Livechat_http_timeout": 20_000,
            "Livechat_accept_chats_with_no_agents": True,
            "Livechat_enable_message_character_limit": True,
            "Livechat_message_character_limit": 100,
            "API_Enable_Rate_Limiter": True,
        }
        for agent in ("joao.agent", "maria.agent"):
            chat.go_offline(agent)
        await query("UPDATE workspace SET webhook_secret_hash = 'new', previous_secret_hash = webhook_secret_hash")
        found = await practice.lines(code=0, login=chat.personal_access_token("bridge.bot"))
        await practice.lines("--strict", code=1)
        await query("UPDATE workspace SET webhook_secret_hash = $1, previous_secret_hash = $2", *before.values())
    assert verdicts(found, "wrong") == set()
    assert_said(
        found,
        (
            "webhook_events",
            "doubtful",
            "sends Visitor Messages, which nobody here needs",
            "switch off Visitor Messages",
        ),
        ("webhook_secret", "doubtful", "shows the secret before the newest one", "rotate"),
        ("webhook_timeout", "doubtful", "waits 20000 ms for us", "HTTP Timeout: 5000"),
        (
            "agents",
            "doubtful",
            "nobody is online, and Rocket.Chat takes chats all the same",
            "have an agent come online",
        ),
        (
            "no_agents",
            "doubtful",
            "opened while nobody is online",
            "Livechat_accept_chats_with_no_agents: switch it off",
        ),
        ("visitor_length", "doubtful", "takes 100 characters of a visitor: words are cut smaller", "640 or more"),
        ("limiter", "doubtful", "nobody has said with --per-minute what is expected", "switch it off"),
        ("limiter_rooms", "doubtful", "nobody has said with --per-minute what is expected", "switch it off"),
    )


async def test_a_department_in_which_no_chat_can_be_opened(practice: Practice) -> None:
    chat = practice.bridge.rocketchat
    with as_before(chat):
        for each in list(chat.departments.values()):
            chat.departments[each.id] = dataclasses.replace(each, enabled=False)
        shown, hidden = await practice.lines(code=1, login=practice.admin), await practice.lines(code=1)
        for each in list(chat.departments.values()):
            chat.departments[each.id] = dataclasses.replace(each, enabled=True, agents=set())
        empty = await practice.lines(code=1, login=practice.admin)
    assert_said(shown, ("department", "wrong", "the department Support is not enabled", "enable Support"))
    assert_said(hidden, ("department", "wrong", "no department Support with agents is enabled", "enable it"))
    assert_said(empty, ("department", "wrong", "the department Support has no agents", "give Support agents"))


async def test_a_login_that_is_none_and_one_that_is_an_agent_too(practice: Practice) -> None:
    chat = practice.bridge.rocketchat
    found = await practice.lines(code=1, login=Credentials("nobody", "t0ken"))
    assert_said(
        found,
        ("login", "wrong", "Rocket.Chat does not take the login", "make a new personal access token"),
        ("webhook_secret", "not_checked", "the login is not taken", "--login-file"),
    )
    with as_before(chat):
        chat.user("bridge.bot").roles |= {"livechat-agent"}
        chat.settings |= {"Livechat_webhookUrl": "https://me:pw@crm.example.org/hook?key=s3cret"}
        found = await practice.lines(code=1, login=chat.personal_access_token("bridge.bot"))
    assert_said(
        found,
        ("login", "doubtful", "bridge.bot is an agent, too", "take the role livechat-agent from the account"),
        ("webhook_url", "wrong", "events to another address: https://crm.example.org/hook", practice.bridge.url),
        ("no_agents", "not_checked", "no login may read it", "administrator's login"),
    )


async def test_a_release_that_is_too_old(practice: Practice) -> None:
    chat = practice.bridge.rocketchat
    with as_before(chat):
        for version in ("3.2", "6.4"):
            chat.faults.rest(Answers(200, json.dumps({"version": version})), at="GET /api/info")
        old, risky = await practice.lines(code=1), await practice.lines(code=0)
    assert_said(old, ("version", "wrong", "3.2 does not tell who has taken a chat", "upgrade Rocket.Chat"))
    assert_said(
        risky, ("version", "doubtful", "what we could not store it takes for stored", "upgrade Rocket.Chat to 6.5")
    )
