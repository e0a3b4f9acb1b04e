"""Where texts are cut: nothing is lost but white space at the cuts, and no character is parted."""

import re
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from channel.core.cutting import beginning, is_blank, length, numbered, split, utf16_length
from channel.core.limits import TEXT_LENGTH
from tests.core.texts import texts

letters = st.text(st.sampled_from("ab. \n\tሰ😀é"), min_size=0, max_size=200)
#: clusters of several code points, none of them longer than 20
clusters = st.lists(
    st.sampled_from(
        ["e\u0301", "ក្ខុំ", "क्षि", "नी", "👩‍👩‍👧‍👦", "🇪🇹", "1️⃣", "👋🏽", "นี้", "\u1112\u1161\u11ab", "\r\n", "a", " ", "中"]
    ),
    max_size=80,
)


@pytest.mark.parametrize(
    ("text", "limit", "first"),
    [
        ("abc", 5, "abc"),
        ("abcdef", 3, "abc"),
        ("abe\u0301f", 3, "ab"),
        ("ab👩‍👩‍👧‍👦", 5, "ab"),
        ("a" + "\u0301" * 9, 3, "a\u0301\u0301"),  # longer than there is room for
        ("abc", 0, ""),
    ],
)
def test_the_beginning_of_a_text_parts_no_character(text: str, limit: int, first: str) -> None:
    assert beginning(text, limit) == first


def test_a_single_part_has_no_number() -> None:
    assert numbered("hello" + "\n" * 100, 60) == ("hello",)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("1234567890", ("1234567890",)),
        ("12345678901", ("1234567890", "1")),
        ("12345678 901", ("12345678", "901")),
        ("1234567890 1", ("1234567890", "1")),  # the white space right at the limit
        ("123456 890 1", ("123456 890", "1")),
        ("1234 678901234", ("1234", "678901234")),  # no word is parted that needs not be
        ("123456\n8901", ("123456", "8901")),
        ("ሰላም ሰላም ሰላም", ("ሰላም ሰላም", "ሰላም")),
        ("ab\n\ncd ef gh", ("ab", "cd ef gh")),  # a paragraph before a word,
        ("ab\n\ncd. e fg", ("ab", "cd. e fg")),  # and before a sentence
        ("ab\r\n \r\ncd ef gh", ("ab", "cd ef gh")),
        ("ab\ncd ef ghi", ("ab", "cd ef ghi")),  # a line before a word
        ("ab cd. ef gh", ("ab cd.", "ef gh")),
        ("ab. cd ef gh", ("ab.", "cd ef gh")),
        ('"ab." cd efg', ('"ab."', "cd efg")),
        ("v1.23 cd efg", ("v1.23 cd", "efg")),  # no sentence ends there
        ("你好。天气很好，我们出去", ("你好。", "天气很好，我们出去")),
        ("តើ។ អ្នកសុខ", ("តើ។", "អ្នកសុខ")),
        ("ab\u200bcdefghijk", ("ab\u200b", "cdefghijk")),
        ("abc de\u00a0fghij", ("abc", "de\u00a0fghij")),  # what is not to be broken
        ("abcdefghi e\u0301", ("abcdefghi", "e\u0301")),
        ("abcdefghie\u0301", ("abcdefghi", "e\u0301")),
        ("abcdef 👩‍👩‍👧‍👦", ("abcdef", "👩‍👩‍👧‍👦")),
        ("abcdefghi \u0301j", ("abcdefghi", " \u0301j")),  # this space carries a mark
        ("a" + "\u0301" * 12, ("a" + "\u0301" * 9, "\u0301" * 3)),  # a cluster beyond the limit
        ("1234567890" + " " * 30, ("1234567890",)),
        (" " * 30 + "1234567890", ("1234567890",)),
        ("1234567890\u200b\u200b", ("1234567890",)),  # nothing to be seen is no part
    ],
)
def test_split_at_ten(text: str, parts: tuple[str, ...]) -> None:
    assert split(text, 10) == parts


