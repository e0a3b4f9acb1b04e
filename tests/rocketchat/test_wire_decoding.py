"""A large body is read as a small one is, but for what nobody looks at."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core.errors import ProtocolError
from channel.core.packing import Packed, packed
from channel.rocketchat.wire import webhook
from channel.rocketchat.wire.decoding import latest_of, object_of
from tests.rocketchat.test_wire_webhook import WORKSPACE

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), values), values, st.integers(1, 4))
def test_of_a_list_the_latest_are_read_and_all_else_as_it_is(
    fields: dict[str, object], listed: object, most: int
) -> None:
    body = json.dumps(fields | {"messages": listed}).encode()
    whole = dict(object_of(body))
    if isinstance(whole["messages"], list):
        passed_over = max(0, len(whole["messages"]) - most)
        whole["messages"][:passed_over] = [None] * passed_over
    assert latest_of(body, "messages", most) == whole


@pytest.mark.parametrize(
    "body",
    [
        b'{"messages": [1, 2, {"msg": "a\\ud83d"}]}',
        b'{"messages": [1, 2, {"msg": "a\xff"}]}',
        b'{"\\ud83d": 1, "messages": [1, 2, 3]}',
    ],
)
def test_what_is_read_leniently_is_read_so_there_too(body: bytes) -> None:
    assert latest_of(body, "messages", 3) == object_of(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": NaN}', b'{"a": ' + b"[" * 100_000, b'{"messages": [1, 2'])
def test_what_is_no_object_is_none_there_either(body: bytes) -> None:
    for read in (object_of, lambda body: latest_of(body, "messages", 1)):
        with pytest.raises(ProtocolError):
            read(body)


def test_of_a_large_transcript_the_latest_words_are_taken_and_it_is_kept_packed() -> None:
    author = {"agentId": "a", "u": {"_id": "a", "username": "joao"}}
    said = [
        {**author, "_id": f"m{n}", "ts": f"2024-10-10T12:{n // 60 % 60:02}:{n % 60:02}.000Z", "msg": f"{n} " * 20}
        for n in range(3000)
    ]
    room = {"_id": "r", "type": "LivechatSession", "visitor": {"token": "t"}, "closer": "user", "messages": said}
    body = json.dumps(room).encode()
    assert len(body) > webhook.LARGE
    *words, close = webhook.parse(WORKSPACE, body)
    assert [getattr(each, "item", None) for each in words] == [f"m{n}" for n in range(2500, 3000)]
    raw = getattr(close, "raw", b"")
    assert isinstance(raw, Packed)
    assert raw == packed(body)
    assert packed(raw) is raw
