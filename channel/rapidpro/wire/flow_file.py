"""Reads flows exported from RapidPro and says what would go wrong between them and the live-agents API."""

from collections.abc import Iterator, Sequence
from typing import Final

from channel.core.errors import ProtocolError
from channel.core.values import dataclass
from channel.rapidpro.wire import flow_nodes
from channel.rapidpro.wire.flow_bodies import object_of, plain
from channel.rapidpro.wire.flow_calls import SEND, call_of, problems
from channel.rapidpro.wire.flow_nodes import Flow, Node, Object, objects

_KEYWORD: Final = "K"
_CATCH_ALL: Final = "C"


class NotAFlow(ValueError):
    """The file is no flow that RapidPro exports; the sentence says what it is instead."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `node`: the number of the node in its flow and what it does, or ""."""

    flow: str
    node: str
    code: str
    sentence: str


def check(definition: bytes, *, ignores_keywords: bool = False) -> list[Finding]:
    """What is wrong, in the file's order; NotAFlow if it is none.

    `ignores_keywords`: whoever asks knows that the flows do, which RapidPro's exports do not say.
    """
    export = _export(definition)
    flows = [flow_nodes.read(each) for each in objects(export["flows"])]
    found = [finding for flow in flows for finding in _in_flow(flow, ignores_keywords=ignores_keywords)]
    return [*found, *_in_triggers(objects(export.get("triggers")), flows)]


def _export(definition: bytes) -> Object:
    """The file as an export; a bare flow as an export of one."""
    try:
        found = object_of(definition, "")
    except ProtocolError:
        raise NotAFlow("the file is no JSON object, as RapidPro's exports are") from None
    flows = found.get("flows", [found])
    if not objects(flows):
        raise NotAFlow("the file holds no flow")
    for flow in objects(flows):
        if "action_sets" in flow or "rule_sets" in flow:
            raise NotAFlow(
                "the flow is of the form that RapidPro had before version 5: export it again from a newer one"
            )
        if not isinstance(flow.get("nodes"), list) or not plain(flow.get("uuid")):
            raise NotAFlow("the file is JSON, but no flow that RapidPro exports: it has no nodes")
    return {**found, "flows": flows}


def _in_flow(flow: Flow, *, ignores_keywords: bool) -> Iterator[Finding]:
    for node in flow.nodes.values():
        for action in node.actions:
            if call := call_of(action):
                for code, sentence in problems(flow, node, action, call):
                    yield Finding(flow.name, _named(node, call.name), code, sentence)
    relay = _relay(flow)
    if relay and not (flow.ignores_keywords or ignores_keywords) and _waits_around(flow, relay):
        yield Finding(
            flow.name,
            _named(relay, SEND.name),
            "reachable_keyword",
            "the flow waits for the contact while an agent is there, and any keyword takes the contact out of it unless"
            " the flow ignores keyword triggers (its settings; an export does not say)",
        )
    yield from _diverted(flow)


def _relay(flow: Flow) -> Node | None:
    """The node that passes on what the contact writes."""
    return next((each for each in flow.nodes.values() if any(call_of(action) is SEND for action in each.actions)), None)


def _waits_around(flow: Flow, relay: Node) -> bool:
    """Does the flow come back to the relay by way of a wait?"""
    waits = [node for node in flow.beyond(relay.exits) if node.waits]
    return any(relay.id == node.id for wait in waits for node in flow.beyond(wait.exits))


def _diverted(flow: Flow) -> Iterator[Finding]:
    """The External channel both ways: what sends through it must set the contact's own channel again."""
    if not _sends_through_external(flow):
        return
    kinds = [plain(action.get("type")) for node in flow.nodes.values() for action in node.actions]
    if "send_msg" in kinds and "set_contact_channel" in kinds[: kinds.index("send_msg")]:
        last = len(kinds) - 1 - kinds[::-1].index("send_msg")
        if "set_contact_channel" not in kinds[last:]:
            yield Finding(
                flow.name,
                "",
                "channel_not_set_back",
                "after the message the contact's channel stays the External one, so whatever RapidPro sends them next"
                " goes to the agent",
            )


def _sends_through_external(flow: Flow) -> bool:
    actions = [action for node in flow.nodes.values() for action in node.actions]
    kinds = {plain(action.get("type")) for action in actions}
    return "set_contact_channel" in kinds and any(
        action.get("type") == "add_contact_urn" and "contact.uuid" in plain(action.get("path")) for action in actions
    )


def _in_triggers(triggers: Sequence[Object], flows: Sequence[Flow]) -> Iterator[Finding]:
    """Keywords that would be taken out of a chat, and a relay for everybody."""
    relays = {flow.id for flow in flows if _relay(flow)}
    external = any(_sends_through_external(flow) for flow in flows)
    chatting: set[str] = set()
    for trigger in triggers:
        if trigger.get("trigger_type") == _CATCH_ALL and _flow_of(trigger, "uuid") in relays:
            chatting |= _groups(trigger, "groups")
            if not _groups(trigger, "groups"):
                sentence = "its catch-all trigger has no group, so what anybody writes goes to the agents"
                yield Finding(_flow_of(trigger, "name"), "", "no_group", sentence)
    if not relays and not external:
        return
    for trigger in triggers:
        if trigger.get("trigger_type") != _KEYWORD:
            continue
        excluded = _groups(trigger, "exclude_groups")
        is_kept_out = bool(excluded & chatting) if chatting else bool(excluded)
        if not is_kept_out and not (external and not relays and trigger.get("channel")):
            yield Finding(_flow_of(trigger, "name"), "", "reachable_keyword", _reached(trigger, external=external))


def _reached(trigger: Object, *, external: bool) -> str:
    given = trigger.get("keywords") or [trigger.get("keyword")]
    words = ", ".join(plain(word) for word in given if plain(word)) if isinstance(given, list) else plain(given)
    who = "an agent's or a contact's words" if external else "what a contact writes to an agent"
    return f"the keyword {words or '?'} in {who} starts this flow; exclude the group of those who talk to an agent"


def _flow_of(trigger: Object, key: str) -> str:
    flow = trigger.get("flow")
    return plain(flow.get(key)) if isinstance(flow, dict) else ""


def _groups(trigger: Object, key: str) -> set[str]:
    return {plain(group.get("name")).lower() for group in objects(trigger.get(key))}


def _named(node: Node, call: str) -> str:
    return f"node {node.place} ({call})"
