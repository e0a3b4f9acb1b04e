"""The Livechat client, had with a pencil: what it asks, and what it learns from real answers."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.errors import ChannelError, Refused, Rejected, RoomGone, VisitorGone, Waiting
from channel.core.exchange import Exchange, Reply, Request
from channel.core.learned import Registered, RoomOpened
from channel.core.people import Agent
from channel.rocketchat.wire import livechat, messages, opening, results
from tests import reading_samples as samples

TOKEN = "rp-7f0c1f52-1d55-4a0e-9a5e-0d3a1c9be111"
ROOM = "rM4kTz8QwX2nLpV6s"
MESSAGE = "rpmsg-0000000000000123"
DEPARTMENT = "dEp7Xc2LmQ9vRt4Ya"
JOAO = Agent("aGt5NwQ3xZ8mKpL2v", "joao.agent", "Joao Lima")
KNOWN = results.Visitor(TOKEN, "vRk3mPzQ8sLw2nTyB", "guest-42", "Ana Souza", DEPARTMENT)
STORED = results.Stored(MESSAGE, ROOM, "Hello from the contact", "2024-10-10T12:00:05.000Z")
PATH = "/api/v1/livechat"
SERVED = RoomOpened(ROOM, Agent(JOAO.id, JOAO.username))


def post(path: str, body: Mapping[str, object]) -> Request:
    return Request("POST", f"{PATH}/{path}", json=body)


def get(path: str, **query: str) -> Request:
    return Request("GET", f"{PATH}/{path}", query=query)


#: exchange, request, sample of the answer, what is learned
EXCHANGES: dict[str, tuple[Callable[[], Exchange[object]], Request, str, object]] = {
    "server_info": (livechat.server_info, Request("GET", "/api/info"), "answer_info", results.ServerInfo("6.13.0")),
    "server_info_3": (livechat.server_info, Request("GET", "/api/info"), "answer_info_3", results.ServerInfo("3.18.0")),
    "config": (
        lambda: livechat.config(TOKEN, DEPARTMENT),
        get("config", token=TOKEN, department=DEPARTMENT),
        "answer_config",
        results.Config(
            True,
            True,
            1000,
            (results.Department(DEPARTMENT, "Support"),),
            ROOM,
            JOAO,
            language="en",
            emoji=frozenset({"acme", "acme-logo"}),
        ),
    ),
    "config_disabled": (livechat.config, get("config"), "answer_config_disabled", results.Config(False, False)),
    "agent_info": (
        lambda: livechat.agent_info(TOKEN, ROOM),
        get(f"agent.info/{ROOM}/{TOKEN}"),
        "answer_agent_info",
        results.AgentInfo(JOAO),
    ),
    "agent_hidden": (
        lambda: livechat.agent_info(TOKEN, ROOM),
        get(f"agent.info/{ROOM}/{TOKEN}"),
        "answer_agent_hidden",
        results.AgentInfo(hidden=True),
    ),
    "next_agent": (
        lambda: livechat.next_agent(TOKEN, DEPARTMENT),
        get(f"agent.next/{TOKEN}", department=DEPARTMENT),
        "answer_agent_next",
        Agent("aGt9BxC2kVn7LqT4m", "maria.agent", "Maria Reis"),
    ),
    "next_agent_in_open_room": (
        lambda: livechat.next_agent(TOKEN),
        get(f"agent.next/{TOKEN}"),
        "answer_success",
        None,
    ),
    "register_visitor": (
        lambda: livechat.register_visitor(TOKEN, "Ana Souza", "Support", {"rapidpro_uuid": "c0ffee00"}),
        post(
            "visitor",
            {
                "visitor": {
                    "token": TOKEN,
                    "name": "Ana Souza",
                    "department": "Support",
                    "customFields": [{"key": "rapidpro_uuid", "value": "c0ffee00", "overwrite": True}],
                }
            },
        ),
        "answer_visitor",
        KNOWN,
    ),
    "register_nobody_in_particular": (
        lambda: livechat.register_visitor(TOKEN),
        post("visitor", {"visitor": {"token": TOKEN}}),
        "answer_visitor",
        KNOWN,
    ),
    "get_visitor": (lambda: livechat.get_visitor(TOKEN), get(f"visitor/{TOKEN}"), "answer_visitor", KNOWN),
    "delete_visitor": (
        lambda: livechat.delete_visitor(TOKEN),
        Request("DELETE", f"{PATH}/visitor/{TOKEN}"),
        "answer_visitor_removed",
        None,
    ),
    "open_room": (
        lambda: livechat.open_room(TOKEN),
        get("room", token=TOKEN),
        "answer_room_opened",
        results.Room(ROOM, True, True, DEPARTMENT, Agent(JOAO.id, JOAO.username)),
    ),
    "open_known_room": (
        lambda: livechat.open_room(TOKEN, ROOM, JOAO.id),
        get("room", token=TOKEN, rid=ROOM, agentId=JOAO.id),
        "answer_room_queued_8",
        results.Room(ROOM, False, True, DEPARTMENT, None),
    ),
    "close_room": (
        lambda: livechat.close_room(TOKEN, ROOM),
        post("room.close", {"token": TOKEN, "rid": ROOM}),
        "answer_room_closed",
        None,
    ),
    "survey": (
        lambda: livechat.survey(TOKEN, ROOM, {"satisfaction": "5"}),
        post("room.survey", {"token": TOKEN, "rid": ROOM, "data": [{"name": "satisfaction", "value": "5"}]}),
        "answer_survey",
        None,
    ),
    "transfer_7": (
        lambda: livechat.transfer_department(TOKEN, ROOM, DEPARTMENT, before_8=True),
        post("room.transfer", {"token": TOKEN, "rid": ROOM, "department": DEPARTMENT}),
        "answer_room_transferred_7",
        None,
    ),
    "transfer_8": (
        lambda: livechat.transfer_department(TOKEN, ROOM, DEPARTMENT, before_8=False),
        post("visitor/department.transfer", {"token": TOKEN, "rid": ROOM, "department": DEPARTMENT}),
        "answer_success",
        None,
    ),
    "offline_message": (
        lambda: livechat.offline_message("Ana Souza", "ana@example.org", "Please call me back", DEPARTMENT),
        post(
            "offline.message",
            {
                "name": "Ana Souza",
                "email": "ana@example.org",
                "message": "Please call me back",
                "department": DEPARTMENT,
            },
        ),
        "answer_offline_message",
        "We'll get back to you soon",
    ),
    "send_message": (
        lambda: messages.send_message(TOKEN, ROOM, MESSAGE, "Hello from the contact"),
        post("message", json.loads(samples.payload("rocketchat/asked_post_message"))),
        "answer_message",
        STORED,
    ),
    "get_message": (
        lambda: messages.get_message(TOKEN, ROOM, MESSAGE),
        get(f"message/{MESSAGE}", token=TOKEN, rid=ROOM),
        "answer_message",
        STORED,
    ),
    "update_message": (
        lambda: messages.update_message(TOKEN, ROOM, MESSAGE, "Hello"),
        Request("PUT", f"{PATH}/message/{MESSAGE}", json={"token": TOKEN, "rid": ROOM, "msg": "Hello"}),
        "answer_message",
        STORED,
    ),
    "delete_message": (
        lambda: messages.delete_message(TOKEN, ROOM, MESSAGE),
        Request("DELETE", f"{PATH}/message/{MESSAGE}", json={"token": TOKEN, "rid": ROOM}),
        "answer_message_removed",
        None,
    ),
    "register": (
        lambda: opening.register(TOKEN, "Ana Souza", "Support", None),
        post("visitor", {"visitor": {"token": TOKEN, "name": "Ana Souza", "department": "Support"}}),
        "answer_visitor_merged_by_phone",
        Registered("old-3b1f0c9e"),
    ),
    "open_room_for": (
        lambda: opening.open_room_for(TOKEN),
        get("room", token=TOKEN),
        "answer_room_opened",
        RoomOpened(ROOM, Agent(JOAO.id, JOAO.username)),
    ),
    "named": (
        lambda: opening.named(TOKEN, SERVED),
        get(f"agent.info/{ROOM}/{TOKEN}"),
        "answer_agent_info",
        RoomOpened(ROOM, JOAO),
    ),
    "named_by_nobody": (
        lambda: opening.named(TOKEN, SERVED),
        get(f"agent.info/{ROOM}/{TOKEN}"),
        "answer_agent_hidden",
        RoomOpened(ROOM, Agent(JOAO.id)),
    ),
    "open_room_for_the_queue": (
        lambda: opening.open_room_for(TOKEN),
        get("room", token=TOKEN),
        "answer_room_queued_8",
        RoomOpened(ROOM),
    ),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_an_exchange(name: str) -> None:
    begin, request, sample, learned = EXCHANGES[name]
    had = samples.have(begin(), samples.answer(f"rocketchat/{sample}"))
    assert had.asked == [request]
    assert had.learned == learned


def test_neither_phone_nor_email_is_sent() -> None:
    allowed = json.loads(samples.payload("rocketchat/asked_register_visitor"))["visitor"].keys()
    asked = next(livechat.register_visitor(TOKEN, "Ana Souza", "Support", {"a": "b"}))
    assert asked.json is not None
    visitor = asked.json["visitor"]
    assert isinstance(visitor, dict)
    assert visitor.keys() <= allowed - {"phone", "email", "username"}


def test_path_segments_are_encoded() -> None:
    assert next(livechat.get_visitor("a/b?c#d e%")).path == f"{PATH}/visitor/a%2Fb%3Fc%23d%20e%25"
    assert next(messages.get_message("t", "r", "../é")).path == f"{PATH}/message/..%2F%C3%A9"


def test_nobody_serves_the_room() -> None:
    refused = samples.answer("rocketchat/refused_invalid_agent", 400)
    assert samples.have(livechat.agent_info(TOKEN, ROOM), refused).learned == results.AgentInfo()
    with pytest.raises(Rejected):
        samples.have(livechat.get_visitor(TOKEN), refused)
    with pytest.raises(Rejected):
        samples.have(livechat.agent_info(TOKEN, ROOM), samples.answer("rocketchat/refused_invalid_params_shape_4", 400))


@pytest.mark.parametrize(
    ("sample", "status", "opened"),
    [
        ("refused_invalid_agent", 400, RoomOpened(ROOM)),  # who served it has left meanwhile
        ("refused_invalid_room_shape_2", 400, SERVED),
        ("refused_limited", 429, SERVED),
        ("answer_success", 200, SERVED),
        ("answer_success", 502, SERVED),
    ],
)
def test_a_room_stays_open_whatever_is_said_of_its_agent(sample: str, status: int, opened: RoomOpened) -> None:
    assert samples.have(opening.named(TOKEN, SERVED), samples.answer(f"rocketchat/{sample}", status)).learned == opened


def test_nobody_is_asked_for_the_name_of_nobody() -> None:
    with pytest.raises(StopIteration) as done:
        next(opening.named(TOKEN, RoomOpened(ROOM)))
    assert done.value.value == RoomOpened(ROOM)


@pytest.mark.parametrize(
    ("settings", "may_close"),
    [({"visitorsCanCloseChat": False}, False), ({"visitorsCanCloseChat": True}, True), ({}, True), (None, True)],
)
def test_visitors_may_close_unless_it_is_said_that_they_may_not(settings: object, may_close: bool) -> None:
    said = json.dumps({"config": {"enabled": True, "settings": settings}, "success": True}).encode()
    assert samples.have(livechat.config(), Reply(200, said)).learned.visitors_may_close is may_close


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        ("no_agents_shape_3", Waiting),
        ("invalid_token_shape_2", VisitorGone),
        ("invalid_room_shape_2", RoomGone),
        ("invalid_department", Refused),
    ],
)
def test_a_room_that_cannot_be_opened(sample: str, kind: type[ChannelError]) -> None:
    with pytest.raises(kind):
        samples.have(opening.open_room_for(TOKEN), samples.answer(f"rocketchat/refused_{sample}", 400))


def test_history_is_read() -> None:
    exchange = messages.history(TOKEN, ROOM, limit=50, offset=100, end="2024-10-10T13:00:00.000Z")
    had = samples.have(exchange, samples.answer("rocketchat/answer_history"))
    query = {"token": TOKEN, "limit": "50", "offset": "100", "end": "2024-10-10T13:00:00.000Z"}
    assert had.asked == [get(f"messages.history/{ROOM}", **query)]
    assert len(had.learned) == 8
    assert next(messages.history(TOKEN, ROOM, limit=50)).query == {"token": TOKEN, "limit": "50"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["visitor", "token", "_id", "room", "servedBy", "message", "rid", "config", "settings", "agent"]
            )
            | st.sampled_from(["departments", "limitTextLength", "messages", "version", "info", "success"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_answer_is_learned_or_one_error(answer: object) -> None:
    for begin, *_ in EXCHANGES.values():
        learned_or_error(begin(), answer)
    learned_or_error(messages.history(TOKEN, ROOM, limit=1), answer)


def learned_or_error(exchange: Exchange[object], answer: object) -> None:
    with suppress(ChannelError):
        samples.have(exchange, Reply(200, json.dumps(answer).encode()))
