"""The numbers as a file that a spreadsheet opens: CSV, with times in seconds."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from channel.core.numbers import Numbers, Spread

_HEAD: Final = (
    "day", "department", "opened", "taken", "answered", "unserved",
    "waiting_median_seconds", "waiting_nine_in_ten_seconds",
    "first_answer_median_seconds", "first_answer_nine_in_ten_seconds",
)  # fmt: skip
#: with one of these in front, a spreadsheet takes a text for a formula; spaces, and these as wide characters, too
_FORMULA: Final = tuple("=+-@\t\r\n|%＝＋－＠")


def write_numbers(found: Iterable[Numbers]) -> str:
    """A line for each department and day on which rooms were opened; no totals, which a spreadsheet would add up."""
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(_HEAD)
    of_days = [each for each in found if each.day is not None and each.department is not None]
    for each in sorted(of_days, key=lambda each: (str(each.day), str(each.department))):
        lines.writerow(
            (
                each.day,
                plain(each.department or ""),
                each.opened,
                each.taken,
                each.answered,
                each.unserved,
                *_seconds(each.waited),
                *_seconds(each.first_answer),
            )
        )
    return file.getvalue()


def plain(text: str) -> str:
    """The text, so that no spreadsheet takes it for a formula: what would be one has an apostrophe in front."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _seconds(spread: Spread | None) -> Sequence[object]:
    return (round(spread.median, 1), round(spread.most, 1)) if spread else ("", "")
