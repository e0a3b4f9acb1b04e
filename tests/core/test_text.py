"""What goes of an agent's text, what does not, and why."""

from dataclasses import replace
from typing import Any

import pytest

from channel.core.options import Options
from channel.core.text import (
    Reason,
    Refusal,
    Shaped,
    is_blank,
    shape,
    with_quick_replies,
)
from channel.core.text_policy import Emoji, Markup, Media, Quotes, TextPolicy, TooLong, policy_for
from tests.core.texts import CUSTOM, PLAIN

POLICY = TextPolicy()
LINK = "https://chat.example.org/file-upload/abc/photo.jpg"
QUOTE = "[ ](https://chat.example.org/live/rid?msg=mid) "
STRIPPED = Refusal(Reason.EMOJI_STRIPPED)
MEDIA = Refusal(Reason.MEDIA)


def too_long(length: int, limit: int = 640) -> Refusal:
    return Refusal(Reason.TOO_LONG, length, limit)


@pytest.mark.parametrize(
    ("text", "policy", "parts", "refused"),
    [
        ("Good morning", {}, ("Good morning",), ()),
        ("a" * 640, {}, ("a" * 640,), ()),
        ("a" * 641, {}, (), (too_long(641),)),
        ("ሰ" * 640, {}, ("ሰ" * 640,), ()),  # characters, not bytes
        (f"Hello{' ' * 700}", {}, ("Hello",), ()),
        ("ሰ" * 641, {}, (), (too_long(641),)),
        ("a" * 61, {"length": 60}, (), (too_long(61, 60),)),
        ("a" * 6400, {"length": 6400}, ("a" * 6400,), ()),
        ("e\u0301" * 640, {}, ("é" * 640,), ()),  # composed, it has 640; it goes so
        ("e\u0301" * 320, {}, ("e\u0301" * 320,), ()),  # it fits as it is
        ("e\u0301" * 641, {}, (), (too_long(641),)),
        ("\u0958" * 321, {}, (), (too_long(642),)),  # composed, there are two for each
        ("a" * 641, {"too_long": "split"}, ("a" * 640, "a"), ()),
        (f"{'a' * 59} bcd", {"length": 60, "too_long": "split"}, ("a" * 59, "bcd"), ()),
        (
            f"{'a' * 50} {'b' * 50}",
            {"length": 60, "too_long": "split", "numbered": True},
            (f"(1/2) {'a' * 50}", f"(2/2) {'b' * 50}"),
            (),
        ),
        ("short", {"too_long": "split", "numbered": True}, ("short",), ()),
        ("Yes 👍", {}, ("Yes",), (STRIPPED,)),
        ("👍", {}, (), (Refusal(Reason.EMOJI),)),
        ("👍 :wave:", {}, (), (Refusal(Reason.EMOJI),)),
        ("👍\u200b", {}, (), (Refusal(Reason.EMOJI),)),
        ("Yes 👍", {"emoji": "refuse"}, (), (Refusal(Reason.EMOJI),)),
        ("Yes :+1:", {"emoji": "refuse"}, (), (Refusal(Reason.EMOJI),)),
        ("Yes", {"emoji": "refuse"}, ("Yes",), ()),
        ("Yes 👍", {"emoji": "allow"}, ("Yes 👍",), ()),
        ("Yes :wave:", {"emoji": "allow"}, ("Yes 👋",), ()),  # as the agent sees it
        ("Yes :our_logo:", {"emoji": "allow", "custom": CUSTOM}, ("Yes :our_logo:",), ()),
        ("Yes :our_logo:", {"custom": CUSTOM}, ("Yes",), (STRIPPED,)),
        ("Yes :our_logo:", {}, ("Yes :our_logo:",), ()),
        (f"{'a' * 640} 👍", {}, ("a" * 640,), (STRIPPED,)),  # without it there is room
        (f"{'a' * 641} 👍", {}, (), (too_long(641),)),
        ("", {}, (), (Refusal(Reason.EMPTY),)),
        (" \n\t\u00a0\u200b\u2060\ufeff\ufe0f\u200d\u00ad\u3164\u2800", {}, (), (Refusal(Reason.EMPTY),)),
        (QUOTE, {}, (), (Refusal(Reason.EMPTY),)),
        ("**", {}, ("**",), ()),
        ("a\0b\0", {}, ("ab",), ()),
        ("\0", {}, (), (Refusal(Reason.EMPTY),)),
        ("a\ud83d", {}, ("a\ufffd",), ()),
        (
            "*Dose:* 2*3 ml, see [leaflet](https://x.org/a_b)",
            {},
            ("Dose: 2*3 ml, see leaflet (https://x.org/a_b)",),
            (),
        ),
        ("*Dose:* 2*3 ml", {"markup": "keep"}, ("*Dose:* 2*3 ml",), ()),
        (f"{QUOTE}yes", {"markup": "keep"}, ("yes",), ()),
        (f"{QUOTE}{QUOTE}yes", {}, ("yes",), ()),
        (f"{QUOTE}yes", {"quotes": "render"}, ("yes",), ()),  # nobody said what it answers to
        ("`:wa`ve: x", {"emoji": "refuse"}, (), (Refusal(Reason.EMOJI),)),  # an emoji once its markup is gone
        ("`:wa`ve: x", {}, ("x",), (STRIPPED,)),
    ],
)
def test_what_goes_of_a_text(
    text: str, policy: dict[str, Any], parts: tuple[str, ...], refused: tuple[Refusal, ...]
) -> None:
    assert shape(text, replace(POLICY, **policy)) == Shaped(parts, refused)


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_in_every_script_is_untouched(text: str) -> None:
    assert shape(text, POLICY) == Shaped((text,), ())


