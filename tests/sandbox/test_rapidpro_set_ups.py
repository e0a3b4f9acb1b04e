"""The two set-ups, from the phone to the bridge and back."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channel.sandbox.rapidpro import LIVE_CHAT, RapidPro, set_up_a, set_up_b
from channel.sandbox.serving import serving

from .test_rapidpro_routing import EXTERNAL, Town

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    town = Town()
    yield town
    assert not town.rapidpro.failures
    await town.rapidpro.aclose()


async def test_set_up_b_brings_the_answer_to_the_phone(town: Town) -> None:
    rapidpro = town.rapidpro
    wired = set_up_b(rapidpro, EXTERNAL)
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    await rapidpro.person_writes(contact, "I need help", ["image/jpeg:https://files.example.org/1.jpg"])
    await rapidpro.until(lambda _: town.sent)
    assert [(sent["to"], sent["text"]) for sent in town.sent] == [
        (contact.uuid, "I need help\nhttps://files.example.org/1.jpg")
    ]
    await town.agent_says(wired.external.uuid, contact, "I am Bea")
    assert await rapidpro.until(lambda rp: rp.phone(contact)) == ["I am Bea"]
    await rapidpro.person_writes(contact, "Hi Bea")
    await rapidpro.until(lambda _: len(town.sent) == 2)
    assert len(rapidpro.contacts) == 1


async def test_the_naive_relay_sends_the_answer_back(town: Town) -> None:
    rapidpro = town.rapidpro
    wired = set_up_b(rapidpro, EXTERNAL, returns_to_phone=False)
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    await rapidpro.person_writes(contact, "I need help")
    await town.agent_says(wired.external.uuid, contact, "I am Bea")
    await rapidpro.until(lambda _: len(town.sent) == 2)
    assert [sent["text"] for sent in town.sent] == ["I need help", "I am Bea"]
    assert rapidpro.phone(contact) == []


async def test_set_up_a_hands_over_and_relays(town: Town) -> None:
    rapidpro = town.rapidpro
    set_up_a(rapidpro, "http://bridge.test/live-agents", "Token t", department="support")
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"], language="eng")
    town.outcomes = {
        "registerClient": {"outcome": "queued", "message": "You are in the queue"},
        "sendMessageToAgent": {"outcome": "accepted", "message": ""},
    }
    await rapidpro.person_writes(contact, "agent please")
    await rapidpro.person_writes(contact, "my card is blocked")
    town.outcomes["sendMessageToAgent"] = {"outcome": "closed", "message": "The chat is over"}
    await rapidpro.person_writes(contact, "hello?")
    await rapidpro.until(lambda rp: rp.phone(contact) == ["You are in the queue", "The chat is over"])
    assert [call for call, _ in town.calls] == ["registerClient", "sendMessageToAgent", "sendMessageToAgent"]
    called = [(call.url.rpartition("/")[2], call.status) for message in rapidpro.incoming() for call in message.calls]
    assert called == [(name, 200) for name, _ in town.calls]
    register, words = (json.loads(request.content) for _, request in town.calls[:2])
    assert register["contact"]["urn"] == "whatsapp:5511988887777"
    assert (words["department"], words["message"]["text"]) == ("support", "my card is blocked")
    assert town.calls[0][1].headers["authorization"] == "Token t"
    assert LIVE_CHAT not in contact.groups


async def test_set_up_a_without_an_agent(town: Town) -> None:
    rapidpro = town.rapidpro
    set_up_a(rapidpro, "http://bridge.test/live-agents", "Token t")
    town.outcomes = {"registerClient": httpx.Response(503)}
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    await rapidpro.person_writes(contact, "agent")
    assert await rapidpro.until(lambda rp: rp.phone(contact)) == ["No agent can be reached now."]
    assert not contact.groups


async def test_set_up_b_over_the_network() -> None:
    said = []

    async def agent(request: Request) -> Response:
        """Be the bridge and the agent behind it: answer the contact once we have answered RapidPro."""
        form = httpx.QueryParams((await request.body()).decode())
        said.append(form["text"])
        receive = f"{rapidpro_url}/c/ex/{form['channel']}/receive"
        answer = BackgroundTask(client.post, receive, data={"from": form["to"], "text": "I am Bea"})
        return Response("accepted", background=answer)

    rapidpro = RapidPro()
    bridge = Starlette(routes=[Route("/send", agent, methods=["POST"])])
    async with (
        serving(rapidpro.app) as rapidpro_url,
        serving(bridge) as bridge_url,
        httpx.AsyncClient() as client,
    ):
        body = EXTERNAL.body + "&channel={{channel}}"
        set_up_b(rapidpro, replace(EXTERNAL, send_url=f"{bridge_url}/send", body=body))
        contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
        await rapidpro.person_writes(contact, "I need help")
        assert await rapidpro.until(lambda rp: rp.phone(contact)) == ["I am Bea"]
    await rapidpro.aclose()
    assert said == ["I need help"]
