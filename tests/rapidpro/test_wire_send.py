"""What courier renders, in each of its encodings, becomes one event or one error."""

from urllib.parse import urlencode
from uuid import UUID

import pytest

from channel.core.addresses import ByUrn
from channel.core.errors import ProtocolError
from channel.core.events import ContactWrote
from channel.rapidpro.wire import send
from tests import reading_samples as samples

CHANNEL = UUID("0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d")
RAPIDPRO_CHANNEL = "7c1f2b9e-0d4a-4f6b-8a57-1e2d3c4b5a69"
MESSAGE = "01a2b3c4-5d6e-7f80-9a1b-2c3d4e5f6071"
ODD = 'Ça va? 50% + "ok" <b>&\'\t\n😀~*'

FORM = "application/x-www-form-urlencoded"


def parsed(name: str) -> ContactWrote:
    sent = samples.request(f"rapidpro/{name}")
    content_type = sent.headers.get("content-type", "")
    return send.parse(CHANNEL, query=sent.query, content_type=content_type, body=sent.body)


def wrote(
    text: str = "Are you there?",
    *,
    to: str = "visitor-42",
    message_id: str = MESSAGE,
    replies: tuple[str, ...] = (),
    status: str = "",
    channel: str | None = None,
) -> ContactWrote:
    return ContactWrote(ByUrn(CHANNEL, to), message_id, text, b"", replies, status, channel)


def without_raw(event: ContactWrote) -> ContactWrote:
    return wrote(
        event.text,
        to=event.address.path,
        message_id=event.message_id,
        replies=event.quick_replies,
        status=event.session_status,
        channel=event.rapidpro_channel,
    )


YES_OR_NOT = ("Yes", "Not now")


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("send_urlencoded", wrote(replies=YES_OR_NOT, status="W", channel=RAPIDPRO_CHANNEL)),
        ("send_urlencoded_courier_10_3_20", wrote(message_id="90211", status="W", channel=RAPIDPRO_CHANNEL)),
        ("send_urlencoded_default_body", wrote(to="+250788123123", channel=RAPIDPRO_CHANNEL)),
        ("send_urlencoded_odd_characters", wrote(ODD)),
        ("send_urlencoded_empty_part", wrote("")),
        ("send_urlencoded_attachment_only", wrote("\nhttps://files.example.org/a/2.jpg")),
        ("send_urlencoded_unknown_quick_replies", wrote("Hi", message_id="90211")),
        ("send_json", wrote(replies=YES_OR_NOT, channel=RAPIDPRO_CHANNEL)),
        ("send_json_courier_10_3_20", wrote(message_id="90211", channel=RAPIDPRO_CHANNEL)),
        ("send_json_odd_characters", wrote(ODD)),
        ("send_json_numeric_id", wrote(message_id="90211", to="250788123123")),
        ("send_json_with_query", wrote(replies=("Yes",))),
        ("send_xml_put", wrote(replies=YES_OR_NOT)),
        ("send_xml_courier_template", wrote()),
        ("send_xml_odd_characters", wrote(ODD)),
        ("send_get", wrote(replies=YES_OR_NOT)),
        ("send_unescaped_literal_content_type", wrote()),
    ],
)
def test_a_sent_part_is_read(name: str, event: ContactWrote) -> None:
    assert without_raw(parsed(name)) == event


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("send_urlencoded_without_text", "missing_text"),
        ("send_urlencoded_without_to", "missing_to"),
        ("send_urlencoded_without_id", "missing_id"),
        ("send_redirected_to_get", "missing_text"),
        ("send_json_quoted_template", "unreadable_body"),
        ("send_json_corrupted_by_variable_in_text", "unreadable_body"),
        ("send_xml_entity_bomb", "unreadable_body"),
    ],
)
def test_what_cannot_be_read_says_what_the_template_should_hold(name: str, code: str) -> None:
    with pytest.raises(ProtocolError, match="template") as refused:
        parsed(name)
    assert refused.value.code == code


def test_every_send_sample_is_in_a_table() -> None:
    tables = (test_a_sent_part_is_read, test_what_cannot_be_read_says_what_the_template_should_hold)
    marks = (mark for table in tables for mark in getattr(table, "pytestmark", []))
    named = {case[0] for mark in marks for case in mark.args[1]}
    assert named == {path.stem for path in (samples.SAMPLES / "rapidpro").glob("*.http")}


def form(**changed: str) -> bytes:
    given = {"id": "1", "to": "visitor-42", "text": "Hi"} | changed
    return urlencode(given).encode()


def taken(query: bytes = b"", content_type: str = FORM, body: bytes = b"") -> ContactWrote:
    return send.parse(CHANNEL, query=query, content_type=content_type, body=body)


def code_of(query: bytes = b"", content_type: str = FORM, body: bytes = b"") -> str:
    with pytest.raises(ProtocolError) as refused:
        taken(query, content_type, body)
    return refused.value.code


def test_raw_is_query_and_body() -> None:
    assert taken(b"a=1", body=form()).raw == b"a=1\n" + form()
    assert taken(body=form()).raw == form()
    assert taken(query=form()).raw == form()


def test_the_body_wins_over_the_query_name_by_name() -> None:
    event = taken(b"id=2&text=old&session_status=C", body=form(text="new"))
    assert (event.message_id, event.text, event.session_status) == ("1", "new", "C")


def test_an_unfilled_variable_is_absent_and_braces_in_words_are_words() -> None:
    old = {"id": "{{id}}", "uuid": "u-1", "to": "{{to}}", "to_no_plus": "42", "channel": "{{channel}}"}
    event = taken(body=form(text="a {{b}} c", **old))
    assert (event.message_id, event.address.path, event.text) == ("u-1", "42", "a {{b}} c")
    assert code_of(body=form(text="{{text}}")) == "missing_text"


def test_a_channel_counts_only_as_a_uuid_in_lower_case() -> None:
    assert taken(body=form(channel=RAPIDPRO_CHANNEL.upper())).rapidpro_channel == RAPIDPRO_CHANNEL
    assert taken(body=form(channel="livechat")).rapidpro_channel is None


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "", "text/plain"])
def test_json_is_known_by_its_type_or_its_first_byte(content_type: str) -> None:
    assert taken(content_type=content_type, body=b' {"id":"1","to":"t","text":"x"}').text == "x"


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml", "application/soap+xml", "", "text/plain"])
def test_xml_is_known_by_its_type_or_its_first_byte(content_type: str) -> None:
    declared = '<?xml version="1.0" encoding="latin-1"?>'
    body = f'{declared}<x:m xmlns:x="urn:x"><x:id>1</x:id><to>t</to><text>é</text></x:m>'.encode()
    assert taken(content_type=content_type, body=body).text == "é"
