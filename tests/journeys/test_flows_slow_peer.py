"""A flow is answered within 2 s while Rocket.Chat hangs, is down or limits us, and nothing it said is lost.

`pytest -s tests/journeys/test_flows_slow_peer.py` prints the slowest call of each route.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from time import perf_counter

import pytest

from channel.sandbox.rocketchat import Drops, Hangs, RocketChat
from tests.bridge import Bridge, running_bridge
from tests.journeys.calling import Flow, Json

WITHIN = 2.0  #: seconds, for every call
SHARED = 3.5  #: the same where other tests have a part of the machine; still less than whoever hangs
CALLS = 100  #: of each route
AT_ONCE = 20

Call = Callable[[int], Awaitable[Json]]


def hang(rocketchat: RocketChat) -> None:
    rocketchat.faults.rest(Hangs(4), times=None)


def is_down(rocketchat: RocketChat) -> None:
    rocketchat.faults.rest(Drops(), times=None)


def limits(rocketchat: RocketChat) -> None:
    rocketchat.settings["API_Enable_Rate_Limiter"] = True


def recovers(rocketchat: RocketChat) -> None:
    rocketchat.faults.clear()
    rocketchat.settings["API_Enable_Rate_Limiter"] = False


def named(group: int) -> list[str]:
    """A hundred contacts."""
    return [f"0000000{group}-0000-4000-8000-{number:012x}" for number in range(CALLS)]


@pytest.mark.parametrize("suffers", [hang, is_down, limits], ids=["hanging", "down", "limiting"])
async def test_every_call_is_answered_in_time_and_nothing_is_lost(
    database_url: str, tmp_path: Path, suffers: Callable[[RocketChat], None]
) -> None:
    async with running_bridge(database_url, tmp_path, department="Support") as bridge:
        flow = Flow(bridge)
        asked, said, left = named(1), named(2), named(3)
        suffers(bridge.rocketchat)

        async def registers(number: int) -> Json:
            return await flow.register(asked[number], results={"clientmessage": {"value": f"asked {number}"}})

        async def registers_to_leave(number: int) -> Json:
            return await flow.register(left[number])

        async def says(number: int) -> Json:
            return await flow.say(f"said {number}", said[number])

        async def looks(number: int) -> Json:
            return await flow.availability(department="Support")

        async def leaves(number: int) -> Json:
            return await flow.close(left[number])

        # the others' hand-offs must not be made before these are called off
        assert await timed("registerClient", registers) == Counter(queued=CALLS)
        assert await timed("registerClient", registers_to_leave) == Counter(queued=CALLS)
        assert await timed("sendMessageToAgent", says) == Counter(accepted=CALLS)
        assert await timed("availability", looks) == Counter(available=CALLS)
        assert await timed("session", leaves) == Counter(closing=CALLS)

        recovers(bridge.rocketchat)
        async with bridge.hurrying():
            await all_read(bridge, (f"{word} {number}" for word in ("asked", "said") for number in range(CALLS)))


async def timed(route: str, call: Call) -> Counter[str]:
    """How often each outcome came, of calls that were all in time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> tuple[float, str]:
        async with gate:
            began = perf_counter()
            answer = await call(number)
            return perf_counter() - began, str(answer["outcome"])

    done = await asyncio.gather(*(one(number) for number in range(CALLS)))
    slowest = max(seconds for seconds, _ in done)
    print(f"{route}: the slowest of {CALLS} took {slowest:.3f} s")
    assert slowest < SHARED, f"{slowest:.2f} s of {WITHIN:g} s"
    return Counter(outcome for _, outcome in done)


async def all_read(bridge: Bridge, texts: Iterable[str]) -> None:
    """Return when each of these is in a room of its own, once."""
    wanted = sorted((text,) for text in texts)

    def read(rocketchat: RocketChat) -> bool:
        rooms = (bridge.read(room) for room in rocketchat.rooms.values())
        return sorted(words for words in rooms if words) == wanted

    await bridge.rocketchat.until(read, timeout=60)
