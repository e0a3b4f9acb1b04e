"""Writing in a room as its visitor: each part once, and none longer than the workspace takes."""

from collections.abc import Sequence
from dataclasses import field
from typing import Final

from channel.core import limits
from channel.core.claimed import Claimed
from channel.core.cutting import split
from channel.core.errors import Refused, RoomGone
from channel.core.learned import Posted
from channel.core.values import dataclass
from channel.rocketchat.presence import Desk
from channel.rocketchat.wire import posting
from channel.transport import Trail, Transport

TOO_LONG: Final = "message-length-exceeds-character-limit"


@dataclass(frozen=True, slots=True)
class _Part:
    id: str
    text: str = field(repr=False)


class Writer:
    """Posts words for a delivery. A workspace's own limit is obeyed once it is known: by a refusal, if not before."""

    def __init__(self, transport: Transport, desk: Desk) -> None:
        self._transport = transport
        self._desk = desk

    async def post(self, claimed: Claimed, words: str, trail: Trail, room: str | None = None, sign: str = "") -> Posted:
        """Post the words, in as many parts as they need, in `room` or else the open one. Raises DeliveryError.

        Each part begins with the `sign`.
        """
        there = room or claimed.room
        if there is None:
            return await self._landed(claimed, trail)
        known = self._desk.known(claimed.rocketchat_url)
        limit = known.text_limit if known else None
        try:
            return await self._post_parts(claimed, there, _parts(claimed, words, sign, there, limit), trail)
        except Refused as error:
            if error.code != TOO_LONG:
                raise
            told = await self._desk.config(claimed.rocketchat_url, anew=True)
            if told is None or not told.text_limit:  # a limit of nothing lets nothing pass
                raise
        return await self._post_parts(claimed, there, _parts(claimed, words, sign, there, told.text_limit), trail)

    async def _post_parts(self, claimed: Claimed, room: str, parts: Sequence[_Part], trail: Trail) -> Posted:
        if not parts:
            raise Refused("empty", "there is nothing to show the agent")
        doubted = claimed.tried_room if claimed.ambiguous else None
        if doubted and parts[0].id != claimed.external_id and (found := await self._found(claimed, doubted, trail)):
            return found  # whole, before the limit was known
        posted = Posted(room)
        for part in parts:
            exchange = posting.post(claimed.visitor_token, posted.room, part.id, part.text, doubted_room=doubted)
            posted = await self._transport.perform(claimed.rocketchat_url, exchange, trail)
        return posted

    async def _landed(self, claimed: Claimed, trail: Trail) -> Posted:
        """No room is open; but an earlier attempt may have put the words into one that is closed by now."""
        doubted = claimed.tried_room if claimed.ambiguous else None
        if doubted is not None and (found := await self._found(claimed, doubted, trail)):
            return found
        raise RoomGone("no_room", "no room is open")

    async def _found(self, claimed: Claimed, room: str, trail: Trail) -> Posted | None:
        asking = posting.landed_in(claimed.visitor_token, room, claimed.external_id)
        return await self._transport.perform(claimed.rocketchat_url, asking, trail)


def _parts(claimed: Claimed, words: str, sign: str, room: str, limit: int | None) -> list[_Part]:
    """The words in parts, each under an id of its own; the first under the delivery's.

    Parts that a workspace's limit has made have ids that name limit and room: were either another the next time, the
    same id would stand for other words.
    """
    whole = _signed(words, sign, None)
    parts = _signed(words, sign, limit) if limit else whole
    if parts == whole:
        ids = [claimed.external_id, *(f"{claimed.external_id}.{n}" for n in range(1, len(whole)))]
    else:
        ids = [f"{claimed.external_id}.{room}.{limit}.{n}" for n in range(len(parts))]
    return [_Part(*each) for each in zip(ids, parts, strict=True)]


def _signed(words: str, sign: str, limit: int | None) -> tuple[str, ...]:
    """Parts that begin with the sign each, where it takes no more than half of the room; else the first alone does."""
    if limit is not None and limit < 2 * len(sign):
        return split(f"{sign}{words}", utf16_limit=limit)
    parts = split(words, limits.TEXT_LENGTH - len(sign), limit and limit - len(sign))
    return tuple(f"{sign}{part}" for part in parts)
