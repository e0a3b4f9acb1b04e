"""When the rig itself stood still: what came meanwhile was noted afterwards, all at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time
from typing import Final, TypeAlias

from tests.faults.rig import cancelled

#: from when until when
Span: TypeAlias = tuple[float, float]

_BEAT: Final = 0.01
#: this much later than it should be is nothing that anybody would notice
_LATE: Final = 0.02


@asynccontextmanager
async def feeling() -> AsyncIterator[list[Span]]:
    """The moments in which this process did nothing, as they come; the list is whole when the block ends."""
    stood: list[Span] = []
    task = asyncio.create_task(_beat(stood))
    try:
        yield stood
    finally:
        await cancelled(task)


async def _beat(stood: list[Span]) -> None:
    while True:
        before = time()
        await asyncio.sleep(_BEAT)
        if time() - before > _BEAT + _LATE:
            stood.append((before, time()))


def most_in(seconds: float, moments: list[float], stood: list[Span]) -> float:
    """How many of these moments fell into the busiest span of so many seconds.

    A span in which the process stood still has what came in that time, too, and is as much longer.
    """
    moments = sorted(moments)
    most, last = 0.0, 0
    for first, moment in enumerate(moments):
        while last < len(moments) and moments[last] <= moment + seconds:
            last += 1
        still = sum(ended - began for began, ended in stood if moment <= ended + _LATE and ended <= moment + seconds)
        most = max(most, (last - first) * seconds / (seconds + still))
    return most
