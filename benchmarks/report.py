"""The tables of docs/performance.md, from what `make bench` measured: `python -m benchmarks.report RESULT PAGE`.

What stands on the page outside the two marks is written by people, and stays.
"""

import sys
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.__main__ import Result
from benchmarks.figures import Figure, line_of

BEGINS: Final = "<!-- measured -->"
ENDS: Final = "<!-- /measured -->"
HEAD: Final = """Measured with `make bench` on {cores} cores ({machine}), whose load was {load:.1f} when it began. Loads
last {seconds:g} s; where a target is judged there are {pairs} pairs, and the figure is their median.

| part | what | measured | verdict |
|---|---|---|---|
"""


def main(result: str, page: str) -> None:
    place = Path(page)
    place.write_text(filled(place.read_text(), msgspec.json.decode(Path(result).read_bytes(), type=Result)))


def filled(page: str, result: Result) -> str:
    """The page with these figures between its marks."""
    before, begins, rest = page.partition(BEGINS)
    _, ends, behind = rest.partition(ENDS)
    if not begins or not ends:
        sys.exit(f"the page has no place for figures, between {BEGINS} and {ENDS}")
    asked = result.options
    head = HEAD.format(
        cores=result.cores, machine=result.machine, load=result.load, seconds=asked.seconds, pairs=asked.pairs
    )
    lines = [line_of(figure) for figure in result.figures]
    targets = [_target(figure) for figure in result.figures if figure.met is not None]
    judged = "\n| target | measured | met |\n|---|---|---|\n" + "\n".join(targets) + "\n" if targets else ""
    lost = "".join(f"\nNo figure: {each}.\n" for each in result.lost)
    return f"{before}{begins}\n{head}{chr(10).join(lines)}\n{judged}{lost}{ends}{behind}"


def _target(figure: Figure) -> str:
    met = "yes" if figure.met else "no"
    return f"| {figure.part}, {figure.what}: {figure.target} | {figure.value} | {met} |"


if __name__ == "__main__":
    main(*sys.argv[1:])
