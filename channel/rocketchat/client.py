"""What is owed to Rocket.Chat, as exchanges with it."""

import asyncio
from collections.abc import Awaitable
from time import monotonic
from typing import TypeVar

from channel.core import limits
from channel.core.authors import SIGN, author_text
from channel.core.claimed import Claimed, check_silences
from channel.core.errors import DeliveryError, Refused, Rejected, RoomGone, Unavailable, VisitorGone, Waiting
from channel.core.exchange import Exchange
from channel.core.learned import AuthorTold, HistoryRead, Learned, Posted, Reported, RoomOpened
from channel.core.owed import (
    CloseRoom,
    LeaveOffline,
    LookForHold,
    MarkMessage,
    OpenRoom,
    PostToRoom,
    RateRoom,
    RegisterVisitor,
    TellAuthor,
)
from channel.rocketchat.presence import Desk
from channel.rocketchat.wire import authors, closing, holding, livechat, opening, repair
from channel.rocketchat.writing import Writer
from channel.transport import Trail, Transport

T = TypeVar("T")


class RocketChatClient:
    """Livechat, as a visitor: no login, the visitor token is the credential. The bot user closes, and tells agents."""

    def __init__(self, transport: Transport, desk: Desk) -> None:
        self._transport = transport
        self._desk = desk
        self._writer = Writer(transport, desk)
        self._fallen_back: dict[str, float] = {}  #: by room, when the visitor last had to speak for the bot user

    async def send(self, claimed: Claimed, trail: Trail) -> Learned:
        """Deliver it and say what was learned. Raises DeliveryError."""
        url, token = claimed.rocketchat_url, claimed.visitor_token
        match claimed.owed:
            case RegisterVisitor(name, department, custom_fields):
                registering = opening.register(token, name, department, dict(custom_fields))
                return await self._transport.perform(url, registering, trail)
            case OpenRoom():
                return await self._open(claimed, trail)
            case PostToRoom(words):
                return await self._writer.post(claimed, words, trail)
            case TellAuthor():
                return await self._tell(claimed, claimed.owed, trail)
            case MarkMessage():
                return await self._mark(claimed, claimed.owed, trail)
            case CloseRoom(room, comment):
                return await self._transport.perform(url, closing.close(token, room, comment, claimed.bot), trail)
            case LookForHold(room):
                return await _of_the_room(self._transport.perform(url, holding.look(token, room), trail))
            case RateRoom():
                return await self._rate(claimed, claimed.owed, trail)
            case LeaveOffline():
                return await self._leave(claimed, claimed.owed, trail)
            case _:
                raise TypeError(f"{type(claimed.owed).__name__} is not for Rocket.Chat")

    async def post_context(self, claimed: Claimed, context: str, trail: Trail) -> Posted:
        """Post what the agent is to see first, in as many messages as it needs, each once. Raises DeliveryError.

        The first goes under the delivery's `_id`, the further ones under it with a number.
        """
        if not context:
            raise Refused("empty", "there is nothing to show the agent")
        return await self._writer.post(claimed, context, trail)

    async def read_room(self, url: str, wanted: repair.Wanted, trail: Trail) -> HistoryRead:
        """What the room's history tells that may not have been told. Raises DeliveryError; Refused for a room gone."""
        learned = await _of_the_room(self._transport.perform(url, repair.read(wanted), trail))
        if not repair.may_be_served(wanted, learned):
            return learned
        return await self._who_serves(url, repair.served(wanted, learned), trail) or learned

    async def _open(self, claimed: Claimed, trail: Trail) -> RoomOpened:
        url, token = claimed.rocketchat_url, claimed.visitor_token
        opened = await self._transport.perform(url, opening.open_room_for(token), trail)
        if opened.agent is None:
            return opened
        return await self._who_serves(url, opening.named(token, opened), trail) or opened

    async def _who_serves(self, url: str, exchange: Exchange[T], trail: Trail) -> T | None:
        """What is learned by asking for a room's agent; None if it cannot be had soon. Nothing fails by that."""
        trail.asked.append("GET livechat/agent.info")  # in our words: its path holds the visitor token
        asking = Trail()
        try:
            async with asyncio.timeout(limits.AGENT_NAME_SECONDS):
                return await self._transport.perform(url, exchange, asking)
        except (DeliveryError, TimeoutError):
            return None
        finally:
            trail.answered.append(", ".join(asking.answered) or "no answer in time")

    async def _tell(self, claimed: Claimed, owed: TellAuthor, trail: Trail) -> AuthorTold:
        """As the bot user; as the visitor's line, with our sign, where there is none or it may not."""
        workspace = await self._desk.config(claimed.rocketchat_url)
        told_in = claimed.options.agents_language or (workspace.language if workspace else "")
        told = author_text(owed, told_in, claimed.options)
        doubted = claimed.ambiguous > 0
        if claimed.bot is not None:
            telling = authors.tell(claimed.bot, owed.room, claimed.external_id, told, doubted=doubted)
            try:
                return await _of_the_room(self._transport.perform(claimed.rocketchat_url, telling, trail))
            except (Rejected, Unavailable) as error:
                if error.code not in authors.CANNOT_TELL:
                    raise
            self._check_fallen_back(owed.room)
        posted = await _of_the_room(self._writer.post(claimed, told, trail, owed.room, SIGN))
        return AuthorTold(posted.room, posted.at)

    def _check_fallen_back(self, room: str) -> None:
        """A bot user who may not speak is spoken for once a minute and room: Waiting, before that."""
        now, apart = monotonic(), limits.TOLD_APART
        self._fallen_back = {other: at for other, at in self._fallen_back.items() if now - at < apart}
        if room in self._fallen_back:
            raise Waiting(
                "told_apart", "a line stood there a moment ago", seconds=apart - (now - self._fallen_back[room])
            )
        self._fallen_back[room] = now

    async def _mark(self, claimed: Claimed, owed: MarkMessage, trail: Trail) -> Reported:
        if claimed.bot is None:
            raise Refused("no_bot", "there is no bot user any more")
        marking = authors.mark(claimed.bot, owed.item, owed.mark, first=owed.first)
        try:
            return await _of_the_room(self._transport.perform(claimed.rocketchat_url, marking, trail))
        except (Rejected, Unavailable) as error:
            if error.code not in authors.MAY_NOT:
                raise
            raise Refused("bot_may_not", error.message) from error  # words to come are not to wait for a tick

    async def _rate(self, claimed: Claimed, owed: RateRoom, trail: Trail) -> Reported:
        """Once more does no harm: the same answers are the same rating. Another room would be no place for it."""
        rating = livechat.survey(claimed.visitor_token, owed.room, dict(owed.answers))
        try:
            await _of_the_room(self._transport.perform(claimed.rocketchat_url, rating, trail))
        except Rejected as error:
            if error.code != "invalid-data":
                raise
            raise Refused(error.code, "none of the answers is one of Rocket.Chat's survey") from error
        return Reported()

    async def _leave(self, claimed: Claimed, owed: LeaveOffline, trail: Trail) -> Reported:
        """Nobody can be asked whether an offline message arrived: one of unknown end is left once more at most."""
        check_silences(claimed)
        name = claimed.name or "Contact"
        leaving = livechat.offline_message(name, owed.email, owed.text, owed.department or None)
        await self._transport.perform(claimed.rocketchat_url, leaving, trail)
        return Reported()


async def _of_the_room(performing: Awaitable[T]) -> T:
    """What is for one room only is for none, once that is gone."""
    try:
        return await performing
    except (RoomGone, VisitorGone) as error:
        raise Refused(error.code, error.message) from error
