"""What we tell courier, and what its answers mean."""

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.errors import Ambiguous, DeliveryError, Refused, Rejected, Unavailable, Waiting
from channel.core.exchange import Exchange, Reply, Request
from channel.core.learned import Received, Reported
from channel.core.owed import Status
from channel.rapidpro.wire import courier
from tests import reading_samples as samples

CHANNEL = "7c1f2b9e-0d4a-4f6b-8a57-1e2d3c4b5a69"


def receive() -> Exchange[Received]:
    return courier.receive(CHANNEL, "visitor-42", "Hello from the agent", "2026-08-20T10:00:00.000Z")


def report() -> Exchange[Reported]:
    return courier.report(CHANNEL, "90211", Status.DELIVERED)


def failed(exchange: Exchange[object], reply: Reply) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        samples.have(exchange, reply)
    return error.value


def test_receive_posts_a_form_and_learns_the_uuid() -> None:
    had = samples.have(receive(), samples.answer("rapidpro/answer_received"))
    form = {"from": "visitor-42", "text": "Hello from the agent", "date": "2026-08-20T10:00:00.000Z"}
    assert had.asked == [Request("POST", f"/c/ex/{CHANNEL}/receive", form=form)]
    assert had.learned == Received("01a2b3d0-1111-7aaa-8bbb-0123456789ab")


@pytest.mark.parametrize("date", ["", "yesterday", "2026-08-20T10:00:00"])
def test_a_date_that_courier_would_refuse_is_left_out(date: str) -> None:
    exchange = courier.receive(UUID(CHANNEL.upper()), "v", "x", date)
    had = samples.have(exchange, samples.answer("rapidpro/answer_received"))
    assert had.asked == [Request("POST", f"/c/ex/{CHANNEL}/receive", form={"from": "v", "text": "x"})]


@pytest.mark.parametrize(
    "body",
    [b"", b"ok", b"{}", b"[]", b"null", b'{"data":{}}', b'{"data":[1]}', b'{"data":[{"msg_uuid":1}]}', b"[" * 99_999],
)
def test_an_answer_of_the_channels_own_has_no_uuid(body: bytes) -> None:
    assert samples.have(receive(), Reply(200, body)).learned == Received("")


@pytest.mark.parametrize("name", ["answer_status", "answer_status_10_3_20"])
def test_report_posts_the_id_under_the_one_name_that_every_version_reads(name: str) -> None:
    had = samples.have(report(), samples.answer(f"rapidpro/{name}"))
    assert had.asked == [Request("POST", f"/c/ex/{CHANNEL}/delivered", form={"id": "90211"})]
    assert had.learned == Reported()


@pytest.mark.parametrize("status", list(Status))
def test_each_status_has_its_url(status: Status) -> None:
    assert next(courier.report(CHANNEL, "1", status)).path == f"/c/ex/{CHANNEL}/{status.value}"


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("no_sender", Refused, "no_sender"),
        ("bad_date", Refused, "bad_date"),
        ("bad_number", Refused, "bad_urn"),
        ("bad_number_9_0", Refused, "bad_urn"),
        ("empty_urn", Refused, "bad_urn"),
        ("unknown_scheme", Refused, "bad_urn"),
        ("bad_path", Refused, "bad_urn"),
        ("long_path", Refused, "bad_urn"),
        ("wrong_type", Refused, "wrong_channel_type"),
        ("unknown_channel", Unavailable, "channel_not_found"),
        ("malformed_form", Unavailable, "http_400"),
        ("database", Unavailable, "http_400"),
        ("panic", Unavailable, "http_400"),
        ("no_id", Refused, "bad_id"),
        ("no_id_10_3_20", Refused, "bad_id"),
        ("id_not_uuid", Refused, "bad_id"),
        ("no_from", Unavailable, "http_400"),
    ],
)
def test_a_400_is_read_by_its_text(name: str, kind: type[DeliveryError], code: str) -> None:
    error = failed(receive(), samples.answer(f"rapidpro/refused_{name}", 400))
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (301, Unavailable, "http_301"),
        (400, Unavailable, "http_400"),
        (401, Unavailable, "http_401"),
        (403, Unavailable, "http_403"),
        (404, Rejected, "http_404"),
        (405, Rejected, "http_405"),
        (413, Rejected, "http_413"),
        (500, Unavailable, "http_500"),
        (502, Unavailable, "http_502"),
        (503, Unavailable, "http_503"),
        (504, Ambiguous, "gateway_timeout"),
    ],
)
def test_a_status_without_words(status: int, kind: type[DeliveryError], code: str) -> None:
    for exchange in (receive(), report()):
        error = failed(exchange, Reply(status, b"<html>"))
        assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(("name", "status"), [("refused_wrong_action", 404), ("refused_wrong_method", 405)])
def test_a_wrong_address_is_rejected_in_couriers_words(name: str, status: int) -> None:
    error = failed(receive(), samples.answer(f"rapidpro/{name}", status))
    assert isinstance(error, Rejected)
    assert "not" in error.message


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0", 1.0), ("", 30.0), ("soon", 30.0), ("²", 30.0), ("999999", 3600.0)]
)
def test_a_429_waits(header: str, seconds: float) -> None:
    error = failed(receive(), Reply(429, b"", {"retry-after": header}))
    assert isinstance(error, Waiting)
    assert error.seconds == seconds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-08-20T10:00:00Z", "2026-08-20T10:00:00Z"),
        ("2026-08-20T10:00:00.123Z", "2026-08-20T10:00:00.123Z"),
        ("2026-08-20T10:00:00+02:00", "2026-08-20T10:00:00+02:00"),
        ("2026-08-20t10:00:00z", "2026-08-20T10:00:00Z"),
        ("2026-08-20 10:00:00+0200", "2026-08-20T10:00:00+02:00"),
        ("2026-08-20T10:00:00.123456789012Z", "2026-08-20T10:00:00.123456789Z"),
        ("2026-08-20T10:00:00", ""),
        ("2026-08-20T10:00Z", ""),
        ("2026-02-30T10:00:00Z", ""),
        ("2026-08-20T10:00:60Z", ""),
        ("2026-08-20T10:00:00+99:00", ""),
        ("٢٠٢٦-08-20T10:00:00Z", ""),
        ("", ""),
    ],
)
def test_moments(text: str, moment: str) -> None:
    assert courier.rfc3339(text) == moment
    assert courier.rfc3339(moment) == moment


@settings(max_examples=300, deadline=None)
@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)", fullmatch=True))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    assert courier.rfc3339(courier.rfc3339(text)) == courier.rfc3339(text)


@settings(max_examples=300, deadline=None)
@given(st.integers(200, 599), st.binary(max_size=80), st.text(max_size=8))
def test_any_answer_is_learned_or_one_error(status: int, body: bytes, header: str) -> None:
    for exchange in (receive(), report()):
        with suppress(DeliveryError):
            samples.have(exchange, Reply(status, body, {"retry-after": header}))


def test_a_web_page_with_200_is_no_receipt() -> None:
    page = Reply(200, b"<!doctype html><h1>We will be back soon</h1>", {"content-type": "text/html; charset=utf-8"})
    error = failed(courier.receive(CHANNEL, "ana", "Hello", ""), page)
    assert isinstance(error, Ambiguous)
    assert error.code == "not_courier"
