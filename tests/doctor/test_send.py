"""`doctor --send-test`: a message each way through the running service, followed, and taken away again."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from channel.core.checks.trying import Followed
from channel.doctor.following import read
from channel.sandbox.rapidpro import Answer, External, Received, faults, set_up_b
from channel.sandbox.rocketchat import Credentials
from channel.store.examining import Step
from tests.bridge import NEVER
from tests.doctor.conftest import Lines, Practice, as_before, assert_said, practising

TO_AGENT = "This is a test of Live Agents. Nobody needs to answer it."
TO_CONTACT = "This is a test of Live Agents, by an agent."


@asynccontextmanager
async def tried(
    practice: Practice, *arguments: str, code: int, login: Credentials | None = None
) -> AsyncIterator[Lines]:
    """What it says of a test; the two seconds before a status pass at once. Nobody has two valid tokens after it."""
    async with practice.bridge.hurrying("status"):
        found = await practice.lines("--send-test", *arguments, code=code, login=login)
    await practice.bridge.query("UPDATE clock SET shift_seconds = 0")
    assert await practice.bridge.query("SELECT 1 FROM channel WHERE previous_send_token_hash IS NOT NULL") == []
    yield found


def received(practice: Practice) -> list[Received]:
    return [each for each in practice.bridge.received() if each.params.get("from")]


async def nothing_is_left(practice: Practice) -> None:
    bridge = practice.bridge
    assert (bridge.rocketchat.rooms, bridge.rocketchat.visitors) == ({}, {})
    assert await bridge.query("SELECT 1 FROM contact WHERE uuid IS NOT NULL OR urn IS NOT NULL") == []
    assert await bridge.query("SELECT 1 FROM message WHERE erased_at IS NULL") == []
    assert await bridge.query("SELECT 1 FROM delivery WHERE state IN ('waiting', 'dead')") == []
    assert [each for each in bridge.rapidpro.contacts if not each.name] == []


async def test_one_goes_each_way_and_nothing_of_it_stays(practice: Practice) -> None:
    """With a login that is not the bot user's, its owner writes in Rocket.Chat. RapidPro's flow answers meanwhile."""
    bridge = practice.bridge
    given = {name: value for name, value in bridge.connected["channel"].items() if name != "uuid"}
    own = set_up_b(bridge.rapidpro, External(**given)).external
    async with practice.changed(rapidpro_channel=own.uuid), tried(practice, code=0, login=practice.admin) as found:
        assert_said(
            found,
            ("test_to_agent", "fine", "RapidPro took the status sent", ""),
            ("test_to_contact", "fine", "an agent's message, written in Rocket.Chat with the login", ""),
            ("test_cleaned", "fine", "nothing of the test is left in Rocket.Chat, in RapidPro or here", ""),
        )
    (heard,) = received(practice)
    assert (heard.params["text"], heard.params["from"][:18]) == (TO_CONTACT, "live-agents-doctor")
    assert "sent" in {each.action for each in bridge.rapidpro.requests}
    await nothing_is_left(practice)
    (audited,) = await bridge.query("SELECT what, outcome FROM audit WHERE what LIKE 'doctor%'")
    assert tuple(audited) == ("doctor --send-test", "done")


async def test_without_a_login_the_doctor_speaks_and_without_a_token_a_contact_stays(practice: Practice) -> None:
    before = len(received(practice))
    async with practice.changed(rapidpro_token=None), tried(practice, practice.channel, code=0) as found:
        assert_said(
            found,
            ("test_to_contact", "fine", "told to our webhook by the doctor, reached RapidPro", ""),
            ("test_cleaned", "doubtful", "left behind: in RapidPro the contact ext:live-agents-doctor-", "by hand"),
        )
    assert [each.params["text"] for each in received(practice)[before:]] == [TO_CONTACT]
    practice.bridge.rapidpro.contacts.clear()
    await nothing_is_left(practice)


async def test_where_nobody_is_online_it_waits_and_that_is_said(practice: Practice) -> None:
    with as_before(practice.bridge.rocketchat):
        for agent in ("joao.agent", "maria.agent"):
            practice.bridge.rocketchat.go_offline(agent)
        async with tried(practice, code=0) as found:
            assert_said(
                found,
                ("test_to_agent", "doubtful", "and waits: no agent is online", "have an agent come online"),
                ("test_to_contact", "not_checked", "no room was opened", ""),
                ("test_cleaned", "fine", "nothing of the test is left", ""),
            )
    await nothing_is_left(practice)


async def test_words_that_do_not_arrive_are_followed_to_the_reason(practice: Practice) -> None:
    with as_before(practice.bridge.rocketchat):
        practice.bridge.rocketchat.faults.rest(NEVER, at="POST livechat/message")
        async with tried(practice, code=1) as found:
            assert_said(
                found,
                ("test_to_agent", "wrong", "PostToRoom is dead (error-invalid-contact)", "live-agents trace"),
                ("test_to_contact", "not_checked", "no room was opened", ""),
            )
    await nothing_is_left(practice)
    refused = json.dumps({"message": "Error", "data": [{"type": "error", "error": "invalid path component"}]})
    practice.bridge.rapidpro.faults.add("receive", faults.Fault(works=True))
    practice.bridge.rapidpro.faults.add("receive", faults.Fault(answer=Answer(400, refused)))
    async with tried(practice, code=1) as found:
        assert_said(
            found,
            ("test_to_agent", "fine", "RapidPro took the status sent", ""),
            ("test_to_contact", "wrong", "ReplyToContact is dead (bad_urn)", "live-agents trace"),
        )
    await nothing_is_left(practice)


@pytest.mark.parametrize(
    ("changes", "because", "advice"),
    [
        ({"rapidpro_channel": None}, "RapidPro has not named its External channel yet", "--rapidpro-channel UUID"),
        ({"scheme": "tel"}, "every address of the type tel may be somebody's", "--contact"),
        ({"previous_send_token_hash": "x"}, "two tokens of the channel are valid", "--finish"),
    ],
)
async def test_it_is_not_sent_where_it_cannot_be(
    changes: dict[str, str | None], because: str, advice: str, practice: Practice
) -> None:
    async with practice.changed(**changes):
        found = await practice.lines("--send-test", code=0)
    assert_said(found, *((check, "not_checked", because, advice) for check in ("test_to_agent", "test_to_contact")))


async def test_it_is_not_sent_while_the_channel_is_closed(practice: Practice) -> None:
    another_day = (datetime.now(UTC) + timedelta(days=3)).strftime("%A").lower()
    await practice.bridge.set_hours(f'zone = "UTC"\n{another_day} = "08:00-09:00"\n')
    found = await practice.lines("--send-test", code=0)
    await practice.bridge.query("UPDATE channel SET hours = NULL")
    assert_said(found, ("test_to_agent", "not_checked", "the channel is closed at this hour", ""))


async def test_where_flows_call_somebody_who_is_there_can_be_named(
    practice: Practice, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory: Path = tmp_path_factory.mktemp("doctor")
    async with practising(postgres, directory, set_up="a") as calling:
        bridge = calling.bridge
        async with tried(calling, code=0) as found:
            assert_said(
                found,
                ("test_to_agent", "fine", "to a flow the answer is the receipt", ""),
                ("test_to_contact", "not_checked", "writes to those only who are there", "--contact UUID"),
                ("roles", "fine", "they divert nothing", ""),
                ("receive", "fine", "no callback is needed", ""),
                ("clock_rapidpro", "fine", "agree on the time", ""),
            )
        await nothing_is_left(calling)
        bridge.rapidpro.add_phone_channel()
        person = bridge.rapidpro.add_contact("Operator", ["whatsapp:5511988887777"])
        async with tried(calling, "--contact", person.uuid, code=0) as found:
            assert_said(
                found,
                ("test_to_contact", "fine", "reached RapidPro", ""),
                ("test_cleaned", "fine", "the contact is a real one, so this stays: the words of the test", ""),
            )
        await bridge.rapidpro.until(lambda rp: TO_CONTACT in rp.phone(person))
        (room,) = bridge.rocketchat.rooms.values()
        assert (room.open, bridge.read(room)) == (False, (TO_AGENT,))
        found = await calling.lines(code=1, PUBLIC_URL=practice.bridge.url)
    assert_said(found, ("webhook", "wrong", "does not know this workspace, or its secret", "the same DATABASE_URL"))


def test_a_status_is_answered_by_a_rapidpro_that_knows_numbers_only() -> None:
    """Up to courier 10.3.20. What was posted had arrived before."""
    step = Step(UUID(int=1), "room", "room", None, "PostToRoom", "done", None, None, None)
    status = replace(step, kind="ReportStatus", state="dead", reason="bad_id", status="sent")
    found = read([step, status], ("PostToRoom", "ReportStatus"), Followed(), 1.0)
    assert (found.arrived, found.receipt) == (True, "RapidPro's callback for statuses answered")
    unknown = read([step, replace(status, reason="channel_not_found")], ("PostToRoom", "ReportStatus"), Followed(), 1.0)
    assert (unknown.receipt, unknown.reason) == ("", "ReportStatus is dead (channel_not_found)")
