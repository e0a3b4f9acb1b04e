"""The Postman collection, run as Postman would: each of its requests goes to the running service."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from channel import examples
from tests.bridge import Bridge, running_bridge

COLLECTION = json.loads((Path(__file__).parents[2] / "docs" / "live-agents.postman.json").read_text())
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    (each["name"], each["request"]) for folder in COLLECTION["item"] for each in folder["item"]
]
#: the outcome for a contact of whom nobody has heard yet, by how the request's name begins; of others there is none
OUTCOMES = {
    "Hand a contact to agents": "queued",
    "Pass on what the contact wrote: a photo": "refused",
    "Pass on what the contact wrote": "accepted",
    "Is anybody there": "available",
    "Close the chat": "not_open",
}


@pytest.fixture
async def bridge(database_url: str, tmp_path: Path) -> AsyncIterator[Bridge]:
    async with running_bridge(database_url, tmp_path, set_up="a") as running:
        yield running


async def test_each_request_of_the_collection_is_taken(bridge: Bridge) -> None:
    for name, request in REQUESTS:
        answer = await sent(bridge, request)
        assert answer.status_code == 200, (name, answer.text)
        expected = next((outcome for begins, outcome in OUTCOMES.items() if name.startswith(begins)), None)
        if expected:
            assert answer.json()["outcome"] == expected, (name, answer.text)


async def test_the_words_of_the_collection_arrive(bridge: Bridge) -> None:
    by_name = dict(REQUESTS)
    await sent(bridge, by_name["Pass on what the contact wrote: short"], contact=examples.CONTACT)
    await bridge.room_of("My card is blocked")


async def sent(bridge: Bridge, request: dict[str, Any], contact: str = "") -> httpx.Response:
    """What the service answers; about `contact`, else about somebody new."""
    who = contact or str(uuid4())
    connected = bridge.connected
    values = {
        "{{base_url}}": bridge.url,
        "Token {{live_agents_token}}": connected["live_agents"]["authorization"],
        "Token {{send_token}}": connected["channel"]["send_authorization"],
        "{{webhook_secret}}": connected["workspace"]["webhook_secret"],
        ":contact_uuid": who,
        ":channel_uuid": connected["channel"]["uuid"],
        ":workspace_uuid": connected["workspace"]["uuid"],
        examples.CONTACT: who,
    }

    def filled(text: str) -> str:
        for name, value in values.items():
            text = text.replace(name, value)
        return text

    return await bridge.http.request(
        request["method"],
        filled(request["url"]["raw"]),
        headers={each["key"]: filled(each["value"]) for each in request["header"]},
        content=filled(request.get("body", {}).get("raw", "")).encode(),
    )
