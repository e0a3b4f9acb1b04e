"""Where messages go, what flows do, and the two set-ups."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from channel.sandbox.rapidpro import (
    RECEIVE,
    V9_0,
    V26_3_31,
    Contact,
    External,
    Flow,
    RapidPro,
    Run,
    Version,
)
from channel.sandbox.rapidpro.urns import Urn

pytestmark = pytest.mark.anyio

EXTERNAL = External(send_url="http://bridge.test/send", body="to={{to}}&text={{text}}&status={{session_status}}")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Town:
    """A RapidPro, and the bridge that its channel and its flows call."""

    def __init__(self, version: Version = V26_3_31) -> None:
        self.rapidpro = RapidPro(version, transport=httpx.MockTransport(self._bridge))
        self.sent: list[httpx.QueryParams] = []
        self.calls: list[tuple[str, httpx.Request]] = []
        self.outcomes: dict[str, Any] = {}

    async def agent_says(self, channel: str, contact: Contact, text: str) -> None:
        """Post at `receive` as the bridge does, and wait until RapidPro has handled it."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.rapidpro.app)) as client:
            form = {"from": contact.uuid, "text": text}
            response = await client.post(f"http://rapidpro.test/c/ex/{channel}/receive", data=form)
        uuid = response.json()["data"][0]["msg_uuid"]
        await self.rapidpro.until(lambda rp: any(m.uuid == uuid and m.status == "handled" for m in rp.messages))

    def _bridge(self, request: httpx.Request) -> httpx.Response:
        call = request.url.path.rpartition("/")[2]
        if call == "send":
            self.sent.append(httpx.QueryParams(request.content.decode()))
        else:
            self.calls.append((call, request))
        outcome = self.outcomes.get(call, {})
        return outcome if isinstance(outcome, httpx.Response) else httpx.Response(200, json=outcome)


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    town = Town()
    yield town
    assert not town.rapidpro.background.failures
    await town.rapidpro.aclose()


def order(contact: Contact) -> list[str]:
    return [urn.scheme for urn in contact.urns]


async def echo(run: Run) -> None:
    run.send_msg(f"You said: {run.text}")


async def test_the_oldest_channel_for_the_first_urn(town: Town) -> None:
    phones, *_ = [town.rapidpro.add_phone_channel() for _ in range(2)]
    contact = town.rapidpro.add_contact("Ana", ["whatsapp:5511988887777", "ext:ana"])
    message = await town.rapidpro.send(contact, "hello")
    assert (message.channel, message.status, town.rapidpro.phone(contact)) == (phones, "delivered", ["hello"])


async def test_no_destination(town: Town) -> None:
    contact = town.rapidpro.add_contact("Ana", ["ext:ana"])
    message = await town.rapidpro.send(contact, "hello")
    assert (message.status, message.failed_reason, message.urn) == ("failed", "no_destination", None)


async def test_an_incoming_message_draws_replies_to_its_channel(town: Town) -> None:
    rapidpro = town.rapidpro
    rapidpro.add_phone_channel()
    external = rapidpro.add_external_channel(EXTERNAL)
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    rapidpro.mailroom.add_urn(contact, Urn("ext", contact.uuid))
    assert order(contact) == ["whatsapp", "ext"]
    await town.agent_says(external.uuid, contact, "hi")
    assert order(contact) == ["ext", "whatsapp"]
    assert (await rapidpro.send(contact, "hello")).channel is external
    await rapidpro.person_writes(contact, "back on my phone")
    assert order(contact) == ["whatsapp", "ext"]


async def test_a_channel_that_only_receives_is_skipped(town: Town) -> None:
    rapidpro = town.rapidpro
    phones = rapidpro.add_phone_channel()
    external = rapidpro.add_external_channel(EXTERNAL, roles=[RECEIVE])
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    rapidpro.mailroom.add_urn(contact, Urn("ext", contact.uuid))
    await town.agent_says(external.uuid, contact, "hi")
    assert order(contact) == ["ext", "whatsapp"]
    assert (await rapidpro.send(contact, "hello")).channel is phones
    assert not rapidpro.mailroom.set_channel(contact, external)


async def test_a_second_urn_nobody_added_is_a_second_contact(town: Town) -> None:
    external = town.rapidpro.add_external_channel(EXTERNAL)
    contact = town.rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    await town.agent_says(external.uuid, contact, "hi")
    assert [c.name for c in town.rapidpro.contacts] == ["Ana", ""]


@pytest.mark.parametrize(("version", "moves"), [(V26_3_31, True), (V9_0, False)])
async def test_set_contact_channel_for_a_bound_whatsapp_number(version: Version, moves: bool) -> None:
    rapidpro = RapidPro(version)
    _, second = rapidpro.add_phone_channel(), rapidpro.add_phone_channel()
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    await rapidpro.person_writes(contact, "hi")
    rapidpro.mailroom.set_channel(contact, second)
    assert ((await rapidpro.send(contact, "hello")).channel is second) == moves
    rapidpro.mailroom.set_channel(contact, None)
    assert [urn.channel for urn in contact.urns] == [""]
    await rapidpro.aclose()


