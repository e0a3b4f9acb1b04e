"""Every parser takes any bytes: a value or the one error, and never for long."""

from collections.abc import Callable
from contextlib import suppress
from time import process_time
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.errors import ProtocolError
from channel.core.limits import SEND_BYTES
from channel.rapidpro.wire import flows, send
from channel.rocketchat.wire import webhook
from tests import reading_samples as samples

CASES = 2000
#: of the processor's time, for one body
SECONDS = 0.25

CHANNEL = UUID("6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5")
Parse = Callable[[bytes], object]


def sent(content_type: str) -> Parse:
    return lambda body: send.parse(CHANNEL, query=b"", content_type=content_type, body=body)


#: what is never anything but a value or a ProtocolError
PARSERS: dict[str, Parse] = {
    "a form": sent("application/x-www-form-urlencoded"),
    "a query": lambda body: send.parse(CHANNEL, query=body, content_type="", body=b""),
    "JSON": sent("application/json"),
    "XML": sent("text/xml"),
    "a body of no kind": sent("multipart/form-data; boundary=x"),
    "registerClient": lambda body: flows.register(CHANNEL, "ext", body, own_id="own"),
    "sendMessageToAgent": lambda body: flows.message(CHANNEL, "ext", body, own_id="own"),
    "a survey": lambda body: flows.rating(CHANNEL, str(CHANNEL), body),
    "the webhook": lambda body: webhook.parse(CHANNEL, body),
    "sendMessageToClient": lambda body: webhook.parse(CHANNEL, body, live_agents=True),
}

DEEP = 50_000
#: what has broken parsers
TRAPS = [
    *(b"[" * DEEP, b'{"a":' * DEEP, b"<a>" * DEEP, b"<a>" * DEEP + b"</a>" * DEEP, b"&a=" * 2000, b"%" * 9999),
    *(b"1e999", b"-1e999", b"NaN", b"Infinity", b"9" * 5000, b"-" + b"9" * 5000, b"0." + b"1" * 5000, b"1e-9999"),
    *(
        b"\0",
        b"\\u0000",
        b"\\ud800",
        b"\\udfff\\ud83d",
        b"\xed\xa0\x80",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xf0\x9f\x98\x80",
    ),
    *(
        b"&#0;",
        b"&#xD800;",
        b"&lol;",
        b"&amp;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"<?xml version='1.0' encoding='utf-7'?>",
    ),
    b'<!DOCTYPE m [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><m><text>&b;</text></m>',
    b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><m><text>&x;</text></m>',
    *("e\u0301".encode() * 999, ("a" + "\u0301" * 9999).encode(), "\u202e\u2028\u2066".encode(), b"%00", b"%ED%A0%80"),
]
WORDS = [
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"=", b"&", b"<", b">", b"</", b"/>", b"<m>", b"</m>", b" "),
    *(b"id", b"uuid", b"text", b"to", b'"id":', b'"text":', b'"to":', b'"messages":', b'"_id":', b'"type":', b'"msg":'),
    *(
        b"<text>",
        b"</text>",
        b"<id>",
        b"</id>",
        b"{{text}}",
        b"true",
        b"null",
        b'"contact":',
        b'"results":',
        b'"value":',
    ),
    *(
        b'"visitor":',
        b'"token":',
        b'"Message"',
        b'"LivechatSession"',
        b'"r"',
        b'"ts":',
        b'{"$date":',
        b'"attachments":',
    ),
]
WHOLE = [
    *(samples.payload(f"rocketchat/{name}") for name in ("agent_wrote", "room_closed_by_agent", "bare_message")),
    b"id=1&uuid=1&text=Hello&to=ana&channel=x&session_status=W&quick_reply=Yes&quick_reply=No",
    b'{"id":1,"text":"Hello","to":"ana","quick_replies":["Yes","No"]}',
    b"<m><id>1</id><text>Hello</text><to>ana</to><quick_replies><item>Yes</item></quick_replies></m>",
    b'{"contact":{"name":"Ana","uuid":"6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"},"results":{"clientmessage":{"value":"Hi"}}}',
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """What is whole, with something else in one place."""
    body = draw(st.sampled_from(WHOLE))
    place, length = draw(st.integers(0, len(body))), draw(st.integers(0, 9))
    return body[:place] + draw(st.sampled_from([*TRAPS, *WORDS]) | st.binary(max_size=9)) + body[place + length :]


BODIES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from([*TRAPS, *WORDS]), max_size=12).map(b"".join),
    damaged(),
).map(lambda body: body[:SEND_BYTES])


def cost(parse: Parse, body: bytes) -> float:
    """Seconds of the processor's time; any error but the one fails."""
    began = process_time()
    with suppress(ProtocolError):
        parse(body)
    return process_time() - began


@pytest.mark.parametrize("name", PARSERS)
def test_any_bytes_are_a_value_or_one_error_and_soon(name: str) -> None:
    parse = PARSERS[name]
    slowest = 0.0

    @settings(max_examples=CASES, deadline=None, database=None)
    @given(BODIES)
    def any_bytes(body: bytes) -> None:
        nonlocal slowest
        seconds = cost(parse, body)
        if seconds > SECONDS / 5:  # a collection of this process's own garbage is not the body's cost
            seconds = min(seconds, cost(parse, body), cost(parse, body))
        slowest = max(slowest, seconds)

    any_bytes()
    print(f"{name}: {CASES} bodies, the slowest took {1000 * slowest:.0f} ms")
    assert slowest < SECONDS
