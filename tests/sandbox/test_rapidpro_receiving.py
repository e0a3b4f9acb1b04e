"""Courier's receiving side."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from channel.sandbox.rapidpro import V9_0, V10_3_20, V26_3_31, Channel, External, Message, RapidPro, Version

pytestmark = pytest.mark.anyio

CHANNEL = "7c1f2b9e-0d4a-4f6b-8a57-1e2d3c4b5a69"
EXTERNAL = External(send_url="http://bridge.test/", body="{{id}}")
NOBODY = "0a1b2c3d-0d4a-4f6b-8a57-1e2d3c4b5a69"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_787_220_000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """One RapidPro with one External channel, and a client that speaks to it."""

    def __init__(self, version: Version = V26_3_31, scheme: str = "ext", external: External = EXTERNAL) -> None:
        self.clock = Clock()
        self.rapidpro = RapidPro(version, status_interval=0, clock=self.clock, transport=httpx.MockTransport(self.take))
        self.channel: Channel = self.rapidpro.add_external_channel(external, scheme=scheme, uuid=CHANNEL)
        transport = httpx.ASGITransport(self.rapidpro.app)
        self.client = httpx.AsyncClient(transport=transport, base_url=f"http://rapidpro.test/c/ex/{CHANNEL}/")
        #: Call back as delivered before the send is answered.
        self.hasty = False

    async def take(self, request: httpx.Request) -> httpx.Response:
        """Be the other end of the send URL."""
        if self.hasty:
            await self.client.post("delivered", data={"id": request.content.decode()})
        return httpx.Response(200)

    async def receive(self, text: str, sender: str = "visitor-42") -> str:
        """Post a text and return its `msg_uuid`."""
        response = await self.client.post("receive", data={"from": sender, "text": text})
        assert response.status_code == 200
        return str(response.json()["data"][0]["msg_uuid"])

    async def sent(self) -> Message:
        """A message that went out to `visitor-42`."""
        return await self.rapidpro.send_on(self.channel, "visitor-42", "Hello")

    async def aclose(self) -> None:
        await self.client.aclose()
        await self.rapidpro.aclose()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.aclose()


@pytest.fixture(params=[V9_0, V10_3_20, V26_3_31], ids=lambda version: version.name)
async def any_desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    desk = Desk(request.param)
    yield desk
    await desk.aclose()


def errors(response: httpx.Response) -> list[str]:
    return [entry["error"] for entry in response.json()["data"]]


async def test_a_message_is_accepted_with_a_newline(any_desk: Desk) -> None:
    response = await any_desk.client.post("receive", data={"from": "visitor-42", "text": "Hello from the agent"})
    (message,) = any_desk.rapidpro.incoming()
    event = response.json()["data"][0]
    assert response.text.startswith('{"message":"Message Accepted","data":[{"type":"msg","channel_uuid":"7c1f2b9e-')
    assert response.text.endswith("}\n")
    assert event.pop("received_on").endswith("000Z")
    assert event == {
        "type": "msg",
        "channel_uuid": CHANNEL,
        "msg_uuid": message.uuid,
        "text": "Hello from the agent",
        "urn": "ext:visitor-42",
    }


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        pytest.param({"method": "GET", "url": "receive?from=v&text=a+b%2B"}, "a b+", id="query"),
        pytest.param({"method": "POST", "url": "receive/", "data": {"sender": "v", "text": "a"}}, "a", id="sender"),
        pytest.param(
            {"method": "POST", "url": "receive?text=q&from=v", "data": {"text": "b"}}, "b", id="the body wins"
        ),
        pytest.param(
            {"method": "POST", "url": "receive", "files": {"from": (None, "v"), "text": (None, "é")}}, "é", id="parts"
        ),
        pytest.param({"method": "POST", "url": "receive", "data": {"from": "v"}}, "", id="no text"),
        pytest.param(
            {"method": "POST", "url": "receive", "content": b"from=v&text=a%00b%ff", "headers": FORM},
            "ab\ufffd",
            id="NUL and broken UTF-8",
        ),
        pytest.param({"method": "GET", "url": "receive?from=+v&text=a"}, "a", id="a bare plus is a space"),
        pytest.param({"method": "GET", "url": "receive?from=v&date=2026-08-20T10:00:00%2B02:00"}, "", id="a date"),
        pytest.param({"method": "GET", "url": "receive?from=v&time=2026-08-20T10:00:00.123Z"}, "", id="a time"),
    ],
)
async def test_what_is_read(desk: Desk, request_: dict[str, Any], text: str) -> None:
    response = await desk.client.request(**request_)
    assert response.status_code == 200
    (message,) = desk.rapidpro.incoming()
    assert (message.text, message.urn and message.urn.path) == (text, "v")


NO_SENDER = "must have one of 'sender' or 'from' set"
BAD_DATE = "invalid date format, must be RFC 3339"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        pytest.param({"json": {"from": "v", "text": "a"}}, NO_SENDER, id="JSON is ignored"),
        pytest.param({"data": {"text": "a"}}, NO_SENDER, id="no sender"),
        pytest.param({"data": {"from": "", "sender": "v"}}, NO_SENDER, id="the first name present wins, even empty"),
        pytest.param({"data": {"from": " "}}, "scheme or path cannot be empty", id="blank sender"),
        pytest.param({"data": {"from": "v" * 201}}, "path component too long", id="long sender"),
        pytest.param({"data": {"from": "%" * 100}}, "path component too long", id="long when escaped"),
        pytest.param({"data": {"from": "v", "date": "2026-08-20T10:00:00"}}, BAD_DATE, id="no zone"),
        pytest.param({"data": {"from": "v", "date": "2026-08-20T10:00:00+0200"}}, BAD_DATE, id="zone without colon"),
        pytest.param({"data": {"from": "v", "date": "2026-08-20 10:00:00Z"}}, BAD_DATE, id="space"),
        pytest.param({"data": {"from": "v", "date": "2026-08-20t10:00:00z"}}, BAD_DATE, id="lower case"),
        pytest.param(
            {"content": b"from=v&text=%zz", "headers": FORM},
            'invalid request: invalid URL escape "%zz"',
            id="bad escape",
        ),
        pytest.param(
            {"content": b"from=v&text=a;b", "headers": FORM},
            "invalid request: invalid semicolon separator in query",
            id="semicolon",
        ),
    ],
)
async def test_what_is_refused(desk: Desk, request_: dict[str, Any], error: str) -> None:
    response = await desk.client.post("receive", **request_)
    assert (response.status_code, response.json()["message"], errors(response)) == (400, "Error", [error])
    assert not desk.rapidpro.incoming()


@pytest.mark.parametrize(
    ("scheme", "sender", "path"),
    [
        ("tel", "+250 788-123-123", "+250788123123"),
        ("tel", "250788123123", "+250788123123"),
        ("tel", "call me", None),
        ("tel", "0788123123", None),
        ("tel", "12345", None),
        ("whatsapp", "5511988887777", "5511988887777"),
        ("whatsapp", "+5511988887777", None),
        ("telegram", "12x", None),
        ("twitter", "@Ana", "ana"),
        ("mailto", "Ana@Example.org", "ana@example.org"),
        ("mailto", "ana", None),
        ("viber", "a+b/c=", "a+b/c="),
        ("line", "u-1", None),
        ("ext", "Visitor 42#?", "Visitor 42#?"),
    ],
)
async def test_senders_by_scheme(scheme: str, sender: str, path: str | None) -> None:
    desk = Desk(scheme=scheme)
    response = await desk.client.post("receive", data={"from": sender, "text": "a"})
    assert [message.urn and message.urn.path for message in desk.rapidpro.incoming()] == ([path] if path else [])
    assert response.status_code == (200 if path else 400)
    await desk.aclose()


async def test_some_characters_are_escaped_in_the_urn(desk: Desk) -> None:
    response = await desk.client.post("receive", data={"from": "a#b?c%d", "text": "a"})
    assert response.json()["data"][0]["urn"] == "ext:a%23b%3Fc%25d"


@pytest.mark.parametrize(
    ("address", "status", "message", "error"),
    [
        (f"POST /c/ex/{NOBODY}/receive", 400, "Error", "channel not found"),
        ("POST /c/ex/{phones}/receive", 400, "Error", "channel type wrong"),
        (f"POST /c/ex/{CHANNEL}/received", 404, "Not Found", f"not found: /c/ex/{CHANNEL}/received"),
        (f"POST /c/ex/{CHANNEL.upper()}/receive", 404, "Not Found", f"not found: /c/ex/{CHANNEL.upper()}/receive"),
        (f"PUT /c/ex/{CHANNEL}/receive", 405, "Method Not Allowed", "method not allowed: PUT"),
    ],
)
async def test_wrong_addresses(desk: Desk, address: str, status: int, message: str, error: str) -> None:
    method, path = address.format(phones=desk.rapidpro.add_phone_channel().uuid).split()
    response = await desk.client.request(method, f"http://rapidpro.test{path}")
    assert (response.status_code, response.json()["message"], errors(response)) == (status, message, [error])


async def test_a_configured_answer_and_configured_names() -> None:
    desk = Desk(external=replace(EXTERNAL, mo_response="OK!", mo_from_field="msisdn", mo_text_field="words"))
    response = await desk.client.post("receive", data={"msisdn": "v", "words": "hi", "from": "w", "text": "no"})
    (message,) = desk.rapidpro.incoming()
    assert (response.text, message.text, message.contact.urns[0].path) == ("OK!", "hi", "v")
    await desk.aclose()


async def test_a_stranger_becomes_a_contact_without_a_name(desk: Desk) -> None:
    await desk.receive("hi", "stranger")
    (contact,) = desk.rapidpro.contacts
    assert (contact.name, [urn.identity for urn in contact.urns]) == ("", ["ext:stranger"])


async def test_the_same_text_at_once_is_swallowed(desk: Desk) -> None:
    first = await desk.receive("ok")
    assert await desk.receive("ok") == first
    assert len(desk.rapidpro.incoming()) == 1


async def test_the_same_text_after_the_window_is_stored_twice(desk: Desk) -> None:
    first = await desk.receive("ok")
    desk.clock.now += 4.0
    assert await desk.receive("ok") != first


async def test_only_the_last_text_is_remembered(desk: Desk) -> None:
    assert len({await desk.receive(text) for text in "ABA"}) == 3


async def test_each_sender_has_a_memory_of_their_own(desk: Desk) -> None:
    assert await desk.receive("ok", "a") != await desk.receive("ok", "b")


async def test_an_outgoing_message_erases_the_memory(desk: Desk) -> None:
    first = await desk.receive("ok")
    await desk.sent()
    assert await desk.receive("ok") != first
