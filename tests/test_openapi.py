"""The description of the API and its Postman collection say what the service takes and answers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlencode
from uuid import UUID

import pytest

from channel import examples
from channel.core.answers import Call, Outcome, outcomes
from channel.openapi import description
from channel.postman import BASE_URL, postman
from channel.rapidpro import live_agents
from channel.rapidpro.wire import flows, send
from channel.rocketchat.wire import webhook
from channel.web.auth import Guard

COLLECTION = Path(__file__).parent.parent / "docs" / "live-agents.postman.json"
DESCRIBED = description(BASE_URL + "/")
CHANNEL = UUID(examples.CHANNEL)
WORKSPACE = UUID(examples.WORKSPACE)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DESCRIBED["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def requests() -> list[dict[str, Any]]:
    return [each["request"] for folder in json.loads(COLLECTION.read_text())["item"] for each in folder["item"]]


async def nobody(*_: object) -> NoReturn:
    raise AssertionError


def test_the_collection_is_what_the_description_makes() -> None:
    """`python -m channel.postman > docs/live-agents.postman.json` writes it anew."""
    assert json.loads(COLLECTION.read_text()) == postman(description(BASE_URL))


def test_every_call_of_a_flow_is_described_and_no_other() -> None:
    routes = live_agents.routes(Guard(), live_agents.Verbs(nobody, nobody, nobody, nobody, nobody))
    served = {(method, route.path) for route in routes for method in route.methods or () if method != "HEAD"}
    assert {(method, path) for method, path, each in operations() if each["tags"] == ["Flows"]} == served


def test_what_peers_and_kubernetes_call_is_described() -> None:
    assert {(method, path) for method, path, each in operations() if each["tags"] != ["Flows"]} == {
        ("POST", "/live-agents/sendMessageToClient"),
        ("POST", "/workspaces/{workspace_uuid}/webhook"),
        ("GET", "/channels/{channel_uuid}/send"),
        ("POST", "/channels/{channel_uuid}/send"),
        ("PUT", "/channels/{channel_uuid}/send"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
    }


def test_whatever_is_referred_to_is_there() -> None:
    schemas = DESCRIBED["components"]["schemas"]
    refs = [part.split('"')[0] for part in json.dumps(DESCRIBED).split('"$ref": "#/components/schemas/')[1:]]
    assert refs
    assert set(refs) == set(schemas)
    schemes = {name for *_, each in operations() for needed in each.get("security", []) for name in needed}
    assert schemes == set(DESCRIBED["components"]["securitySchemes"])


def test_parameters_in_a_path_are_described() -> None:
    for _, path, each in operations():
        named = {p["name"] for p in each.get("parameters", []) if p["in"] == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}


@pytest.mark.parametrize("call", list(Call))
def test_every_outcome_is_described(call: Call) -> None:
    answer = DESCRIBED["components"]["schemas"][f"{call.name.title()}Answer"]
    assert answer["properties"]["outcome"]["enum"] == list(outcomes(call))
    assert ("reason" in answer["properties"]) == (Outcome.REFUSED in outcomes(call))


@pytest.mark.parametrize("name", examples.REGISTER_CLIENT)
def test_an_example_of_a_hand_off_is_understood(name: str) -> None:
    asking = flows.register(CHANNEL, "ext", json.dumps(examples.REGISTER_CLIENT[name]).encode(), own_id="own")
    assert (asking.address.uuid, asking.introduced.name) == (examples.CONTACT, "Ana")
    assert asking.introduced.department == "Support"
    assert (asking.first is not None) == (name == "With a first message")


@pytest.mark.parametrize("name", examples.SEND_MESSAGE)
def test_an_example_of_a_message_is_understood(name: str) -> None:
    said = flows.message(CHANNEL, "ext", json.dumps(examples.SEND_MESSAGE[name]).encode(), own_id="own")
    assert said.address.uuid == examples.CONTACT
    assert (said.text, len(said.attachments)) == (("", 1) if name == "A photo" else ("My card is blocked", 0))


@pytest.mark.parametrize("name", examples.SURVEY)
def test_an_example_of_a_survey_is_understood(name: str) -> None:
    rated = flows.rating(CHANNEL, examples.CONTACT, json.dumps(examples.SURVEY[name]).encode())
    assert rated.answers[0] == ("satisfaction", "5")


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("An agent writes", ["RoomTaken", "AgentWrote"]),
        ("An agent takes the chat", ["RoomTaken"]),
        ("The chat waits", ["RoomQueued"]),
    ],
)
def test_an_example_of_rocketchats_is_understood(name: str, kinds: list[str]) -> None:
    events = webhook.parse(WORKSPACE, json.dumps(examples.SEND_TO_CLIENT[name]).encode(), live_agents=True)
    assert [type(event).__name__ for event in events] == kinds


def test_the_example_of_the_send_url_is_understood() -> None:
    event = send.parse(
        CHANNEL,
        query=b"",
        content_type="application/x-www-form-urlencoded",
        body=urlencode(dict(examples.SENT)).encode(),
    )
    assert (event.address.path, event.text) == (examples.CONTACT, "Are you there?")


def test_each_request_of_the_collection_shows_its_secret_and_its_body() -> None:
    for request in requests():
        headers = {each["key"]: each["value"] for each in request["header"]}
        is_open = request["url"]["path"][0] in {"healthz", "readyz"}
        assert is_open or "Authorization" in headers or "X-RocketChat-Livechat-Token" in headers
        raw = request.get("body", {}).get("raw", "{}")
        assert parse_qs(raw) if headers.get("Content-Type", "").endswith("urlencoded") else json.loads(raw) is not None
        assert request["url"]["raw"].startswith("{{base_url}}/")
        named = {part[1:] for part in request["url"]["path"] if part.startswith(":")}
        assert named == {each["key"] for each in request["url"].get("variable", [])}


def test_every_example_is_a_request_of_the_collection() -> None:
    bodies = [examples.REGISTER_CLIENT, examples.SEND_MESSAGE, examples.SURVEY, examples.SEND_TO_CLIENT]
    shown = [json.loads(request["body"]["raw"]) for request in requests() if _is_json(request)]
    assert all(body in shown for each in bodies for body in each.values())


def _is_json(request: dict[str, Any]) -> bool:
    return {"key": "Content-Type", "value": "application/json"} in request["header"]
