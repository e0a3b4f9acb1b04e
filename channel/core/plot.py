"""The numbers as a picture: an SVG of three charts below each other, with a title and a description for who hears it.

Nothing in it is a style, a script or a link: attributes alone, so that the strictest policy of a page lets it be seen.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil, log10
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from channel.core.numbers import Numbers, Spread, took
from channel.core.values import dataclass

WIDTH: Final = 720
_LEFT, _RIGHT = 84, 12  #: of the charts, inside the picture
_HEAD, _CHART, _FOOT = 34, 96, 24  #: heights: of a chart's caption, of the chart, and of what stands below it
_STEPS: Final = (1, 2, 5)
#: steps of an axis of seconds: what a clock has
_CLOCK: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_LINES: Final = 4  #: the most lines across a chart
_LABELS: Final = 8  #: and the most days that are named below it


@dataclass(frozen=True, slots=True)
class Palette:
    """Each of the colours stands out from the paper by 3 to 1 at least, and the ink by 7."""

    paper: str
    ink: str
    grid: str
    first: str
    second: str


LIGHT: Final = Palette("#ffffff", "#1f2328", "#d0d7de", "#0a58ca", "#b35900")
DARK: Final = Palette("#16191d", "#e6edf3", "#3d444d", "#6ea8fe", "#ffa94d")


def plot(lines: Sequence[Numbers], title: str, palette: Palette = LIGHT) -> str:
    """The picture of one line of numbers a day, in the order of days."""
    drawing = _Drawing(lines, palette)
    charts = (
        *drawing.times("Waiting time", lambda each: each.waited),
        *drawing.times("First answer", lambda each: each.first_answer),
        *drawing.rooms(),
    )
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {drawing.top}" width="{WIDTH}"'
            f' height="{drawing.top}" role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="13">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(described(lines))}</desc>',
            f'<rect width="{WIDTH}" height="{drawing.top}" fill="{palette.paper}"/>',
            *charts,
            "</svg>\n",
        )
    )


def described(lines: Sequence[Numbers]) -> str:
    """What is to be seen in the picture, in words."""
    opened, unserved = sum(each.opened for each in lines), sum(each.unserved for each in lines)
    said = [f"{_days(lines)}: {opened} chats opened, {unserved} of them unserved."]
    said += _longest("waiting time", lines, lambda each: each.waited)
    said += _longest("first answer", lines, lambda each: each.first_answer)
    return " ".join(said)


def _days(lines: Sequence[Numbers]) -> str:
    return f"{lines[0].day} to {lines[-1].day}" if lines else "No days"


def _longest(name: str, lines: Iterable[Numbers], of: Callable[[Numbers], Spread | None]) -> Iterator[str]:
    known = [(spread.median, each.day) for each in lines if (spread := of(each))]
    if known:
        median, day = max(known, key=lambda each: each[0])
        yield f"The longest median of the {name} was {took(median)}, on {day}."


class _Drawing:
    """Charts below each other; `top` is where the next one begins."""

    def __init__(self, lines: Sequence[Numbers], palette: Palette) -> None:
        self._lines = lines
        self._palette = palette
        self.top = 8
        self._step = (WIDTH - _LEFT - _RIGHT) / max(1, len(lines))

    def times(self, name: str, of: Callable[[Numbers], Spread | None]) -> Iterator[str]:
        """Half of the times, and nine in ten of them."""
        spreads = [of(each) for each in self._lines]
        step = _step_of(max((spread.most for spread in spreads if spread), default=0), _CLOCK)
        yield from self._frame(name, (("median", ""), ("nine in ten", "6 4")), step, took)
        known = [(n, spread) for n, spread in enumerate(spreads) if spread]
        yield from self._line([(n, spread.most) for n, spread in known], step, self._palette.second, "6 4", 5)
        yield from self._line([(n, spread.median) for n, spread in known], step, self._palette.first, "", 3)
        self._next()

    def rooms(self) -> Iterator[str]:
        """How many were opened, and how many of them were closed unserved."""
        step = _step_of(max((each.opened for each in self._lines), default=0), ())
        yield from self._frame("Chats", (("opened", ""), ("unserved", "")), step, lambda value: f"{value:g}")
        for n, each in enumerate(self._lines):
            yield self._bar(n, each.opened, step, self._palette.first, 0.7)
            yield self._bar(n, each.unserved, step, self._palette.second, 0.4)
        self._next()

    def _frame(
        self, name: str, key: Sequence[tuple[str, str]], step: float, said: Callable[[float], str]
    ) -> Iterator[str]:
        """The caption with its key, the lines across with what they stand for, and the days."""
        ink, grid = self._palette.ink, self._palette.grid
        yield f'<text x="{_LEFT}" y="{self.top + 18}" fill="{ink}" font-weight="bold">{escape(name)}</text>'
        for n, (word, dashes) in enumerate(key):
            x, colour = _LEFT + 130 + n * 130, (self._palette.first, self._palette.second)[n]
            yield _stroke(f"M{x} {self.top + 14}h24", colour, dashes, width=3)
            yield f'<text x="{x + 30}" y="{self.top + 18}" fill="{ink}">{escape(word)}</text>'
        for value in (n * step for n in range(_LINES + 1)):
            y = self._y(value, step)
            yield _stroke(f"M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}", grid, "", width=1)
            yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" fill="{ink}" text-anchor="end">{escape(said(value))}</text>'
        foot = self.top + _HEAD + _CHART + 16
        for n in range(0, len(self._lines), max(1, ceil(len(self._lines) / _LABELS))):
            day = escape(str(self._lines[n].day)[5:])
            yield f'<text x="{self._x(n):.1f}" y="{foot}" fill="{ink}" text-anchor="middle">{day}</text>'

    def _line(
        self, points: Sequence[tuple[int, float]], step: float, colour: str, dashes: str, radius: int
    ) -> Iterator[str]:
        """Days that follow each other are joined; a day without a number leaves a gap."""
        path, last = "", None
        for n, value in points:
            path += f"{'L' if last == n - 1 else 'M'}{self._x(n):.1f} {self._y(value, step):.1f}"
            last = n
        if path:
            yield _stroke(path, colour, dashes, width=2)
        for n, value in points:
            label = quoteattr(f"{self._lines[n].day}: {took(value)}")
            x, y = self._x(n), self._y(value, step)
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" aria-label={label}/>'

    def _bar(self, n: int, value: int, step: float, colour: str, width: float) -> str:
        y = self._y(value, step)
        wide, high = width * self._step, self.top + _HEAD + _CHART - y
        x = self._x(n) - wide / 2
        return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="{colour}"/>'

    def _x(self, n: int) -> float:
        return _LEFT + (n + 0.5) * self._step

    def _y(self, value: float, step: float) -> float:
        return self.top + _HEAD + _CHART * (1 - value / (step * _LINES))

    def _next(self) -> None:
        self.top += _HEAD + _CHART + _FOOT


def _stroke(path: str, colour: str, dashes: str, *, width: int) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def _step_of(most: float, known: Sequence[int]) -> float:
    """The least step that people count in, of which the lines across reach as high as the highest value."""
    wanted = most / _LINES
    for step in known:
        if step >= wanted:
            return step
    if wanted <= 1:
        return 1
    power = 10 ** int(log10(wanted))
    return next(float(step * power) for step in (*_STEPS, 10, 20) if step * power >= wanted)
