"""Messages accepted and delivered a second, against relays that store nothing, in pairs of runs one after the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from typing import Any, Final

from benchmarks.conversations import Made
from benchmarks.figures import Figure, Options, Told, spread
from benchmarks.measure import Run, measured
from benchmarks.records import Direction
from benchmarks.stage import Lost, Stage, Target

DIRECTIONS: Final[tuple[Direction, ...]] = ("to_agent", "to_contact")
NAMES: Final = {"to_agent": "contact to agent", "to_contact": "agent to contact"}
#: where the targets are judged
JUDGED: Final = (50, 100)
OF_RELAY: Final = 0.9
WARM_SECONDS: Final = 1.0
OF_STOCK: Final = 5.0


def window(connections: int) -> int:
    """So much may be accepted and not have arrived: delivery keeps pace."""
    return max(100, 4 * connections)


async def throughput(stage: Stage, options: Options, told: Told) -> None:
    """Each direction at each number of connections, and at each number of conversations."""
    sizes = [(connections, JUDGED[1]) for connections in options.connections]
    sizes += [(JUDGED[0], many) for many in options.conversations if many != JUDGED[1]]
    async with stage.database() as (url, channel):
        for direction in DIRECTIONS:
            for connections, conversations in sizes:
                judged = (connections, conversations) == JUDGED
                what = f"{NAMES[direction]}, {connections} connections, {conversations} conversations"
                try:
                    await _against_relays(
                        stage, options, told, (url, channel), direction, connections, conversations, judged
                    )
                except Lost as error:
                    told.lost.append(f"throughput, {what}: {error}")


async def _against_relays(
    stage: Stage,
    options: Options,
    told: Told,
    database: tuple[str, Made],
    direction: Direction,
    connections: int,
    conversations: int,
    judged: bool,
) -> None:
    pairs = options.pairs if judged else 1
    size: dict[str, Any] = {"connections": connections, "conversations": conversations, "window": window(connections)}
    runs: dict[str, list[Run]] = {"bridge": [], "relay": [], "relay on httpx": []}
    for _ in range(pairs):
        for name, found in runs.items():
            async with target_of(stage, name, database, warm=direction) as target:
                found.append(await measured(stage, target, direction, seconds=options.seconds, **size))
    rates = {name: [run.rate for run in each] for name, each in runs.items()}
    of_relay, of_stock = ratios(rates["bridge"], rates["relay"]), ratios(rates["bridge"], rates["relay on httpx"])
    one = runs["bridge"][-1]
    what = f"{NAMES[direction]}, {connections} connections, {conversations} conversations"
    spent = "{:.2f} ms of a core for each, Postgres {:.2f}, peers {:.2f}, load {:.2f}".format(*one.cpu)
    seen = f"{spread(rates['bridge'], '.0f')} messages/s; {spent}; relay {runs['relay'][-1].cpu[0]:.2f}"
    numbers = {"rates": rates, "of_relay": of_relay, "of_stock": of_stock, "cpu": one.cpu, "commits": one.commits}
    for against, ratio, wanted in (("the relay", of_relay, OF_RELAY), ("the relay on httpx", of_stock, OF_STOCK)):
        told.tell(
            Figure(
                "throughput",
                what,
                f"{spread(ratio)} of {against}; {seen}",
                one.verdict,
                f"at least {wanted:g}" if judged else "",
                median(ratio) >= wanted if judged else None,
                numbers,
            )
        )


def ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [a / b for a, b in zip(ours, theirs, strict=True)]


@asynccontextmanager
async def target_of(
    stage: Stage, name: str, database: tuple[str, Made], *, warm: Direction | None = None
) -> AsyncIterator[Target]:
    """A target that has just started; `warm`: and whose connections are open, as they are a second later."""
    of_relay = "httpx" if name.endswith("httpx") else "aiohttp"
    async with stage.bridge(*database) if name == "bridge" else stage.relay(of_relay) as target:
        if warm:
            await measured(stage, target, warm, seconds=WARM_SECONDS, connections=JUDGED[0])
        yield target
