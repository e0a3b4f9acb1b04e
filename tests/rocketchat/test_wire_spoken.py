"""Whose words the messages of a `Message` webhook are, and what they hold."""

import pytest

from channel.core.events import AgentWrote, Attachment, Echoed, Event, Noted
from tests.rocketchat.test_wire_webhook import events


def of_message(message: object, **more: object) -> Event:
    visitor = {"token": "t", "username": "guest-1"}
    (event,) = events({"_id": "r", "type": "Message", "visitor": visitor, "messages": [message], **more})
    return event


def wrote(message: object) -> AgentWrote:
    event = of_message(message)
    assert isinstance(event, AgentWrote)
    return event


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"msg": "x", "username": "guest-1"}, Echoed),
        ({"msg": "x", "username": "guest-1", "agentId": "a"}, AgentWrote),
        ({"msg": "x", "username": "guest-2"}, AgentWrote),
        ({"msg": "x"}, AgentWrote),
        ({}, AgentWrote),
        ({"msg": "x", "username": "guest-1", "closingMessage": True}, Noted),
        ({"msg": "x", "username": "guest-1", "closingMessage": "yes"}, Echoed),
        ({"msg": "x", "t": "command", "agentId": "a"}, Noted),
        ({"navigation": {}, "agentId": "a"}, Noted),
        ("x", Noted),
        (None, Noted),
    ],
)
def test_whose_words(message: object, kind: type[Event]) -> None:
    assert type(of_message(message)) is kind


def test_without_the_visitors_username_nobody_is_the_visitor() -> None:
    (event,) = events({"_id": "r", "type": "Message", "visitor": {"token": "t"}, "messages": [{"username": "x"}]})
    assert isinstance(event, AgentWrote)


def test_two_messages_of_one_body_have_two_keys() -> None:
    closing = {"closingMessage": True}
    first, second = events({"_id": "r", "type": "Message", "messages": [closing, closing]})
    assert isinstance(first, Noted)
    assert isinstance(second, Noted)
    assert first.key != second.key


@pytest.mark.parametrize("messages", [None, [], {}, "x"])
def test_a_message_event_without_messages_is_noted(messages: object) -> None:
    (event,) = events({"_id": "r", "type": "Message", "messages": messages})
    assert isinstance(event, Noted)
    assert event.reason == "no_messages"


def test_times_are_kept_as_given_or_converted() -> None:
    assert wrote({"ts": "2024-10-10T12:00:00+02:00"}).said_at == "2024-10-10T12:00:00+02:00"
    assert wrote({"ts": {"$date": 1_700_000_000_123}}).said_at == "2023-11-14T22:13:20.123Z"
    assert wrote({"ts": "noon", "editedAt": {"$date": 10**18}}).said_at is None
    assert wrote({"ts": {"$date": True}, "editedAt": "2024-02-30T00:00:00Z"}).edited_at is None


def test_further_files_are_named_and_quotes_are_not() -> None:
    file = {"name": "a.pdf", "type": "application/pdf"}
    listed = [
        {"title_link": "/a.pdf"},
        {"title_link": "/b.jpg", "title": "b", "image_type": "image/jpeg"},
        {"text": "q"},
    ]
    first, second = wrote({"file": file, "attachments": listed}).attachments
    assert first == Attachment("application/pdf", "/a.pdf", "a.pdf")
    assert second == Attachment("image/jpeg", "/b.jpg", "b")
    assert wrote({"msg": "x", "attachments": [{"message_link": "/m", "text": "q"}]}).attachments == ()
