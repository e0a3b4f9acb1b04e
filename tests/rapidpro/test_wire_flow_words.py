"""What the contact wrote is found whole, wherever a flow puts it, and files are known from words."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.cutting import is_blank
from channel.core.events import Attachment, ContactSaid
from channel.rapidpro.wire import flows
from channel.rapidpro.wire.flow_words import Words

CHANNEL = UUID("0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d")
ANA = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
URL = "https://files.test/a/1.jpg"
PHOTO = Attachment("image/jpeg", URL)
LONG = "word " * 130 + "end"  # 653 characters


def said(given: dict[str, Any]) -> ContactSaid:
    sent = json.dumps({"contact": {"uuid": ANA}} | given).encode()
    return flows.message(CHANNEL, "ext", sent, own_id="own-1")


def clientmessage(**result: object) -> dict[str, Any]:
    return {"results": {"clientmessage": result}}


MATCHED = {"value": "card", "category": "Card", "input": "My card is blocked"}
WORDS: dict[str, tuple[dict[str, Any], Words]] = {
    "a value": (clientmessage(value="Hi"), Words("Hi")),
    "a value alone": ({"results": {"clientmessage": "Hi"}}, Words("Hi")),
    "a number": (clientmessage(value=42), Words("42")),
    "white space within": (clientmessage(value=" Hi\n there "), Words(" Hi\n there ")),
    "an empty value": (clientmessage(value=""), Words()),
    "a value of white space": (clientmessage(value=" \n"), Words()),
    "a value of which nothing can be seen": (clientmessage(value="\u200b\ufeff"), Words()),
    "no value": (clientmessage(), Words()),
    "no result": ({"results": {}}, Words()),
    "no results": ({}, Words()),
    "null": ({"results": None, "message": None, "input": None}, Words()),
    "a value that was cut": (clientmessage(value=LONG[:640], input=LONG), Words(LONG)),
    "the matched part": ({"results": {"clientmessage": MATCHED}}, Words("My card is blocked")),
    "a message": ({"message": {"text": "Hi"}} | clientmessage(value="Ho"), Words("Hi")),
    "a message that says nothing": ({"message": {"uuid": "m"}} | clientmessage(value="Ho"), Words("Ho")),
    "a message that is no object": ({"message": "Hi"} | clientmessage(value="Ho"), Words("Ho")),
    "the input of older flows": ({"input": {"text": "Hi"}}, Words("Hi")),
    "another input than the result": ({"input": {"text": "Hi"}} | clientmessage(value="Ho"), Words("Ho")),
    "a file as value": (clientmessage(value=f"image/jpeg:{URL}"), Words("", (PHOTO,))),
    "a file as value and input": (
        clientmessage(value=f"image/jpeg:{URL}", input=f"image/jpeg:{URL}"),
        Words("", (PHOTO,)),
    ),
    "two files as value": (clientmessage(value=f"image/jpeg:{URL}\nimage/jpeg:{URL}"), Words("", (PHOTO, PHOTO))),
    "files as an array": (clientmessage(value=[f"image/jpeg:{URL}"]), Words("", (PHOTO,))),
    "files as an array that became text": (
        clientmessage(value=f"[image/jpeg:{URL}, image/jpeg:{URL}]"),
        Words("", (PHOTO, PHOTO)),
    ),
    "a place as value": (clientmessage(value="geo:-1.95,30.06"), Words("", (Attachment("geo", "-1.95,30.06"),))),
    "a file in an empty value's input": (
        clientmessage(value="", input={"text": "", "attachments": [{"content_type": "image/jpeg", "url": URL}]}),
        Words("", (PHOTO,)),
    ),
    "a typed file in an empty value's input": (
        clientmessage(value="", input=f"image/jpeg:{URL}"),
        Words("", (PHOTO,)),
    ),
    "an address in an empty value's input": (clientmessage(value="", input=URL), Words("", (Attachment("", URL),))),
    "words in an empty value's input": (clientmessage(value="", input="Hi"), Words("Hi")),
    "a caption, and the file's address in the input": (
        clientmessage(value="Look", input=f"Look\n{URL}"),
        Words("Look", (Attachment("", URL),)),
    ),
    "a link that may be the contact's own": (
        clientmessage(value=f"Look\n{URL}", input=f"Look\n{URL}"),
        Words(f"Look\n{URL}"),
    ),
    "a link of the contact's within": (clientmessage(value="Look", input=f"Look {URL}"), Words(f"Look {URL}")),
    "a link alone": (clientmessage(value=URL, input=URL), Words(URL)),
    "words that look a little like a file": (clientmessage(value=f"Look:{URL}"), Words(f"Look:{URL}")),
    "words in brackets": (clientmessage(value="[Hi, there]"), Words("[Hi, there]")),
    "files as texts": ({"message": {"text": "", "attachments": [f"image/jpeg:{URL}"]}}, Words("", (PHOTO,))),
    "a file without a type": ({"message": {"text": "", "attachments": [URL]}}, Words("", (Attachment("", URL),))),
    "files of no kind": ({"message": {"text": "Hi", "attachments": [None, 1.5e300, {}, []]}}, Words("Hi")),
    "an older flow's photo": (
        {"input": {"text": "", "attachments": [{"content_type": "image/jpeg", "url": URL}]}} | clientmessage(value=""),
        Words("", (PHOTO,)),
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_the_contacts_words_are_found_whole(name: str) -> None:
    given, expected = WORDS[name]
    event = said(given)
    assert Words(event.text, event.attachments) == expected


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60))
def test_any_words_survive(text: str) -> None:
    expected = "" if is_blank(text) else text
    assert said(clientmessage(value=text)).text == expected
    assert said(clientmessage(value=text, input=text)).text == expected
    assert said({"message": {"text": text}}).text == expected
