"""A close in a webhook: its comment, and the bare live-agents form, which may be a taking instead."""

from typing import Any

import msgspec
import pytest

from channel.core.events import Event, RoomClosed, WorkspaceNoted
from channel.core.people import Agent
from channel.rocketchat.wire import webhook
from tests.rocketchat.test_wire_webhook import WORKSPACE

BARE: dict[str, Any] = {
    "_id": "r",
    "visitor": {"token": "t", "name": "", "email": "", "phone": ""},
    "agent": {"name": "Joao Lima"},
    "type": "LivechatSession",
    "messages": [{"msg": ""}],
}
JOAO = Agent("Joao Lima", "", "Joao Lima")


def parsed(*, live_agents: bool = True, **changes: object) -> Event:
    (event,) = webhook.parse(WORKSPACE, msgspec.json.encode({**BARE, **changes}), live_agents=live_agents)
    return event


def closed(*, live_agents: bool = True, **changes: object) -> RoomClosed:
    event = parsed(live_agents=live_agents, **changes)
    assert isinstance(event, RoomClosed)
    return event


AGENTS = {"agentId": "a", "username": "joao.agent", "closingMessage": True}


@pytest.mark.parametrize(
    ("comment", "changes"),
    [
        ("Solved", {"closer": "user", "messages": [{"msg": "Hi", "agentId": "a"}, {**AGENTS, "msg": "Solved"}]}),
        ("Solved", {"messages": [{**AGENTS, "msg": "Solved"}]}),
        ("", {"closer": "user", "messages": [AGENTS]}),
        ("", {"closer": "user", "messages": [{"msg": "Hi", "agentId": "a"}]}),
        ("", {"closer": "visitor", "messages": [{**AGENTS, "msg": "Closed by visitor"}]}),
        (
            "",
            {
                "visitor": {"token": "t", "username": "guest-1"},
                "messages": [{"msg": "Closed by visitor", "username": "guest-1", "closingMessage": True}],
            },
        ),
        ("", {"closer": "user", "messages": [{**AGENTS, "username": "rocket.cat", "msg": "Closed for inactivity"}]}),
        ("", {"closedBy": {"username": "rocket.cat"}, "messages": [{**AGENTS, "msg": "Closed for inactivity"}]}),
        ("", {"messages": "none"}),
        ("", {"messages": [7, None]}),
        ("", {"messages": None}),
    ],
)
@pytest.mark.parametrize("live_agents", [True, False])
def test_the_words_with_which_an_agent_closed(comment: str, changes: dict[str, Any], live_agents: bool) -> None:
    assert closed(live_agents=live_agents, **changes).comment == comment


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"messages": []},
        {"messages": None},
        {"closedAt": "", "closer": "", "closedBy": None},
        {"messages": [{"msg": "Hi", "_id": ""}]},
        {"closedBy": {}},
    ],
)
def test_a_bare_session_with_an_agents_name_may_say_that_they_took_the_room(changes: dict[str, Any]) -> None:
    assert closed(**changes).or_taken == JOAO


@pytest.mark.parametrize(
    "changes",
    [
        {"agent": {"name": ""}},
        {"agent": {"_id": "a", "username": "joao.agent"}},
        {"agent": None},
        {"closedAt": "2024-10-10T12:20:00.900Z"},
        {"closer": "user"},
        {"closedBy": {"username": "joao.agent"}},
        {"messages": [{"msg": "Solved", "closingMessage": True}]},
        {"messages": [{"msg": "Hi", "_id": "m1"}]},
        {"live_agents": False},
    ],
)
def test_anything_else_is_a_close_and_nothing_but_that(changes: dict[str, Any]) -> None:
    event = closed(**changes)
    assert (event.or_taken, event.key) == (None, "close:r")


def test_a_perhaps_taken_room_is_known_again_and_is_not_its_close() -> None:
    first, again, other = closed(), closed(), closed(messages=[{"msg": "Hi"}])
    assert first.key == again.key
    assert len({first.key, other.key, "close:r"}) == 3


@pytest.mark.parametrize("token", ["", None, 7])
def test_without_a_visitor_token_it_is_the_test_button(token: object) -> None:
    event = parsed(visitor={"token": token})
    assert isinstance(event, WorkspaceNoted)
    assert event.kind == "test_button"
