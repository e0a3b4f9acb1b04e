"""The part of the API that a bridge needs."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from channel.sandbox.rapidpro import (
    API_TOKEN,
    V9_0,
    V26_3_31,
    Channel,
    Contact,
    External,
    RapidPro,
    Run,
    Version,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Office:
    """A RapidPro with Ana in it, and a client with a token."""

    def __init__(self, version: Version = V26_3_31) -> None:
        self.rapidpro = RapidPro(version)
        self.phones: Channel = self.rapidpro.add_phone_channel()
        self.ana: Contact = self.rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.rapidpro.app),
            base_url="http://rapidpro.test/api/v2/",
            headers={"Authorization": f"Token {API_TOKEN}"},
        )

    async def results(self, path: str, **params: str) -> list[dict[str, Any]]:
        response = await self.client.get(path, params=params)
        assert response.status_code == 200
        results: list[dict[str, Any]] = response.json()["results"]
        return results

    async def aclose(self) -> None:
        await self.client.aclose()
        await self.rapidpro.aclose()


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    yield office
    await office.aclose()


@pytest.fixture
async def old_office() -> AsyncIterator[Office]:
    office = Office(V9_0)
    yield office
    await office.aclose()


async def test_a_message_to_a_contact(office: Office) -> None:
    response = await office.client.post("messages.json", json={"contact": office.ana.uuid, "text": " Hi @contact "})
    (message,) = office.rapidpro.outgoing()
    body = response.json()
    assert response.status_code == 201
    assert (body["uuid"], body["status"], body["text"]) == (message.uuid, "queued", "Hi @contact")
    assert (body["urn"], body["channel"]["uuid"]) == ("whatsapp:5511988887777", office.phones.uuid)
    assert response.headers["x-temba-workspace"] == office.rapidpro.memory.workspace_uuid
    await office.rapidpro.until(lambda rp: rp.phone(office.ana) == ["Hi @contact"])


async def test_an_old_message_has_no_uuid(old_office: Office) -> None:
    response = await old_office.client.post("messages.json", json={"contact": "whatsapp:5511988887777", "text": "Hi"})
    assert "uuid" not in response.json()
    assert "quick_replies" not in response.json()
    assert response.headers["x-temba-org"] == "1"
    (found,) = await old_office.results("messages.json", id=str(response.json()["id"]))
    assert found["text"] == "Hi"


async def test_created_does_not_mean_deliverable(office: Office) -> None:
    stranded = office.rapidpro.add_contact("Ben", ["ext:ben"])
    response = await office.client.post("messages.json", json={"contact": stranded.uuid, "text": "Hi"})
    assert response.status_code == 201
    assert (response.json()["status"], response.json()["urn"], response.json()["channel"]) == ("failed", None, None)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"text": "a"}, {"contact": ["This field is required."]}),
        ({"contact": "nobody", "text": "a"}, {"contact": ["No such object: nobody"]}),
        ({"contact": "ana"}, {"non_field_errors": ["Must provide either text or attachments."]}),
        ({"contact": "ana", "text": " "}, {"text": ["This field may not be blank."]}),
        (
            {"contact": "ana", "text": "a" * 4097},
            {"text": ["Ensure this field has no more than 4096 characters."]},
        ),
        (
            {"contact": "ana", "attachments": ["image/jpeg:https://x.test/1.jpg"]},
            {"attachments": ["No such object: image/jpeg:https://x.test/1.jpg"]},
        ),
    ],
)
async def test_messages_that_are_refused(office: Office, body: dict[str, Any], error: dict[str, list[str]]) -> None:
    if body.get("contact") == "ana":
        body = body | {"contact": office.ana.uuid}
    response = await office.client.post("messages.json", json=body)
    assert (response.status_code, response.json()) == (400, error)


async def test_old_text_limit(old_office: Office) -> None:
    body = {"contact": old_office.ana.uuid, "text": "a" * 641}
    assert (await old_office.client.post("messages.json", json=body)).status_code == 400


async def test_did_my_message_arrive(office: Office) -> None:
    ben = office.rapidpro.add_contact("Ben", ["whatsapp:5511900001111"])
    await office.rapidpro.person_writes(office.ana, "first")
    between = office.rapidpro.memory.now().isoformat()
    await office.rapidpro.person_writes(office.ana, "second")
    await office.rapidpro.person_writes(ben, "of somebody else")
    found = await office.results("messages.json", contact=office.ana.uuid)
    assert [(m["text"], m["direction"], m["status"]) for m in found] == [
        ("second", "in", "handled"),
        ("first", "in", "handled"),
    ]
    assert [m["text"] for m in await office.results("messages.json", contact=office.ana.uuid, after=between)] == [
        "second"
    ]


async def test_what_fails_after_it_was_sent_is_in_its_folder_until_it_is_sent_again(office: Office) -> None:
    message = await office.rapidpro.send(office.ana, "Hello")
    await office.rapidpro.send(office.ana, "Are you there?")
    assert await office.results("messages.json", folder="failed") == []
    office.rapidpro.courier.fail(message)
    assert [m["uuid"] for m in await office.results("messages.json", folder="failed")] == [message.uuid]
    later = (office.rapidpro.memory.now() + timedelta(hours=1)).isoformat()
    assert await office.results("messages.json", folder="failed", after=later) == []
    await office.rapidpro.resend(message)
    assert await office.results("messages.json", folder="failed") == []
    assert [m["status"] for m in await office.results("messages.json", uuid=message.uuid)] == ["delivered"]


async def test_lists_come_in_pages(office: Office) -> None:
    for number in range(251):
        office.rapidpro.add_contact("", [f"ext:{number}"])
    first = (await office.client.get("contacts.json")).json()
    rest = (await office.client.get(first["next"])).json()
    assert (len(first["results"]), len(rest["results"]), rest["next"]) == (250, 2, None)


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [
        ("GET", "workspace.json", None, 403),
        ("GET", "workspace.json", "Token wrong", 403),
        ("GET", "workspace.json", f"Token {API_TOKEN}", 200),
        ("GET", "channels.json/", f"Token {API_TOKEN}", 200),
        ("POST", "messages", f"Token {API_TOKEN}", 403),
        ("GET", "messages", f"Token {API_TOKEN}", 200),
        ("GET", "media.json", f"Token {API_TOKEN}", 404),
    ],
)
async def test_doors(office: Office, method: str, path: str, token: str | None, status: int) -> None:
    del office.client.headers["authorization"]
    response = await office.client.request(method, path, headers={"Authorization": token} if token else {})
    assert response.status_code == status


async def test_channels(office: Office) -> None:
    office.rapidpro.add_external_channel(External())
    assert [channel["type"] for channel in await office.results("channels.json")] == ["external", "whatsapp"]


async def test_contacts_by_urn_and_their_channels(office: Office) -> None:
    await office.rapidpro.person_writes(office.ana, "hi")
    (found,) = await office.results("contacts.json", urn="whatsapp:5511988887777", expand_urns="true")
    assert found["uuid"] == office.ana.uuid
    assert found["urns"] == [
        {
            "channel": {"uuid": office.phones.uuid, "name": "WhatsApp"},
            "scheme": "whatsapp",
            "path": "5511988887777",
            "display": None,
        }
    ]


async def test_urns_are_replaced_as_a_whole(office: Office) -> None:
    body = {"urns": [f"ext:{office.ana.uuid}"], "language": "por", "fields": {"age": "7"}}
    response = await office.client.post("contacts.json", params={"uuid": office.ana.uuid}, json=body)
    assert response.json()["urns"] == [f"ext:{office.ana.uuid}"]
    assert (office.ana.language, office.ana.fields, office.ana.name) == ("por", {"age": "7"}, "Ana")
    ben = office.rapidpro.add_contact("Ben", ["ext:ben"])
    response = await office.client.post("contacts.json", params={"uuid": office.ana.uuid}, json={"urns": ["ext:ben"]})
    assert response.json() == {"urns": {"0": ["URN is in use by another contact."]}}
    assert office.rapidpro.memory.owner(ben.urns[0]) is ben


async def test_a_contact_made_by_urn(office: Office) -> None:
    response = await office.client.post("contacts.json", params={"urn": "ext:new"}, json={"name": "Eva"})
    assert (response.status_code, response.json()["urns"], response.json()["name"]) == (201, ["ext:new"], "Eva")
    again = await office.client.post("contacts.json", params={"urn": "ext:new"}, json={"name": "Eva B"})
    assert (again.status_code, again.json()["uuid"]) == (200, response.json()["uuid"])


async def test_groups_and_blocks(office: Office) -> None:
    for action, groups, status in (
        ("add", {"Live chat"}, "active"),
        ("remove", set(), "active"),
        ("block", set(), "blocked"),
        ("unblock", set(), "active"),
        ("interrupt", set(), "active"),
    ):
        body = {"contacts": [office.ana.uuid], "action": action, "group": "Live chat"}
        response = await office.client.post("contact_actions.json", json=body)
        assert (response.status_code, office.ana.groups, office.ana.status) == (204, groups, status)
    response = await office.client.post("contact_actions.json", json={"contacts": [office.ana.uuid], "action": "fly"})
    assert response.json() == {"action": ['"fly" is not a valid choice.']}


async def test_a_flow_started_with_params(office: Office) -> None:
    async def say(run: Run) -> None:
        run.send_msg(run.params["text"])

    body = {"flow": office.rapidpro.add_flow(say), "contacts": [office.ana.uuid], "params": {"text": "bye"}}
    assert (await office.client.post("flow_starts.json", json=body)).status_code == 201
    assert await office.rapidpro.until(lambda rp: rp.phone(office.ana)) == ["bye"]


async def test_a_broadcast_is_evaluated(office: Office) -> None:
    body = {"contacts": [office.ana.uuid], "text": {"eng": "Hi @contact.name, write to a@@b.org or c@d.org"}}
    assert (await office.client.post("broadcasts.json", json=body)).status_code == 201
    assert await office.rapidpro.until(lambda rp: rp.phone(office.ana)) == ["Hi Ana, write to a@b.org or c@d.org"]