async def test_a_urn_of_somebody_else_is_not_added(town: Town) -> None:
    ana, ben = town.rapidpro.add_contact("Ana", ["ext:a"]), town.rapidpro.add_contact("Ben", ["ext:b"])
    assert not town.rapidpro.mailroom.add_urn(ben, ana.urns[0])


@pytest.mark.parametrize(("version", "allowed"), [(V26_3_31, 20), (V9_0, 19)])
async def test_the_same_words_too_often_are_a_loop(version: Version, allowed: int) -> None:
    rapidpro = RapidPro(version)
    rapidpro.add_phone_channel()
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    statuses = [(await rapidpro.send(contact, "OK" if n % 2 else "ok")).failed_reason for n in range(21)]
    assert statuses == [""] * allowed + ["looping"] * (21 - allowed)
    await rapidpro.aclose()


def says(text: str) -> Flow:
    async def flow(run: Run) -> None:
        run.send_msg(text)

    return flow


@pytest.mark.parametrize(
    ("text", "groups", "answer"),
    [
        ("Stop it", set(), "keyword"),
        ("don't stop", set(), "catch-all of the channel"),
        ("hi", {"vip"}, "catch-all of the channel"),
        ("stop", {"quiet"}, "catch-all of the channel"),
    ],
)
async def test_which_trigger_fires(town: Town, text: str, groups: set[str], answer: str) -> None:
    rapidpro = town.rapidpro
    phones, other = rapidpro.add_phone_channel(), rapidpro.add_external_channel(EXTERNAL)
    rapidpro.on_message(says("plain catch-all"))
    rapidpro.on_message(says("catch-all of another channel"), channel=other, group="vip")
    rapidpro.on_message(says("catch-all of the group"), group="vip")
    rapidpro.on_message(says("catch-all of the channel"), channel=phones)
    rapidpro.on_message(says("keyword"), keyword="STOP", exclude_group="quiet")
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    contact.groups = groups
    await rapidpro.person_writes(contact, text)
    assert await rapidpro.until(lambda rp: rp.phone(contact)) == [answer]


async def test_a_blocked_contact_starts_no_flow(town: Town) -> None:
    town.rapidpro.add_phone_channel()
    town.rapidpro.on_message(echo)
    contact = town.rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    contact.status = "blocked"
    message = await town.rapidpro.person_writes(contact, "hi")
    assert (message.status, town.rapidpro.outgoing()) == ("handled", [])


async def test_a_waiting_flow_takes_the_next_message(town: Town) -> None:
    async def chat(run: Run) -> None:
        name = await run.wait_for_response()
        run.send_msg(f"Hello {name}, how old are you?")
        run.send_msg(f"{await run.wait_for_response()} is a good age")

    rapidpro = town.rapidpro
    channel = rapidpro.add_external_channel(EXTERNAL)
    rapidpro.on_message(chat)
    contact = rapidpro.add_contact("Ana", ["ext:visitor"], uuid="visitor")
    await town.agent_says(channel.uuid, contact, "Ana")
    assert rapidpro.mailroom.is_waiting(contact)
    await town.agent_says(channel.uuid, contact, "7")
    await rapidpro.until(lambda _: len(town.sent) == 2)
    assert [sent["text"] for sent in town.sent] == ["Hello Ana, how old are you?", "7 is a good age"]
    assert [sent["status"] for sent in town.sent] == ["W", "C"]
    assert not rapidpro.mailroom.is_waiting(contact)


async def test_a_keyword_interrupts_a_waiting_flow(town: Town) -> None:
    async def ask(run: Run) -> None:
        run.send_msg("Your name?")
        await run.wait_for_response()

    rapidpro = town.rapidpro
    rapidpro.add_phone_channel()
    rapidpro.on_message(ask)
    rapidpro.on_message(says("menu"), keyword="menu")
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    await rapidpro.person_writes(contact, "hi")
    await rapidpro.person_writes(contact, "menu please")
    await rapidpro.until(lambda rp: rp.phone(contact) == ["Your name?", "menu"])
    assert not rapidpro.mailroom.is_waiting(contact)


async def test_a_flow_webhook(town: Town) -> None:
    answers = []

    async def call(run: Run) -> None:
        run.send_msg("before")
        for path in ("good", "bad"):
            answers.append(await run.call_webhook(f"http://bridge.test/{path}", {"a": "é"}))
        assert not rapidpro.phone(contact), "what a flow sends leaves after its sprint"

    rapidpro = town.rapidpro
    rapidpro.add_phone_channel()
    rapidpro.on_message(call)
    town.outcomes = {"good": {"outcome": "queued"}, "bad": httpx.Response(503, text="no")}
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    await rapidpro.person_writes(contact, "hi")
    assert [(answer.ok, answer.status, answer.json) for answer in answers] == [
        (True, 200, {"outcome": "queued"}),
        (False, 503, None),
    ]
    _, request = town.calls[0]
    assert request.headers["x-mailroom-mode"] == "normal"
    assert request.headers["user-agent"] == "Mailroom/26.3"
    assert json.loads(request.content) == {"a": "é"}
