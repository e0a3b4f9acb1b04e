"""The live-agents API takes any bytes: a value or one error, and nothing that Postgres would refuse."""

import json
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.clean import clean
from channel.core.errors import ProtocolError
from channel.rapidpro.wire import flows
from tests.rapidpro.test_wire_flows import ANA, CHANNEL, LEGACY_BODY, OWN, URL, body

CASES = st.sampled_from(["\0", "\ud83d", f"image/jpeg:{URL}", f"Hi\n{URL}", "geo:1,2", "[]", "ext:a", ANA, "5", "por"])
TOLD = ["contact", "uuid", "name", "urn", "language", "fields", "department", "results", "clientmessage", "value"]
NAMES = st.sampled_from([*TOLD, "category", "input", "message", "text", "attachments", "content_type", "url", "run"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | CASES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_one_error(sent: bytes) -> None:
    only_a_value_or_an_error(sent)


@settings(max_examples=600, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_any_object_does(sent: dict[str, object]) -> None:
    only_a_value_or_an_error(json.dumps(sent).encode())
    only_a_value_or_an_error(json.dumps({**sent, "contact": {"uuid": ANA}, "satisfaction": "1"}).encode())


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 700), st.binary(max_size=8))
def test_any_damage_does(place: int, damage: bytes) -> None:
    whole = body(LEGACY_BODY)
    only_a_value_or_an_error(whole[:place] + damage + whole[place + 1 :])


def only_a_value_or_an_error(sent: bytes) -> None:
    try:
        asking = flows.register(CHANNEL, "ext", sent, own_id=OWN)
        event = flows.message(CHANNEL, "ext", sent, own_id=OWN)
    except ProtocolError:
        pass
    else:
        told = asking.introduced
        pairs = [*told.results, *told.fields]
        files = [part for file in event.attachments for part in (file.type, file.url)]
        texts = [event.text, told.name, told.department, told.flow, event.message_id, *files]
        texts += [text for pair in pairs for text in pair]
        assert all(clean(text) == text for text in texts)
    with suppress(ProtocolError):
        assert flows.rating(CHANNEL, ANA, sent).answers
