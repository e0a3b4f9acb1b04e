"""Posting once, whatever the answers say."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.errors import (
    Ambiguous,
    ChannelError,
    DeliveryError,
    Refused,
    Rejected,
    RoomGone,
    Unavailable,
    VisitorGone,
    Waiting,
)
from channel.core.exchange import Exchange, Reply, Request
from channel.core.learned import Posted
from channel.rocketchat.wire import posting
from tests import reading_samples as samples

TOKEN = "rp-7f0c1f52-1d55-4a0e-9a5e-0d3a1c9be111"
ROOM = "rM4kTz8QwX2nLpV6s"
OTHER = "rN7wQz3KxT8mLpV2b"
MESSAGE = "rpmsg-0000000000000123"
TEXT = "Hello from the contact"

BODY = {"token": TOKEN, "rid": ROOM, "_id": MESSAGE, "msg": TEXT}
POST = Request("POST", "/api/v1/livechat/message", json=BODY)
STORED = samples.answer("rocketchat/answer_message")
STORED_ELSEWHERE = samples.answer("rocketchat/answer_message_in_other_room")
ABSENT = samples.answer("rocketchat/refused_invalid_message_shape_2", 400)
NO_ROOM = samples.answer("rocketchat/refused_invalid_room_shape_2", 400)


#: the `ts` of the sample's message
AT = "2024-10-10T12:00:05.000Z"


def ask(room: str) -> Request:
    return Request("GET", f"/api/v1/livechat/message/{MESSAGE}", query={"token": TOKEN, "rid": room})


def post(doubted: str | None = None) -> Exchange[Posted]:
    return posting.post(TOKEN, ROOM, MESSAGE, TEXT, doubted_room=doubted)


def failed(exchange: Exchange[Posted], *replies: Reply) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        samples.have(exchange, *replies)
    return error.value


def refused(name: str, status: int = 400) -> Reply:
    return samples.answer(f"rocketchat/refused_{name}", status)


def test_stored() -> None:
    had = samples.have(post(), STORED)
    assert (had.asked, had.learned) == ([POST], Posted(ROOM, AT))


def test_a_room_that_closed_meanwhile_is_left_for_the_one_the_words_are_in() -> None:
    assert samples.have(post(), STORED_ELSEWHERE).learned == Posted(OTHER, AT)


def test_in_doubt_it_is_asked_first_and_found() -> None:
    had = samples.have(post(OTHER), STORED_ELSEWHERE)
    assert (had.asked, had.learned) == ([ask(OTHER)], Posted(OTHER, AT))


@pytest.mark.parametrize("absent", [ABSENT, NO_ROOM])
def test_in_doubt_it_is_asked_first_and_posted(absent: Reply) -> None:
    had = samples.have(post(OTHER), absent, STORED)
    assert (had.asked, had.learned) == ([ask(OTHER), POST], Posted(ROOM, AT))


def test_in_doubt_nothing_is_posted_while_nobody_can_say() -> None:
    assert isinstance(failed(post(OTHER), Reply(502, b"<html>")), Unavailable)
    assert isinstance(failed(post(OTHER), refused("limited", 429)), Waiting)
    assert isinstance(failed(post(OTHER), refused("invalid_token_shape_2")), VisitorGone)
    assert isinstance(failed(post(OTHER), refused("invalid_params_shape_4")), Rejected)


UNTOLD = [
    refused("nothing_shape_6"),
    refused("duplicate_id_6"),
    refused("duplicate_key"),
    Reply(200, b'{"success":true}'),
    Reply(200, b'{"message":{"_id":"somebody-elses","rid":"r"},"success":true}'),
]


@pytest.mark.parametrize("untold", UNTOLD)
def test_an_answer_to_a_repeat_is_looked_into(untold: Reply) -> None:
    had = samples.have(post(), untold, STORED)
    assert (had.asked, had.learned) == ([POST, ask(ROOM)], Posted(ROOM, AT))
    assert samples.have(post(), untold, Reply(200, b'{"message":{},"success":true}')).learned == Posted(ROOM)


@pytest.mark.parametrize("untold", UNTOLD)
def test_what_is_not_there_was_not_stored(untold: Reply) -> None:
    error = failed(post(), untold, ABSENT)
    assert (type(error), error.code) == (Rejected, "not_stored")


@pytest.mark.parametrize(
    "blind", [Reply(502, b""), NO_ROOM, refused("limited", 429), Reply(200, b'{"success":true}'), Reply(200, b"")]
)
def test_what_cannot_be_looked_into_stays_in_doubt(blind: Reply) -> None:
    error = failed(post(), refused("duplicate_id_6"), blind)
    assert (type(error), error.code) == (Ambiguous, "unconfirmed")


@pytest.mark.parametrize(
    "silent",
    [
        Reply(500, b'{"success":false}'),
        Reply(502, b"<html>"),
        Reply(504, b""),
        Reply(200, b"<html>"),
        Reply(200, b"[]"),
        Reply(400, b"<html>"),
    ],
)
def test_no_outcome_is_in_doubt(silent: Reply) -> None:
    error = failed(post(), silent)
    assert (type(error), error.code) == (Ambiguous, "no_answer")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused("room_closed_shape_2"), RoomGone),
        (refused("invalid_room_shape_2"), RoomGone),
        (refused("invalid_token_shape_3"), VisitorGone),
        (refused("too_long_shape_2"), Refused),
        (refused("limited", 429), Waiting),
        (refused("disabled"), Unavailable),
        (refused("match_error_shape_1"), Rejected),
        (refused("upload_disabled"), Rejected),
        (refused("app_prevented_7"), Rejected),
        (refused("login_needed_6", 401), Unavailable),
        (Reply(404, b"<html>"), Unavailable),
        (Reply(302, b""), Unavailable),
    ],
)
def test_a_refusal_is_what_it_says(answer: Reply, kind: type[DeliveryError]) -> None:
    assert type(failed(post(), answer)) is kind


REPLIES = st.builds(Reply, st.sampled_from([200, 302, 400, 401, 404, 429, 500, 503]), st.binary(max_size=20)) | (
    st.sampled_from([STORED, STORED_ELSEWHERE, ABSENT, NO_ROOM, *UNTOLD])
)


@settings(max_examples=300, deadline=None)
@given(st.booleans(), REPLIES, REPLIES, REPLIES)
def test_any_answers_end_in_one_room_or_one_error(in_doubt: bool, first: Reply, second: Reply, third: Reply) -> None:
    exchange = post(OTHER if in_doubt else None)
    replies = iter((first, second, third))
    asked = [next(exchange)]
    with suppress(ChannelError):
        try:
            while True:
                asked.append(exchange.send(next(replies)))
        except StopIteration as done:
            assert isinstance(done.value, Posted)  # noqa: PT017
    assert sum(request.method == "POST" for request in asked) <= 1
