"""What RapidPro has failed of what it took, had with a pencil."""

from datetime import UTC, datetime
from typing import Any

import pytest

from channel.core.errors import Unavailable, Waiting
from channel.core.exchange import Reply, Request
from channel.rapidpro.wire import api_failed
from tests import reading_samples as samples
from tests.rapidpro.test_wire_api import failed, said
from tests.rapidpro.test_wire_api_messages import message

NOON = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)
FIRST = api_failed.first(NOON)


def page(*messages: dict[str, Any], following: str | None = None) -> Reply:
    return said({"next": following, "previous": None, "results": list(messages)})


def test_the_failed_folder_is_asked_for_from_a_time_on() -> None:
    had = samples.have(api_failed.failed(FIRST), page())
    query = {"folder": "failed", "after": "2026-08-20T12:00:00+00:00"}
    assert had.asked == [Request("GET", "/api/v2/messages.json", query=query)]
    assert (had.learned.names, had.learned.following) == (frozenset(), None)


def test_the_next_page_is_asked_for_as_rapidpro_says() -> None:
    following = "https://rp.example/api/v2/messages.json?cursor=c1&folder=failed"
    had = samples.have(api_failed.failed(FIRST), page(message("u1", status="failed"), following=following))
    assert had.learned.following == {"cursor": "c1", "folder": "failed"}


def test_a_message_is_known_by_all_its_names() -> None:
    old = message(status="failed", broadcast=12)
    del old["uuid"]
    new = message("u2", id=90213, status="failed")
    had = samples.have(api_failed.failed(FIRST), page(old, new))
    assert had.learned.names == {"90212", "broadcast:12", "u2", "90213"}


@pytest.mark.parametrize(
    "odd", [{"direction": "in"}, {"uuid": ["u1"], "id": {}, "broadcast": True}, {"uuid": "", "id": None}]
)
def test_what_is_no_name_is_none(odd: dict[str, Any]) -> None:
    assert samples.have(api_failed.failed(FIRST), page(message() | odd)).learned.names <= {"m1", "90212"}
    in_ = message() | {"direction": "in"}
    assert samples.have(api_failed.failed(FIRST), page(in_)).learned.names == frozenset()


@pytest.mark.parametrize(
    ("status", "went"),
    [
        *(("wired", True), ("sent", True), ("delivered", True), ("read", True)),
        *(("queued", False), ("errored", False), ("failed", False), (None, False), (["sent"], False)),
    ],
)
def test_has_a_message_gone_meanwhile(status: object, went: bool) -> None:
    had = samples.have(api_failed.went("u1"), page(message("u1", status=status)))
    assert had.asked == [Request("GET", "/api/v2/messages.json", query={"uuid": "u1"})]
    assert had.learned is went


def test_an_older_rapidpro_is_asked_by_number() -> None:
    had = samples.have(api_failed.went("90212"), page(message(status="sent")))
    assert had.asked == [Request("GET", "/api/v2/messages.json", query={"id": "90212"})]
    assert had.learned


def test_another_message_or_none_is_no_answer() -> None:
    assert not samples.have(api_failed.went("u1"), page()).learned
    assert not samples.have(api_failed.went("u1"), page(message("u9", id=1, status="sent"))).learned


def test_what_rapidpro_does_not_say_is_a_failure() -> None:
    assert isinstance(failed(api_failed.failed(FIRST), Reply(403, b"{}")), Unavailable)
    assert isinstance(failed(api_failed.failed(FIRST), Reply(429, b"{}", {"retry-after": "42"})), Waiting)
    assert isinstance(failed(api_failed.went("u1"), Reply(200, b"<html>")), Unavailable)
