"""What is owed to RapidPro, as exchanges with courier and with the API."""

from typing import Final
from uuid import UUID

from channel.core.claimed import Claimed, check_silences, check_time
from channel.core.errors import Refused, Rejected, Waiting
from channel.core.learned import Learned, Received
from channel.core.owed import LeaveGroup, ReadContact, ReplyToContact, ReportStatus, StartFlow
from channel.core.past import PastMessage
from channel.rapidpro.api import RapidProApi, began, check_asked_long_enough
from channel.rapidpro.wire import asking, courier
from channel.transport import Trail, Transport

#: until the External channel's UUID is known there is no address to post to; the first send names it
UNKNOWN_CHANNEL_WAIT: Final = 15.0


class RapidProClient:
    """Courier, as the External channel's server, and the API where there is a token for it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._api = RapidProApi(transport)

    async def send(self, claimed: Claimed, trail: Trail) -> Learned:
        """Deliver it and say what was learned. Raises DeliveryError."""
        match claimed.owed:
            case ReplyToContact(text) if goes_by_api(claimed):
                return await self._api.reply(claimed, text, trail)
            case ReplyToContact(text, said_at):
                return await self._reply(claimed, text, said_at, trail)
            case ReportStatus(external_id, status):
                reporting = courier.report(self._channel(claimed), external_id, status)
                return await self._transport.perform(claimed.rapidpro_url, reporting, trail)
            case LeaveGroup() | StartFlow() as action:
                return await self._api.act(claimed, action, trail)
            case ReadContact():
                return await self._api.read(claimed, trail)
            case _:
                raise TypeError(f"{type(claimed.owed).__name__} is not for RapidPro")

    async def last_messages_for(self, claimed: Claimed, count: int, trail: Trail) -> tuple[PastMessage, ...]:
        """The last messages with the contact, oldest first; none if anything is in the way, and never late."""
        return await self._api.last_messages_for(claimed, count, trail)

    async def _reply(self, claimed: Claimed, text: str, said_at: str, trail: Trail) -> Learned:
        """Once, if it can be known: what may have arrived is asked about where there is a token for it."""
        channel, sender = self._channel(claimed), self._sender(claimed)
        if claimed.ambiguous and (found := await self._arrived(claimed, sender, text, said_at, trail)) is not None:
            return Received(found)
        check_time(claimed)
        receiving = courier.receive(channel, sender, text, said_at)
        return await self._transport.perform(claimed.rapidpro_url, receiving, trail)

    async def _arrived(self, claimed: Claimed, sender: str, text: str, said_at: str, trail: Trail) -> str | None:
        """The message that an earlier attempt made in RapidPro, if it did.

        Raises Refused if nobody knows, and none may follow.
        """
        if claimed.rapidpro_token is None:
            check_silences(claimed)
            return None
        exchange = asking.arrived(
            claimed.contact_uuid or _uuid(sender),
            f"{claimed.scheme}:{sender}",
            text,
            said_at=said_at,
            since=began(claimed),
            known=claimed.received_uuid,
        )
        try:
            found = await self._api.perform(claimed, exchange, trail)
        except Rejected:
            check_silences(claimed)
            return None
        if found is None:
            check_asked_long_enough(claimed)
        return found

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


def goes_by_api(claimed: Claimed) -> bool:
    """Do the words go through the API: by the channel's choice, or because there is no URN to post them as?"""
    if claimed.reply_via == "api":
        return True
    nameless = not claimed.path and claimed.scheme != "ext"
    return nameless and claimed.contact_uuid is not None and claimed.rapidpro_token is not None


def _uuid(path: str) -> str | None:
    """The contact's UUID, where the URN is made of it."""
    try:
        return str(UUID(path))
    except ValueError:
        return None
