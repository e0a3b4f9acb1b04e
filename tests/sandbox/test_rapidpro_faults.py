"""Faults, the record of requests, waiting for a change, and the routes for people."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from channel.sandbox.rapidpro import External, faults, set_up_b
from channel.sandbox.serving import serving

from .test_rapidpro_api import Office

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    yield office
    await office.aclose()


async def test_throttled_for_a_while(office: Office) -> None:
    office.rapidpro.faults.add("messages", faults.throttled(42), times=2)
    answers = [await office.client.get("messages.json") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "42"


async def test_every_request_is_written_down(office: Office) -> None:
    await office.client.post("messages.json?x=1", json={"contact": office.ana.uuid, "text": "Hi"})
    (request,) = office.rapidpro.requests
    assert (request.method, request.path, request.action) == ("POST", "/api/v2/messages.json", "messages")
    assert request.params == {"x": "1"}
    assert b'"Hi"' in request.body
    assert request.answer
    assert request.answer.status == 201


@pytest.mark.parametrize(
    ("fault", "stored", "failure"),
    [
        pytest.param(faults.drop_before(), 0, httpx.RemoteProtocolError, id="drop before"),
        pytest.param(faults.drop_after(), 1, httpx.RemoteProtocolError, id="drop after"),
        pytest.param(faults.hang(60), 0, httpx.ReadTimeout, id="hang"),
        pytest.param(faults.slow(60), 1, httpx.ReadTimeout, id="store and answer late"),
        pytest.param(faults.hang(0.01), 0, httpx.RemoteProtocolError, id="hang up after a while"),
    ],
)
async def test_connections_that_break(
    office: Office, fault: faults.Fault, stored: int, failure: type[Exception]
) -> None:
    office.rapidpro.faults.add("messages", fault)
    body = {"contact": office.ana.uuid, "text": "Hi"}
    async with serving(office.rapidpro.app) as url, httpx.AsyncClient(headers=office.client.headers) as client:
        with pytest.raises(failure):
            await client.post(f"{url}/api/v2/messages.json", json=body, timeout=0.3 if fault.wait == 60 else 10)
        assert len(office.rapidpro.outgoing()) == stored
        retried = await client.post(f"{url}/api/v2/messages.json", json=body)
        assert retried.status_code == 201


@pytest.mark.parametrize("works", [True, False])
async def test_an_answer_that_is_no_json(office: Office, works: bool) -> None:
    office.rapidpro.faults.add("messages", faults.not_json(works=works))
    response = await office.client.post("messages.json", json={"contact": office.ana.uuid, "text": "Hi"})
    assert (response.status_code, response.text[:6], len(office.rapidpro.outgoing())) == (200, "<html>", works)


async def test_clearing_the_faults_lets_go_whoever_waits(office: Office) -> None:
    office.rapidpro.faults.add("workspace", faults.slow(60), times=faults.FOR_EVER)
    waiting = asyncio.create_task(office.client.get("workspace.json"))
    await office.rapidpro.until(lambda rp: rp.requests)
    office.rapidpro.faults.clear()
    assert (await waiting).status_code == 200
    assert (await office.client.get("workspace.json")).status_code == 200


async def test_until_gives_up(office: Office) -> None:
    with pytest.raises(TimeoutError):
        await office.rapidpro.until(lambda rp: rp.requests, timeout=0)


async def test_a_person_with_curl(office: Office) -> None:
    set_up_b(office.rapidpro, External(), phones=office.phones)
    here = "http://rapidpro.test/_sandbox"
    (contact,) = (await office.client.get(f"{here}/contacts")).json()
    written = await office.client.post(f"{here}/contacts/{contact['uuid']}/write", json={"text": "Hello"})
    assert written.status_code == 201
    messages = (await office.client.get(f"{here}/messages")).json()
    assert [(m["direction"], m["text"]) for m in messages] == [("in", "Hello"), ("out", "Hello")]
    assert (await office.client.get(f"{here}/contacts/{contact['uuid']}/phone")).json() == []
    assert (await office.client.post(f"{here}/contacts/nobody/write", json={"text": "a"})).status_code == 404
    assert (await office.client.post(f"{here}/contacts/{contact['uuid']}/write", json=[])).status_code == 400
    assert not office.rapidpro.requests
