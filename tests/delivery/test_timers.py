"""What wakes conversations: around a database that is away, locks, and events that nobody can handle."""

import asyncio
from collections.abc import Sequence

from channel.core import limits
from channel.core.addresses import ByConversation
from channel.core.errors import StoreBusy, StoreRefused, StoreUnavailable
from channel.core.events import Timer, Woke
from channel.delivery.timers import Timers, TimerVerbs

FIRST, SECOND = (Woke(ByConversation(number), Timer.QUEUED) for number in (1, 2))
AWAY = StoreUnavailable("away")


class Rounds:
    """What is due each time it is asked, and who refuses to be woken; remembers what was done."""

    def __init__(self, *due: Sequence[Woke] | Exception, refusing: dict[Woke, Exception] | None = None) -> None:
        self._due = list(due)
        self._refusing = refusing or {}
        self.woken: list[Woke] = []
        self.put_off: list[tuple[Woke, float]] = []
        self.asked = asyncio.Event()

    async def run(self) -> "Rounds":
        """Run until there is an answer no more to what is due."""
        timers = Timers(TimerVerbs(self._look, self._wake, self._later))
        running = asyncio.create_task(timers.run())
        async with asyncio.timeout(10):
            await self.asked.wait()
            timers.stop()
            await running
        return self

    async def _look(self) -> Sequence[Woke]:
        if not self._due:
            self.asked.set()
            return []
        found = self._due.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    async def _wake(self, event: Woke) -> None:
        if event in self._refusing:
            raise self._refusing[event]
        self.woken.append(event)

    async def _later(self, event: Woke, seconds: float) -> None:
        self.put_off.append((event, seconds))


async def test_what_is_due_is_taken_up() -> None:
    rounds = await Rounds([FIRST, SECOND]).run()
    assert (rounds.woken, rounds.put_off) == ([FIRST, SECOND], [])


async def test_what_cannot_be_taken_up_is_put_off_and_keeps_no_other_from_being_woken() -> None:
    for error in (StoreRefused("no"), RuntimeError("our own")):
        rounds = await Rounds([FIRST, SECOND], refusing={FIRST: error}).run()
        assert (rounds.woken, rounds.put_off) == ([SECOND], [(FIRST, limits.UNREADABLE_WAIT)])


async def test_a_conversation_that_somebody_has_locked_is_woken_a_moment_later() -> None:
    rounds = await Rounds([FIRST, SECOND], refusing={FIRST: StoreBusy("locked")}).run()
    assert (rounds.woken, rounds.put_off) == ([SECOND], [(FIRST, limits.BUSY_WAIT)])


async def test_a_database_that_is_away_is_asked_again_and_nothing_is_put_off() -> None:
    rounds = await Rounds(AWAY, [FIRST]).run()
    assert (rounds.woken, rounds.put_off) == ([FIRST], [])
    rounds = await Rounds([FIRST, SECOND], [SECOND], refusing={FIRST: AWAY}).run()
    assert rounds.put_off == []
