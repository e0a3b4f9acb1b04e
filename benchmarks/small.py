"""The small form, for every change: `python -m benchmarks.small`, about a minute, and the last step of `make test`.

What a message costs at the relay, of what it costs at the service with its Postgres: both in times of a core, measured
in turn in the same run, so that neither the machine nor what else runs there is in the ratio. It fails if a ratio is
less than four fifths of the one in `baseline.json`. `--write` makes a new one, when a change is worth its cost.
"""

import asyncio
import os
import sys
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from benchmarks.figures import spread
from benchmarks.measure import measured
from benchmarks.records import Direction
from benchmarks.stage import Lost, Stage, execute, staged
from benchmarks.throughput import DIRECTIONS, NAMES, target_of

BASELINE: Final = Path(__file__).parent / "baseline.json"
FELL: Final = 0.8
PAIRS: Final = 3
CONVERSATIONS: Final = 500
_LOAD: Final[dict[str, Any]] = {"seconds": 3.0, "connections": 50, "conversations": CONVERSATIONS, "window": 200}


async def ratios(stage: Stage, pairs: int = PAIRS) -> dict[Direction, list[float]]:
    """Of each direction, what the relay spends of what the service does; Lost without a verdict."""
    found: dict[Direction, list[float]] = {direction: [] for direction in DIRECTIONS}
    async with stage.database(CONVERSATIONS) as database:
        async with target_of(stage, "bridge", database) as target:
            for direction in DIRECTIONS:
                await measured(stage, target, direction, **{**_LOAD, "seconds": 1.0})
        await execute(database[0], "VACUUM ANALYZE")
        for _ in range(pairs):
            async with target_of(stage, "bridge", database) as target:
                service = {direction: await measured(stage, target, direction, **_LOAD) for direction in DIRECTIONS}
            async with target_of(stage, "relay", database) as target:
                relay = {direction: await measured(stage, target, direction, **_LOAD) for direction in DIRECTIONS}
            for direction, ratio in found.items():
                ratio.append(relay[direction].cpu[0] / sum(service[direction].cpu[:2]))
    return found


def fallen(found: dict[Direction, list[float]], baseline: dict[str, float]) -> list[str]:
    """What is worse by more than a fifth, in words."""
    return [
        f"{NAMES[direction]}: {median(ratio):.3f}, and {baseline[direction]:.3f} is the baseline"
        for direction, ratio in found.items()
        if median(ratio) < FELL * baseline[direction]
    ]


async def _run(arguments: list[str]) -> int:
    async with staged() as stage:
        found = await ratios(stage)
    for direction, ratio in found.items():
        print(f"{NAMES[direction]}: a relay that stores nothing spends {spread(ratio, '.3f')} of what the service does")
    if arguments == ["--write"]:
        BASELINE.write_bytes(
            msgspec.json.format(msgspec.json.encode({n: round(median(r), 3) for n, r in found.items()}))
        )
        return 0
    worse = fallen(found, msgspec.json.decode(BASELINE.read_bytes()))
    for each in worse:
        print(f"slower by more than a fifth: {each}", file=sys.stderr)
    return 1 if worse else 0


def main() -> None:
    arguments = sys.argv[1:]
    if arguments not in ([], ["--write"]):
        sys.exit(f"benchmarks.small: unknown arguments {' '.join(arguments)}; no figure is printed")
    os.environ.pop("DATABASE_URL", None)  # of another machine's Postgres nobody knows what it spends
    try:
        sys.exit(asyncio.run(_run(arguments)))
    except Lost as error:
        sys.exit(f"no figure: {error}")


if __name__ == "__main__":
    main()
