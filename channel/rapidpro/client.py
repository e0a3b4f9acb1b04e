"""What is owed to RapidPro, as exchanges with courier."""

from typing import Final

from channel.core.claimed import Claimed, check_time
from channel.core.errors import Refused, Waiting
from channel.core.owed import Learned, ReplyToContact, ReportStatus
from channel.rapidpro.wire import courier
from channel.transport import Trail, Transport

#: until the External channel's UUID is known there is no address to post to; the first send names it
UNKNOWN_CHANNEL_WAIT: Final = 15.0


class RapidProClient:
    """Courier, as the External channel's server: there is no credential but the channel's UUID."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, claimed: Claimed, trail: Trail) -> Learned:
        """Deliver it and say what was learned. Raises DeliveryError."""
        check_time(claimed)
        channel = self._channel(claimed)
        match claimed.owed:
            case ReplyToContact(text, said_at):
                receiving = courier.receive(channel, self._sender(claimed), text, courier.rfc3339(said_at))
                return await self._transport.perform(claimed.rapidpro_url, receiving, trail)
            case ReportStatus(external_id, status):
                reporting = courier.report(channel, external_id, status)
                return await self._transport.perform(claimed.rapidpro_url, reporting, trail)
            case _:
                raise TypeError(f"{type(claimed.owed).__name__} is not for RapidPro")

    def _channel(self, claimed: Claimed) -> str:
        if claimed.rapidpro_channel is None:
            raise Waiting(
                "channel_unknown", "RapidPro has not named its External channel yet", seconds=UNKNOWN_CHANNEL_WAIT
            )
        return claimed.rapidpro_channel

    def _sender(self, claimed: Claimed) -> str:
        """The path last received in `to`, byte for byte: courier would make a stranger of any other."""
        if claimed.path:
            return claimed.path
        if claimed.scheme == "ext" and claimed.contact_uuid:
            return claimed.contact_uuid
        raise Refused("no_urn", "the contact has no URN on this channel")
