"""Courier's sending side over HTTP: requests, answers, retries."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import httpx
import pytest

from channel.sandbox.rapidpro import V9_0, V10_3_20, V26_3_30, V26_3_31, External, Message, RapidPro, Version
from channel.sandbox.serving import serving

pytestmark = pytest.mark.anyio

CHANNEL = "7c1f2b9e-0d4a-4f6b-8a57-1e2d3c4b5a69"
FORM = (
    "id={{id}}&uuid={{uuid}}&text={{text}}&to={{to}}&from={{from}}&channel={{channel}}"
    "&session_status={{session_status}}{{quick_replies}}"
)
EXTERNAL = External(send_url="http://bridge.test/rp/send", body=FORM, send_authorization="Bearer s3cr3t")
REPLIES = ["Yes", "Not now"]
NEVER_WAIT = (0, 0)

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Bridge:
    """The other end of a send URL: keeps the requests, and answers them in turn, at last with `accepted`."""

    def __init__(self, *answers: int | httpx.Response | Exception) -> None:
        self.asked: list[httpx.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers.pop(0) if self._answers else 200
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer, text="accepted") if isinstance(answer, int) else answer

    @property
    def texts(self) -> list[str]:
        return [httpx.QueryParams(request.content.decode())["text"] for request in self.asked]


class Workspaces:
    """Makes simulated RapidPros in front of a bridge."""

    def __init__(self) -> None:
        self.opened: list[RapidPro] = []

    def open(self, bridge: Answer, version: Version = V26_3_31) -> RapidPro:
        rapidpro = RapidPro(version, retry_waits=NEVER_WAIT, transport=httpx.MockTransport(bridge))
        self.opened.append(rapidpro)
        return rapidpro


@pytest.fixture
async def workspaces() -> AsyncIterator[Workspaces]:
    workspaces = Workspaces()
    yield workspaces
    for rapidpro in workspaces.opened:
        await rapidpro.aclose()


async def send(rapidpro: RapidPro, text: str = "Are you there?", external: External = EXTERNAL) -> Message:
    """Send to `visitor-42`, and wait for the last of the retries."""
    channel = rapidpro.add_external_channel(external, uuid=CHANNEL)
    message = await rapidpro.send_on(channel, "visitor-42", text, quick_replies=REPLIES, session_status="W")
    await rapidpro.until(lambda _: message.status in {"wired", "failed"})
    return message


@pytest.mark.parametrize(("version", "uuid"), [(V26_3_31, True), (V26_3_30, True), (V10_3_20, False), (V9_0, False)])
async def test_the_recommended_form(workspaces: Workspaces, version: Version, uuid: bool) -> None:
    bridge = Bridge()
    message = await send(workspaces.open(bridge, version))
    name, other = (message.uuid, message.uuid) if uuid else (str(message.id), "{{uuid}}")
    assert bridge.asked[0].content.decode() == (
        f"id={name}&uuid={other}&text=Are+you+there%3F&to=visitor-42&from=livechat&channel={CHANNEL}"
        "&session_status=W&quick_reply=Yes&quick_reply=Not+now"
    )


async def test_the_headers(workspaces: Workspaces) -> None:
    bridge = Bridge()
    await send(workspaces.open(bridge))
    headers = bridge.asked[0].headers
    assert bridge.asked[0].method == "POST"
    assert headers["user-agent"] == "Courier/26.3"
    assert headers["authorization"] == "Bearer s3cr3t"
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert headers["accept-encoding"] == "gzip"


async def test_configured_headers_are_applied_last(workspaces: Workspaces) -> None:
    bridge = Bridge()
    await send(workspaces.open(bridge), external=replace(EXTERNAL, headers={"Authorization": "Token t", "X-A": "1"}))
    assert (bridge.asked[0].headers["authorization"], bridge.asked[0].headers["x-a"]) == ("Token t", "1")


@pytest.mark.parametrize(
    ("method", "content_type", "template", "body"),
    [
        (
            "POST",
            "json",
            '{"text":{{text}},"to":{{to}},"from":{{from}},"channel":{{channel}},"quick_replies":{{quick_replies}}}',
            '{"text":"Are you there?","to":"visitor-42","from":"livechat",'
            f'"channel":"{CHANNEL}","quick_replies":["Yes","Not now"]}}',
        ),
        (
            "PUT",
            "xml",
            "<m><to>{{to}}</to><text>{{text}}</text><qr>{{quick_replies}}</qr></m>",
            "<m><to>visitor-42</to><text>Are you there?</text><qr><item>Yes</item><item>Not now</item></qr></m>",
        ),
        ("GET", "json", "{{text}}", ""),
    ],
)
async def test_the_other_set_ups(
    workspaces: Workspaces, method: str, content_type: str, template: str, body: str
) -> None:
    bridge = Bridge()
    external = replace(EXTERNAL, method=method, content_type=content_type, body=template)
    await send(workspaces.open(bridge), external=external)
    assert (bridge.asked[0].method, bridge.asked[0].content.decode()) == (method, body)


async def test_the_url_is_urlencoded_whatever_the_body_is(workspaces: Workspaces) -> None:
    bridge = Bridge()
    url = "http://bridge.test/rp/send?to={{to_no_plus}}&text={{text}}{{quick_replies}}"
    await send(workspaces.open(bridge), external=replace(EXTERNAL, method="GET", content_type="json", send_url=url))
    assert bridge.asked[0].url.query == b"to=visitor-42&text=Are+you+there%3F&quick_reply=Yes&quick_reply=Not+now"


async def test_the_plus_of_a_number(workspaces: Workspaces) -> None:
    bridge = Bridge()
    rapidpro = workspaces.open(bridge)
    external = replace(EXTERNAL, body="{{to}} {{to_no_plus}} {{from}} {{from_no_plus}}", content_type="text/plain")
    channel = rapidpro.add_external_channel(external, scheme="tel", address="+12065550100")
    await rapidpro.send_on(channel, "+250788123123", "hi")
    assert bridge.asked[0].content == b"+250788123123 250788123123 +12065550100 12065550100"


async def test_parts_share_an_id_and_the_last_has_the_quick_replies(workspaces: Workspaces) -> None:
    bridge = Bridge()
    message = await send(workspaces.open(bridge), "x" * 160 + " ")
    forms = [httpx.QueryParams(request.content.decode()) for request in bridge.asked]
    assert [(form["id"], form["text"]) for form in forms] == [(message.uuid, "x" * 160), (message.uuid, "")]
    assert [form.get_list("quick_reply") for form in forms] == [[], REPLIES]


FINAL, RETRIED, WIRED = ("failed", 1), ("failed", 3), ("wired", 1)


@pytest.mark.parametrize(
    ("answer", "v26_3_31", "v26_3_30", "v9_0"),
    [
        pytest.param(200, WIRED, WIRED, WIRED, id="200"),
        pytest.param(204, WIRED, WIRED, WIRED, id="204"),
        pytest.param(304, FINAL, FINAL, RETRIED, id="3xx to nowhere"),
        pytest.param(400, FINAL, FINAL, RETRIED, id="400"),
        pytest.param(401, FINAL, FINAL, RETRIED, id="401"),
        pytest.param(429, RETRIED, FINAL, RETRIED, id="429"),
        pytest.param(500, RETRIED, RETRIED, RETRIED, id="500"),
        pytest.param(503, RETRIED, RETRIED, RETRIED, id="503"),
        pytest.param(None, RETRIED, RETRIED, RETRIED, id="no answer"),
    ],
)
async def test_how_an_answer_is_classified(
    workspaces: Workspaces,
    answer: int | None,
    v26_3_31: tuple[str, int],
    v26_3_30: tuple[str, int],
    v9_0: tuple[str, int],
) -> None:
    for version, expected in ((V26_3_31, v26_3_31), (V26_3_30, v26_3_30), (V10_3_20, v26_3_30), (V9_0, v9_0)):
        bridge = Bridge(*[httpx.ConnectError("refused") if answer is None else answer] * 3)
        message = await send(workspaces.open(bridge, version))
        assert (message.status, len(message.attempts)) == expected, version.name


@pytest.mark.parametrize(("version", "expected"), [(V26_3_31, FINAL), (V26_3_30, FINAL), (V9_0, RETRIED)])
async def test_a_response_check_that_finds_nothing(
    workspaces: Workspaces, version: Version, expected: tuple[str, int]
) -> None:
    message = await send(workspaces.open(Bridge(), version), external=replace(EXTERNAL, mt_response_check="stored"))
    assert (message.status, len(message.attempts)) == expected


async def test_a_response_check_that_finds_its_word(workspaces: Workspaces) -> None:
    message = await send(workspaces.open(Bridge()), external=replace(EXTERNAL, mt_response_check="accepted"))
    assert message.status == "wired"


async def test_old_courier_loses_what_follows_a_broken_part(workspaces: Workspaces) -> None:
    bridge = Bridge(200, 503)
    message = await send(workspaces.open(bridge, V9_0), "a" * 160 + "b" * 160 + "c")
    assert (message.status, bridge.texts) == ("wired", ["a" * 160, "b" * 160])


async def test_new_courier_begins_again_with_the_first_part(workspaces: Workspaces) -> None:
    bridge = Bridge(200, 503)
    message = await send(workspaces.open(bridge), "a" * 160 + "b")
    assert (message.status, bridge.texts) == ("wired", ["a" * 160, "b", "a" * 160, "b"])
    assert message.statuses == ["queued", "errored", "wired"]


async def test_a_retry_has_no_session_status(workspaces: Workspaces) -> None:
    bridge = Bridge(503)
    await send(workspaces.open(bridge))
    sent = [httpx.QueryParams(request.content.decode())["session_status"] for request in bridge.asked]
    assert sent == ["W", ""]


async def test_three_tries_and_then_an_operator(workspaces: Workspaces) -> None:
    bridge = Bridge(500, 502, 503)
    rapidpro = workspaces.open(bridge)
    message = await send(rapidpro)
    assert (message.status, message.failed_reason, len(bridge.asked)) == ("failed", "error_limit", 3)
    await rapidpro.resend(message)
    assert (message.status, len(bridge.asked)) == ("wired", 4)
    assert {httpx.QueryParams(request.content.decode())["id"] for request in bridge.asked} == {message.uuid}


async def test_only_a_failed_message_is_resent(workspaces: Workspaces) -> None:
    rapidpro = workspaces.open(Bridge())
    message = await send(rapidpro)
    with pytest.raises(ValueError, match="wired"):
        await rapidpro.resend(message)


async def test_a_channel_without_send_url(workspaces: Workspaces) -> None:
    message = await send(workspaces.open(Bridge()), external=External())
    assert (message.status, message.failed_reason) == ("failed", "channel_config")


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
async def test_a_redirect_may_lose_the_body(workspaces: Workspaces, status: int, method: str) -> None:
    bridge = Bridge(httpx.Response(status, headers={"location": "/rp/send/"}))
    await send(workspaces.open(bridge))
    assert bridge.asked[1].method == method
    assert bool(bridge.asked[1].content) == (method == "POST")


async def test_the_channel_log_hides_the_secret_and_shows_the_answer(workspaces: Workspaces) -> None:
    rapidpro = workspaces.open(Bridge(httpx.Response(400, text="wrong secret")))
    await send(rapidpro)
    (entry,) = rapidpro.channel_log
    assert "s3cr3t" not in repr(entry)
    assert (entry.status, entry.answer) == (400, "wrong secret")
    assert entry.error == "Response has non-success status code."


async def test_over_the_network_an_answer_that_is_late_is_none() -> None:
    late = asyncio.Event()

    async def bridge(scope: object, receive: Callable[[], object], send: object) -> None:
        await late.wait()

    rapidpro = RapidPro(retry_waits=(), send_timeout=0.05)
    async with serving(bridge) as url:
        message = await send(rapidpro, external=replace(EXTERNAL, send_url=url))
        late.set()
    await rapidpro.aclose()
    assert (message.status, message.attempts[0].status) == ("failed", None)


async def test_sprint_messages_leave_in_their_order(workspaces: Workspaces) -> None:
    bridge = Bridge()
    rapidpro = workspaces.open(bridge)
    channel = rapidpro.add_external_channel(EXTERNAL)
    contact = rapidpro.add_contact("Ana", ["ext:ana"])
    messages = [rapidpro.mailroom.create_outgoing(contact, text) for text in "abc"]
    await rapidpro.courier.send_sprint(messages)
    assert bridge.texts == ["a", "b", "c"]
    assert [message.channel for message in messages] == [channel] * 3


async def test_with_a_gap_a_slow_answer_lets_the_next_message_overtake() -> None:
    answered, second = [], asyncio.Event()

    async def bridge(request: httpx.Request) -> httpx.Response:
        if request.content == b"first":
            await second.wait()
        answered.append(request.content)
        second.set()
        return httpx.Response(200)

    rapidpro = RapidPro(sprint_gap=0.01, transport=httpx.MockTransport(bridge))
    rapidpro.add_external_channel(replace(EXTERNAL, body="{{text}}", content_type="text/plain"))
    contact = rapidpro.add_contact("Ana", ["ext:ana"])
    messages = [rapidpro.mailroom.create_outgoing(contact, text) for text in ("first", "second")]
    await rapidpro.courier.send_sprint(messages)
    await rapidpro.until(lambda _: all(message.status == "wired" for message in messages))
    assert answered == [b"second", b"first"]
    await rapidpro.aclose()
