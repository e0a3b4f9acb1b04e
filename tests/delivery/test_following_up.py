"""RapidPro is asked for a list, a few pages at a time; what is ours and new is told; who is away is not asked."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from structlog.testing import capture_logs

from channel.core import limits
from channel.core.errors import DeliveryError, StoreBusy, StoreUnavailable, Unavailable, Waiting
from channel.core.events import Followed, ReplyFailed, ReplyResent
from channel.core.following_up import Account, Listed, Reply
from channel.delivery.following_up import FollowingUp, FollowingUpVerbs

HERE = Account("https://rp.example", "t0ken", (UUID(int=1),), datetime(2026, 3, 1, 12, tzinfo=UTC))
MESSAGE = UUID(int=2)


def reply(number: int, *, has_failed: bool = False, name: str = "") -> Reply:
    return Reply(number, 1, MESSAGE, name or f"u{number}", has_failed)


@dataclass
class RapidPro:
    """A list of failed messages, in pages; and what is known of ours. It ends the loop after so many looks."""

    pages: list[set[str]] = field(default_factory=lambda: [set()])
    ours: list[Reply] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)  #: that went after all
    trouble: DeliveryError | None = None
    is_away: bool = False
    store: list[Exception] = field(default_factory=list)  #: what it raises instead of taking what is told
    read: list[int] = field(default_factory=list)  #: which pages were read
    asked: list[str] = field(default_factory=list)
    told: list[Followed] = field(default_factory=list)
    put_off: list[float] = field(default_factory=list)
    looks: int = 1
    time: float = 0.0
    stops_at: int = -1  #: the page at which it is told to stop
    apart: float = 0.0  #: seconds between two looks

    async def followed(self, looks: int = 1) -> "RapidPro":
        """After so many looks."""
        self.looks = looks
        verbs = FollowingUpVerbs(
            self._due,
            lambda url: self.is_away,
            self._listed,
            self._went,
            self._named,
            self._failed,
            self._told,
            self._put_off,
        )
        self.loop = FollowingUp(verbs, lambda: self.time, every=0)
        async with asyncio.timeout(5):
            await self.loop.run()
        return self

    async def _due(self) -> list[Account]:
        if not self.looks:
            self.loop.stop()
        self.looks -= 1
        self.time += self.apart
        return [HERE]

    async def _listed(self, account: Account, following: Mapping[str, str] | None) -> Listed:
        if self.trouble:
            raise self.trouble
        number = int(following["cursor"]) if following else 0
        self.read.append(number)
        if number == self.stops_at:
            self.loop.stop()
        more = {"cursor": str(number + 1)} if number + 1 < len(self.pages) else None
        return Listed(frozenset(self.pages[number]), more)

    async def _went(self, account: Account, name: str) -> bool:
        self.asked.append(name)
        return name in self.gone

    async def _named(self, account: Account, names: Collection[str]) -> list[Reply]:
        return [each for each in self.ours if each.name in names]

    async def _failed(self, account: Account) -> list[Reply]:
        return [each for each in self.ours if each.has_failed]

    async def _told(self, event: Followed) -> None:
        if self.store:
            raise self.store.pop(0)
        self.told.append(event)

    async def _put_off(self, account: Account, seconds: float) -> None:
        self.put_off.append(seconds)

    def kinds(self) -> list[tuple[type[Followed], int]]:
        return [(type(event), event.reply) for event in self.told]


async def test_what_is_ours_and_new_is_told() -> None:
    pages = [{"u1", "x"}, {"u2"}]
    rapidpro = await RapidPro(pages, [reply(1), reply(2, has_failed=True), reply(3)]).followed()
    assert rapidpro.kinds() == [(ReplyFailed, 1)]
    assert rapidpro.asked == []


async def test_what_is_listed_no_more_is_asked_about_a_few_at_a_time_and_seldom() -> None:
    known = [reply(n, has_failed=True) for n in range(1, 6)]
    rapidpro = RapidPro(ours=known, gone={"u2"})
    await rapidpro.followed()
    assert (rapidpro.asked, rapidpro.kinds()) == (["u1", "u2", "u3"], [(ReplyResent, 2)])
    assert limits.FOLLOWED_ASKED == 3


async def test_what_did_not_go_is_asked_about_again_after_a_while() -> None:
    rapidpro = RapidPro(ours=[reply(1, has_failed=True)], apart=limits.FOLLOWED_SELDOM / 2)
    await rapidpro.followed(looks=2)
    assert rapidpro.asked == ["u1"]
    rapidpro.asked.clear()
    await rapidpro.followed(looks=3)
    assert rapidpro.asked == ["u1", "u1"]


async def test_a_broadcast_cannot_be_asked_about() -> None:
    rapidpro = await RapidPro(ours=[reply(1, has_failed=True, name="broadcast:12")]).followed()
    assert rapidpro.asked == []


async def test_a_list_that_is_too_long_is_read_on_the_next_time_and_proves_nothing() -> None:
    pages: list[set[str]] = [set() for _ in range(limits.FOLLOWED_PAGES + 2)]
    rapidpro = await RapidPro(pages, [reply(1, has_failed=True)]).followed(looks=3)
    first = list(range(limits.FOLLOWED_PAGES))
    assert rapidpro.read == [*first, limits.FOLLOWED_PAGES, limits.FOLLOWED_PAGES + 1, *first]
    assert rapidpro.asked == [], "it may stand on the other pages"


async def test_who_is_told_to_stop_asks_nobody_any_more() -> None:
    rapidpro = await RapidPro([{"u1"}], [reply(1)]).followed(looks=0)
    assert (rapidpro.read, rapidpro.told) == ([], [])


async def test_who_is_told_to_stop_reads_no_further() -> None:
    rapidpro = RapidPro([{"u1"}, {"u2"}], [reply(1), reply(2)])
    rapidpro.stops_at = 0
    await rapidpro.followed()
    assert (rapidpro.read, rapidpro.kinds()) == ([0], [(ReplyFailed, 1)])


async def test_who_is_away_is_not_asked() -> None:
    rapidpro = await RapidPro([{"u1"}], [reply(1)], is_away=True).followed()
    assert (rapidpro.read, rapidpro.told, rapidpro.put_off) == ([], [], [])


async def test_who_does_not_say_it_is_put_off() -> None:
    for trouble, seconds in (
        (Unavailable("api_500", "ours"), limits.FOLLOWED_SELDOM),
        (Waiting("throttled", "a pause", seconds=3000.0), 3000.0),
    ):
        with capture_logs() as lines:
            rapidpro = await RapidPro(trouble=trouble).followed()
        assert rapidpro.put_off == [seconds]
        said = {"event": "failures_unread", "address": HERE.url, "code": trouble.code, "log_level": "warning"}
        assert lines == [said]


async def test_a_conversation_that_somebody_holds_keeps_no_other_from_being_told() -> None:
    rapidpro = RapidPro([{"u1", "u2"}], [reply(1), reply(2)], store=[StoreBusy("held")])
    await rapidpro.followed()
    assert rapidpro.kinds() == [(ReplyFailed, 2)]


async def test_a_database_that_is_away_and_an_error_of_our_own_are_survived() -> None:
    rapidpro = RapidPro([{"u1"}], [reply(1)], store=[StoreUnavailable("away"), ValueError("ours")])
    with capture_logs() as lines:
        await rapidpro.followed(looks=3)
    assert [line["event"] for line in lines] == ["following_up_waits", "following_up_crashed", "reply_failed_later"]
    assert rapidpro.kinds() == [(ReplyFailed, 1)]
