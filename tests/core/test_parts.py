"""One id, several parts, sentence by sentence, and what must hold for any split."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core.parts import Parts, Verdict, may_go_on, place
from tests.core.building import NOON

NEW, REPEAT, CONFLICT, EMPTY = Verdict.NEW, Verdict.REPEAT, Verdict.CONFLICT, Verdict.EMPTY

LENGTH = 160
SHORT, LONG, OTHER = "s" * 49, "l" * 50, "o" * 50
NEARLY_FULL, FULL = "f" * (LENGTH - 11), "f" * (LENGTH - 10)
AMHARIC_SHORT, AMHARIC_LONG = "ሰ" * 16, "ሰ" * 17  # 48 and 51 bytes

#: seconds after our answer before, the text, what it is, and which part
Step = tuple[float, str, Verdict, int]


@dataclass
class Courier:
    """Sends texts under one id, and remembers what we know of it."""

    known: Parts | None = None
    seconds: float = 0.0

    def send(self, gap: float, text: str) -> tuple[Verdict, int]:
        self.seconds += gap
        placed = place(self.known, text, now=NOON + timedelta(seconds=self.seconds), max_length=LENGTH)
        self.known = placed.parts
        return placed.verdict, placed.index

    @property
    def texts(self) -> tuple[str, ...]:
        return self.known.texts if self.known else ()


TABLE: dict[str, list[Step]] = {
    "the first text of an id is new": [(0, "a", NEW, 0)],
    "1. where a part is stored, an equal text is a repeat": [
        (0, LONG, NEW, 0),
        (1, OTHER, NEW, 1),
        (60, LONG, REPEAT, 0),
        (1, OTHER, REPEAT, 1),
    ],
    "1. where a part is stored, a different text is a conflict": [
        (0, LONG, NEW, 0),
        (1, OTHER, NEW, 1),
        (60, LONG, REPEAT, 0),
        (1, "changed", CONFLICT, 1),
    ],
    "a changed text that comes twice is two conflicts, never a further part": [
        (0, "a", NEW, 0),
        (60, "changed", CONFLICT, 0),
        (1, "changed", CONFLICT, 0),
        (1, "a", REPEAT, 0),
    ],
    "60 s of silence begin again with the first part": [(0, LONG, NEW, 0), (60, OTHER, CONFLICT, 0)],
    "less than 60 s of silence do not": [(0, LONG, NEW, 0), (59.9, OTHER, NEW, 1)],
    "silence is counted from the last answer, not from the first": [
        (0, LONG, NEW, 0),
        (40, LONG, REPEAT, 0),
        (40, OTHER, NEW, 1),
    ],
    "2. within 2 s of a part of at least 50 bytes comes a further part": [
        (0, LONG, NEW, 0),
        (2, OTHER, NEW, 1),
        (2, "the end", NEW, 2),
    ],
    "2. after a part of 49 bytes nothing else is a further part": [(0, SHORT, NEW, 0), (1, "more", CONFLICT, 1)],
    "2. a text equal to the part before it is a repeat, unless that one is full": [
        (0, NEARLY_FULL, NEW, 0),
        (1, NEARLY_FULL, REPEAT, 0),
    ],
    "2. a full part may be followed by an equal one": [
        (0, FULL, NEW, 0),
        (1, FULL, NEW, 1),
        (1, FULL, NEW, 2),
        (1, "f", NEW, 3),
    ],
    "2. two seconds are soon enough": [(0, FULL, NEW, 0), (2, FULL, NEW, 1)],
    "2. a third part equal to the first, but not to the second, is a further part": [
        (0, LONG, NEW, 0),
        (1, OTHER, NEW, 1),
        (1, LONG, NEW, 2),
    ],
    "3. later, a text equal to the first part is a new attempt": [
        (0, LONG, NEW, 0),
        (1, OTHER, NEW, 1),
        (2.1, LONG, REPEAT, 0),
        (1, OTHER, REPEAT, 1),
    ],
    "3. later, a full part is a new attempt too": [(0, FULL, NEW, 0), (2.1, FULL, REPEAT, 0)],
    "3. after a short part, a text equal to the first part is a new attempt": [
        (0, LONG, NEW, 0),
        (1, "end", NEW, 1),
        (1, LONG, REPEAT, 0),
        (1, "end", REPEAT, 1),
    ],
    "3. later, after a part of at least 50 bytes, another text is a further part": [
        (0, LONG, NEW, 0),
        (30, OTHER, NEW, 1),
    ],
    "3. later, a text equal to the last part is a repeat": [
        (0, LONG, NEW, 0),
        (1, OTHER, NEW, 1),
        (10, OTHER, REPEAT, 1),
    ],
    "3. a text equal to a short last part is a repeat": [
        (0, LONG, NEW, 0),
        (1, "end", NEW, 1),
        (0.1, "end", REPEAT, 1),
    ],
    "3. later, after a short part, another text is a conflict": [(0, SHORT, NEW, 0), (10, "more", CONFLICT, 1)],
    "after a new attempt the parts are expected from the second on": [
        (0, LONG, NEW, 0),
        (1, OTHER, NEW, 1),
        (1, "end", NEW, 2),
        (5, LONG, REPEAT, 0),
        (1, "end", CONFLICT, 1),
        (1, OTHER, REPEAT, 1),
        (1, "end", REPEAT, 2),
    ],
    "a retry that goes further than the first attempt adds its parts": [
        (0, LONG, NEW, 0),
        (300, LONG, REPEAT, 0),
        (1, OTHER, NEW, 1),
    ],
    "an empty part takes no place": [(0, "", EMPTY, 0), (1, LONG, NEW, 0), (1, "", EMPTY, 1), (1, OTHER, NEW, 1)],
    "an empty part is an answer too, and keeps the next one near": [
        (0, LONG, NEW, 0),
        (2, "", EMPTY, 1),
        (2, LONG, REPEAT, 0),
    ],
    "bytes count, not characters: 17 Amharic letters may have been cut": [
        (0, AMHARIC_LONG, NEW, 0),
        (1, "ሰላም", NEW, 1),
    ],
    "and 16 may not": [(0, AMHARIC_SHORT, NEW, 0), (1, "ሰላም", CONFLICT, 1)],
    "bytes count for a full part too": [(0, "ሰ" * 50, NEW, 0), (1, "ሰ" * 50, NEW, 1)],
}


@pytest.mark.parametrize("steps", TABLE.values(), ids=TABLE)
def test_the_design_says(steps: list[Step]) -> None:
    courier = Courier()
    assert [courier.send(gap, text) for gap, text, _, _ in steps] == [
        (verdict, index) for _, _, verdict, index in steps
    ]


def test_the_first_text_stays_where_a_conflict_came() -> None:
    courier = Courier()
    courier.send(0, "a")
    courier.send(60, "b")
    assert courier.texts == ("a",)


def _courier_like(texts: list[str]) -> bool:
    """Courier cuts no part below 50 bytes but the last; parts that are not full and equal cannot be told apart."""
    pairs = pairwise(texts)
    return all(len(t.encode()) >= 50 for t in texts[:-1]) and all(
        a != b or len(a.encode()) >= LENGTH - 10 for a, b in pairs
    )


_piece = st.builds(lambda letter, count: letter * count, st.sampled_from("abሰ😀"), st.integers(40, 50))
_cut = st.one_of(st.just(FULL), st.just("a" * LENGTH), _piece.filter(lambda t: len(t.encode()) >= 50))
splits = st.builds(
    lambda cut, last: [*cut, last], st.lists(_cut, max_size=5), st.one_of(_cut, st.text(min_size=1, max_size=60))
).filter(_courier_like)
near = st.floats(0, 2)
within_a_retry = st.floats(0, 59)


@given(texts=splits, gap=near)
def test_parts_that_come_back_to_back_are_all_new(texts: list[str], gap: float) -> None:
    courier = Courier()
    assert [courier.send(gap, text) for text in texts] == [(NEW, index) for index in range(len(texts))]
    assert courier.texts == tuple(texts)


@given(
    texts=splits,
    retries=st.lists(st.tuples(st.floats(60, 86400), st.integers(1, 6), within_a_retry), min_size=1, max_size=4),
)
def test_a_retry_after_a_minute_of_silence_is_repeats_only(
    texts: list[str], retries: list[tuple[float, int, float]]
) -> None:
    courier = Courier()
    for text in texts:
        courier.send(1, text)
    for silence, count, gap in retries:
        for index, text in enumerate(texts[:count]):
            assert courier.send(gap if index else silence, text) == (REPEAT, index)
    assert courier.texts == tuple(texts)


@given(
    known=st.builds(
        lambda texts, position: Parts(tuple(texts), min(position, len(texts)), NOON),
        st.lists(st.text(min_size=1), max_size=3),
        st.integers(0, 3),
    ),
    text=st.text(),
    seconds=st.floats(0, 100),
)
def test_whatever_comes_no_stored_part_changes(known: Parts, text: str, seconds: float) -> None:
    placed = place(known, text, now=NOON + timedelta(seconds=seconds), max_length=LENGTH)
    assert placed.parts.texts[: len(known.texts)] == known.texts
    assert (placed.verdict is NEW) == (len(placed.parts.texts) == len(known.texts) + 1)
    assert 0 <= placed.parts.position <= len(placed.parts.texts) + 1


FULL = "x" * 155


@pytest.mark.parametrize(
    ("texts", "position", "more"),
    [
        ((), 0, False),
        (("short",), 1, False),
        ((FULL,), 1, True),
        ((FULL, "the rest"), 2, False),
        ((FULL, FULL), 2, True),
        ((FULL, FULL), 0, True),  # an attempt that begins again may bring more, too
        ((FULL,), 2, False),  # an empty part came behind it
    ],
)
def test_only_behind_a_full_part_may_another_come(texts: tuple[str, ...], position: int, more: bool) -> None:
    assert may_go_on(texts, position, 160) is more


def test_an_empty_part_behind_the_last_is_the_end_and_one_before_it_is_not() -> None:
    known = Parts((FULL, FULL), 1, NOON)
    assert place(known, "", now=NOON, max_length=160).parts.position == 1
    last = replace(known, position=2)
    assert place(last, "", now=NOON, max_length=160).parts.position == 3
