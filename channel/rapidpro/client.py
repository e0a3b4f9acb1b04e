"""What is owed to RapidPro, as exchanges with courier."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from channel.core import limits
from channel.core.claimed import Claimed, check_silences, check_time
from channel.core.errors import Refused, Rejected, Waiting
from channel.core.owed import Learned, Received, ReplyToContact, ReportStatus
from channel.rapidpro.wire import asking, courier
from channel.transport import Trail, Transport

#: until the External channel's UUID is known there is no address to post to; the first send names it
UNKNOWN_CHANNEL_WAIT: Final = 15.0


class RapidProClient:
    """Courier, as the External channel's server, and the API where there is a token to ask it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, claimed: Claimed, trail: Trail) -> Learned:
        """Deliver it and say what was learned. Raises DeliveryError."""
        channel = self._channel(claimed)
        match claimed.owed:
            case ReplyToContact(text, said_at):
                return await self._reply(claimed, channel, text, said_at, trail)
            case ReportStatus(external_id, status):
                reporting = courier.report(channel, external_id, status)
                return await self._transport.perform(claimed.rapidpro_url, reporting, trail)
            case _:
                raise TypeError(f"{type(claimed.owed).__name__} is not for RapidPro")

    async def _reply(self, claimed: Claimed, channel: str, text: str, said_at: str, trail: Trail) -> Learned:
        """Once, if it can be known: what may have arrived is asked about where there is a token for it."""
        sender = self._sender(claimed)
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
            since=(claimed.first_failed_at or claimed.due_at) - timedelta(seconds=limits.EXCHANGE_DEADLINE),
            known=claimed.received_uuid,
        )
        token = {"Authorization": f"Token {claimed.rapidpro_token}"}
        try:
            found = await self._transport.perform(claimed.rapidpro_url, exchange, trail, token)
        except Rejected:
            check_silences(claimed)
            return None
        if found is None and claimed.in_doubt_for < limits.ASKED_FOR:
            raise Waiting("not_listed_yet", "RapidPro does not list it, or not yet", seconds=limits.AMBIGUOUS_WAIT)
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


def _uuid(path: str) -> str | None:
    """The contact's UUID, where the URN is made of it."""
    try:
        return str(UUID(path))
    except ValueError:
        return None
