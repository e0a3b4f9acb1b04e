"""Whatever the text is: what goes is right, nothing is silent, and it does not take long."""

import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.cutting import fits
from channel.core.emoji import has_emoji
from channel.core.text import Shaped, is_blank, is_note, shape, split
from channel.core.text_policy import Emoji, Markup, Media, Quotes, TextPolicy, TooLong
from tests.core.texts import CUSTOM, PIECES, PLAIN, texts

LINK = "https://chat.example.org/file-upload/abc/photo.jpg"

policies = st.builds(
    TextPolicy,
    length=st.sampled_from([60, 61, 100, 640, 6400]),
    too_long=st.sampled_from(TooLong),
    numbered=st.booleans(),
    emoji=st.sampled_from(Emoji),
    media=st.sampled_from(Media),
    quotes=st.sampled_from(Quotes),
    markup=st.sampled_from(Markup),
    custom=st.sampled_from([frozenset(), CUSTOM]),
)
files = st.lists(st.sampled_from([LINK, "", "/relative", LINK + "a" * 40]) | texts, max_size=3)
prefixes = st.sampled_from(["", "Correction: {text}"])


@given(texts, policies, files, texts, prefixes)
def test_nothing_is_over_the_limit_or_empty_and_nothing_is_silent(
    text: str, policy: TextPolicy, files: list[str], quoted: str, prefix: str
) -> None:
    shaped = shape(text, policy, files=files, quoted=quoted, prefix=prefix)
    for part in shaped.parts:
        assert not is_blank(part)
        assert len(part) <= policy.length
        assert len(unicodedata.normalize("NFC", part)) <= policy.length
        assert "\0" not in part
        part.encode()
    assert shaped.parts or shaped.refused


@given(texts, policies)
def test_a_text_that_passed_passes_unchanged(text: str, policy: TextPolicy) -> None:
    shaped = shape(text, policy)
    if len(shaped.parts) == 1:
        assert shape(shaped.parts[0], policy) == Shaped(shaped.parts, ())


@given(st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join), policies)
def test_parts_between_words_pass_unchanged(text: str, policy: TextPolicy) -> None:
    policy = replace(policy, too_long=TooLong.SPLIT, numbered=False)
    for part in shape(text, policy).parts:
        assert shape(part, policy) == Shaped((part,), ())


@given(texts, st.sampled_from(Markup), st.sampled_from(TooLong))
def test_no_emoji_survives(text: str, markup: Markup, too_long: TooLong) -> None:
    policy = TextPolicy(length=6400, markup=markup, too_long=too_long, custom=CUSTOM)
    assert not any(has_emoji(part, CUSTOM) for part in shape(text, policy).parts)
    assert not any(has_emoji(part) for part in shape(text, replace(policy, emoji=Emoji.REFUSE)).parts)


@given(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=40).map(" ".join), st.integers(60, 200))
def test_plain_text_is_split_and_nothing_else(text: str, limit: int) -> None:
    parts = shape(text, TextPolicy(length=limit, too_long=TooLong.SPLIT)).parts
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert parts == split(text, limit)


@given(texts)
def test_no_text_does_more_than_be_or_not_be_a_note(text: str) -> None:
    assert is_note(f" //{text}")
    assert not is_note(f"a{text}")


#: what 10,000 characters may look like
MIXED = (
    "Please take *two* of them :wave: and come back on _Monday_ 😀, as the [leaflet](https://x.org/a_b) says: "
    "ሰላም፣ እንደምን አለህ? 你好，今天诊所开门。 A snake_case name, `code`, and 2*3*4 stay. "
)
LONG = [(sample * 1000)[:10000] for sample in (*PLAIN, MIXED, "Plain words in English, and then some. ", "a", "中")]


#: as long as it takes Python to look that often at each character: 5 ms where a look takes 25 ns
LOOKS = 20


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:8])
def test_ten_thousand_characters_take_no_longer_than_twenty_looks_at_each(text: str) -> None:
    """A ratio, as a machine that tests other things too may be half as fast."""
    for too_long in TooLong:
        policy = TextPolicy(too_long=too_long)
        pairs = [(_seconds(partial(shape, text, policy)), _seconds(partial(_look, text))) for _ in range(10)]
        took, looked = (min(column) for column in zip(*pairs, strict=True))
        assert took < LOOKS * looked


def _look(text: str) -> int:
    return sum(ord(each) for each in text)


def _seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


@settings(max_examples=20, deadline=2000)
@given(
    st.lists(st.sampled_from(("*", "_", "`", "[", "](", ":a", ":", "😀", "\u0301", " ", "a")), min_size=1, max_size=4)
)
def test_no_text_takes_long(pieces: list[str]) -> None:
    shape("".join(pieces) * 3000, TextPolicy(length=60, too_long=TooLong.SPLIT, numbered=True))


@pytest.mark.parametrize("piece", ["🇪", '"', "\u0301", "👩\u200d", "\u200b", ". ", "\n "])
def test_the_time_that_cutting_takes_grows_no_faster_than_the_text(piece: str) -> None:
    short, long = (piece * 40_000)[:10_000], (piece * 40_000)[:40_000]
    pairs = [(_seconds(partial(split, short)), _seconds(partial(split, long))) for _ in range(3)]
    took, took_longer = (min(column) for column in zip(*pairs, strict=True))
    assert took_longer < 8 * took  # four times as many characters; sixteen times, if each were looked at beside each


@given(texts, st.integers(60, 640))
def test_what_is_within_the_limit_fits(text: str, limit: int) -> None:
    assert all(fits(part, limit) for part in split(text, limit))
