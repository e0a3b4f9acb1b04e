"""What is wrong in an exported flow is found, once, and what is right is not."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.rapidpro.wire.flow_file import Finding, NotAFlow, check

KIT = Path(__file__).parent.parent.parent / "docs" / "rapidpro"
Export = dict[str, Any]

BY_HAND = '{"contact": {"uuid": "@contact.uuid", "name": "@contact.name"}, "results": {"clientmessage": "@input.text"}}'
DEFAULT_BODY = """@(json(object(
  "contact", object("uuid", contact.uuid, "name", contact.name, "urn", contact.urn),
  "flow", object("uuid", run.flow.uuid, "name", run.flow.name),
  "results", foreach_value(results, extract_object, "value", "category")
)))"""
OLD_BODY = """@(json(object(
  "contact", object("uuid", contact.uuid, "name", contact.name, "urn", contact.urn),
  "flow", run.flow, "path", run.path,
  "results", foreach_value(results, extract_object, "category", "input", "name", "node_uuid", "value"),
  "run", object("uuid", run.uuid, "created_on", run.created_on),
  "input", if(input, object(
    "attachments", foreach(input.attachments, attachment_parts), "channel", input.channel, "text", input.text,
    "urn", if(input.urn, object("path", urn_parts(input.urn).path, "scheme", urn_parts(input.urn).scheme), null),
    "uuid", input.uuid), null),
  "channel", default(run.contact.channel, null))))"""


def set_up_a() -> Export:
    found: Export = json.loads((KIT / "set-up-a.json").read_text())
    return found


def set_up_b() -> Export:
    found: Export = json.loads((KIT / "set-up-b.json").read_text())
    return found


def found(export: object, *, ignores_keywords: bool = False) -> list[Finding]:
    return check(json.dumps(export).encode(), ignores_keywords=ignores_keywords)


def node(export: Export, flow: int, place: int) -> dict[str, Any]:
    """Of flow 0, the hand-off, or 1, the relay: node 0 is the webhook, node 1 the split by outcome."""
    taken: dict[str, Any] = export["flows"][flow]["nodes"][place]
    return taken


def webhook(export: Export, flow: int) -> dict[str, Any]:
    taken: dict[str, Any] = node(export, flow, 0)["actions"][0]
    return taken


def body(flow: int, text: str) -> Callable[[Export], object]:
    return lambda export: webhook(export, flow).update(body=text)


def replaced(flow: int, old: str, new: str) -> Callable[[Export], object]:
    def change(export: Export) -> None:
        assert old in webhook(export, flow)["body"]
        webhook(export, flow)["body"] = webhook(export, flow)["body"].replace(old, new)

    return change


def split(flow: int, **changed: object) -> Callable[[Export], object]:
    return lambda export: node(export, flow, 1)["router"].update(changed)


def leads_nowhere(flow: int, place: int, category: str) -> Callable[[Export], object]:
    def change(export: Export) -> None:
        changed = node(export, flow, place)
        (leave,) = [each["exit_uuid"] for each in changed["router"]["categories"] if each["name"] == category]
        for each in changed["exits"]:
            if each["uuid"] == leave:
                each["destination_uuid"] = None

    return change


def without_case(flow: int, outcome: str) -> Callable[[Export], object]:
    def change(export: Export) -> None:
        leads_nowhere(flow, 1, "Other")(export)
        router = node(export, flow, 1)["router"]
        router["cases"] = [case for case in router["cases"] if case["arguments"] != [outcome]]

    return change


def trigger(**told: object) -> Callable[[Export], object]:
    whole = {"trigger_type": "K", "keywords": ["stop"], "flow": {"uuid": "f", "name": "Bye"}, "groups": []} | told
    return lambda export: export["triggers"].append(whole)


def waits(export: Export) -> None:
    """The relay as a loop in one flow: a wait, then the call, then the wait again."""
    flow = export["flows"][1]
    wait, leave, category = "wait-1", "wait-exit", "wait-category"
    router = {
        "type": "switch",
        "operand": "@input.text",
        "cases": [],
        "wait": {"type": "msg"},
        "result_name": "clientmessage",
        "categories": [{"uuid": category, "name": "All Responses", "exit_uuid": leave}],
        "default_category_uuid": category,
    }
    exits = [{"uuid": leave, "destination_uuid": flow["nodes"][0]["uuid"]}]
    flow["nodes"][1]["exits"][0]["destination_uuid"] = wait
    flow["nodes"].append({"uuid": wait, "actions": [], "router": router, "exits": exits})


def both(*changes: Callable[[Export], object]) -> Callable[[Export], object]:
    return lambda export: [change(export) for change in changes]


LIVE_CHAT = {"uuid": "g", "name": "Live chat"}

BROKEN: dict[str, tuple[Callable[[Export], object], str, str]] = {
    "a call that is a GET": (lambda e: webhook(e, 0).update(method="GET"), "wrong_method", "takes POST"),
    "no header": (lambda e: webhook(e, 0).update(headers={}), "no_authorization", "Token @globals"),
    "an empty header": (lambda e: webhook(e, 1)["headers"].update(Authorization=""), "no_authorization", "Token"),
    "a header of another kind": (
        lambda e: webhook(e, 0)["headers"].update(Authorization="Bearer abc"),
        "wrong_authorization",
        "Token",
    ),
    "no body": (body(0, ""), "empty_body", "without a body"),
    "a body without the contact": (body(0, "@(json(object()))"), "missing_contact_uuid", "contact.uuid"),
    "a contact's id for its UUID": (replaced(0, "contact.uuid", "contact.id"), "bad_contact_uuid", "contact.uuid"),
    "a wrong key": (replaced(0, '"contact", object', '"kontact", object'), "missing_contact_uuid", "contact.uuid"),
    "a name that RapidPro does not have": (
        replaced(0, "contact.urn", "contact.phone"),
        "failing_body",
        "sends? nothing",
    ),
    "a function that it does not have": (replaced(0, "json(", "to_json("), "bad_expression", "no function to_json"),
    "a bracket too few": (replaced(0, ")))", "))"), "bad_expression", "missing"),
    "a body that is no JSON": (body(0, "contact=@contact.uuid"), "no_json", "not JSON"),
    "JSON by hand": (body(1, BY_HAND), "unescaped", "quotation mark"),
    "a result that the flow does not save": (body(1, DEFAULT_BODY), "no_words", "clientmessage"),
    "a failure that leads nowhere": (leads_nowhere(0, 0, "Failure"), "no_failure_branch", "registerClient fails"),
    "a failed relay that leads nowhere": (leads_nowhere(1, 0, "Failure"), "no_failure_branch", "sendMessageToAgent"),
    "an outcome nobody looks at": (split(0, operand="@input.text"), "outcome_ignored", "queued"),
    "a split on status": (
        split(0, operand="@results.handoff.extra.status"),
        "branches_on_status",
        "the answer's key is outcome",
    ),
    "a new name in an old flow": (split(0, operand="@webhook.json.outcome"), "wrong_place", "@webhook.outcome"),
    "an old name in a new flow": (
        both(split(0, operand="@webhook.outcome"), lambda e: e["flows"][0].update(spec_version="14.3.0")),
        "wrong_place",
        "@webhook.json.outcome",
    ),
    "an outcome misspelt": (
        lambda e: node(e, 0, 1)["router"]["cases"][2].update(arguments=["no_agent"]),
        "unknown_outcome",
        "no_agent",
    ),
    "an outcome left out": (without_case(0, "closed_hours"), "outcome_missing", "closed_hours"),
    "a refusal left out": (without_case(1, "refused"), "outcome_missing", "refused"),
    "a keyword that ends a chat": (trigger(), "reachable_keyword", "stop"),
    "a keyword of an older export": (trigger(keywords=None, keyword="menu"), "reachable_keyword", "menu"),
    "a keyword that another group is spared": (
        trigger(exclude_groups=[{"uuid": "h", "name": "Staff"}]),
        "reachable_keyword",
        "stop",
    ),
    "a keyword limited to a channel, which the contact is on": (
        trigger(channel={"uuid": "c", "name": "WhatsApp"}),
        "reachable_keyword",
        "stop",
    ),
    "a relay for everybody": (lambda e: e["triggers"][0].update(groups=[]), "no_group", "anybody"),
    "a wait while an agent is there": (waits, "reachable_keyword", "ignores keyword triggers"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found_and_nothing_else(name: str) -> None:
    change, code, sentence = BROKEN[name]
    export = set_up_a()
    change(export)
    (finding,) = found(export)
    assert finding.code == code
    assert sentence.replace("sends? nothing", "send nothing") in finding.sentence


WHOLE: dict[str, Callable[[Export], object]] = {
    "as it is": lambda export: None,
    "a keyword that spares the group": trigger(exclude_groups=[LIVE_CHAT]),
    "another trigger": trigger(trigger_type="S"),
    "the body that RapidPro proposes": body(0, DEFAULT_BODY),
    "the body of older flows": body(1, OLD_BODY),
    "one branch for all outcomes": split(0, cases=[]),
    "the outcome where older versions have it": split(0, operand="@webhook.outcome"),
    "the outcome where newer versions have it": both(
        split(0, operand='@(default(webhook.json.outcome, ""))'),
        lambda export: export["flows"][0].update(spec_version="14.3.0"),
    ),
    "an accepted message after which nothing is done": leads_nowhere(1, 1, "accepted"),
    "a whole header from a global": lambda export: webhook(export, 0)["headers"].update(Authorization="@globals.auth"),
    "a slash at the end": lambda export: webhook(export, 0).update(
        url="https://bridge.test/live-agents/registerClient/"
    ),
    "another webhook": lambda export: webhook(export, 0).update(
        url="https://crm.test/register", method="GET", headers={}
    ),
    "a wait that ignores keywords": both(waits, lambda export: export["flows"][1].update(ignore_triggers=True)),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_right_is_not_found(name: str) -> None:
    export = set_up_a()
    WHOLE[name](export)
    assert found(export) == []


def test_whoever_knows_that_keywords_are_ignored_can_say_so() -> None:
    export = set_up_a()
    waits(export)
    assert found(export, ignores_keywords=True) == []


def test_a_finding_says_where() -> None:
    export = set_up_a()
    leads_nowhere(1, 0, "Failure")(export)
    (finding,) = found(export)
    assert (finding.flow, finding.node) == ("Live agents: relay to agent", "node 1 (sendMessageToAgent)")


def test_a_bare_flow_is_read_too() -> None:
    export = set_up_a()
    webhook(export, 1).update(method="GET")
    (finding,) = found(export["flows"][1])
    assert finding.code == "wrong_method"


def test_a_default_body_is_right_where_the_flow_saves_what_the_contact_wrote() -> None:
    export = set_up_a()
    both(waits, body(1, DEFAULT_BODY))(export)
    assert found(export, ignores_keywords=True) == []


def test_a_channel_that_is_not_set_back_is_found() -> None:
    export = set_up_b()
    export["flows"][1]["nodes"][0]["actions"].pop()
    (finding,) = found(export)
    assert (finding.flow, finding.code) == ("Live agents: to agent", "channel_not_set_back")


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ({}, ["reachable_keyword"]),
        ({"channel": {"uuid": "c", "name": "WhatsApp"}}, []),
        ({"exclude_groups": [LIVE_CHAT]}, []),
    ],
)
def test_an_agents_words_are_kept_from_keywords(told: dict[str, object], codes: list[str]) -> None:
    export = set_up_b()
    trigger(**told)(export)
    assert [finding.code for finding in found(export)] == codes


def availability(**changed: object) -> Export:
    export = set_up_a()
    webhook(export, 0).update({"url": "@globals.live_agents_url/availability?department=Support", "method": "GET"})
    webhook(export, 0).update(changed)
    cases = node(export, 0, 1)["router"]["cases"]
    node(export, 0, 1)["router"]["cases"] = [
        case for case in cases if case["arguments"][0] in {"no_agents", "closed_hours"}
    ]
    return export


def test_availability_is_asked_with_get() -> None:
    assert found(availability()) == []
    assert [finding.code for finding in found(availability(method="POST"))] == ["wrong_method"]


@pytest.mark.parametrize(
    ("url", "method", "codes"),
    [
        ("https://bridge.test/live-agents/session/user/@contact.uuid", "DELETE", []),
        ("https://bridge.test/live-agents/session/user/@contact.uuid", "POST", ["wrong_method"]),
        ("https://bridge.test/live-agents/session/user/@contact.id", "DELETE", ["bad_url"]),
        ("https://bridge.test/live-agents/session/user/@(contact", "DELETE", ["bad_expression"]),
    ],
)
def test_a_session_is_closed_with_delete(url: str, method: str, codes: list[str]) -> None:
    export = set_up_a()
    webhook(export, 0).update(url=url, method=method)
    assert [finding.code for finding in found(export)] == codes


NO_FLOW = {
    "nothing": b"",
    "no JSON": b"Hi",
    "a list": b"[]",
    "another object": b"{}",
    "an export without a flow": b'{"version": "13", "flows": []}',
    "an export of something else": b'{"version": "13", "flows": 7}',
    "a flow without nodes": b'{"version": "13", "flows": [{"uuid": "f", "name": "F"}]}',
    "an old flow": b'{"version": "11.12", "flows": [{"action_sets": [], "rule_sets": []}]}',
}


@pytest.mark.parametrize("name", NO_FLOW)
def test_what_is_no_flow_is_said(name: str) -> None:
    with pytest.raises(NotAFlow, match=r"flow|JSON"):
        check(NO_FLOW[name])


KEYS = ["uuid", "actions", "router", "exits", "cases", "categories", "arguments", "body", "headers", "flow", "groups"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["K", "C", "switch", "@("]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_gives_findings_or_no_flow(data: st.DataObject) -> None:
    export: Any = set_up_a()
    place: Any = export
    for _ in range(data.draw(st.integers(1, 9))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(VALUES)
            break
        place = place[key]
    with suppress(NotAFlow):
        assert all(isinstance(finding, Finding) for finding in found(export))
