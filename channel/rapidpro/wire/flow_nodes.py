"""An exported flow as RapidPro writes it: nodes, their actions and routers, and where their exits lead."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from channel.core.values import dataclass
from channel.rapidpro.wire.flow_bodies import plain

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One rule of a split: which test with which words, and the node it leads to (None: nowhere)."""

    test: str
    words: Sequence[str]
    to: str | None


@dataclass(frozen=True, slots=True)
class Node:
    """What a flow does at one place. `other`: where it goes when no case fits."""

    id: str
    place: int  #: in the flow, from 1
    actions: Sequence[Object] = field(repr=False)
    operand: str | None  #: of its split, if it is one
    cases: Sequence[Case]
    other: str | None
    exits: Sequence[str]  #: the nodes it can lead to
    waits: bool
    result: str


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow of the file."""

    id: str
    name: str
    version: tuple[int, int]  #: of the definition's form
    ignores_keywords: bool
    nodes: Mapping[str, Node] = field(repr=False)

    def results(self) -> frozenset[str]:
        """The keys of the results that the flow saves."""
        found = [node.result for node in self.nodes.values()]
        for node in self.nodes.values():
            found += [plain(action.get("result_name")) for action in node.actions]
            found += [plain(action.get("name")) for action in node.actions if action.get("type") == "set_run_result"]
        return frozenset(result_key(name) for name in found if name)

    def beyond(self, starts: Sequence[str | None], *, past_waits: bool = True) -> Iterator[Node]:
        """The nodes that can be reached from these, themselves included."""
        seen: set[str] = set()
        ahead = [start for start in starts if start]
        while ahead:
            node = self.nodes.get(ahead.pop())
            if node is None or node.id in seen:
                continue
            seen.add(node.id)
            yield node
            if past_waits or not node.waits:
                ahead += node.exits


def result_key(name: str) -> str:
    """As RapidPro makes it of a result's name: Client Message becomes client_message."""
    return re.sub(r"[^a-z0-9_]+", "_", name.strip().lower())


def read(definition: Object) -> Flow:
    nodes = [_node(place, each) for place, each in enumerate(objects(definition.get("nodes")), 1)]
    version = re.match(r"(\d{1,4})\.(\d{1,4})", plain(definition.get("spec_version")))
    metadata = definition.get("metadata")
    told = [definition, metadata if isinstance(metadata, dict) else {}]
    return Flow(
        plain(definition.get("uuid")),
        plain(definition.get("name")) or "a flow without a name",
        (int(version[1]), int(version[2])) if version else (13, 0),
        any(each.get("ignore_triggers") is True for each in told),
        {node.id: node for node in nodes},
    )


def objects(given: object) -> list[Object]:
    """The objects of a list; none where it is no list."""
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _node(place: int, node: Object) -> Node:
    router = node.get("router")
    router = router if isinstance(router, dict) else {}
    exits = {
        plain(each.get("uuid")): plain(each.get("destination_uuid")) or None for each in objects(node.get("exits"))
    }
    categories = objects(router.get("categories"))
    leads = {plain(each.get("uuid")): exits.get(plain(each.get("exit_uuid"))) for each in categories}
    cases = [
        Case(plain(each.get("type")), _words(each.get("arguments")), leads.get(plain(each.get("category_uuid"))))
        for each in objects(router.get("cases"))
    ]
    return Node(
        plain(node.get("uuid")),
        place,
        objects(node.get("actions")),
        plain(router.get("operand")) if router.get("type") == "switch" else None,
        cases,
        leads.get(plain(router.get("default_category_uuid"))),
        [to for to in exits.values() if to],
        isinstance(router.get("wait"), dict),
        plain(router.get("result_name")),
    )


def _words(arguments: object) -> list[str]:
    given = arguments if isinstance(arguments, list) else []
    return [word.strip(",").lower() for each in given for word in plain(each).split()]
