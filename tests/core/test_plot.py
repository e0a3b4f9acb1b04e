"""The picture of the numbers: any numbers become a whole SVG, inside its frame, with words for who hears it."""

import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core import plot as drawn
from channel.core.numbers import Numbers, Spread
from channel.core.plot import DARK, LIGHT, WIDTH, Palette, described, plot

SVG = "{http://www.w3.org/2000/svg}"
FIRST = date(2026, 3, 28)
SECONDS = st.floats(0, 1e7)
SPREADS = st.none() | st.builds(lambda a, b: Spread(min(a, b), max(a, b)), SECONDS, SECONDS)


def line(n: int, opened: int, unserved: int, waited: Spread | None, answer: Spread | None = None) -> Numbers:
    return Numbers("", FIRST + timedelta(days=n), opened, opened - unserved, 0, unserved, waited, answer)


LINES = [line(0, 4, 1, Spread(60, 90)), line(1, 0, 0, None), line(2, 8, 0, Spread(5, 5)), line(3, 1, 1, None)]


def test_it_says_in_words_what_is_to_be_seen() -> None:
    tree = ET.fromstring(plot(LINES, "Health & <water>"))  # noqa: S314 - ours
    assert (tree.get("role"), tree.get("aria-labelledby")) == ("img", "title desc")
    assert tree.findtext(f"{SVG}title") == "Health & <water>"
    assert tree.findtext(f"{SVG}desc") == (
        "2026-03-28 to 2026-03-31: 13 chats opened, 2 of them unserved."
        " The longest median of the waiting time was 1 min, on 2026-03-28."
    )


def test_a_day_without_a_number_leaves_a_gap() -> None:
    drawing = plot([line(n, 1, 0, None if n == 2 else Spread(10, 10)) for n in range(5)], "t")
    paths = [path.get("d", "") for path in ET.fromstring(drawing).iter(f"{SVG}path")]  # noqa: S314
    medians = next(path for path in paths if path.count("M") == 2)
    assert medians.count("L") == 2


def test_the_picture_has_nothing_that_a_strict_page_refuses() -> None:
    for palette in (LIGHT, DARK):
        drawing = plot(LINES, "t", palette)
        assert not [word for word in ("style", "script", "href", "url(", "onload") if word in drawing]
        assert palette.paper in drawing


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), SPREADS, SPREADS), max_size=92))
def test_any_numbers_are_drawn_inside_the_frame(days: list[tuple[int, int, Spread | None, Spread | None]]) -> None:
    lines = [line(n, max(a, b), min(a, b), waited, answer) for n, (a, b, waited, answer) in enumerate(days)]
    tree = ET.fromstring(plot(lines, "t"))  # noqa: S314
    height = float(tree.get("height", ""))
    assert f"0 0 {WIDTH} {height:g}" == tree.get("viewBox")
    for circle in tree.iter(f"{SVG}circle"):
        assert 0 <= float(circle.get("cx", "")) <= WIDTH
        assert 0 <= float(circle.get("cy", "")) <= height
    for bar in tree.iter(f"{SVG}rect"):
        assert min(float(bar.get(name, "0")) for name in ("x", "y", "width", "height")) >= -0.1
        assert float(bar.get("y", "0")) + float(bar.get("height", "")) <= height


@pytest.mark.parametrize(
    ("most", "step"), [(0, 1), (3, 1), (9, 5), (41, 20), (400, 100), (4001, 2000), (10**6, 500_000)]
)
def test_the_lines_across_are_at_round_numbers(most: float, step: float) -> None:
    assert drawn._step_of(most, ()) == step


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_colour_can_be_told_from_the_paper(palette: Palette) -> None:
    assert _contrast(palette.ink, palette.paper) >= 7
    assert min(_contrast(colour, palette.paper) for colour in (palette.first, palette.second)) >= 3


def test_no_days_are_no_error() -> None:
    assert described([]) == "No days: 0 chats opened, 0 of them unserved."


def _contrast(one: str, other: str) -> float:
    """As WCAG 2.2 reckons it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
