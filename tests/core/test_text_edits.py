"""Edits and notes: what an agent wrote again, and what is between agents."""

from dataclasses import replace

import pytest

from channel.core.template import WrongTemplate
from channel.core.text import check_prefix, is_note, reads_alike, shape
from channel.core.text_policy import Emoji, TextPolicy, TooLong

POLICY = TextPolicy()
QUOTE = "[ ](https://chat.example.org/live/rid?msg=mid) "


@pytest.mark.parametrize(
    ("text", "prefix", "parts"),
    [
        ("at nine", "Correction: {text}", ("Correction: at nine",)),
        ("at nine", "{text} (edited)", ("at nine (edited)",)),
        ("at nine", "", ("at nine",)),
        ("{text}", "Correction: {text}", ("Correction: {text}",)),
        ("a" * 628, "Correction: {text}", (f"Correction: {'a' * 628}",)),
        ("a" * 629, "Correction: {text}", ("a" * 629,)),
        ("a" * 641, "Correction: {text}", ()),
    ],
)
def test_an_edited_text_goes_with_its_prefix_if_there_is_room(text: str, prefix: str, parts: tuple[str, ...]) -> None:
    assert shape(text, POLICY, prefix=prefix).parts == parts


def test_a_split_edit_begins_with_its_prefix() -> None:
    parts = shape("a " * 400, replace(POLICY, too_long=TooLong.SPLIT), prefix="Correction: {text}").parts
    assert [part.startswith("Correction: a") for part in parts] == [True, False]


@pytest.mark.parametrize("prefix", ["", "Correction: {text}", "{text}*", "[Edited] {text}", f"{'a' * 40}{{text}}"])
def test_a_prefix_that_can_be_set(prefix: str) -> None:
    check_prefix(prefix)


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("Correction", "the new text goes where {text} stands: write it once"),
        ("{text} {text}", "the new text goes where {text} stands: write it once"),
        ("{agent}: {text}", "{agent} is no placeholder of edit_prefix: it has {text}"),
        ("{ text }", "{ text } is no placeholder of edit_prefix: it has {text}"),
        ("{}{text}", "{} is no placeholder"),
        ("{{text}}", "a brace has no partner"),
        ("} {text}", "a brace has no partner"),
        ("\0{text}", "the text has a character that cannot be sent"),
        (f"{'a' * 41}{{text}}", "around {text} it has 41 characters; 40 are allowed"),
    ],
)
def test_a_prefix_that_cannot(prefix: str, said: str) -> None:
    with pytest.raises(WrongTemplate) as refused:
        check_prefix(prefix)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("// call her back", True),
        ("//call her back", True),
        ("//", True),
        ("  \n// call her back", True),
        ("\u200b\ufeff// call her back", True),
        ("\0// call her back", True),
        (f"{QUOTE}// call her back", True),
        (f"{QUOTE}\n// call her back", True),
        ("http://example.org", False),
        ("see // there", False),
        ("/ / no", False),
        ("/", False),
        ("", False),
        ("😀 // no", False),
    ],
)
def test_a_note_begins_with_two_slashes(text: str, note: bool) -> None:
    assert is_note(text) is note


def test_which_flag_it_is_is_seen_where_emoji_go() -> None:
    england, scotland = (
        f"Go \U0001f3f4{''.join(chr(0xE0000 + ord(c)) for c in name)}\U000e007f" for name in ("gbeng", "gbsct")
    )
    allowing = replace(POLICY, emoji=Emoji.ALLOW)
    assert not reads_alike(england, scotland, allowing)
    assert reads_alike(england, f"{england}\u200b", allowing)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("at nine", "at ten", False),
        ("at nine", "at *nine*", True),
        ("at nine", "at nine 👍", True),
        ("at nine", f"{QUOTE}at nine", True),
        ("at nine", "", False),
        ("at nine", " at nine \n", True),
        ("at nine", "\u200bat nine\ufeff", True),
        ("at nine", "at  nine", False),
        ("caf\u00e9", "cafe\u0301", True),
        ("می‌خواهم", "میخواهم", False),  # this joiner is seen
        ("👍", "", True),
    ],
)
def test_an_edit_is_what_the_contact_can_see(before: str, after: str, same: bool) -> None:
    assert reads_alike(before, after, POLICY) is same
