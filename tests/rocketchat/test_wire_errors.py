"""Six shapes of refusal, and what each means for a delivery."""

import json
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core import limits
from channel.core.errors import DeliveryError, Refused, Rejected, RoomGone, Unavailable, VisitorGone, Waiting
from channel.core.exchange import Reply
from channel.rocketchat.wire import errors
from tests import reading_samples as samples

DATE = "Thu, 10 Oct 2024 12:00:00 GMT"
AT_NOON = 1_728_561_600_000
TOKEN = "rp-7f0c1f52-1d55-4a0e-9a5e-0d3a1c9be111"

#: sample, status: consequence, code
MEANINGS: dict[tuple[str, int], tuple[type[DeliveryError], str]] = {
    ("no_agents_shape_1", 400): (Waiting, "no_agents"),
    ("no_agents_shape_3", 400): (Waiting, "no_agents"),
    ("agent_not_found", 400): (Waiting, "no_agents"),
    ("limited", 429): (Waiting, "limited"),
    ("limited_with_type", 429): (Waiting, "limited"),
    ("invalid_token_shape_2", 400): (VisitorGone, "invalid-token"),
    ("invalid_token_shape_3", 400): (VisitorGone, "invalid-token"),
    ("invalid_token_8", 400): (VisitorGone, "invalid-token"),
    ("room_closed_shape_2", 400): (RoomGone, "room-closed"),
    ("invalid_room_shape_2", 400): (RoomGone, "invalid-room"),
    ("too_long_shape_2", 400): (Refused, "message-length-exceeds-character-limit"),
    ("invalid_department", 400): (Refused, "error-invalid-department"),
    ("invalid_department_7_10", 400): (Refused, "error-invalid-department"),
    ("blocked_7", 400): (Refused, "error-contact-channel-blocked"),
    ("disabled", 400): (Unavailable, "error-omnichannel-is-disabled"),
    ("duplicate_key", 400): (Unavailable, "duplicate_key"),
    ("start_failed_8", 400): (Unavailable, "error-failed-to-start-conversation"),
    ("close_again", 400): (Unavailable, "error-room-cannot-be-closed-try-again"),
    ("login_needed_6", 401): (Unavailable, "http_401"),
    ("login_needed_8", 401): (Unavailable, "http_401"),
    ("forbidden", 403): (Unavailable, "http_403"),
    ("upload_unauthorized", 403): (Unavailable, "http_403"),
    ("wrong_method_6", 405): (Unavailable, "http_405"),
    ("match_error_shape_1", 400): (Rejected, "unknown"),
    ("match_error_shape_5", 400): (Rejected, "unknown"),
    ("nothing_shape_6", 400): (Rejected, "unknown"),
    ("duplicate_id_6", 400): (Rejected, "unknown"),
    ("invalid_message_shape_2", 400): (Rejected, "invalid-message"),
    ("invalid_params_shape_4", 400): (Rejected, "invalid-params"),
    ("two_invalid_params_shape_4", 400): (Rejected, "invalid-params"),
    ("invalid_params_shape_4b", 400): (Rejected, "error-invalid-params"),
    ("open_rooms", 400): (Rejected, "visitor-has-open-rooms"),
    ("app_prevented_7", 400): (Rejected, "error-app-prevented"),
    ("invalid_agent", 400): (Rejected, "invalid-agent"),
    ("upload_disabled", 400): (Rejected, "unknown"),
    ("upload_type", 400): (Rejected, "unknown"),
    ("upload_size", 400): (Rejected, "unknown"),
    ("webhook_test_failed", 400): (Rejected, "error-invalid-webhook-response"),
}


@pytest.mark.parametrize(("name", "status"), MEANINGS)
def test_a_refusal_has_its_consequence(name: str, status: int) -> None:
    error = errors.failure(samples.answer(f"rocketchat/refused_{name}", status))
    assert (type(error), error.code) == MEANINGS[name, status]
    assert TOKEN not in error.message


