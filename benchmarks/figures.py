"""What a benchmark says: a figure with its verdict, or why there is none."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import msgspec

from benchmarks.stage import Stage


class Options(msgspec.Struct, frozen=True):
    """Which parts, how long, and how large."""

    only: Sequence[str] = ()
    seconds: float = 10.0
    pairs: int = 5
    connections: Sequence[int] = (1, 10, 50, 200)
    conversations: Sequence[int] = (1, 100, 10_000)
    rates: Sequence[float] = (10, 100, 500)
    stored: Sequence[int] = (100_000, 5_000_000)
    waiting: int = 100_000
    drained: int = 200_000


class Figure(msgspec.Struct):
    """One line: what was measured, in which part, and how it stands to its target."""

    part: str
    what: str
    value: str
    verdict: str
    target: str = ""  #: what is wanted, in words; "" where nothing is
    met: bool | None = None
    numbers: dict[str, Any] = msgspec.field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """What has been said until now, and what could not be."""

    figures: list[Figure] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def tell(self, figure: Figure) -> None:
        self.figures.append(figure)
        print(line_of(figure), flush=True)


Part = Callable[[Stage, Options, Told], Awaitable[None]]


def line_of(figure: Figure) -> str:
    met = "" if figure.met is None else " yes" if figure.met else " no"
    target = f" ({figure.target}:{met})" if figure.target else ""
    return f"| {figure.part} | {figure.what} | {figure.value}{target} | {figure.verdict} |"


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """The median, and between what the others lie."""
    middle = format(median(values), form)
    return middle if len(values) == 1 else f"{middle} ({min(values):{form}} to {max(values):{form}})"