@pytest.mark.parametrize(
    ("text", "media", "files", "parts", "refused"),
    [
        ("", "refuse", (LINK,), (), (MEDIA,)),
        ("A caption", "refuse", (LINK,), ("A caption",), (MEDIA,)),
        ("Nice 👍", "refuse", (LINK,), ("Nice",), (STRIPPED, MEDIA)),
        ("👍", "refuse", (LINK,), (), (Refusal(Reason.EMOJI), MEDIA)),
        ("a" * 641, "refuse", (LINK,), (), (too_long(641), MEDIA)),
        ("", "link", (LINK,), (LINK,), ()),
        ("A caption", "link", (LINK,), (f"A caption\n{LINK}",), ()),
        ("a" * 620, "link", (LINK,), ("a" * 620, LINK), ()),  # an address goes whole
        ("Two", "link", (LINK, f"{LINK}?2"), (f"Two\n{LINK}\n{LINK}?2",), ()),
        ("One is lost", "link", (LINK, ""), (f"One is lost\n{LINK}",), (MEDIA,)),
        ("A caption", "link", ("/file-upload/abc/photo.jpg",), ("A caption",), (MEDIA,)),  # leads nowhere from outside
        ("A caption", "link", (LINK + "a" * 640,), ("A caption",), (MEDIA,)),
        ("a" * 641, "link", (LINK,), (), (too_long(641), MEDIA)),
    ],
)
def test_what_becomes_of_files(
    text: str, media: str, files: tuple[str, ...], parts: tuple[str, ...], refused: tuple[Refusal, ...]
) -> None:
    assert shape(text, TextPolicy(media=Media(media)), files=files) == Shaped(parts, refused)


@pytest.mark.parametrize(
    ("text", "quoted", "part"),
    [
        ("yes", "Are you well?", "> Are you well?\nyes"),
        ("yes", "", "yes"),
        ("yes", "👍", "yes"),
        ("yes", "*Are*\nyou 👍 well?", "> Are you well?\nyes"),
        ("yes", "a" * 100, f"> {'a' * 79}…\nyes"),
        ("a" * 640, "Are you well?", "a" * 640),  # rather without it than not at all
    ],
)
def test_a_quote_is_rendered_where_its_text_is_known(text: str, quoted: str, part: str) -> None:
    assert shape(QUOTE + text, replace(POLICY, quotes=Quotes.RENDER), quoted=quoted).parts == (part,)


def test_the_emoji_of_a_quote_are_not_its_quoters() -> None:
    policy = replace(POLICY, quotes=Quotes.RENDER, emoji=Emoji.REFUSE)
    assert shape("yes", policy, quoted="well 👍?") == Shaped(("> well?\nyes",), ())
    assert shape("yes", POLICY, quoted="well?").parts == ("yes",)


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("", True),
        (" \n\t\r\x0b\x1c\u2028\u3000", True),
        ("\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u061c\u202e\U000e0001\ufe0f\U000e0100", True),
        ("\x01\x7f", True),
        ("\u115f\u3164\u17b4\u2800\uffa0", True),
        ("a\u200b", False),
        ("\u0600", False),  # a sign that stands before digits, though a format character
        ("\u0301", False),
        ("\ufffd", False),
        ("\ue000", False),
        (".", False),
    ],
)
def test_what_cannot_be_seen_is_blank(text: str, blank: bool) -> None:
    assert is_blank(text) is blank


@pytest.mark.parametrize(
    "wrong",
    [
        {"length": 59},
        {"length": 6401},
        {"too_long": "cut"},
        {"emoji": "keep"},
        {"media": "send"},
        {"quotes": "keep"},
        {"markup": "html"},
    ],
)
def test_a_policy_that_there_is_not(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not"):
        TextPolicy(**wrong)


def test_what_the_options_say() -> None:
    assert policy_for(Options()) == TextPolicy()
    options = Options(
        text_length=160,
        agent_too_long="split",
        numbered=True,
        emoji="allow",
        media="link",
        markup="keep",
    )
    assert policy_for(options, ["our_logo"]) == TextPolicy(
        160, TooLong.SPLIT, True, Emoji.ALLOW, Media.LINK, Quotes.REMOVE, Markup.KEEP, CUSTOM
    )


@pytest.mark.parametrize(
    ("text", "replies", "read"),
    [
        ("Well?", (), "Well?"),
        ("Well?", ("Yes", "No"), "Well?\n• Yes\n• No"),
        ("", ("Yes",), "• Yes"),
        ("", (), ""),
    ],
)
def test_quick_replies_are_lines_below(text: str, replies: tuple[str, ...], read: str) -> None:
    assert with_quick_replies(text, replies) == read
