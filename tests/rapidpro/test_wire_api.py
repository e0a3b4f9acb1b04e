"""RapidPro's API: what its answers mean, contacts, and the workspace."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.errors import Ambiguous, DeliveryError, Refused, Rejected, Unavailable, Waiting
from channel.core.exchange import Exchange, Reply, Request
from channel.core.learned import ContactRead, Reported
from channel.rapidpro.wire import api, api_contacts, api_messages, api_workspace
from tests import reading_samples as samples

ANA = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
FLOW = "11112222-3333-4444-8555-666677778888"
URN = "whatsapp:5511988887777"


def said(body: object, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(body).encode(), headers)


def page(*results: object) -> Reply:
    return said({"next": None, "previous": None, "results": results})


def failed(exchange: Exchange[Any], *replies: Reply) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        samples.have(exchange, *replies)
    return error.value


def reads() -> Exchange[Any]:
    return api_contacts.read_contact(ANA)


def starts() -> Exchange[Any]:
    return api_contacts.start_flow(ANA, FLOW, ())


def sends() -> Exchange[Any]:
    return api_messages.send_message(ANA, "Hello")


def broadcasts() -> Exchange[Any]:
    return api_messages.send_broadcast(ANA, "Hello")


@pytest.mark.parametrize(
    ("status", "reading", "making", "code"),
    [
        (301, Unavailable, Unavailable, "api_301"),
        (401, Unavailable, Unavailable, "api_token_refused"),
        (403, Unavailable, Unavailable, "api_token_refused"),
        (400, Rejected, Rejected, "api_400"),
        (409, Rejected, Rejected, "api_409"),
        (413, Rejected, Rejected, "api_413"),
        (500, Unavailable, Ambiguous, "api_500"),
        (502, Unavailable, Ambiguous, "api_502"),
        (503, Unavailable, Unavailable, "api_503"),
        (504, Unavailable, Ambiguous, "api_504"),
        (520, Unavailable, Ambiguous, "api_520"),
        (200, Unavailable, Ambiguous, "api_unreadable"),
        (201, Unavailable, Ambiguous, "api_unreadable"),
    ],
)
def test_a_web_page_with_this_status(
    status: int, reading: type[DeliveryError], making: type[DeliveryError], code: str
) -> None:
    for exchange, kind in ((reads(), reading), (starts(), making), (sends(), making), (broadcasts(), making)):
        error = failed(exchange, Reply(status, b"<html>We will be back soon</html>", {"content-type": "text/html"}))
        assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize("body", [b"", b'{"uuid":"01a2', b"[]", b"null", b"7", b"\xff", b"[" * 99_999])
def test_an_answer_that_is_cut_short_or_something_else_may_have_been_made(body: bytes) -> None:
    for exchange in (sends(), broadcasts(), starts()):
        assert isinstance(failed(exchange, Reply(201, body)), Ambiguous)
    assert isinstance(failed(reads(), Reply(200, body)), Unavailable)


@pytest.mark.parametrize("body", [{"results": {}}, {"results": "all of them"}])
def test_a_list_that_is_none_is_unreadable(body: object) -> None:
    assert failed(reads(), said(body)).code == "api_unreadable"


@pytest.mark.parametrize("make", [reads, starts, sends, broadcasts])
def test_a_throttle_is_waited_out(make: Callable[[], Exchange[Any]]) -> None:
    throttled = said(
        {"detail": "Request was throttled. Expected available in 42 seconds."}, 429, **{"retry-after": "42"}
    )
    error = failed(make(), throttled)
    assert isinstance(error, Waiting)
    assert (error.code, error.seconds) == ("throttled", 42.0)


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"contact": ["No such object: whatsapp:5511988887777"]}, Refused, "no_such_contact"),
        ({"contacts": {"0": ["No such object: x"]}}, Refused, "no_such_contact"),
        ({"urns": {"0": ["Invalid URN: tel:1. Ensure phone numbers contain country codes."]}}, Refused, "bad_urn"),
        ({"group": ["No such object: Live chat"]}, Refused, "no_such_group"),
        ({"flow": ["No such object: x"]}, Refused, "no_such_flow"),
        ({"text": ["Ensure this field has no more than 640 characters."]}, Refused, "too_long_for_api"),
        ({"text": ["Ensure translations have no more than 640 characters."]}, Refused, "too_long_for_api"),
        ({"detail": "URN lookups not allowed for anonymous organizations"}, Refused, "no_contact_uuid"),
        ({"non_field_errors": ["Sorry, your workspace is currently flagged."]}, Unavailable, "workspace_stopped"),
        ({"text": ["This field may not be blank."]}, Rejected, "api_400"),
        ({"colour": 7}, Rejected, "api_400"),
        ({}, Rejected, "api_400"),
    ],
)
def test_a_400_is_read_by_its_fields(body: object, kind: type[DeliveryError], code: str) -> None:
    error = failed(starts(), said(body, 400))
    assert (type(error), error.code) == (kind, code)
    assert "5511988887777" not in error.message


@pytest.mark.parametrize(("contact", "key"), [(ANA, "uuid"), (URN, "urn")])
def test_a_contact_is_read(contact: str, key: str) -> None:
    found = {
        "uuid": ANA,
        "name": "Ana",
        "language": "por",
        "fields": {"age": "7", "weight": 3.5, "city": None, "odd": ["x"], "sure": True},
    }
    had = samples.have(api_contacts.read_contact(contact), page(found))
    assert had.asked == [Request("GET", "/api/v2/contacts.json", query={key: contact})]
    assert had.learned == ContactRead(ANA, "Ana", "por", (("age", "7"), ("weight", "3.5")))


def test_a_contact_without_name_and_language_and_one_who_is_not_there() -> None:
    nameless = {"uuid": ANA, "name": None, "language": None, "fields": None}
    assert samples.have(reads(), page(nameless)).learned == ContactRead(ANA)
    assert samples.have(reads(), page()).learned is None


@pytest.mark.parametrize("contact", [ANA, URN])
def test_a_contact_leaves_a_group(contact: str) -> None:
    had = samples.have(api_contacts.leave_group(contact, "Live chat"), Reply(204, b""))
    body = {"contacts": [contact], "action": "remove", "group": "Live chat"}
    assert had.asked == [Request("POST", "/api/v2/contact_actions.json", json=body)]
    assert had.learned == Reported()


@pytest.mark.parametrize(("contact", "key"), [(ANA, "contacts"), (URN, "urns")])
def test_a_flow_is_started_with_params_as_old_versions_take_them(contact: str, key: str) -> None:
    params = (("reason", "closed"), ("Agent Name", "Bea"), ("note", "x" * 641))
    had = samples.have(api_contacts.start_flow(contact, FLOW, params), said({"uuid": "s"}, 201))
    named = {"reason": "closed", "agent_name": "Bea", "note": "x" * 640}
    assert had.asked == [
        Request("POST", "/api/v2/flow_starts.json", json={"flow": FLOW, key: [contact], "params": named})
    ]
    assert had.learned == Reported()


@pytest.mark.parametrize(
    ("flow", "inside"),
    [({"uuid": FLOW.upper(), "name": "Survey"}, True), ({"uuid": ANA, "name": "Other"}, False), (None, False)],
)
def test_which_flow_the_contact_is_in(flow: object, inside: bool) -> None:
    assert samples.have(api_contacts.is_in_flow(ANA, FLOW), page({"uuid": ANA, "flow": flow})).learned is inside


def test_the_workspace_and_its_channels() -> None:
    had = samples.have(api_workspace.workspace(), said({"uuid": "w", "name": "Sandbox", "anon": True}))
    assert had.asked == [Request("GET", "/api/v2/workspace.json")]
    assert had.learned == api_workspace.RapidProWorkspace("w", "Sandbox", anonymous=True)
    listed = page({"uuid": ANA, "name": "Live agents", "type": "external"})
    channel = samples.have(api_workspace.find_channel(ANA.upper()), listed).learned
    assert channel == api_workspace.ListedChannel(ANA, "Live agents", "external")
    assert samples.have(api_workspace.find_channel(FLOW), listed).learned is None


@settings(max_examples=300, deadline=None)
@given(
    st.integers(200, 599),
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["results", "uuid", "id", "contact", "text", "flow", "status"]), inner)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)
def test_any_answer_is_learned_or_one_error(status: int, body: bytes) -> None:
    for exchange in (reads(), starts(), sends(), broadcasts(), api_messages.last_messages(ANA, 3)):
        with suppress(DeliveryError, api_messages.NotOffered):
            samples.have(exchange, Reply(status, body))


def test_a_name_is_the_uuid_or_the_number() -> None:
    assert api.name_of({"uuid": "u", "id": 7}) == "u"
    assert api.name_of({"id": 7}) == "7"
    assert api.name_of({"uuid": None, "id": True}) == ""
