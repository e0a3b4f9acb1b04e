"""The webhook takes any bytes: events or one error, and words unchanged."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.addresses import ByRoom
from channel.core.clean import clean
from channel.core.errors import ProtocolError
from channel.core.events import AgentWrote, Event, RoomClosed, RoomTaken, WorkspaceNoted
from channel.rocketchat.wire import webhook
from tests import reading_samples as samples
from tests.rocketchat.test_wire_webhook import EVENTS, WORKSPACE


def test_what_postgres_refuses_is_replaced() -> None:
    body = b'{"_id":"r\\u0000","type":"Message","messages":[{"msg":"a\\ud83d b\\u0000\\ud83d\\ude00","_id":"\\u0000"}]}'
    (event,) = webhook.parse(WORKSPACE, body)
    assert isinstance(event, AgentWrote)
    assert (event.address.room, event.item, event.text) == ("r", None, "a\ufffd b😀")


def test_bytes_that_are_not_utf_8_are_replaced() -> None:
    (event,) = webhook.parse(WORKSPACE, b'{"_id":"r","type":"Message","messages":[{"msg":"a\xff"}]}')
    assert isinstance(event, AgentWrote)
    assert event.text == "a\ufffd"


def test_half_an_emoji_costs_no_room_its_transcript() -> None:
    said = b'{"_id":"m","ts":"2024-10-10T12:20:01.000Z","agentId":"a","u":{"_id":"a"},"msg":"a\\ud83d","\\ud800":1}'
    room = b'{"_id":"r","type":"LivechatSession","visitor":{"token":"t"},"closer":"user","messages":[' + said + b"]}"
    words, close = webhook.parse(WORKSPACE, room)
    assert isinstance(words, AgentWrote)
    assert words.text == "a\ufffd"
    assert json.loads(words.raw or b"") == json.loads(said)
    assert isinstance(close, RoomClosed)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"x"',
        b"\xff",
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"_id":"r","a":' + b"[" * 100_000,
        b'{"_id":"\\ud800","a":' + b"[" * 100_000,
        b'{"_id":"\\ud800","a":' + b"9" * 5000 + b"}",
        b'{"_id":"r","a":NaN}',
        b'{"_id":"r","a":1e999}',
        b'{"_id":7,"type":"Message"}',
        b'{"_id":"","type":"Message"}',
        b'{"_id":"\\u0000","type":"Message"}',
        b'{"_id":"' + b"r" * 256 + b'","type":"Message"}',
        b'{"_id":"r","type":"Message","messages":[{}' + b",{}" * 1000 + b"]}",
    ],
)
def test_what_cannot_be_read(body: bytes) -> None:
    with pytest.raises(ProtocolError) as unreadable:
        webhook.parse(WORKSPACE, body)
    assert unreadable.value.code == "unreadable"


def test_of_keys_given_twice_the_last_counts() -> None:
    (event,) = webhook.parse(WORKSPACE, b'{"_id":"r","_id":"s","type":"LivechatSessionStart"}')
    assert event.address == ByRoom(WORKSPACE, "s", None, from_rocketchat=False)


IDENTITIES = ["_id", "type", "visitor", "token", "username", "name", "agent", "servedBy", "u", "agentId", "closer"]
CONTENTS = ["ts", "messages", "msg", "editedAt", "closingMessage", "navigation", "blocks", "attachments", "t", "$date"]
KEYS = st.sampled_from([*IDENTITIES, *CONTENTS, "file", "fileUpload", "description", "title_link"])
WORDS = st.sampled_from([*EVENTS, "Message", "LivechatSession", "LivechatSessionTaken", "[]", "[{}]", "\0", "\ud83d"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=8),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_events_or_one_error(body: bytes) -> None:
    only_events_or_error(body)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_any_object_does(body: dict[str, object]) -> None:
    only_events_or_error(json.dumps(body).encode())
    only_events_or_error(json.dumps({"_id": "r", "type": "Message", "messages": [body]}).encode())


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(EVENTS)), st.integers(0, 3000), st.binary(max_size=8))
def test_any_damage_does(name: str, place: int, damage: bytes) -> None:
    body = samples.payload(f"rocketchat/{name}")
    only_events_or_error(body[:place] + damage + body[place + 1 :])


def only_events_or_error(body: bytes) -> None:
    try:
        found = webhook.parse(WORKSPACE, body)
    except ProtocolError as error:
        if error.code != "unreadable":
            raise
        return
    assert found
    assert all(clean(text) == text for text in texts(found))


def texts(found: list[Event]) -> list[str]:
    told_of: list[str | None] = []
    for event in found:
        if isinstance(event, AgentWrote):
            told_of += [event.text, event.item, event.said_at, event.edited_at]
            told_of += [part for each in event.attachments for part in (each.type, each.url, each.name)]
        elif not isinstance(event, (WorkspaceNoted, RoomTaken)):
            told_of.append(getattr(event, "key", None))
        agent = getattr(event, "agent", None) or getattr(event, "author", None)
        told_of += [agent.id, agent.username, agent.name] if agent else []
        address = event.address
        told_of += [address.room, address.token] if isinstance(address, ByRoom) else []
    return [text for text in told_of if text]


#: Everything that an agent can write: no surrogates, no NUL.
SAYABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)


@settings(max_examples=300, deadline=None)
@given(SAYABLE, st.booleans())
def test_any_words_survive(text: str, ascii_only: bool) -> None:
    body = {"_id": "r", "type": "Message", "messages": [{"msg": text}]}
    (event,) = webhook.parse(WORKSPACE, json.dumps(body, ensure_ascii=ascii_only).encode())
    assert isinstance(event, AgentWrote)
    assert event.text == text
