"""Contacts, flows and past messages through RapidPro's API, against the simulated RapidPro over HTTP."""

from typing import Any

import pytest

from channel.core import limits
from channel.core.errors import Ambiguous, Refused, Waiting
from channel.core.learned import ContactRead, Reported
from channel.core.owed import LeaveGroup, OpenRoom, ReadContact, StartFlow
from channel.sandbox.rapidpro import Run, faults
from channel.transport import Trail
from tests.rapidpro.conftest import PATH, Site


async def test_a_contact_is_read(site: Site) -> None:
    known = ContactRead(site.ana.uuid, "Ana", "por", (("age", "7"),))
    assert await site.send(ReadContact()) == known
    assert await site.send(ReadContact(), contact_uuid=None, path=PATH) == known
    error = await site.failed(ReadContact(), contact_uuid=None, path="5511900000000")
    assert (type(error), error.code) == (Refused, "no_such_contact")


async def test_a_contact_leaves_a_group(site: Site) -> None:
    site.ana.groups.add("Live chat")
    assert await site.send(LeaveGroup("Live chat")) == Reported()
    assert site.ana.groups == set()
    assert await site.send(LeaveGroup("Live chat")) == Reported()


async def test_a_flow_is_started_once_for_one_close(site: Site) -> None:
    async def survey(run: Run) -> None:
        run.send_msg(f"{run.params['agent']} is gone. Were you helped?")
        await run.wait_for_response()

    flow = StartFlow(site.rapidpro.add_flow(survey), (("agent", "Bea"),))
    site.rapidpro.faults.add("POST flow_starts", faults.drop_after())
    assert isinstance(await site.failed(flow), Ambiguous)
    await site.on_phone("Bea is gone. Were you helped?")
    assert await site.send(flow, **site.later(5)) == Reported()
    assert site.posts("flow_starts") == 1
    unknown = await site.failed(StartFlow("f", ()))
    assert (type(unknown), unknown.code) == (Refused, "no_such_flow")


async def test_a_flow_that_was_not_started_is_started_later(site: Site) -> None:
    async def thanks(run: Run) -> None:
        run.send_msg("Thank you")

    flow = StartFlow(site.rapidpro.add_flow(thanks), ())
    site.rapidpro.faults.add("POST flow_starts", faults.drop_before())
    assert isinstance(await site.failed(flow), Ambiguous)
    assert isinstance(await site.failed(flow, **site.later(5)), Waiting)
    assert await site.send(flow, **site.later(limits.ASKED_FOR)) == Reported()
    await site.on_phone("Thank you")


async def test_the_last_messages_are_told_oldest_first(site: Site) -> None:
    await site.rapidpro.person_writes(site.ana, "help", ["image/jpeg:https://x.test/1.jpg"])
    await site.rapidpro.send(site.ana, "With what?")
    await site.rapidpro.person_writes(site.ana, "my card")
    told = await site.client.last_messages_for(site.delivery(OpenRoom()), 2, Trail())
    assert [(past.by_contact, past.text) for past in told] == [(False, "With what?"), (True, "my card")]
    (first, *_) = await site.client.last_messages_for(site.delivery(OpenRoom()), 10, Trail())
    assert (first.text, first.attachments) == ("help", ("https://x.test/1.jpg",))


@pytest.mark.parametrize(
    "fault",
    [
        faults.answer(500),
        faults.throttled(60),
        faults.not_json(),
        faults.drop_before(),
        faults.answer(200, '{"results": 7}'),
        faults.hang(60),
    ],
)
async def test_no_trouble_with_them_is_anybodys_trouble(
    site: Site, monkeypatch: pytest.MonkeyPatch, fault: faults.Fault
) -> None:
    monkeypatch.setattr(limits, "CONTEXT_SECONDS", 0.2)
    site.rapidpro.faults.add("messages", fault)
    assert await site.client.last_messages_for(site.delivery(OpenRoom()), 3, Trail()) == ()


@pytest.mark.parametrize(
    ("count", "changes"),
    [
        (0, {}),
        (3, {"rapidpro_token": None}),
        (3, {"contact_uuid": None}),
        (3, {"rapidpro_token": "wrong"}),
        (3, {"rapidpro_url": "http://127.0.0.1:1"}),
    ],
)
async def test_where_there_are_none_to_be_had_there_are_none(site: Site, count: int, changes: dict[str, Any]) -> None:
    await site.rapidpro.person_writes(site.ana, "help")
    assert await site.client.last_messages_for(site.delivery(OpenRoom(), **changes), count, Trail()) == ()
