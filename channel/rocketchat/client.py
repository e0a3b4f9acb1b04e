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
        if claimed.room is None:
            raise RoomGone("no_room", "no room is open")
        doubted = claimed.tried_room if claimed.ambiguous else None
        exchange = posting.post(claimed.visitor_token, claimed.room, claimed.external_id, text, doubted_room=doubted)
        return await self._transport.perform(claimed.rocketchat_url, exchange, trail)