def test_every_refusal_sample_is_in_the_table() -> None:
    stems = {path.stem for path in (samples.SAMPLES / "rocketchat").glob("refused_*.json")}
    assert stems == {f"refused_{name}" for name, _ in MEANINGS}


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, b"<html>", "no_json"),
        (200, b"[]", "no_json"),
        (201, b"{}", "http_201"),
        (302, b"", "http_302"),
        (400, b"<html>", "no_json"),
        (400, b"[" * 99_999, "no_json"),
        (404, b"<html>", "http_404"),
        (413, b"<html>", "http_413"),
        (500, b'{"success":false,"error":"room-closed"}', "http_500"),
        (502, b"<html>", "http_502"),
    ],
)
def test_an_answer_from_something_else_is_tried_again(status: int, body: bytes, code: str) -> None:
    error = errors.failure(Reply(status, body))
    assert (type(error), error.code) == (Unavailable, code)


def test_a_success_that_says_it_is_none_is_none() -> None:
    with pytest.raises(RoomGone):
        errors.answered(Reply(200, b'{"success":false,"error":"room-closed"}'))
    assert errors.answered(Reply(200, b'{"success":true,"x":1}')) == {"success": True, "x": 1}


def test_nobody_there_waits_for_an_agent() -> None:
    error = errors.failure(samples.answer("rocketchat/refused_no_agents_shape_3", 400))
    assert isinstance(error, Waiting)
    assert error.seconds == limits.NO_AGENT_WAIT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": str(AT_NOON + 17_500), "date": DATE}, 17.5),
        ({"x-ratelimit-reset": str(AT_NOON), "date": DATE}, 1.0),
        ({"x-ratelimit-reset": str(AT_NOON - 1), "date": DATE}, 42.0),
        ({"x-ratelimit-reset": str(AT_NOON * 10), "date": DATE}, 42.0),
        ({"x-ratelimit-reset": str(AT_NOON + 17_500)}, 42.0),
        ({"x-ratelimit-reset": str(AT_NOON), "date": "noon"}, 42.0),
        ({"x-ratelimit-reset": "9" * 5000, "date": DATE}, 42.0),
        ({"x-ratelimit-reset": str(AT_NOON + 2000), "date": "Thu, 10 Oct 2024 12:00:00 -0000"}, 2.0),
        ({}, 42.0),
    ],
)
def test_the_limiter_says_how_long(headers: Mapping[str, str], seconds: float) -> None:
    error = errors.failure(samples.answer("rocketchat/refused_limited", 429, headers))
    assert isinstance(error, Waiting)
    assert error.seconds == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error":"slow down"}'])
def test_a_limiter_that_says_nothing_waits_a_minute(body: bytes) -> None:
    error = errors.failure(Reply(429, body))
    assert isinstance(error, Waiting)
    assert error.seconds == 60.0


def test_a_message_of_ours_is_short_and_without_the_key_that_was_taken_twice() -> None:
    error = errors.failure(Reply(400, json.dumps({"error": "no " * 500}).encode()))
    assert len(error.message) < 250
    assert "dup key" not in errors.failure(samples.answer("rocketchat/refused_duplicate_key", 400)).message


SHAPES = st.dictionaries(
    st.sampled_from(["error", "errorType", "message", "reason", "success", "details"]),
    st.none() | st.booleans() | st.text(max_size=30) | st.sampled_from(["[room-closed]", "E11000", "]["]),
)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(100, 599),
    st.binary(max_size=60) | SHAPES.map(lambda shape: json.dumps(shape).encode()),
    st.dictionaries(st.sampled_from(["date", "x-ratelimit-reset"]), st.text(max_size=20)),
)
def test_any_answer_means_one_thing(status: int, body: bytes, headers: dict[str, str]) -> None:
    error = errors.failure(Reply(status, body, headers))
    assert error.code
    assert len(error.message) < 300
    with suppress(DeliveryError):
        errors.answered(Reply(status, body, headers))
