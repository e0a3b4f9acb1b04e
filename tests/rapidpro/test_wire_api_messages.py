"""Words through RapidPro's API, whether they have gone already, and what was said before."""

from datetime import UTC, datetime
from typing import Any

import pytest

from channel.core import limits
from channel.core.errors import Ambiguous, Refused, Rejected, Unavailable
from channel.core.exchange import Request
from channel.core.learned import Sent
from channel.core.past import PastMessage
from channel.rapidpro.wire import api_messages, asking
from tests import reading_samples as samples
from tests.rapidpro.test_wire_api import ANA, URN, failed, page, said

NOON = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)


def message(uuid: str = "m1", text: str = "Hello", **more: Any) -> dict[str, Any]:
    listed = {
        "uuid": uuid,
        "id": 90212,
        "contact": {"uuid": ANA, "name": "Ana"},
        "urn": URN,
        "channel": {"uuid": "c", "name": "WhatsApp"},
        "direction": "out",
        "status": "queued",
        "visibility": "visible",
        "text": text,
        "attachments": [],
        "created_on": "2026-08-20T12:00:00.000000Z",
        "broadcast": None,
    }
    return listed | more


@pytest.mark.parametrize("contact", [ANA, URN])
def test_a_message_is_sent_as_typed(contact: str) -> None:
    had = samples.have(api_messages.send_message(contact, "Hi @contact.name"), said(message("u1"), 201))
    body = {"contact": contact, "text": "Hi @contact.name"}
    assert had.asked == [Request("POST", "/api/v2/messages.json", json=body)]
    assert had.learned == Sent("u1")


def test_a_message_of_9_0_has_a_number_only() -> None:
    old = message()
    del old["uuid"]
    assert samples.have(api_messages.send_message(ANA, "Hello"), said(old, 201)).learned == Sent("90212")


@pytest.mark.parametrize(("changes", "words"), [({"channel": None, "urn": None}, "no channel"), ({}, "blocked")])
def test_a_message_made_as_failed_is_refused(changes: dict[str, Any], words: str) -> None:
    made = message(status="failed", **changes)
    error = failed(api_messages.send_message(ANA, "Hello"), said(made, 201))
    assert (type(error), error.code) == (Refused, "failed_in_rapidpro")
    assert words in error.message


@pytest.mark.parametrize("status", [404, 405])
def test_an_older_rapidpro_has_broadcasts_only(status: int) -> None:
    with pytest.raises(api_messages.NotOffered):
        samples.have(api_messages.send_message(ANA, "Hello"), said({"detail": 'Method "POST" not allowed.'}, status))


def test_a_created_object_without_a_name_may_be_a_message_or_not() -> None:
    for exchange in (api_messages.send_message(ANA, "Hello"), api_messages.send_broadcast(ANA, "Hello")):
        assert isinstance(failed(exchange, said({"status": "queued"}, 201)), Ambiguous)


@pytest.mark.parametrize(("anon", "code"), [(True, "no_contact_uuid"), (False, "no_such_contact")])
def test_nobody_of_this_address_is_another_thing_in_an_anonymous_workspace(anon: bool, code: str) -> None:
    unknown = said({"contact": [f"No such object: {URN}"]}, 400)
    workspace = said({"uuid": "w", "name": "Sandbox", "anon": anon})
    error = failed(api_messages.send_message(URN, "Hello"), unknown, workspace)
    assert (type(error), error.code) == (Refused, code)


def test_nobody_of_this_uuid_is_nobody() -> None:
    error = failed(api_messages.send_message(ANA, "Hello"), said({"contact": [f"No such object: {ANA}"]}, 400))
    assert (type(error), error.code) == (Refused, "no_such_contact")


@pytest.mark.parametrize(("contact", "key"), [(ANA, "contacts"), (URN, "urns")])
@pytest.mark.parametrize(("answer", "name"), [({"uuid": "b1"}, "broadcast:b1"), ({"id": 7}, "broadcast:7")])
def test_a_broadcast_is_evaluated_so_every_at_is_doubled(
    contact: str, key: str, answer: dict[str, Any], name: str
) -> None:
    had = samples.have(api_messages.send_broadcast(contact, "@contact.name a@b.org @@ @("), said(answer, 201))
    body = {key: [contact], "text": "@@contact.name a@@b.org @@@@ @@("}
    assert had.asked == [Request("POST", "/api/v2/broadcasts.json", json=body)]
    assert had.learned == Sent(name)


def sent(*listed: object, known: str = "", text: str = " Hello ") -> str | None:
    return samples.have(asking.was_sent(ANA, text, since=NOON, known=known), page(*listed)).learned