@pytest.mark.parametrize(
    ("text", "limit", "utf16_limit", "parts"),
    [
        ("ab😀😀", 10, 6, ("ab😀😀",)),
        ("ab😀😀", 10, 5, ("ab😀", "😀")),
        ("ab cd😀", 10, 6, ("ab", "cd😀")),
        ("abcdefghij", 4, 6, ("abcd", "efgh", "ij")),
        ("abcdefghij", 6, 4, ("abcd", "efgh", "ij")),
        ("😀😀", 10, 1, ("😀", "😀")),  # the only way on
    ],
)
def test_split_by_rocket_chats_count(text: str, limit: int, utf16_limit: int, parts: tuple[str, ...]) -> None:
    assert split(text, limit, utf16_limit) == parts


@given(letters | texts, st.integers(2, 30))
def test_no_part_is_over_the_limit_or_empty(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert len(parts) < 2 or not any(is_blank(part) for part in parts)


@given(texts, st.integers(8, 60))
def test_no_part_is_over_the_limit_when_it_is_composed(text: str, limit: int) -> None:
    assert all(len(unicodedata.normalize("NFC", part)) <= limit for part in split(text, limit))


@given(texts, st.integers(8, 60), st.integers(8, 60))
def test_no_part_is_over_rocket_chats_limit(text: str, limit: int, utf16_limit: int) -> None:
    for part in split(text, limit, utf16_limit):
        assert utf16_length(part) == len(part.encode("utf-16-le", "surrogatepass")) // 2 <= utf16_limit
        assert len(part) <= limit


@given(letters, st.integers(2, 30))
def test_nothing_is_lost_but_white_space_at_the_cuts(text: str, limit: int) -> None:
    pattern = r"\s*".join(re.escape(part) for part in split(text, limit))
    assert re.fullmatch(rf"\s*{pattern}\s*", text)


@given(texts, st.integers(2, 60))
def test_nothing_that_can_be_seen_is_lost(text: str, limit: int) -> None:
    assert _seen("".join(split(text, limit))) == _seen(text)


def _seen(text: str) -> list[str]:
    return [character for character in text if not is_blank(character)]


@given(clusters, st.integers(20, 60))
def test_no_cluster_is_parted(pieces: list[str], limit: int) -> None:
    text = "".join(pieces)
    whole = [cluster for part in split(text, limit) for cluster in regex.findall(r"\X", part) if cluster.strip()]
    assert whole == [cluster for cluster in regex.findall(r"\X", text) if cluster.strip()]


@given(texts, st.integers(60, 100))
def test_no_mark_is_parted_from_its_letter(text: str, limit: int) -> None:
    for part in split(text, limit)[1:]:
        begun = len(part) == limit or text.startswith(part) or part[0] in "\u0301\u093f"
        assert begun or not unicodedata.combining(part[0])


@given(texts)
def test_what_fits_is_left_as_it_is(text: str) -> None:
    assert length(text) > TEXT_LENGTH or split(text) == ((text,) if text else ())


@given(texts, st.integers(60, 100))
def test_parts_are_not_cut_again(text: str, limit: int) -> None:
    assert all(split(part, limit) == (part,) for part in split(text, limit))


def test_code_points_are_counted_not_bytes() -> None:
    assert [len(part) for part in split("ሰ" * 641)] == [640, 1]


@pytest.mark.parametrize("size", [1, 60, 61, 500, 541, 5000, 60000])
def test_numbered_parts_are_within_the_limit_and_all_there(size: int) -> None:
    parts = numbered("ab " * (size // 3 + 1), 60)
    assert all(len(part) <= 60 for part in parts)
    if len(parts) > 1:
        assert [part.split(" ")[0] for part in parts] == [f"({n}/{len(parts)})" for n in range(1, len(parts) + 1)]
        assert " ".join(part.split(" ", 1)[1] for part in parts).split() == ["ab"] * (size // 3 + 1)
