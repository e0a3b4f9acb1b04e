"""Which peer is asked, for what a lane owes. Each way returns what was learned, or raises DeliveryError."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import UUID

from channel.core import limits
from channel.core.claimed import Claimed
from channel.core.context import context_text, said_before
from channel.core.errors import Refused, Waiting
from channel.core.learned import Learned
from channel.core.owed import Lane, LookForHold, PostContext, ReadHistory
from channel.delivery.outages import Outages
from channel.delivery.pace import Pace
from channel.delivery.sending import Send
from channel.rapidpro.client import RapidProClient
from channel.rereading import read_again
from channel.rocketchat.client import RocketChatClient
from channel.rocketchat.emoji import Emoji
from channel.store.database import Pool
from channel.transport import Trail


class Peers:
    """RapidPro and Rocket.Chat. `missed`: a workspace answers again, and may have told of something in vain."""

    def __init__(
        self,
        rapidpro: RapidProClient,
        rocketchat: RocketChatClient,
        *,
        emoji: Emoji,
        pace: Pace,
        pool: Pool,
        missed: Callable[[UUID], None],
    ) -> None:
        self._rapidpro = rapidpro
        self._rocketchat = rocketchat
        self._emoji = emoji
        self._pace = pace
        self._pool = pool
        self._missed = missed
        self._outages: Outages[UUID] = Outages()

    def by_lane(self) -> Mapping[Lane, Send]:
        return {
            Lane.TO_AGENT: self._to_agent,
            Lane.TO_AUTHOR: self._rocketchat.send,
            Lane.TO_CONTACT: self._rapidpro.send,
            Lane.STATUS: self._beside,
        }

    async def _to_agent(self, claimed: Claimed, trail: Trail) -> Learned:
        with self._outages.noticing(claimed.workspace, self._missed):
            return await self._posted(claimed, trail)

    async def _posted(self, claimed: Claimed, trail: Trail) -> Learned:
        """Rocket.Chat's client sends it; what an agent sees first is made of what both peers know."""
        owed = claimed.owed
        if not isinstance(owed, PostContext):
            return await self._rocketchat.send(claimed, trail)
        asked = owed.messages + len(owed.words) if owed.messages else 0
        past = said_before(await self._rapidpro.last_messages_for(claimed, asked, trail), owed)
        text = context_text(owed, language=claimed.language, fields=claimed.shown_fields, past=past)
        if not text:
            raise Refused("nothing_to_show", "there is nothing to tell the agent of this contact")
        return await self._rocketchat.post_context(claimed, text, trail)

    async def _beside(self, claimed: Claimed, trail: Trail) -> Learned:
        """What no words wait for: statuses and questions, nearly all of them RapidPro's."""
        if not isinstance(claimed.owed, LookForHold | ReadHistory):
            return await self._rapidpro.send(claimed, trail)
        if isinstance(claimed.owed, LookForHold) and self._pace.away(claimed.rocketchat_url):
            raise Waiting("away", "Rocket.Chat does not answer anybody", seconds=limits.PROBE_GAP)
        with self._outages.noticing(claimed.workspace, self._missed):
            if not isinstance(claimed.owed, ReadHistory):
                return await self._rocketchat.send(claimed, trail)
            spare = self._pace.wait_for_spare
            told = await read_again(self._pool, self._rocketchat, claimed, claimed.owed, spare, trail)
            return replace(told, events=tuple(await self._emoji.named(told.events)))
