"""The bare live-agents bodies, whose email and phone may be texts or lists, and whose empty texts are nothing."""

from typing import Any

import msgspec
import pytest

from channel.core.addresses import ByRoom
from channel.core.events import AgentWrote, Event, Noted, RoomClosed, RoomQueued, RoomTaken
from channel.core.people import Agent
from channel.rocketchat.wire import webhook
from tests.rocketchat.test_wire_webhook import WORKSPACE

CONTACT = "c0ffee00-0000-4000-8000-000000000001"
JOAO = Agent("Joao Lima", "", "Joao Lima")


def body(kind: str, agent: str = "", words: str = "", **visitor: object) -> dict[str, Any]:
    known = {"token": CONTACT, "name": "Ana", "email": "", "phone": "", **visitor}
    return {"_id": "r", "visitor": known, "agent": {"name": agent}, "type": kind, "messages": [{"msg": words}]}


def parsed(said: dict[str, Any]) -> list[Event]:
    events = webhook.parse(WORKSPACE, msgspec.json.encode(said), live_agents=True)
    for event in events:
        assert event.address == ByRoom(WORKSPACE, "r", CONTACT, from_rocketchat=False)
    return events


def test_words_are_an_agents_though_nothing_else_is_said_of_them() -> None:
    taken, words = parsed(body("Message", "Joao Lima", "Hello, how can I help?"))
    assert isinstance(words, AgentWrote)
    assert (words.item, words.text, words.author) == (None, "Hello, how can I help?", None)
    assert isinstance(taken, RoomTaken)
    assert (taken.agent, taken.key, taken.words) == (JOAO, None, words)


def test_words_of_nobody_in_particular_take_no_room() -> None:
    (words,) = parsed(body("Message", "", "Hello"))
    assert isinstance(words, AgentWrote)
    assert words.text == "Hello"


def test_a_queued_room_is_queued_unless_it_names_an_agent() -> None:
    (queued,) = parsed(body("LivechatSessionQueued"))
    assert isinstance(queued, RoomQueued)
    taken, noted = parsed(body("LivechatSessionQueued", "Joao Lima"))
    assert isinstance(noted, Noted)
    assert isinstance(taken, RoomTaken)
    assert (taken.agent, taken.told_by) == (JOAO, noted.key)


def test_a_taken_room_is_taken_by_whoever_is_named() -> None:
    (taken,) = parsed(body("LivechatSessionTaken", "Joao Lima"))
    (again,) = parsed(body("LivechatSessionTaken", "Joao Lima"))
    (later,) = parsed(body("LivechatSessionTaken", "Joao Lima", "Hello"))
    assert isinstance(taken, RoomTaken)
    assert isinstance(again, RoomTaken)
    assert isinstance(later, RoomTaken)
    assert taken.agent == JOAO
    assert taken.key == again.key != later.key
    (nobody,) = parsed(body("LivechatSessionTaken"))
    assert isinstance(nobody, Noted)
    assert nobody.reason == "no_agent"


def test_a_session_is_closed() -> None:
    (closed,) = parsed(body("LivechatSession"))
    assert isinstance(closed, RoomClosed)
    assert (closed.closer, closed.comment, closed.or_taken) == ("", "", None)


ADDRESSES = ["", "ana@example.org", [], [{}], [{"address": "ana@example.org"}], [{"phoneNumber": "+55"}], ["x", 7], {}]


@pytest.mark.parametrize("kind", ["Message", "LivechatSessionQueued", "LivechatSessionTaken", "LivechatSession"])
@pytest.mark.parametrize("address", [*ADDRESSES, None, 7, True])
def test_email_and_phone_may_be_anything(kind: str, address: object) -> None:
    alike = parsed(body(kind, "Joao Lima", "Hello"))
    found = parsed(body(kind, "Joao Lima", "Hello", email=address, phone=address))
    assert [type(event) for event in found] == [type(event) for event in alike]


@pytest.mark.parametrize("blocks", [[{"type": "actions"}], {"type": "actions"}, "[]", [7]])
@pytest.mark.parametrize("more", [{}, {"msg": "Call me"}, {"file": {"name": "a.png"}}, {"attachments": [{}]}])
def test_a_message_with_blocks_is_never_text(blocks: object, more: dict[str, object]) -> None:
    said = body("Message") | {"messages": [{**more, "blocks": blocks}]}
    (event,) = parsed(said)
    assert isinstance(event, Noted)
    assert event.reason == "blocks"


@pytest.mark.parametrize("blocks", [[], None, "", {}])
def test_no_blocks_are_no_reason(blocks: object) -> None:
    (event,) = parsed(body("Message") | {"messages": [{"msg": "Hello", "blocks": blocks}]})
    assert isinstance(event, AgentWrote)
    assert event.text == "Hello"
