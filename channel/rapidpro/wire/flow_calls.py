"""One webhook of a flow that calls the live-agents API: is it one we would understand, and is its answer heeded?"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from channel.core import answers
from channel.core.answers import Outcome
from channel.core.errors import ProtocolError
from channel.core.values import dataclass
from channel.rapidpro.wire import flows
from channel.rapidpro.wire.expression_values import ANYTHING, DEFAULT
from channel.rapidpro.wire.expressions import WrongExpression, render
from channel.rapidpro.wire.flow_bodies import plain
from channel.rapidpro.wire.flow_nodes import Flow, Node, Object

CONTACT: Final = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"  #: stands in for everybody
QUOTED: Final = 'Ana said "hello"\nand left'  #: what a contact may write, and a name or a result may be

_CHANNEL: Final = UUID(int=0)
_TESTS: Final = {"has_only_text", "has_any_word", "has_all_words", "has_phrase", "has_only_phrase", "has_beginning"}
_OWN_STATUS = re.compile(r"@\(?\s*(?:default\(\s*)?(webhook\.json|webhook|results\.\w+\.extra)\.(status|state)\b")
_OUTCOME = re.compile(r"(webhook\.json|webhook|results\.\w+\.extra)\.outcome\b")
_OBJECT_SINCE: Final = (13, 3)  #: from this form of definition on, @webhook has .json


@dataclass(frozen=True, slots=True)
class Call:
    """One of our routes. `quiet`: outcomes after which the flow need not do anything."""

    kind: answers.Call
    method: str
    path: re.Pattern[str]
    quiet: Collection[Outcome] = ()
    must_branch: bool = True  #: somebody is left without a word if the call fails and nothing follows

    @property
    def name(self) -> str:
        return self.kind.value

    @property
    def outcomes(self) -> Sequence[Outcome]:
        return answers.outcomes(self.kind)


REGISTER: Final = Call(answers.Call.REGISTER, "POST", re.compile(r"/registerClient"))
SEND: Final = Call(answers.Call.MESSAGE, "POST", re.compile(r"/sendMessageToAgent"), (Outcome.ACCEPTED,))
AVAILABILITY: Final = Call(answers.Call.AVAILABILITY, "GET", re.compile(r"/availability"))
SURVEY: Final = Call(answers.Call.SURVEY, "POST", re.compile(r"/session/user/.+/survey"), must_branch=False)
CLOSE: Final = Call(answers.Call.CLOSE, "DELETE", re.compile(r"/session/user/[^/]+"), must_branch=False)
CALLS: Final = (REGISTER, SEND, AVAILABILITY, SURVEY, CLOSE)

Problem = tuple[str, str]  #: a code and a sentence


def call_of(action: Object) -> Call | None:
    """Which of our routes this action calls; None for anything else."""
    if action.get("type") != "call_webhook":
        return None
    url = plain(action.get("url"))
    path = url.partition("?")[0].rstrip("/")
    for call in CALLS:
        found = call.path.search(path)
        if found and found.end() == len(path):
            return call
    return None


def problems(flow: Flow, node: Node, action: Object, call: Call) -> Iterator[Problem]:
    """What is wrong with the call itself, and with what follows it."""
    method = plain(action.get("method")).upper()
    if method != call.method:
        yield "wrong_method", f"{call.name} takes {call.method}, not {method or 'nothing'}"
    yield from _unauthorized(action, call)
    yield from _in_url(action, call)
    if call.method == "POST":
        yield from _in_body(flow, action, call)
    yield from _after(flow, node, call)


def _unauthorized(action: Object, call: Call) -> Iterator[Problem]:
    headers = action.get("headers")
    named = headers.items() if isinstance(headers, dict) else ()
    given = next((plain(value) for name, value in named if plain(name).lower() == "authorization"), "")
    if not given:
        yield "no_authorization", f"{call.name} needs a header Authorization: Token @globals.live_agents_token"
    elif not given.startswith(("Token ", "@")):
        yield "wrong_authorization", "the Authorization header must begin with the word Token"


def _in_url(action: Object, call: Call) -> Iterator[Problem]:
    try:
        url = render(plain(action.get("url")), _context(frozenset(), "Ana"))
    except WrongExpression as error:
        yield "bad_expression", f"RapidPro cannot read the URL: {error}"
        return
    if call in (SURVEY, CLOSE) and CONTACT not in url:
        yield "bad_url", f"the URL of {call.name} must name the contact: …/session/user/@contact.uuid"


def _in_body(flow: Flow, action: Object, call: Call) -> Iterator[Problem]:
    """A body is filled in twice: with plain words, and with those that break JSON written by hand."""
    template = plain(action.get("body"))
    if not template:
        yield "empty_body", f"{call.name} is called without a body"
        return
    try:
        body, quoted = (render(template, _context(flow.results(), text)) for text in ("Ana", QUOTED))
    except WrongExpression as error:
        yield "bad_expression", f"RapidPro cannot read the body: {error}"
        return
    problem = _unread(call, body)
    if problem is None and _unread(call, quoted) is not None:
        problem = (
            "unescaped",
            "a quotation mark or a line break in a contact's words breaks this body; write it as @(json(object(…)))",
        )
    if problem is not None:
        yield problem


def _unread(call: Call, body: str) -> Problem | None:
    sent = body.encode()
    try:
        if call is REGISTER:
            flows.register(_CHANNEL, "ext", sent, own_id="1")
        elif call is SEND:
            said = flows.message(_CHANNEL, "ext", sent, own_id="1")
            if not said.text and not said.attachments:
                return "no_words", (
                    "nothing in the body is what the contact wrote: neither message.text nor"
                    " results.clientmessage.value, from a result whose name is exactly clientmessage"
                )
        else:
            flows.rating(_CHANNEL, CONTACT, sent)
    except ProtocolError as error:
        if error.code == "empty_body":
            return "failing_body", "an expression in the body fails, so RapidPro would send nothing; see its names"
        return error.code, error.message
    return None


def _after(flow: Flow, node: Node, call: Call) -> Iterator[Problem]:
    if not call.must_branch:
        return
    if node.operand is None or node.other is None:
        yield "no_failure_branch", f"when {call.name} fails, the flow goes nowhere and the contact is told nothing"
    starts = [case.to for case in node.cases] or list(node.exits)
    splits = [each for each in flow.beyond(starts, past_waits=False) if each.operand is not None]
    by_outcome = [each for each in splits if _OUTCOME.search(each.operand or "")]
    if not by_outcome:
        wrong_key = any(_OWN_STATUS.search(each.operand or "") for each in splits if each.id != node.id)
        if wrong_key:
            yield "branches_on_status", "the answer's key is outcome; status is RapidPro's own word for the HTTP status"
        else:
            yield "outcome_ignored", f"nothing looks at the outcome of {call.name}: one of {', '.join(call.outcomes)}"
        return
    yield from _unheeded(flow, by_outcome[0], call)


def _unheeded(flow: Flow, split: Node, call: Call) -> Iterator[Problem]:
    place = _OUTCOME.search(split.operand or "")
    if place and place[1] in {"webhook", "webhook.json"}:
        right = "webhook.json" if flow.version >= _OBJECT_SINCE else "webhook"
        if place[1] != right:
            yield "wrong_place", f"in a flow of this form the outcome is @{right}.outcome"
    named = {word for case in split.cases if case.test in _TESTS for word in case.words}
    if unknown := sorted(named - set(call.outcomes)):
        yield "unknown_outcome", f"{call.name} never answers {', '.join(unknown)}"
    is_caught = split.other is not None or any(case.test not in _TESTS for case in split.cases)
    missing = [outcome for outcome in call.outcomes if outcome not in named and outcome not in call.quiet]
    if missing and not is_caught:
        yield "outcome_missing", f"after the outcome {', '.join(missing)} the flow goes nowhere"


def _context(results: frozenset[str], words: str) -> Mapping[str, Any]:
    """What RapidPro would fill a template with, as far as it is known before the flow runs."""
    channel = {"uuid": CONTACT, "name": "WhatsApp", "address": "1", DEFAULT: "WhatsApp"}
    anything = {"*": ANYTHING}
    when = "2026-08-20T10:00:00.000000Z"
    contact = {
        "uuid": CONTACT, "id": "1", "name": words, "first_name": words, "language": "eng", "timezone": "UTC",
        "status": "active", "created_on": when, "last_seen_on": when, "urns": ["ext:1"], "urn": "ext:1",
        "groups": ANYTHING, "fields": {"*": words}, "channel": channel, "tickets": [], "ticket": ANYTHING,
        DEFAULT: words,
    }  # fmt: skip
    flow = {"uuid": CONTACT, "name": words, "revision": "1", DEFAULT: words}
    run = {
        "uuid": CONTACT, "flow": flow, "contact": contact, "status": "active", "created_on": when, "exited_on": None,
        "path": ANYTHING, "results": ANYTHING, DEFAULT: words,
    }  # fmt: skip
    message = {
        "uuid": CONTACT, "type": "msg", "created_on": when, "channel": channel, "urn": "ext:1", "text": words,
        "attachments": ["image/jpeg:https://files.test/1.jpg"], "external_id": "", "payload": {}, DEFAULT: words,
    }  # fmt: skip
    return {
        "contact": contact,
        "run": run,
        "results": {key: _result(key, words) for key in sorted(results)},
        "input": message,
        "fields": {"*": words},
        "globals": {"live_agents_url": "https://bridge.test/live-agents", **anything},
    }


def _result(key: str, words: str) -> Mapping[str, Any]:
    """Any result may answer a rating, but the one that holds words."""
    value = words if key == "clientmessage" or "feedback" in key else "1"
    return {
        "name": key, "value": value, "category": "All Responses", "category_localized": "All Responses",
        "input": value, "extra": ANYTHING, "node_uuid": CONTACT, "created_on": "2026-08-20T10:00:00.000000Z",
        "values": [value], "categories": ["All Responses"], DEFAULT: value,
    }  # fmt: skip
