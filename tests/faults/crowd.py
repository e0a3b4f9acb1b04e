"""More load than simulated peers could take: that of the benchmarks, each way from a process of its own, and judged."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from benchmarks.measure import all_that_comes, is_taken, judge
from benchmarks.records import Came, Direction, Sent
from benchmarks.stage import Stage, Target, execute, other_peers, staged
from tests.faults.verifier import Verdict

DIRECTIONS: Final[Mapping[Direction, str]] = {"to_agent": "to agents", "to_contact": "to contacts"}
CONNECTIONS: Final = 50


@dataclass(frozen=True)
class Way:
    """What came of a load in one direction. Seconds."""

    verdict: Verdict
    statuses: Counter[int]  #: answers by their status; 0: none
    untold: int  #: accepted messages of which RapidPro was not told
    accepting: Sequence[float]  #: from when it was due until it was accepted
    answering: Sequence[float]  #: from the request to its answer, whatever that was
    arriving: Sequence[float]  #: from our answer to the arrival

    @property
    def in_words(self) -> str:
        found = self.verdict
        return (
            f"{found.accepted} accepted, lost {len(found.lost)}, unexpected {len(found.unexpected)}, duplicated "
            f"{len(found.duplicated)}, reordered {len(found.reordered)}; "
            + ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        )


Load: TypeAlias = Callable[..., Awaitable[Mapping[str, Way]]]


@asynccontextmanager
async def both_ways(contacts: int, *, replicas: int) -> AsyncIterator[Load]:
    """Replicas with so many conversations, and what puts load on both of their sides at once, until all has arrived."""
    async with staged() as chat, other_peers(chat) as flows, chat.database(contacts) as (url, channel):
        await execute(url, f"UPDATE channel SET rapidpro_url = 'http://127.0.0.1:{flows.peers}'")  # noqa: S608 - a port
        async with chat.bridge(url, channel, replicas=replicas) as target:

            async def load(connections: int = CONNECTIONS, **job: float) -> Mapping[str, Way]:
                given = {"conversations": contacts, "connections": connections, **job}
                return await _loaded(chat, flows, target, given)

            await load(rate=20.0, seconds=1.0)  # connections are open, and statements prepared
            yield load


async def _loaded(chat: Stage, flows: Stage, target: Target, given: Mapping[str, float]) -> Mapping[str, Way]:
    stages: Mapping[Direction, Stage] = {"to_agent": chat, "to_contact": flows}
    for stage in stages.values():
        await stage.ask("/bench/reset")
    jobs = [stage.load(stage.job(target, direction, **given)) for direction, stage in stages.items()]
    to_agent, to_contact = await asyncio.gather(*jobs)
    read = await all_that_comes(chat, _accepted(to_agent), 0)
    heard = await all_that_comes(flows, _accepted(to_contact), _accepted(to_agent))
    told = set(zip(heard.status_conversation, heard.status_number, strict=True))
    rows = zip(to_agent.conversation, to_agent.number, to_agent.status, strict=True)
    untold = sum(is_taken(status) and (conversation, number) not in told for conversation, number, status in rows)
    return {DIRECTIONS["to_agent"]: _way(to_agent, read, untold), DIRECTIONS["to_contact"]: _way(to_contact, heard, 0)}


def _accepted(sent: Sent) -> int:
    return sum(map(is_taken, sent.status))


def _way(sent: Sent, came: Came, untold: int) -> Way:
    arrived = dict(zip(zip(came.conversation, came.number, strict=True), came.at, strict=True))
    rows = list(zip(sent.conversation, sent.number, sent.due, sent.began, sent.answered, sent.status, strict=True))
    return Way(
        judge(sent, came),
        Counter(sent.status),
        untold,
        [answered - due for _, _, due, _, answered, status in rows if is_taken(status)],
        [answered - began for _, _, _, began, answered, status in rows if status],
        [
            arrived[conversation, number] - answered
            for conversation, number, _, _, answered, status in rows
            if is_taken(status) and (conversation, number) in arrived
        ],
    )
