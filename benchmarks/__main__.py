"""`python -m benchmarks`: everything side by side on one machine, as a table and as JSON."""

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from benchmarks.drain import drain
from benchmarks.figures import Figure, Options, Part, Told
from benchmarks.growth import growth
from benchmarks.latency import latency, parted, wrong
from benchmarks.running import ceiling, replicas, running
from benchmarks.stage import Lost, staged
from benchmarks.throughput import throughput

PARTS: Final[Mapping[str, Part]] = {
    "ceiling": ceiling,
    "throughput": throughput,
    "latency": latency,
    "parted": parted,
    "wrong": wrong,
    "running": running,
    "replicas": replicas,
    "drain": drain,
    "growth": growth,
}


class Result(msgspec.Struct):
    """What `--json` writes: the machine, what was asked for, what was measured, and what could not be."""

    machine: str
    cores: int
    load: float  #: of the machine, when it began
    options: Options
    figures: list[Figure]
    lost: list[str]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.exit(f"benchmarks: {message}; no figure is printed")


def options_of(arguments: Sequence[str]) -> tuple[Options, Path | None]:
    """What was asked for; ends the process, in words, if that cannot be."""
    defaults = Options()
    parser = _Parser(prog="python -m benchmarks", description=__doc__, allow_abbrev=False)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=[], help="these parts; all, if none is named")
    parser.add_argument("--seconds", type=_positive, default=defaults.seconds, help="of each load")
    parser.add_argument("--pairs", type=_count, default=defaults.pairs, help="of runs where a target is judged")
    for name in ("connections", "conversations", "stored"):
        given = getattr(defaults, name)
        parser.add_argument(f"--{name}", type=_count, nargs="+", default=given, help=f"{' '.join(map(str, given))}")
    parser.add_argument("--rates", type=_positive, nargs="+", default=defaults.rates, help="messages a second")
    parser.add_argument("--waiting", type=_count, default=defaults.waiting, help="messages that wait meanwhile")
    parser.add_argument("--drained", type=_count, default=defaults.drained, help="messages that are drained")
    parser.add_argument("--json", type=Path, default=None, help="a file to write the result to")
    given = vars(parser.parse_args(arguments))
    place: Path | None = given.pop("json")
    if place is not None and not place.parent.is_dir():
        parser.error(f"--json: there is no directory {place.parent}")
    if max(given["conversations"]) > 10_000:
        parser.error("--conversations: at most 10,000")
    return msgspec.convert(given, Options), place


async def run(options: Options) -> Result:
    """Every part that was asked for, one after the other."""
    told, load = Told(), os.getloadavg()[1]
    async with staged() as stage:
        for name in options.only or PARTS:
            try:
                await PARTS[name](stage, options, told)
            except Lost as error:
                told.lost.append(f"{name}: {error}")
    cores = os.cpu_count() or 0
    return Result(platform.machine(), cores, load, options, told.figures, told.lost)


def main() -> None:
    options, place = options_of(sys.argv[1:])
    result = asyncio.run(run(options))
    if place is not None:
        place.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    for lost in result.lost:
        print(f"no figure: {lost}", file=sys.stderr)
    sys.exit(1 if result.lost else 0)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 100_000:
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return number


def _count(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 100_000_000:
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return int(text)


if __name__ == "__main__":
    main()
