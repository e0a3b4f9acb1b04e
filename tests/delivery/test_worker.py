"""When the worker looks for lanes again: once there may be something, and not after each that ends."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from channel.core import limits
from channel.core.claimed import Claimed
from channel.core.events import Outcome
from channel.core.learned import Reported
from channel.core.pacing import Pass
from channel.delivery import worker
from channel.delivery.worker import Verbs, Worker
from tests.core.building import arrived, claimed

PEER = 7


@pytest.fixture(autouse=True)
def _seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is found because somebody looked, and not by the clock."""
    monkeypatch.setattr(worker, "POLL_SECONDS", 60.0)


class Rounds:
    """What each claim finds, once it is let; each lane is delivered when one more is let."""

    def __init__(self, *found: list[Claimed], slots: int = limits.SLOTS) -> None:
        self._found = list(found)
        self.claims: asyncio.Queue[int] = asyncio.Queue()
        self.settled: asyncio.Queue[Outcome] = asyncio.Queue()
        self.let = asyncio.Semaphore(0)
        self.claiming = asyncio.Event()
        self.claiming.set()
        self.worker = Worker(Verbs(self._claim, self._deliver, self._settle, self._deliver_not), slots=slots)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.worker.run())
        async with asyncio.timeout(10):
            yield
            self.worker.stop()
            self.claiming.set()
            for _ in range(limits.SLOTS):
                self.let.release()
            await task

    async def looks_again(self) -> bool:
        """Without being woken, once all that is ready to run has run."""
        for _ in range(20):
            await asyncio.sleep(0)
        return not self.claims.empty()

    async def _claim(self, lanes: int, busy: Mapping[int, int]) -> list[Claimed]:
        self.claims.put_nowait(lanes)
        await self.claiming.wait()
        return self._found.pop(0) if self._found else []

    async def _deliver(self, claimed: Claimed) -> Outcome:
        await self.let.acquire()
        return arrived(Reported())

    async def _settle(self, outcome: Outcome) -> Claimed | None:
        self.settled.put_nowait(outcome)
        return None

    def _deliver_not(self, claimed: Claimed) -> Outcome:
        raise AssertionError("every outcome can be saved")


def lanes(number: int, passed: Pass | None = None) -> list[Claimed]:
    return [replace(claimed(), lane=n, delivery=n, peer=PEER, passed=passed or Pass()) for n in range(number)]


async def test_after_a_claim_that_found_little_it_waits_to_be_told() -> None:
    rounds = Rounds(lanes(1))
    async with rounds.running():
        await rounds.claims.get()
        assert not await rounds.looks_again()
        rounds.let.release()
        await rounds.settled.get()
        assert not await rounds.looks_again()
        rounds.worker.wake()
        await rounds.claims.get()


async def test_after_a_claim_that_found_much_it_looks_at_once() -> None:
    rounds = Rounds(lanes(limits.CLAIMED_AT_ONCE))
    async with rounds.running():
        await rounds.claims.get()
        assert await rounds.claims.get() == limits.CLAIMED_AT_ONCE


@pytest.mark.parametrize(
    ("found", "slots"),
    [(lanes(1), 1), (lanes(limits.PEER_SLOTS), limits.SLOTS), (lanes(1, Pass(paced=True)), limits.SLOTS)],
    ids=["the last slot", "the last of a peer's slots", "a peer whose lanes are accounted for"],
)
async def test_where_others_waited_for_one_that_ends_it_looks_at_once(found: list[Claimed], slots: int) -> None:
    rounds = Rounds(found, slots=slots)
    async with rounds.running():
        await rounds.claims.get()
        while await rounds.looks_again():
            rounds.claims.get_nowait()
        rounds.let.release()
        await rounds.claims.get()


async def test_a_slot_that_became_free_during_a_claim_is_filled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PEER_SLOTS", 2)
    rounds = Rounds(lanes(2), lanes(1))
    async with rounds.running():
        await rounds.claims.get()
        await rounds.looks_again()
        rounds.claiming.clear()
        rounds.let.release()
        await rounds.claims.get()
        rounds.let.release()
        await rounds.settled.get()
        await rounds.settled.get()
        await rounds.looks_again()
        rounds.claiming.set()
        await rounds.claims.get()
