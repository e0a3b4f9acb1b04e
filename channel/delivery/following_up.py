"""Ask RapidPro now and then which of agents' words that it took it could not bring. It is given its verbs.

RapidPro allows so many requests an hour: it is asked for a list, and only while something of ours may be on it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from time import monotonic
from typing import Final, TypeAlias
from uuid import UUID

from channel.core import limits
from channel.core.addresses import ByConversation
from channel.core.errors import DeliveryError, StoreBusy, StoreUnavailable, Waiting
from channel.core.events import Followed, ReplyFailed, ReplyResent
from channel.core.following_up import BROADCAST, Account, Listed, Reply
from channel.core.values import dataclass
from channel.delivery.rest import Rest
from channel.logs import log

#: between two looks whether it is time to ask, and between two tries to reach a database that is away
POLL_SECONDS: Final = 2.0

Query: TypeAlias = Mapping[str, str]
#: what stays the same of an account from one look to the next
Place: TypeAlias = tuple[str, tuple[UUID, ...]]


@dataclass(frozen=True, slots=True)
class FollowingUpVerbs:
    """What is done, as it is given."""

    due: Callable[[], Awaitable[Sequence[Account]]]  #: those that it is time to ask, which are ours to ask then
    away: Callable[[str], bool]  #: is nobody to be asked at this address?
    listed: Callable[[Account, Query | None], Awaitable[Listed]]
    went: Callable[[Account, str], Awaitable[bool]]
    named: Callable[[Account, Collection[str]], Awaitable[Sequence[Reply]]]  #: those of ours among them
    failed: Callable[[Account], Awaitable[Sequence[Reply]]]  #: those of ours that are known to be failed
    told: Callable[[Followed], Awaitable[None]]
    put_off: Callable[[Account, float], Awaitable[None]]  #: it is not to be asked for so many seconds


class FollowingUp:
    """Reads what RapidPro has failed, a few pages at a time, and tells of what was ours and is new."""

    def __init__(
        self, verbs: FollowingUpVerbs, clock: Callable[[], float] = monotonic, *, every: float = POLL_SECONDS
    ) -> None:
        self._verbs = verbs
        self._every = every
        self._clock = clock
        self._rest = Rest()
        self._left: dict[Place, Query] = {}  #: where a list that was too long is to be read on
        self._asked: dict[int, float] = {}  #: replies that were asked about, and when

    def stop(self) -> None:
        self._rest.stop()

    async def run(self) -> None:
        """Until `stop`. A database that is away is waited for."""
        while not self._rest.over:
            try:
                for account in await self._verbs.due():
                    if not self._rest.over:
                        await self._follow_up(account)
            except StoreUnavailable as error:
                log.warning("following_up_waits", error=str(error))
            except Exception as error:
                log.exception("following_up_crashed", error=type(error).__name__)
            await self._rest.for_about(self._every)

    async def _follow_up(self, account: Account) -> None:
        """What cannot be asked, or told, this time is asked again."""
        if self._verbs.away(account.url):
            return
        try:
            names, is_whole = await self._read(account)
            for reply in await self._verbs.named(account, names):
                if not reply.has_failed:
                    await self._tell(ReplyFailed(ByConversation(reply.conversation), reply.message, reply.id))
            if is_whole:
                await self._ask_about_those_not_listed(account, names)
        except DeliveryError as error:
            seconds = max(limits.FOLLOWED_SELDOM, error.seconds if isinstance(error, Waiting) else 0.0)
            log.warning("failures_unread", address=account.url, code=error.code)
            await self._verbs.put_off(account, seconds)

    async def _read(self, account: Account) -> tuple[set[str], bool]:
        """What stands on a few pages; and is that all there is?"""
        place = account.url, account.channels
        following = self._left.pop(place, None)
        is_from_the_first = following is None
        names: set[str] = set()
        for _ in range(limits.FOLLOWED_PAGES):
            page = await self._verbs.listed(account, following)
            names |= page.names
            following = page.following
            if following is None:
                return names, is_from_the_first
            if self._rest.over:
                break
        if following is not None:
            self._left[place] = following
        return names, False

    async def _ask_about_those_not_listed(self, account: Account, names: Collection[str]) -> None:
        """What was failed and is not listed any more may have been sent again, by somebody there."""
        now = self._clock()
        self._asked = {reply: at for reply, at in self._asked.items() if now - at < limits.FOLLOWED_SELDOM}
        known = await self._verbs.failed(account)
        gone = [each for each in known if each.name not in names and not each.name.startswith(BROADCAST)]
        for reply in [each for each in gone if each.id not in self._asked][: limits.FOLLOWED_ASKED]:
            if await self._verbs.went(account, reply.name):
                await self._tell(ReplyResent(ByConversation(reply.conversation), reply.message, reply.id))
            else:
                self._asked[reply.id] = now

    async def _tell(self, event: Followed) -> None:
        try:
            await self._verbs.told(event)
        except StoreBusy:
            return  # somebody holds the conversation, for a moment
        if isinstance(event, ReplyFailed):
            log.info("reply_failed_later", delivery=event.reply, conversation=event.address.conversation)
