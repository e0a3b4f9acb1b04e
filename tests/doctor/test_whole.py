"""The whole examination, of what is as it must be, and of what cannot be seen, or not all of it."""

import json
from uuid import UUID

from channel.core.checks.finding import Check
from channel.sandbox.rocketchat import Answers
from channel.sandbox.rocketchat.settings import AGENT_MESSAGES
from tests import processes
from tests.doctor.conftest import Practice, as_before, assert_said, verdicts

TESTS = {"test_to_agent", "test_to_contact", "test_cleaned"}
#: what only an administrator, or at least a manager, of Rocket.Chat is shown
HIDDEN = {"login", "webhook_url", "webhook_secret", "webhook_events", "webhook_timeout", "webhook_test"}
SETTINGS = {"no_agents", "agent_length"}
#: from Rocket.Chat 7 on an answer that names no limit says nothing
LIMITS = {"limiter", "limiter_rooms"}


async def test_where_all_is_well_every_check_is_made(practice: Practice) -> None:
    found = await practice.lines(code=0, login=practice.admin)
    assert list(found) == [check.value for check in Check]
    assert verdicts(found, "not_checked") == {"roles", *TESTS}
    assert verdicts(found, "wrong") | verdicts(found, "doubtful") == set()
    assert not any(line["advice"] for check, line in found.items() if line["verdict"] == "fine")
    assert_said(
        found,
        ("test_to_agent", "not_checked", "nobody asked for it", "--send-test"),
        ("roles", "not_checked", "no chat with an answer has ended lately", "docs/rapidpro/set-ups.md"),
        ("version", "fine", "Rocket.Chat 7.11.0: five chats a minute", ""),
    )
    chat, test = f"Rocket.Chat {practice.bridge.rocketchat_url}", "Channel test"
    assert list(dict.fromkeys(line["about"] for line in found.values())) == ["", chat, test]
    assert {line["channel"] for line in found.values() if line["about"] == test} == {practice.channel}


async def test_without_a_login_it_says_what_it_did_not_see(practice: Practice) -> None:
    found = await practice.lines(practice.channel, code=0)
    assert verdicts(found, "not_checked") == HIDDEN | SETTINGS | LIMITS | {"roles"} | TESTS
    assert_said(found, ("webhook_url", "not_checked", "no bot user, and no login was given", "--login-file"))


async def test_a_person_reads_a_line_a_check(practice: Practice) -> None:
    with as_before(practice.bridge.rocketchat):
        practice.bridge.rocketchat.settings[AGENT_MESSAGES] = False
        practice.bridge.rocketchat.user("joao.agent").name = "Joao\n\x1b[31mLima"
        ended = await practice.doctor(login=practice.admin)
    lines = [line for line in ended.out.splitlines() if line and not line.startswith(("Channel", "Rocket.Chat"))]
    assert (ended.code, ended.err) == (1, "")
    assert [line.split()[1] for line in lines[:-1]] == [check.value for check in Check]
    assert (
        "\nWRONG     webhook_events    Rocket.Chat does not send Agent Messages: agents' words do not come. To do: "
        in (ended.out)
    )
    assert "2 online: Joao  [31mLima, Maria Reis" in ended.out
    assert lines[-1] == "1 wrong, 0 doubtful, 4 not checked, 31 fine."


async def test_a_livechat_that_is_off_or_no_longer_there(practice: Practice) -> None:
    chat = practice.bridge.rocketchat
    with as_before(chat):
        chat.settings |= {"Livechat_enabled": False, "Livechat_webhookUrl": ""}
        found = await practice.lines(code=1, login=practice.admin)
    assert_said(
        found,
        ("rocketchat", "wrong", "Livechat is switched off", "switch on Omnichannel and Livechat"),
        ("agents", "not_checked", "Livechat is switched off", ""),
        ("webhook_url", "wrong", "has no webhook URL: it tells us nothing", "enter http"),
        ("webhook_test", "wrong", "own test of its webhook fails", "can reach the public URL"),
    )
    nowhere = f"http://127.0.0.1:{processes.free_port()}"
    away = {"base_url": nowhere, "rapidpro_url": nowhere}
    async with practice.changed(**away):
        found = await practice.lines(code=1, login=practice.admin, PUBLIC_URL=nowhere)
    assert verdicts(found, "wrong") == {"public_url", "rocketchat", "receive", "api_token"}
    assert_said(
        found,
        ("public_url", "wrong", f"{nowhere} does not answer", "start the service"),
        ("webhook", "not_checked", "Live Agents does not answer at the public URL", ""),
        ("answer_time", "not_checked", "Live Agents does not answer at the public URL", ""),
        ("clock", "not_checked", "no answer of the service says what time it is", ""),
        ("rocketchat", "wrong", f"no Rocket.Chat answers at {nowhere}", "see that Rocket.Chat runs there"),
        ("version", "not_checked", "Rocket.Chat does not answer", ""),
        ("limiter", "not_checked", "of Rocket.Chat: ", ""),
        ("clock_rocketchat", "not_checked", "no answer of Rocket.Chat", ""),
        ("receive", "wrong", "does not answer as it should", "--rapidpro-url URL"),
        ("api_token", "wrong", "RapidPro's API does not answer as it should", "below /api/v2/"),
        ("api_channel", "not_checked", "does not answer", ""),
        ("clock_rapidpro", "not_checked", "no answer of RapidPro", ""),
    )


async def test_what_is_no_rocketchat_and_not_our_service(practice: Practice) -> None:
    async with practice.changed(base_url=practice.bridge.rapidpro_url):
        found = await practice.lines(code=1, PUBLIC_URL=practice.bridge.rocketchat_url)
    assert_said(
        found,
        (
            "public_url",
            "wrong",
            "something else than Live Agents answers",
            "same DATABASE_URL and LIVE_AGENTS_PUBLIC_URL",
        ),
        ("webhook", "not_checked", "nobody else is shown the secret", ""),
        ("rocketchat", "wrong", "no Rocket.Chat answers at", "see that Rocket.Chat runs there"),
    )


async def test_two_channels_share_what_is_said_of_their_rocketchat(practice: Practice) -> None:
    connected, _ = await practice.bridge.connect(department="Support", name="another")
    ended = await practice.doctor("--json")
    await practice.bridge.query("DELETE FROM channel WHERE id = $1", UUID(connected["channel"]["uuid"]))
    told = [(each["about"], each["check"]) for each in json.loads(ended.out)["findings"]]
    own = {check for about, check in told if about == "Channel another"}
    assert own == {check for about, check in told if about == "Channel test"}
    assert len(told) == len(set(told)) == len(Check) + len(own)


async def test_a_limiter_that_wants_a_pause_is_no_rocketchat_that_is_away(practice: Practice) -> None:
    with as_before(practice.bridge.rocketchat):
        said = "Error, too many requests. You must wait 42 seconds. [error-too-many-requests]"
        refused = Answers(429, json.dumps({"success": False, "error": said}))
        practice.bridge.rocketchat.faults.rest(refused, at="GET livechat/config")
        found = await practice.lines(code=0)
    assert_said(
        found,
        ("rocketchat", "doubtful", "limiter wants a pause of 42 s: nothing more was asked", "look again later"),
        ("agents", "not_checked", "its limiter wants a pause", ""),
    )
