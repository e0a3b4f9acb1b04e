"""The flows that builders import call our routes with bodies we understand, and RapidPro can read them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from channel.rapidpro.wire import flow_file, flows
from channel.rapidpro.wire.expression_values import FUNCTIONS
from channel.rapidpro.wire.expressions import TOP_LEVELS, render
from channel.rapidpro.wire.flow_calls import CALLS, call_of

KIT = Path(__file__).parent.parent.parent / "docs" / "rapidpro"
FILES = sorted(path.name for path in KIT.glob("*.json"))
CHANNEL = UUID("0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d")
ANA = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
WORDS = 'My card is "blocked"\n@contact.name'

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_CALLED = re.compile(r"\b([a-z_]+)\(")
_NAMED = re.compile(r"(?<![\w.])([a-z_]+)\.")


def export(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((KIT / name).read_text())
    return found


def nodes(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for flow in export(name)["flows"]:
        for node in flow["nodes"]:
            yield flow, node


def webhooks(name: str) -> list[dict[str, Any]]:
    return [action for _, node in nodes(name) for action in node["actions"] if action["type"] == "call_webhook"]


def templates(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from templates(each)
    elif isinstance(value, list):
        for each in value:
            yield from templates(each)
    elif isinstance(value, str) and "@" in value:
        yield value


def context(**results: str) -> dict[str, Any]:
    """What RapidPro knows when Ana writes."""
    flow = {"uuid": "11112222-3333-4444-8555-666677778888", "name": "Hand-off"}
    return {
        "contact": {"uuid": ANA, "name": 'Ana "A"', "urn": "ext:v-42", "language": "por"},
        "run": {"uuid": "22223333-3333-4444-8555-666677778888", "flow": flow},
        "input": {
            "uuid": "m-1",
            "text": WORDS,
            "created_on": "2026-08-20T10:00:00.000000Z",
            "attachments": ["image/jpeg:https://files.test/1.jpg"],
        },
        "results": {key: {"value": text, "category": "All Responses", "input": text} for key, text in results.items()},
        "globals": {"live_agents_url": "https://bridge.test/live-agents", "live_agents_token": "s3cret"},
        "trigger": {"params": {"agent": "Bea"}},
    }


def bodies(call: str) -> list[str]:
    found = [action["body"] for name in FILES for action in webhooks(name) if called(action) == call]
    assert found
    return found


def called(action: dict[str, Any]) -> str:
    call = call_of(action)
    return call.name if call else ""


def test_there_is_a_file_for_each_set_up() -> None:
    assert FILES == ["set-up-a.json", "set-up-b.json"]
    names = [{flow["name"] for flow in export(name)["flows"]} for name in FILES]
    assert all({"Live agents: hand-off", "Live agents: after the chat"} <= each for each in names)
    assert "Live agents: relay to agent" in names[0]
    assert {"Live agents: to agent", "Live agents: agent says"} <= names[1]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_an_export_of_the_form_that_every_rapidpro_imports(name: str) -> None:
    found = export(name)
    assert {"version", "site", "flows", "campaigns", "triggers", "fields", "groups"} == set(found)
    assert found["version"] == "13"
    assert {flow["spec_version"] for flow in found["flows"]} == {"13.1.0"}


@pytest.mark.parametrize("name", FILES)
def test_every_uuid_is_one_and_is_used_for_one_thing(name: str) -> None:
    seen: list[str] = []
    for flow in export(name)["flows"]:
        seen.append(flow["uuid"])
        for node in flow["nodes"]:
            router = node.get("router", {})
            parts = [node, *node["actions"], *node["exits"], *router.get("cases", []), *router.get("categories", [])]
            seen += [part["uuid"] for part in parts]
    assert all(_UUID.fullmatch(uuid) for uuid in seen)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("name", FILES)
def test_everything_that_is_pointed_at_is_there(name: str) -> None:
    for flow, node in nodes(name):
        ids = {each["uuid"] for each in flow["nodes"]}
        assert {leave["destination_uuid"] for leave in node["exits"]} <= ids | {None}
        assert set(flow["_ui"]["nodes"]) == ids
        router = node.get("router")
        if router:
            categories = {each["uuid"]: each["exit_uuid"] for each in router["categories"]}
            assert sorted(categories.values()) == sorted(leave["uuid"] for leave in node["exits"])
            assert {case["category_uuid"] for case in router["cases"]} <= set(categories)
            assert router["default_category_uuid"] in categories


@pytest.mark.parametrize("name", FILES)
def test_every_node_can_be_reached(name: str) -> None:
    for flow in export(name)["flows"]:
        leads = {node["uuid"]: [leave["destination_uuid"] for leave in node["exits"]] for node in flow["nodes"]}
        ahead, seen = [flow["nodes"][0]["uuid"]], set[str]()
        while ahead:
            uuid = ahead.pop()
            if uuid and uuid not in seen:
                seen.add(uuid)
                ahead += leads[uuid]
        assert seen == set(leads)


@pytest.mark.parametrize("name", FILES)
def test_groups_and_triggers_belong_to_the_file(name: str) -> None:
    found = export(name)
    groups = {group["uuid"]: group["name"] for group in found["groups"]}
    used = [group for _, node in nodes(name) for action in node["actions"] for group in action.get("groups", [])]
    used += [group for trigger in found["triggers"] for group in trigger["groups"]]
    assert used
    assert all(groups[group["uuid"]] == group["name"] for group in used)
    names = {flow["uuid"]: flow["name"] for flow in found["flows"]}
    assert all(names[trigger["flow"]["uuid"]] == trigger["flow"]["name"] for trigger in found["triggers"])


@pytest.mark.parametrize("name", FILES)
def test_every_webhook_is_a_route_of_ours(name: str) -> None:
    calls = {call.name: call for call in CALLS}
    assert webhooks(name)
    for action in webhooks(name):
        assert action["method"] == calls[called(action)].method
        assert render(action["url"], context()).startswith("https://bridge.test/live-agents/")
        assert render(action["headers"]["Authorization"], context()) == "Token s3cret"


def test_the_survey_is_the_contacts() -> None:
    urls = [action["url"] for name in FILES for action in webhooks(name) if called(action) == "survey"]
    assert {render(url, context()) for url in urls} == {f"https://bridge.test/live-agents/session/user/{ANA}/survey"}


@pytest.mark.parametrize("template", bodies("registerClient"))
def test_a_hand_off_is_understood(template: str) -> None:
    sent = render(template, context(topic="Vaccines", department="Support", handoff="200"))
    asking = flows.register(CHANNEL, "ext", sent.encode(), own_id="own")
    assert (asking.address.uuid, asking.address.path) == (ANA, "v-42")
    told = asking.introduced
    assert (told.name, told.language, told.department, told.flow) == ('Ana "A"', "por", "Support", "Hand-off")
    assert ("topic", "Vaccines") in told.results


@pytest.mark.parametrize("template", bodies("sendMessageToAgent"))
def test_a_relayed_message_is_understood(template: str) -> None:
    event = flows.message(CHANNEL, "ext", render(template, context()).encode(), own_id="own")
    assert (event.text, event.message_id, event.introduced.department) == (WORDS, "m-1", "")
    assert [file.type for file in event.attachments] == ["image/jpeg"]
    nothing = render(template, context() | {"input": None})
    assert flows.message(CHANNEL, "ext", nothing.encode(), own_id="own").text == ""


@pytest.mark.parametrize("template", bodies("survey"))
def test_a_survey_is_understood(template: str) -> None:
    rated = flows.rating(CHANNEL, ANA, render(template, context(satisfaction="5", feedback=WORDS)).encode())
    assert rated.answers == (("satisfaction", "5"), ("additionalFeedback", WORDS))
    silent = flows.rating(CHANNEL, ANA, render(template, context(satisfaction="4")).encode())
    assert silent.answers == (("satisfaction", "4"),)


@pytest.mark.parametrize("name", FILES)
def test_expressions_use_what_rapidpro_has(name: str) -> None:
    for template in templates(export(name)["flows"]):
        code = _TEXT.sub("", template)
        assert set(_CALLED.findall(code)) <= FUNCTIONS
        assert set(_NAMED.findall(code)) <= TOP_LEVELS
        assert "@webhook" not in template  # what it holds differs between versions; a saved result does not


@pytest.mark.parametrize("name", FILES)
def test_our_own_check_finds_nothing(name: str) -> None:
    assert flow_file.check((KIT / name).read_bytes()) == []


def test_a_file_with_a_trigger_that_must_name_a_channel_leaves_it_to_the_builder() -> None:
    (trigger,) = export("set-up-a.json")["triggers"]
    assert (trigger["trigger_type"], [group["name"] for group in trigger["groups"]]) == ("C", ["Live chat"])
    assert export("set-up-b.json")["triggers"] == []


def test_an_agents_words_leave_by_the_contacts_own_channel() -> None:
    (flow,) = [flow for flow in export("set-up-b.json")["flows"] if flow["name"] == "Live agents: agent says"]
    (node,) = flow["nodes"]
    channel, message = node["actions"]
    assert (channel["type"], channel["channel"]["name"]) == ("set_contact_channel", "WhatsApp")
    assert (message["type"], message["text"]) == ("send_msg", "@input.text")
