"""How soon messages are answered and arrive at steady rates, and how that changes while others send what is wrong."""

from typing import Any, Final

from benchmarks.figures import Figure, Options, Told
from benchmarks.measure import Run, measured, percentile
from benchmarks.records import Direction
from benchmarks.stage import Lost, Stage
from benchmarks.throughput import DIRECTIONS, NAMES, WARM_SECONDS, target_of, window

OVER_COMMIT: Final = 0.015
ARRIVED: Final = {False: 0.6, True: 0.06}  #: polling, and with LISTEN or one process for all
FORGED: Final = 20.0  #: requests a second that are to be refused
WRONG: Final = {
    "to_agent": {"forged: 401", "malformed: 400", "no HTTP: 400"},
    "to_contact": {"forged: 401", "malformed: 200", "no HTTP: 400"},
}


async def latency(stage: Stage, options: Options, told: Told) -> None:
    async with stage.database() as database:
        for direction in DIRECTIONS:
            for rate in options.rates:
                try:
                    async with target_of(stage, "bridge", database, warm=direction) as target:
                        run = await measured(stage, target, direction, rate=rate, seconds=options.seconds, bare=True)
                    async with target_of(stage, "relay", database, warm=direction) as target:
                        relay = await measured(stage, target, direction, rate=rate, seconds=options.seconds)
                except Lost as error:
                    told.lost.append(f"latency, {NAMES[direction]} at {rate:g}/s: {error}")
                else:
                    _tell(told, direction, rate, run, relay)


async def parted(stage: Stage, options: Options, told: Told) -> None:
    """An edge and a process that delivers, at 100 messages a second: with hints between them, and looking four times
    a second."""
    async with stage.database() as database:
        for hints, most in ARRIVED.items():
            try:
                async with stage.parted(*database, hints=hints) as target:
                    await measured(stage, target, "to_agent", rate=100, seconds=WARM_SECONDS)
                    run = await measured(stage, target, "to_agent", rate=100, seconds=options.seconds)
            except Lost as error:
                told.lost.append(f"parted: {error}")
                continue
            p99 = percentile(run.end_to_end, 99)
            value = f"p50 {_ms(run.end_to_end, 50)}, p99 {_ms(run.end_to_end, 99)}"
            wanted, numbers = f"p99 at most {1000 * most:g} ms", {"p99": p99, "cpu": run.cpu}
            told.tell(Figure("parted", f"{target.name}, at 100/s", value, run.verdict, wanted, p99 <= most, numbers))


def _tell(told: Told, direction: Direction, rate: float, run: Run, relay: Run) -> None:
    what = f"{NAMES[direction]} at {rate:g}/s"
    accept, arrived = percentile(run.accept, 99), percentile(run.end_to_end, 99)
    bare = percentile(run.bare, 99)
    told.tell(
        Figure(
            "latency",
            f"{what}, accepting",
            f"p50 {_ms(run.accept, 50)}, p99 {_ms(run.accept, 99)}; a bare commit's p99 {1000 * bare:.1f} ms; "
            f"relay p99 {_ms(relay.accept, 99)}",
            run.verdict,
            "p99 at most the bare commit's and 15 ms" if rate == 500 else "",
            accept <= bare + OVER_COMMIT if rate == 500 else None,
            {"p99": accept, "bare": bare, "relay": percentile(relay.accept, 99)},
        )
    )
    told.tell(
        Figure(
            "latency",
            f"{what}, end to end",
            f"p50 {_ms(run.end_to_end, 50)}, p99 {_ms(run.end_to_end, 99)}; relay p99 {_ms(relay.end_to_end, 99)}",
            run.verdict,
            "p99 at most 60 ms" if rate == 100 else "",
            arrived <= ARRIVED[True] if rate == 100 else None,
            {"p99": arrived, "relay": percentile(relay.end_to_end, 99)},
        )
    )


async def wrong(stage: Stage, options: Options, told: Told) -> None:
    """Full load, then the same with malformed and forged requests beside it."""
    async with stage.database() as database:
        for direction in DIRECTIONS:
            size: dict[str, Any] = {"seconds": options.seconds, "window": window(50)}
            try:
                async with target_of(stage, "bridge", database, warm=direction) as target:
                    without = await measured(stage, target, direction, **size)
                    beside = await measured(stage, target, direction, forged=FORGED, **size)
            except Lost as error:
                told.lost.append(f"wrong, {NAMES[direction]}: {error}")
                continue
            ratio = percentile(beside.accept, 99) / percentile(without.accept, 99)
            right = set(beside.refused) <= WRONG[direction]
            answers = ", ".join(f"{name} × {count}" for name, count in sorted(beside.refused.items()))
            told.tell(
                Figure(
                    "wrong",
                    f"{NAMES[direction]}, {FORGED:g} wrong requests/s beside full load",
                    f"p99 of the others {ratio:.2f} of what it was; answers to what was wrong: {answers}",
                    beside.verdict,
                    "at most 2, and refused as documented",
                    ratio <= 2 and right,
                    {"ratio": ratio, "refused": beside.refused},
                )
            )


def _ms(values: object, percent: float) -> str:
    return f"{1000 * percentile(values, percent):.1f} ms"  # type: ignore[arg-type]
