"""One run of a load against one target, and what came of it. Without its verdict there is no figure."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from time import monotonic
from typing import Final

import asyncpg

from benchmarks.records import Came, Direction, Sent
from benchmarks.stage import Lost, Stage, Target, value
from channel.core import limits
from tests.faults import verifier

#: for what was accepted to arrive, once nothing more is sent
DRAIN: Final = 120.0
#: of a load that is given a rate, so much has to come about, and to be answered this soon after its end
KEPT: Final = 0.95
KEPT_WITHIN: Final = 1.0
_COMMITS: Final = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured of one target. Seconds, and messages a second."""

    target: str
    verdict: str
    count: int
    rate: float  #: accepted and delivered, with all that is owed for them
    accept: Sequence[float]
    end_to_end: Sequence[float]  #: from our answer to the arrival
    cpu: tuple[float, float, float, float]  #: ms of a core for each message: target, Postgres, peers, load
    commits: float  #: for each message
    refused: dict[str, int]
    bare: Sequence[float] = ()  #: commits of one row, made meanwhile


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that so many percent of them do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


async def measured(stage: Stage, target: Target, direction: Direction, *, bare: bool = False, **job: object) -> Run:
    """Have the load made, wait until all of it has arrived, and judge. Lost if there is nothing to be said."""
    await stage.ask("/bench/reset")
    given = stage.job(target, direction, **job)
    before, commits = stage.cpu(target), await _commits(target)
    committing = asyncio.create_task(_bare_commits(target)) if bare else None
    sent = await stage.load(given)
    bare_commits = await _stopped(committing) if committing else []
    accepted = sum(is_taken(status) for status in sent.status)
    if not accepted:
        raise Lost(f"{target.name}: nothing was accepted ({dict(Counter(sent.status))})")
    came = await all_that_comes(stage, accepted, accepted if direction == "to_agent" else 0)
    after, committed = stage.cpu(target), await _commits(target)
    verdict = judge(sent, came)
    _check_statuses(target, sent, came, direction)
    if not verdict.holds:
        raise Lost(f"{target.name}: {verdict}")
    if given.rate:
        check_kept(target, sent, given.rate, given.seconds)
    began = min(sent.began)
    ended = max([*came.at, *(at - limits.STATUS_DELAY for at in came.status_at)])
    cpu = tuple(1000 * (b - a) / accepted for a, b in zip(before, after, strict=True))
    arrived = dict(zip(zip(came.conversation, came.number, strict=True), came.at, strict=True))
    rows = zip(sent.conversation, sent.number, sent.answered, sent.status, strict=True)
    return Run(
        target.name,
        f"{accepted} accepted, lost 0, duplicated 0, reordered 0",
        accepted,
        accepted / (ended - began),
        [a - d for a, d, s in zip(sent.answered, sent.due, sent.status, strict=True) if is_taken(s)],
        [arrived[conversation, number] - at for conversation, number, at, s in rows if is_taken(s)],
        (cpu[0], cpu[1], cpu[2], 1000 * sent.cpu / accepted),
        (committed - commits) / accepted,
        sent.refused,
        bare_commits,
    )


def judge(sent: Sent, came: Came) -> verifier.Verdict:
    """Was anything lost, invented, doubled or put out of order?"""
    wrote = sorted(
        (
            verifier.Sent(str(conversation), str(number), began, answered if is_taken(status) else None)
            for conversation, number, began, answered, status in zip(
                sent.conversation, sent.number, sent.began, sent.answered, sent.status, strict=True
            )
        ),
        key=lambda one: one.began,
    )
    there = [
        verifier.Arrived(str(conversation), str(number), at)
        for conversation, number, at in zip(came.conversation, came.number, came.at, strict=True)
    ]
    return verifier.verify(wrote, there)


def _check_statuses(target: Target, sent: Sent, came: Came, direction: Direction) -> None:
    """RapidPro is to hear of each message that it sent."""
    if direction != "to_agent":
        return
    told = set(zip(came.status_conversation, came.status_number, strict=True))
    rows = zip(sent.conversation, sent.number, sent.status, strict=True)
    if untold := sum(is_taken(status) and (conversation, number) not in told for conversation, number, status in rows):
        raise Lost(f"{target.name}: of {untold} messages RapidPro was not told")


def check_kept(target: Target, sent: Sent, rate: float, seconds: float) -> None:
    """A load that came late says nothing of how soon it would have been answered."""
    end = min(sent.due) + seconds + KEPT_WITHIN
    kept = sum(is_taken(status) and at <= end for status, at in zip(sent.status, sent.answered, strict=True))
    if kept < KEPT * rate * seconds:
        raise Lost(f"{target.name}: the load was not kept: {kept / seconds:.0f} of {rate:g} messages/s")


async def all_that_comes(stage: Stage, words: int, statuses: int) -> Came:
    """What came, once so many have; whatever there is, after a long wait."""
    given_up = monotonic() + DRAIN
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.peers)
    writer.write(b"GET /bench/watch HTTP/1.1\r\n\r\n")
    with suppress(TimeoutError):
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + given_up - monotonic()):
            while line := await reader.readline():
                came, told = map(int, line.split())
                if came >= words and told >= statuses:
                    break
    writer.close()
    return await stage.came()


async def _commits(target: Target) -> float:
    return await value(target.database, _COMMITS) if target.database else 0.0


async def _bare_commits(target: Target) -> list[float]:
    """What the least that is durable takes meanwhile: one row, committed, some times a second."""
    connection = await asyncpg.connect(target.database)
    took: list[float] = []
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS bare (at timestamptz)")
        while True:
            began = monotonic()
            await connection.execute("INSERT INTO bare VALUES (now())")
            took.append(monotonic() - began)
            await asyncio.sleep(0.02)
    except asyncio.CancelledError:
        return took
    finally:
        await connection.close()


async def _stopped(task: "asyncio.Task[list[float]]") -> list[float]:
    task.cancel()
    return await task


def is_taken(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
