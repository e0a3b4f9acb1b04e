"""What is owed to Rocket.Chat, as exchanges with it."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from channel.core import limits, text
from channel.core.claimed import Claimed, check_silences
from channel.core.errors import DeliveryError, Refused, Rejected, RoomGone, VisitorGone
from channel.core.owed import (
    CloseRoom,
    Learned,
    LeaveOffline,
    LookForHold,
    OpenRoom,
    Posted,
    PostToRoom,
    RateRoom,
    RegisterVisitor,
    Reported,
    RoomOpened,
)
from channel.rocketchat.wire import closing, holding, livechat, opening, posting
from channel.transport import Trail, Transport

T = TypeVar("T")


class RocketChatClient:
    """Livechat, as a visitor: no login, the visitor token is the credential. The bot user only closes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

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
                return await self._post(claimed, words, trail)
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
        parts = text.split(context)
        if not parts:
            raise Refused("empty", "there is nothing to show the agent")
        posted = await self._post(claimed, parts[0], trail)
        if claimed.room is None:
            return posted
        doubted = claimed.tried_room if claimed.ambiguous else None
        for number, part in enumerate(parts[1:], start=1):
            further = f"{claimed.external_id}.{number}"
            exchange = posting.post(claimed.visitor_token, posted.room, further, part, doubted_room=doubted)
            posted = await self._transport.perform(claimed.rocketchat_url, exchange, trail)
        return posted

    async def _open(self, claimed: Claimed, trail: Trail) -> RoomOpened:
        url, token = claimed.rocketchat_url, claimed.visitor_token
        opened = await self._transport.perform(url, opening.open_room_for(token), trail)
        if opened.agent is None:
            return opened
        trail.asked.append("GET livechat/agent.info")  # in our words: its path holds the visitor token
        asking = Trail()
        try:
            async with asyncio.timeout(limits.AGENT_NAME_SECONDS):
                return await self._transport.perform(url, opening.named(token, opened), asking)
        except (DeliveryError, TimeoutError):
            return opened
        finally:
            trail.answered.append(", ".join(asking.answered) or "no answer in time")

    async def _post(self, claimed: Claimed, words: str, trail: Trail) -> Posted:
        doubted = claimed.tried_room if claimed.ambiguous else None
        if claimed.room is None:
            return await self._landed(claimed, doubted, trail)
        exchange = posting.post(claimed.visitor_token, claimed.room, claimed.external_id, words, doubted_room=doubted)
        return await self._transport.perform(claimed.rocketchat_url, exchange, trail)

    async def _landed(self, claimed: Claimed, doubted: str | None, trail: Trail) -> Posted:
        """No room is open; but an earlier attempt may have put the words into one that is closed by now."""
        if doubted is not None:
            asking = posting.landed_in(claimed.visitor_token, doubted, claimed.external_id)
            if found := await self._transport.perform(claimed.rocketchat_url, asking, trail):
                return found
        raise RoomGone("no_room", "no room is open")

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
