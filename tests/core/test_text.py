"""A contact's long text in parts: nothing is lost but white space at the cuts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core.limits import TEXT_LENGTH
from channel.core.text import split, with_quick_replies

letters = st.text(st.sampled_from("ab \n\tሰ😀é"), min_size=0, max_size=200)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("1234567890", ("1234567890",)),
        ("12345678901", ("1234567890", "1")),
        ("12345678 901", ("12345678", "901")),
        ("1234567890 1", ("1234567890", "1")),  # the white space right at the limit
        ("123456 890 1", ("123456 890", "1")),
        ("1234 678901234", ("1234 67890", "1234")),  # too early in the part to cut there
        ("12345\n78901", ("12345\n7890", "1")),
        ("123456\n8901", ("123456", "8901")),
        ("ሰላም ሰላም ሰላም", ("ሰላም ሰላም", "ሰላም")),
    ],
)
def test_split_at_ten(text: str, parts: tuple[str, ...]) -> None:
    assert split(text, 10) == parts


@given(letters, st.integers(2, 30))
def test_no_part_is_over_the_limit_or_empty(text: str, limit: int) -> None:
    assert all(0 < len(part) <= limit for part in split(text, limit))


@given(letters, st.integers(2, 30))
def test_nothing_is_lost_but_white_space_at_the_cuts(text: str, limit: int) -> None:
    pattern = r"\s*".join(re.escape(part) for part in split(text, limit))
    assert re.fullmatch(rf"\s*{pattern}\s*", text)


@given(st.text(max_size=TEXT_LENGTH))
def test_what_fits_is_left_as_it_is(text: str) -> None:
    assert split(text) == ((text,) if text else ())


def test_code_points_are_counted_not_bytes() -> None:
    assert [len(part) for part in split("ሰ" * 641)] == [640, 1]


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
