"""What the agent sees first in a room, line by line."""

from collections.abc import Sequence

import pytest

from channel.core.context import context_text, said_before
from channel.core.owed import PostContext
from channel.core.past import PastMessage

ASKED = PastMessage(by_contact=True, text="Where is\nmy order?")
TOLD = PastMessage(by_contact=False, text="What is your number?")
PHOTO = PastMessage(by_contact=True, text="This one", attachments=("https://files.example/1.png",))
FILE = PastMessage(by_contact=True, text="", attachments=("https://files.example/1.pdf", "https://files.example/2.pdf"))


@pytest.mark.parametrize(
    ("lines", "language", "fields", "past", "text"),
    [
        ((), "", (), (), ""),
        (("topic: order",), "", (), (), "[About this chat]\ntopic: order"),
        ((), "spa", (), (), "[About this chat]\nLanguage: spa"),
        ((), "", (("age", "31"),), (), "[About this chat]\nage: 31"),
        (
            ("Flow: Shop", "topic: order"),
            "spa",
            (("age", "31"), ("city", "Lima")),
            (ASKED, TOLD),
            "[About this chat]\nLanguage: spa\nage: 31\ncity: Lima\nFlow: Shop\ntopic: order\n"
            "Before this chat:\n← Where is my order?\n→ What is your number?",
        ),
        ((), "", (), (PHOTO,), "[About this chat]\nBefore this chat:\n← This one https://files.example/1.png"),
        (
            (),
            "",
            (),
            (FILE,),
            "[About this chat]\nBefore this chat:\n← https://files.example/1.pdf https://files.example/2.pdf",
        ),
    ],
)
def test_the_context_is_what_is_known_in_lines(
    lines: tuple[str, ...],
    language: str,
    fields: Sequence[tuple[str, str]],
    past: Sequence[PastMessage],
    text: str,
) -> None:
    assert context_text(PostContext(lines), language=language, fields=fields, past=past) == text


def test_the_past_is_shown_as_it_comes_oldest_first() -> None:
    shown = context_text(PostContext(()), language="", fields=(), past=[TOLD, ASKED])
    assert shown.index("→") < shown.index("←")


def said(text: str, minute: int, *, by_contact: bool = True) -> PastMessage:
    return PastMessage(by_contact, text, created_on=f"2026-03-01T11:{minute:02}:00.5Z")


@pytest.mark.parametrize(
    ("past", "words", "count", "shown"),
    [
        ([said("Hi", 1), said("agent", 2)], (), 10, ["Hi", "agent"]),
        ([said("Hi", 1), said("agent", 2)], (), 1, ["agent"]),
        ([said("Hi", 1), said("agent", 2)], (), 0, []),
        ([said("Hi", 1), said("later", 31)], (), 10, ["Hi"]),
        ([said("Hi", 1), said("My card ", 2)], ("My card",), 10, ["Hi"]),
        ([said("ok", 1), said("ok", 2)], ("ok",), 10, ["ok"]),
        ([said("ok", 1, by_contact=False)], ("ok",), 10, ["ok"]),
        ([said("Hi", 1), said("a", 2), said("b", 3)], ("a", "b"), 1, ["Hi"]),
        ([PastMessage(by_contact=True, text="no date")], (), 10, ["no date"]),
    ],
)
def test_what_is_posted_by_itself_or_came_later_is_not_shown_twice(
    past: list[PastMessage], words: tuple[str, ...], count: int, shown: list[str]
) -> None:
    owed = PostContext((), count, "2026-03-01T11:30:00+00:00", words)
    assert [message.text for message in said_before(past, owed)] == shown
