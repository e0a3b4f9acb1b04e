"""The send URL takes any bytes: an event or one error, and words unchanged in each of courier's encodings."""

from html import escape
from urllib.parse import quote_plus, urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.clean import clean
from channel.core.errors import ProtocolError
from tests.rapidpro.test_wire_send import FORM, code_of, form, taken


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[1]", "unreadable_body"),
        (b'"text"', "unreadable_body"),
        (b"null", "unreadable_body"),
        (b'{"a":' * 100_000, "unreadable_body"),
        (b'{"id":true,"to":"t","text":"x"}', "missing_id"),
        (b'{"id":null,"to":"t","text":"x"}', "missing_id"),
        (b'{"id":{"a":1},"to":"t","text":"x"}', "missing_id"),
        (b'{"id":' + b"9" * 5000 + b',"to":"t","text":"x"}', "unreadable_body"),
        (b'{"id":' + b"9" * 300 + b',"to":"t","text":"x"}', "missing_id"),
        (b'{"id":1,"to":"t","text":null}', "missing_text"),
        (b'{"id":1,"to":1e999,"text":"x"}', "unreadable_body"),
        (b'{"id":1,"to":NaN,"text":"x"}', "unreadable_body"),
    ],
)
def test_json_that_says_nothing(body: bytes, code: str) -> None:
    assert code_of(content_type="application/json", body=body) == code


@pytest.mark.parametrize(
    "body",
    [
        b"<m><id>1</id>",
        b"<m>" * 1000,
        b'<!DOCTYPE m SYSTEM "http://127.0.0.1/x.dtd"><m/>',
        b'<?xml version="1.0" encoding="no-such"?>\xff<m',
        b"text",
    ],
)
def test_xml_that_cannot_be_taken(body: bytes) -> None:
    assert code_of(content_type="text/xml", body=body) == "unreadable_body"


def test_bounds() -> None:
    assert code_of(body=b"a=1&" * 1001 + form()) == "too_many_fields"
    assert code_of(query=b"a=1&" * 1001, body=form()) == "too_many_fields"
    assert code_of(content_type="text/xml", body=b"<m>" + b"<a/>" * 1001 + b"</m>") == "too_many_fields"
    assert code_of(content_type="text/xml", body=b"<m>" * 50_000) == "too_many_fields"
    assert code_of(content_type="text/xml", body=b"<m>" * 30_000 + b"</m>" * 30_000) == "too_many_fields"
    replies = b'{"quick_replies":["a"' + b',"a"' * 1000 + b"]}"
    assert code_of(content_type="application/json", body=replies) == "too_many_fields"
    assert code_of(body=form(id="x" * 256)) == "bad_id"
    assert code_of(body=form(id="a\nb")) == "bad_id"
    assert code_of(body=form(to="x" * 256)) == "bad_to"
    assert code_of(body=form(to="  ", to_no_plus="")) == "missing_to"
    assert taken(body=form(to="x" * 255, id="y" * 255)).message_id == "y" * 255


def test_what_postgres_refuses_is_replaced() -> None:
    assert taken(body=b"id=1&to=t&text=a%00b%FFc%ED%A0%80").text.startswith("ab\ufffdc\ufffd")
    assert taken(content_type="text/xml", body=b"<m><id>1</id><to>t</to><text>a\xffb</text></m>").text == "a\ufffdb"
    assert taken(content_type="application/json", body=b'{"id":1,"to":"t","text":"a\xff\\u0000"}').text == "a\ufffd"


@pytest.mark.parametrize("content_type", [FORM, "application/json", "text/xml", ""])
@settings(max_examples=200, deadline=None)
@given(query=st.binary(max_size=60), body=st.binary(max_size=200))
def test_any_bytes_give_an_event_or_one_error(content_type: str, query: bytes, body: bytes) -> None:
    only_event_or_error(query, content_type, body)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.binary(max_size=40))
def test_any_content_type_does(content_type: str, body: bytes) -> None:
    only_event_or_error(b"", content_type, body)


NAMES = st.sampled_from(["id", "uuid", "text", "to", "to_no_plus", "channel", "quick_replies", "quick_reply", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, JSON))
def test_any_json_object_does(given_object: dict[str, object]) -> None:
    body = msgspec.json.encode({key: value for key, value in given_object.items() if is_encodable(value)})
    only_event_or_error(b"", "application/json", body)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(NAMES, st.text())))
def test_any_form_and_any_xml_does(pairs: list[tuple[str, str]]) -> None:
    sayable = [(name, value.encode(errors="replace").decode()) for name, value in pairs]
    only_event_or_error(b"", FORM, urlencode(sayable).encode())
    markup = "".join(f"<{name}>{value}</{name}>" for name, value in sayable)
    only_event_or_error(b"", "text/xml", f"<m>{markup}</m>".encode())


def is_encodable(value: object) -> bool:
    try:
        msgspec.json.encode(value)
    except (msgspec.MsgspecError, ValueError, OverflowError):
        return False
    return True


def only_event_or_error(query: bytes, content_type: str, body: bytes) -> None:
    try:
        event = taken(query, content_type, body)
    except ProtocolError:
        return
    for text in (event.text, event.message_id, event.address.path, *event.quick_replies):
        assert clean(text) == text
    assert event.message_id
    assert event.address.path


def is_no_variable(text: str) -> bool:
    return not (text.startswith("{{") and text.endswith("}}"))


#: Everything that a contact can write: no surrogates, no NUL.
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)

#: Go's `xml.EscapeText` writes U+FFFD for what XML cannot say.
XML_WORDS = st.text(
    st.characters(
        exclude_categories=["Cs"],
        exclude_characters=[chr(code) for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)],
    ),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(WORDS.filter(is_no_variable))
def test_any_words_survive_a_form_and_a_query(text: str) -> None:
    encoded = f"id=1&to=t&text={go_query_escape(text)}".encode()
    assert taken(body=encoded).text == text
    assert taken(query=encoded).text == text


@settings(max_examples=200, deadline=None)
@given(WORDS.filter(is_no_variable))
def test_any_words_survive_json(text: str) -> None:
    body = f'{{"id":"1","to":"t","text":{go_json(text)}}}'.encode()
    assert taken(content_type="application/json", body=body).text == text


@settings(max_examples=200, deadline=None)
@given(XML_WORDS.filter(is_no_variable))
def test_any_words_survive_xml(text: str) -> None:
    body = f"<m><id>1</id><to>t</to><text>{go_xml(text)}</text></m>".encode()
    assert taken(content_type="text/xml; charset=utf-8", body=body).text == text


def go_query_escape(text: str) -> str:
    return quote_plus(text, safe="-_.~")


def go_json(text: str) -> str:
    encoded = msgspec.json.encode(text).decode()
    for character in "<>&\u2028\u2029":
        encoded = encoded.replace(character, f"\\u{ord(character):04x}")
    return encoded


def go_xml(text: str) -> str:
    escaped = escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;")
    for character, reference in (("\t", "&#x9;"), ("\n", "&#xA;"), ("\r", "&#xD;")):
        escaped = escaped.replace(character, reference)
    return escaped
