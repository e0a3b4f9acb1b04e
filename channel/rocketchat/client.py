"""What is owed to Rocket.Chat, as exchanges with it."""

from channel.core.claimed import Claimed
from channel.core.errors import RoomGone
from channel.core.owed import Learned, OpenRoom, PostToRoom, RegisterVisitor
from channel.rocketchat.wire import opening, posting
from channel.transport import Trail, Transport


class RocketChatClient:
    """Livechat, as a visitor: no login, the visitor token is the credential."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, claimed: Claimed, trail: Trail) -> Learned:
        """Deliver it and say what was learned. Raises DeliveryError."""
        match claimed.owed:
            case RegisterVisitor(name, department):
                registering = opening.register(claimed.visitor_token, name, department)
                return await self._transport.perform(claimed.rocketchat_url, registering, trail)
            case OpenRoom():
                finding = opening.open_room_for(claimed.visitor_token)
                return await self._transport.perform(claimed.rocketchat_url, finding, trail)
            case PostToRoom(text):
                return await self._post(claimed, text, trail)
            case _:
                raise TypeError(f"{type(claimed.owed).__name__} is not for Rocket.Chat")

    async def _post(self, claimed: Claimed, text: str, trail: Trail) -> Learned:
        doubted = claimed.tried_room if claimed.ambiguous else None
        if claimed.room is None:
            return await self._landed(claimed, doubted, trail)
        exchange = posting.post(claimed.visitor_token, claimed.room, claimed.external_id, text, doubted_room=doubted)
        return await self._transport.perform(claimed.rocketchat_url, exchange, trail)

    async def _landed(self, claimed: Claimed, doubted: str | None, trail: Trail) -> Learned:
        """No room is open; but an earlier attempt may have put the words into one that is closed by now."""
        if doubted is not None:
            asking = posting.landed_in(claimed.visitor_token, doubted, claimed.external_id)
            if found := await self._transport.perform(claimed.rocketchat_url, asking, trail):
                return found
        raise RoomGone("no_room", "no room is open")
