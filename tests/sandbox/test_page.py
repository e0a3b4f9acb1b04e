"""The page of the sandbox by itself: who may use it, and what is answered to whom asks for what cannot be."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from channel.sandbox.page.app import Page
from channel.sandbox.page.rehearsal import Rehearsal
from channel.sandbox.page.switches import CHOICES, Switches
from channel.sandbox.rapidpro import External, RapidPro, set_up_b
from channel.sandbox.rocketchat import RocketChat

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def rehearsal(anyio_backend: str) -> AsyncIterator[Rehearsal]:
    rapidpro, rocketchat = RapidPro(), RocketChat()
    external = set_up_b(rapidpro, External()).external
    person = rapidpro.add_contact("Ana Souza", ["whatsapp:5511988887777"])
    yield Rehearsal(rapidpro, rocketchat, person, external, "agent", Switches(rapidpro, rocketchat, api=False))
    await rapidpro.aclose()
    await rocketchat.aclose()


@pytest.fixture
async def browser(rehearsal: Rehearsal) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Page(rehearsal).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8300") as client:
        yield client


@pytest.mark.parametrize("host", ["localhost:8300", "127.0.0.1:8300", "[::1]:8300", "localhost"])
async def test_it_is_there_for_this_machine(browser: httpx.AsyncClient, host: str) -> None:
    answer = await browser.get("/", headers={"Host": host})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("host", ["evil.example:8300", "localhost.evil.example", "192.0.2.1:8300", "", "[::1"])
async def test_a_name_that_somebody_else_gave_this_machine_is_refused(browser: httpx.AsyncClient, host: str) -> None:
    assert (await browser.get("/", headers={"Host": host})).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [JSON | {"Origin": "https://evil.example"}, JSON | {"Origin": "null"}, {"Content-Type": "text/plain"}, {}],
)
async def test_another_sites_page_can_do_nothing(
    browser: httpx.AsyncClient, rehearsal: Rehearsal, headers: dict[str, str]
) -> None:
    answer = await browser.post("/acts/contact-writes", content=b'{"text": "Hello"}', headers=headers)
    assert (answer.status_code, rehearsal.rapidpro.messages) == (403, [])


async def test_its_own_page_can(browser: httpx.AsyncClient, rehearsal: Rehearsal) -> None:
    headers = {"Origin": "http://localhost:8300"}
    assert (await browser.post("/acts/contact-writes", json={"text": "Hello"}, headers=headers)).status_code == 204
    assert [message.text for message in rehearsal.rapidpro.incoming()] == ["Hello"]


@pytest.mark.parametrize("path", ["/", "/static/page.js", "/static/nothing.js", "/nothing"])
async def test_every_answer_lets_nothing_in_from_elsewhere(browser: httpx.AsyncClient, path: str) -> None:
    headers = (await browser.get(path)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize("name", ["nothing.js", "..%2fapp.py", "%2e%2e%2fapp.py"])
async def test_only_its_own_files_are_served(browser: httpx.AsyncClient, name: str) -> None:
    assert (await browser.get(f"/static/{name}")).status_code == 404


@pytest.mark.parametrize(
    ("act", "body", "status", "why"),
    [
        ("dance", b"{}", 404, "there is no such act"),
        ("take", b"{", 400, "the body is no JSON"),
        ("take", b"[]", 409, "a JSON object is wanted"),
        ("take", b'{"room": 1}', 409, "room is missing, or is no text"),
        ("take", b'{"room": "nowhere", "agent": "joao.agent"}', 409, "there is no 'nowhere'"),
        ("contact-writes", b'{"text": " "}', 409, "There is nothing in it yet: write something first."),
        (
            "agent-attaches",
            b'{"text": "", "name": "a", "type": "", "room": "nowhere"}',
            409,
            "size is no number from 0 to ",
        ),
        ("turn", b'{"switch": "rapidpro", "to": "limited"}', 409, "there is no 'limited'"),  # of its API; none is used
        ("skip", b'{"seconds": 60}', 409, "The clock of a Live Agents in another process cannot be set"),
    ],
)
async def test_what_cannot_be_is_said_in_a_sentence(
    browser: httpx.AsyncClient, act: str, body: bytes, status: int, why: str
) -> None:
    answer = await browser.post(f"/acts/{act}", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["error"][: len(why)]) == (status, why)


async def test_every_switch_breaks_something_and_mends_it(rehearsal: Rehearsal) -> None:
    switches = Switches(rehearsal.rapidpro, rehearsal.rocketchat, api=True)
    for name, choices in CHOICES.items():
        usual, *broken = choices
        for choice in broken:
            switches.turn(name, choice)
            assert _is_broken(rehearsal), (name, choice)
            switches.turn(name, usual)
            assert not _is_broken(rehearsal), (name, choice)


def _is_broken(rehearsal: Rehearsal) -> bool:
    rapidpro, rocketchat = rehearsal.rapidpro, rehearsal.rocketchat
    return bool(
        rapidpro.faults.take("GET", "messages")
        or rocketchat.faults.of_request("POST livechat/message")
        or rocketchat.faults.of_webhook("Message")
        or rocketchat.settings["API_Enable_Rate_Limiter"]
    )


async def test_it_streams_all_of_it_and_ends_when_it_is_closed(rehearsal: Rehearsal) -> None:
    page = Page(rehearsal)
    transport = httpx.ASGITransport(page.app)
    page.close()  # a stream of httpx's transport is read to its end
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/changes")).text == ""
    shown = json.loads(json.dumps(await page.shown()))
    assert (shown["person"], shown["tally"]) == ("Ana Souza", "Nobody has written anything yet.")
