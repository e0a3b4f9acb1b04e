"""What a RapidPro workspace can be set to, and what an old one lacks."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from channel.sandbox.rapidpro import LIVE_CHAT, V8_0, V9_0, Flow, RapidPro, Run, Version, faults, set_up_a

from .test_rapidpro_api import Office
from .test_rapidpro_routing import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    yield office
    await office.aclose()


async def test_an_anonymous_workspace_shows_no_address(office: Office) -> None:
    office.rapidpro.switches.anonymous = True
    await office.rapidpro.person_writes(office.ana, "help")
    assert (await office.client.get("workspace.json")).json()["anon"] is True
    (contact,) = await office.results("contacts.json", uuid=office.ana.uuid)
    assert (contact["urns"], len(contact["ref"])) == (["whatsapp:********"], 6)
    (expanded,) = await office.results("contacts.json", expand_urns="true")
    assert expanded["urns"][0]["path"] == "********"
    assert [message["urn"] for message in await office.results("messages.json")] == [None]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "contacts.json?urn=whatsapp:5511988887777", None),
        ("POST", "contacts.json?urn=whatsapp:5511988887777", {"name": "A"}),
        ("POST", "messages.json", {"contact": "whatsapp:5511988887777", "text": "Hi"}),
        ("POST", "broadcasts.json", {"urns": ["whatsapp:5511988887777"], "text": "Hi"}),
    ],
)
async def test_an_anonymous_workspace_finds_nobody_by_address(
    office: Office, method: str, path: str, body: dict[str, Any] | None
) -> None:
    office.rapidpro.switches.anonymous = True
    response = await office.client.request(method, path, json=body)
    assert response.status_code == 400
    assert response.json() == {"detail": "URN lookups not allowed for anonymous organizations"}


async def test_an_anonymous_workspace_changes_no_addresses_and_sends_by_uuid(office: Office) -> None:
    office.rapidpro.switches.anonymous = True
    response = await office.client.post(f"contacts.json?uuid={office.ana.uuid}", json={"urns": ["ext:ana"]})
    assert (response.status_code, list(response.json())) == (400, ["urns"])
    response = await office.client.post("messages.json", json={"contact": office.ana.uuid, "text": "Hi"})
    assert (response.status_code, response.json()["urn"]) == (201, None)


async def test_a_flow_of_an_anonymous_workspace_tells_no_address() -> None:
    town = Town()
    set_up_a(town.rapidpro, "http://bridge.test/live-agents", "Token t")
    town.rapidpro.switches.anonymous = True
    town.outcomes = {"registerClient": {"outcome": "queued", "message": "Please wait"}}
    contact = town.rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    await town.rapidpro.person_writes(contact, "agent")
    assert b'"whatsapp:********"' in town.calls[0][1].content.replace(b" ", b"")
    assert LIVE_CHAT in contact.groups
    await town.rapidpro.aclose()


async def test_a_flagged_workspace_is_read_only(office: Office) -> None:
    office.rapidpro.switches.flagged = True
    for path in ("messages.json", "broadcasts.json", "contact_actions.json", "flow_starts.json", "contacts.json"):
        response = await office.client.post(path, json={})
        assert (response.status_code, list(response.json())) == (400, ["non_field_errors"])
    assert (await office.client.get("messages.json")).status_code == 200


async def test_over_the_limit_everything_waits(office: Office) -> None:
    office.rapidpro.switches.throttled_for = 42
    response = await office.client.get("workspace.json")
    assert (response.status_code, response.headers["retry-after"]) == (429, "42")
    assert response.json() == {"detail": "Request was throttled. Expected available in 42 seconds."}
    office.rapidpro.switches.throttled_for = 0
    assert (await office.client.get("workspace.json")).status_code == 200


async def test_before_8_2_one_message_cannot_be_posted() -> None:
    office = Office(V8_0)
    response = await office.client.post("messages.json", json={"contact": office.ana.uuid, "text": "Hi"})
    assert (response.status_code, response.json()) == (405, {"detail": 'Method "POST" not allowed.'})
    assert (await office.client.get("messages.json")).status_code == 200
    await office.aclose()


async def test_the_messages_of_a_broadcast_are_made_later(office: Office) -> None:
    office.rapidpro.switches.broadcast_wait = 0.01
    made = await office.client.post("broadcasts.json", json={"contacts": [office.ana.uuid], "text": "Hi"})
    assert (made.status_code, office.rapidpro.outgoing()) == (201, [])
    await office.rapidpro.until(lambda rp: rp.phone(office.ana) == ["Hi"])
    (message,) = await office.results("messages.json")
    assert message["broadcast"] == made.json()["uuid"]


async def test_the_flow_a_contact_is_in(office: Office) -> None:
    async def ask(run: Run) -> None:
        await run.wait_for_response()

    uuid = office.rapidpro.add_flow(ask)
    await office.client.post("flow_starts.json", json={"flow": uuid, "contacts": [office.ana.uuid]})
    await office.rapidpro.until(lambda _: office.ana.flow == uuid)
    (contact,) = await office.results("contacts.json")
    assert contact["flow"]["uuid"] == uuid
    await office.rapidpro.person_writes(office.ana, "done")
    (contact,) = await office.results("contacts.json")
    assert contact["flow"] is None


async def test_a_fault_can_wait_for_a_method(office: Office) -> None:
    office.rapidpro.faults.add("POST messages", faults.answer(500))
    assert (await office.client.get("messages.json")).status_code == 200
    assert (await office.client.post("messages.json", json={})).status_code == 500


def calling(method: str, headers: dict[str, str]) -> Flow:
    async def flow(run: Run) -> None:
        answer = await run.call_webhook("http://bridge.test/x", "", method=method, headers=headers)
        run.send_msg(str(answer.status))

    return flow


@pytest.mark.parametrize(
    ("version", "method", "headers", "answers", "calls"),
    [
        (V9_0, "POST", {}, [httpx.Response(503)], 1),
        (V9_0, "GET", {}, [httpx.Response(503), httpx.Response(503), httpx.Response(503)], 3),
        (V9_0, "GET", {}, [httpx.Response(501)], 1),
        (V9_0, "POST", {"Idempotency-Key": "1"}, [httpx.Response(502), httpx.Response(200)], 2),
        (V9_0, "POST", {}, [httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(200)], 2),
        (V9_0, "POST", {}, [httpx.Response(503, headers={"Retry-After": "9"})], 1),
        (None, "GET", {}, [httpx.Response(503)], 1),
    ],
)
async def test_older_mailrooms_call_a_flow_webhook_again(
    version: Version | None, method: str, headers: dict[str, str], answers: list[httpx.Response], calls: int
) -> None:
    made: list[httpx.Request] = []
    left = iter(answers)

    def bridge(request: httpx.Request) -> httpx.Response:
        made.append(request)
        return next(left)

    options: dict[str, Any] = {"transport": httpx.MockTransport(bridge), "webhook_retry_waits": (0, 0)}
    rapidpro = RapidPro(version, **options) if version else RapidPro(**options)
    rapidpro.add_phone_channel()
    rapidpro.on_message(calling(method, headers))
    contact = rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    await rapidpro.person_writes(contact, "hi")
    await rapidpro.until(lambda rp: rp.phone(contact) == [str(answers[-1].status_code)])
    assert len(made) == calls
    await rapidpro.aclose()