def test_it_is_looked_for_among_the_contacts_messages_since_half_a_minute_before() -> None:
    had = samples.have(asking.was_sent(ANA, "Hello", since=NOON, known=""), page(message("u1")))
    query = {"contact": ANA, "after": "2026-08-20T11:59:30+00:00"}
    assert had.asked == [Request("GET", "/api/v2/messages.json", query=query)]
    assert had.learned == "u1"


def test_it_is_found_however_much_was_said_since() -> None:
    """As after an outage of hours: 250 messages are a page, and the newest come first."""
    newer = said({"next": "https://flows.test/api/v2/messages.json?cursor=abc&contact=" + ANA, "results": [message()]})
    found = message("u1", "Bye", direction="in")
    had = samples.have(asking.arrived(ANA, URN, "Bye", said_at="", since=NOON, known=""), newer, page(found))
    assert (had.learned, had.asked[1].query) == ("u1", {"cursor": "abc", "contact": ANA})
    assert samples.have(asking.was_sent(ANA, "Bye", since=NOON, known=""), newer, page(found)).learned is None


def test_nobody_knows_where_rapidpro_lists_without_end() -> None:
    endless = said({"next": "https://flows.test/api/v2/messages.json?cursor=abc", "results": [message()]})
    exchange = asking.arrived(ANA, URN, "Bye", said_at="", since=NOON, known="")
    assert isinstance(failed(exchange, *[endless] * limits.ASKED_PAGES), Unavailable)


def test_by_urn_the_contact_is_looked_up_first() -> None:
    exchange = asking.was_sent(URN, "Hello", since=NOON, known="")
    had = samples.have(exchange, page({"uuid": ANA}), page(message("u1")))
    assert [request.query.get("contact", request.query.get("urn")) for request in had.asked] == [URN, ANA]
    assert samples.have(asking.was_sent(URN, "Hello", since=NOON, known=""), page()).learned is None


@pytest.mark.parametrize(
    ("listed", "known", "found"),
    [
        ([], "", None),
        ([message("u1")], "", "u1"),
        ([message("u1", " Hello\n")], "", "u1"),
        ([message("u1", "Bye")], "", None),
        ([message("u1", direction="in")], "", None),
        ([message("u1")], "u1", None),
        ([{**message(), "uuid": None}], "90212", None),
        ([{**message(), "uuid": None}], "90211", "90212"),
        ([message("u2", broadcast=7)], "broadcast:7", None),
        ([message("u2"), message("u1")], "u1", "u2"),
        # equal words, then others, then equal ones of which nobody knows: the first ones are not these
        ([message("u2", "Bye"), message("u1")], "u2", None),
        ([message("u3"), message("u2", "Bye"), message("u1")], "u2", "u3"),
        ([None, 7, {}], "", None),
    ],
)
def test_which_of_the_listed_messages_it_is(listed: list[Any], known: str, found: str | None) -> None:
    assert sent(*listed, known=known) == found


def test_a_message_found_as_failed_is_refused() -> None:
    error = failed(asking.was_sent(ANA, "Hello", since=NOON, known=""), page(message(status="failed")))
    assert error.code == "failed_in_rapidpro"


def test_a_token_that_is_not_taken_can_be_put_right_but_courier_has_another_way() -> None:
    refused = said({"detail": "Invalid token"}, 403)
    assert isinstance(failed(asking.was_sent(ANA, "Hello", since=NOON, known=""), refused), Unavailable)
    arrived = asking.arrived(ANA, URN, "Hello", said_at="", since=NOON, known="")
    assert isinstance(failed(arrived, refused), Rejected)


def test_the_last_messages_come_oldest_first() -> None:
    photo = [{"content_type": "image/jpeg", "url": "https://x.test/1.jpg"}, {"content_type": "x"}]
    listed = (
        message("m6", "lost", status="failed"),
        message("m5", "deleted", visibility="deleted-by-sender"),
        message("m4", "", attachments=photo, direction="in", status="handled"),
        message("m3", "", attachments=[]),
        message("m2", "Which one?"),
        message("m1", "help", direction="in", status="handled"),
        message("m0", "long ago"),
    )
    had = samples.have(api_messages.last_messages(ANA, 3), page(*listed))
    assert had.asked == [Request("GET", "/api/v2/messages.json", query={"contact": ANA})]
    at = "2026-08-20T12:00:00.000000Z"
    assert had.learned == (
        PastMessage(True, "help", (), at),
        PastMessage(False, "Which one?", (), at),
        PastMessage(True, "", ("https://x.test/1.jpg",), at),
    )
