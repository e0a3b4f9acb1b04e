"""Replies through RapidPro's API, against the simulated RapidPro over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channel.core import limits
from channel.core.errors import Ambiguous, Refused, Rejected, Unavailable, Waiting
from channel.core.learned import Received, Sent
from channel.core.owed import LeaveGroup, ReadContact, ReplyToContact, StartFlow
from channel.rapidpro.client import goes_by_api
from channel.sandbox.rapidpro import V8_0, V9_0, V26_3_31, External, Version, faults
from tests.rapidpro.conftest import PATH, Opener, Site

HELLO = ReplyToContact("Hello")


@pytest.mark.parametrize("version", [V9_0, V26_3_31])
@pytest.mark.parametrize("by", ["uuid", "urn"])
async def test_a_reply_arrives_as_typed(open_site: Opener, version: Version, by: str) -> None:
    site = await open_site(version)
    named = {"contact_uuid": None, "path": PATH} if by == "urn" else {}
    learned = await site.send(ReplyToContact("Hi @contact.name"), **named)
    (message,) = site.rapidpro.outgoing()
    assert learned == Sent(message.uuid if version.api_uuids else str(message.id))
    await site.on_phone("Hi @contact.name")


@pytest.mark.parametrize("version", [V8_0, V9_0, V26_3_31])
async def test_an_attempt_whose_answer_is_lost_arrives_once(open_site: Opener, version: Version) -> None:
    site = await open_site(version)
    action = "messages" if version.posts_messages else "broadcasts"
    site.rapidpro.faults.add(f"POST {action}", faults.drop_after())
    assert isinstance(await site.failed(HELLO), Ambiguous)
    await site.on_phone("Hello")
    (message,) = site.rapidpro.outgoing()
    learned = await site.send(HELLO, **site.later(5))
    assert learned == Sent(message.uuid if version.api_uuids else str(message.id))
    assert site.posts(action) == 1


@pytest.mark.parametrize(
    "fault", [faults.answer(502, works=True), faults.answer(500, works=True), faults.not_json(works=True)]
)
async def test_so_does_one_whose_answer_is_somebody_elses(site: Site, fault: faults.Fault) -> None:
    site.rapidpro.faults.add("POST messages", fault)
    assert isinstance(await site.failed(HELLO), Ambiguous)
    assert isinstance(await site.send(HELLO, **site.later(5)), Sent)
    assert site.posts("messages") == 1


async def test_what_is_not_listed_is_asked_about_for_a_while_and_then_sent(site: Site) -> None:
    site.rapidpro.faults.add("POST messages", faults.drop_before())
    assert isinstance(await site.failed(HELLO), Ambiguous)
    waiting = await site.failed(HELLO, **site.later(5))
    assert isinstance(waiting, Waiting)
    assert (waiting.code, waiting.seconds) == ("not_listed_yet", limits.AMBIGUOUS_WAIT)
    assert isinstance(await site.send(HELLO, **site.later(limits.ASKED_FOR)), Sent)
    await site.on_phone("Hello")


async def test_equal_words_sent_before_are_not_taken_for_these(site: Site) -> None:
    first = await site.send(HELLO)
    assert isinstance(first, Sent)
    site.rapidpro.faults.add("POST messages", faults.drop_before())
    await site.failed(HELLO, received_uuid=first.id)
    again = await site.send(HELLO, **site.later(limits.ASKED_FOR, received_uuid=first.id))
    assert isinstance(again, Sent)
    assert again.id != first.id
    await site.on_phone("Hello", "Hello")


async def test_nothing_is_sent_while_it_cannot_be_asked(site: Site) -> None:
    site.rapidpro.faults.add("POST messages", faults.drop_after())
    await site.failed(HELLO)
    site.rapidpro.api_token = "another"
    error = await site.failed(HELLO, **site.later(60))
    assert (type(error), error.code) == (Unavailable, "api_token_refused")
    assert site.posts("messages") == 1


async def test_a_version_without_messages_is_sent_broadcasts_and_that_is_remembered(open_site: Opener) -> None:
    site = await open_site(V8_0)
    site.rapidpro.switches.broadcast_wait = 0.05
    text = "Hi @contact.name, write to a@b.org or @(1 + 1)"
    assert await site.send(ReplyToContact(text)) == Sent("broadcast:1")
    assert await site.send(HELLO, contact_uuid=None, path=PATH) == Sent("broadcast:2")
    await site.on_phone(text, "Hello")
    assert (site.posts("messages"), site.posts("broadcasts")) == (1, 2)
    other = await open_site()
    assert isinstance(await other.send(HELLO), Sent)
    assert (other.posts("messages"), other.posts("broadcasts")) == (1, 0)


async def test_a_wrong_address_is_rejected_and_not_remembered(site: Site) -> None:
    wrong = await site.failed(HELLO, rapidpro_url=f"{site.url}/nowhere")
    assert isinstance(wrong, Rejected)
    site.rapidpro.faults.add("POST messages", faults.answer(404, "<html>", "text/html"))
    site.rapidpro.faults.add("POST broadcasts", faults.answer(404, "<html>", "text/html"))
    assert isinstance(await site.failed(HELLO), Rejected)
    assert isinstance(await site.send(HELLO), Sent)
    assert (site.posts("messages"), site.posts("broadcasts")) == (3, 2)


async def test_a_message_that_cannot_go_is_refused(site: Site) -> None:
    site.ana.status = "blocked"
    error = await site.failed(HELLO)
    assert (type(error), error.code) == (Refused, "failed_in_rapidpro")
    nowhere = site.rapidpro.add_contact("Ben", ["ext:ben"])
    error = await site.failed(HELLO, contact_uuid=nowhere.uuid)
    assert "no channel" in error.message


async def test_a_throttle_is_obeyed(site: Site) -> None:
    site.rapidpro.switches.throttled_for = 42
    for owed in (HELLO, ReadContact(), LeaveGroup("Live chat")):
        error = await site.failed(owed)
        assert isinstance(error, Waiting)
        assert error.seconds == 42
    site.rapidpro.switches.throttled_for = 0
    assert isinstance(await site.send(HELLO), Sent)


async def test_a_flagged_workspace_takes_it_when_it_is_so_no_longer(site: Site) -> None:
    site.rapidpro.switches.flagged = True
    error = await site.failed(HELLO)
    assert (type(error), error.code) == (Unavailable, "workspace_stopped")


async def test_in_an_anonymous_workspace_only_the_uuid_will_do(site: Site) -> None:
    site.rapidpro.switches.anonymous = True
    assert isinstance(await site.send(HELLO), Sent)
    for path in (PATH, "********", ""):
        for owed in (HELLO, ReadContact(), LeaveGroup("Live chat")):
            error = await site.failed(owed, contact_uuid=None, path=path)
            assert (type(error), error.code) == (Refused, "no_contact_uuid")


async def test_without_a_token_it_waits_for_one(site: Site) -> None:
    for owed in (HELLO, ReadContact(), StartFlow("f", ()), LeaveGroup("Live chat")):
        error = await site.failed(owed, rapidpro_token=None)
        assert (type(error), error.code) == (Unavailable, "no_api_token")
    assert not site.rapidpro.requests


@pytest.mark.parametrize(("since", "left"), [(0.0, 1.0), (0.75, 0.25), (1.0, None), (60.0, None)])
async def test_two_messages_of_one_contact_are_a_second_apart(site: Site, since: float, left: float | None) -> None:
    now = datetime.now(UTC)
    changes = {"now": now, "received_at": now - timedelta(seconds=since)}
    if left is None:
        assert isinstance(await site.send(HELLO, **changes), Sent)
        return
    waiting = await site.failed(HELLO, **changes)
    assert isinstance(waiting, Waiting)
    assert waiting.seconds == pytest.approx(left)


@pytest.mark.parametrize(
    ("changes", "by_api"),
    [
        ({}, True),
        ({"reply_via": "receive"}, True),
        ({"reply_via": "receive", "path": PATH}, False),
        ({"reply_via": "receive", "scheme": "ext"}, False),
        ({"reply_via": "receive", "contact_uuid": None}, False),
        ({"reply_via": "receive", "rapidpro_token": None}, False),
        ({"rapidpro_token": None}, True),
    ],
)
async def test_which_way_words_go(site: Site, changes: dict[str, Any], by_api: bool) -> None:
    assert goes_by_api(site.delivery(HELLO, **changes)) is by_api


async def test_words_go_by_courier_where_the_contact_has_a_path(site: Site) -> None:
    channel = site.rapidpro.add_external_channel(External())
    changes = {"reply_via": "receive", "path": "ana", "scheme": "ext", "rapidpro_channel": channel.uuid}
    learned = await site.send(HELLO, **changes)
    assert learned == Received(site.rapidpro.incoming(channel)[0].uuid)
