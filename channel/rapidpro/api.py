"""RapidPro's API v2: reply to a contact, read a contact, change a group, start a flow. It takes a token."""

import asyncio
from datetime import datetime, timedelta
from typing import Final, TypeVar

from channel.core import limits
from channel.core.claimed import Claimed
from channel.core.errors import Refused, Unavailable, Waiting
from channel.core.exchange import Exchange
from channel.core.learned import ContactRead, Reported, Sent
from channel.core.owed import LeaveGroup, StartFlow
from channel.core.past import PastMessage
from channel.logs import log
from channel.rapidpro.wire import api, api_contacts, api_messages, asking
from channel.transport import Trail, Transport

T = TypeVar("T")

#: what stands in place of an address that an anonymous RapidPro workspace does not show
_HIDDEN: Final = "***"


class RapidProApi:
    """The API of any RapidPro, with the token of the channel that a delivery is of."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._broadcast_only: set[str] = set()  #: base URLs, until we start again: newer ones have broadcasts too

    async def reply(self, claimed: Claimed, text: str, trail: Trail) -> Sent:
        """Send the words once: what an earlier attempt may have sent is looked for first."""
        contact = contact_of(claimed)
        if claimed.ambiguous and (found := await self._sent_before(claimed, contact, text, trail)) is not None:
            return Sent(found)
        check_gap(claimed)
        if claimed.rapidpro_url not in self._broadcast_only:
            try:
                return await self.perform(claimed, api_messages.send_message(contact, text), trail)
            except api_messages.NotOffered:
                pass
        sent = await self.perform(claimed, api_messages.send_broadcast(contact, text), trail)
        self._broadcast_only.add(claimed.rapidpro_url)
        return sent

    async def act(self, claimed: Claimed, owed: LeaveGroup | StartFlow, trail: Trail) -> Reported:
        """What a close has for the contact in RapidPro."""
        contact = contact_of(claimed)
        if isinstance(owed, LeaveGroup):
            return await self.perform(claimed, api_contacts.leave_group(contact, owed.group), trail)
        if claimed.ambiguous or owed.doubted_since:
            if await self.perform(claimed, api_contacts.is_in_flow(contact, owed.flow), trail):
                return Reported()
            check_asked_long_enough(claimed, owed.doubted_since)
        return await self.perform(claimed, api_contacts.start_flow(contact, owed.flow, owed.params), trail)

    async def read(self, claimed: Claimed, trail: Trail) -> ContactRead:
        """What RapidPro says of the contact. Refused if it knows nobody of this name."""
        found = await self.perform(claimed, api_contacts.read_contact(contact_of(claimed)), trail)
        if found is None:
            raise Refused(api.NO_CONTACT, "RapidPro knows no such contact")
        return found

    async def last_messages_for(self, claimed: Claimed, count: int, trail: Trail) -> tuple[PastMessage, ...]:
        """The last messages with the contact, oldest first; none if anything is in the way, and never late."""
        if count <= 0 or claimed.rapidpro_token is None:
            return ()
        try:
            async with asyncio.timeout(limits.CONTEXT_SECONDS):
                exchange = api_messages.last_messages(contact_of(claimed), count, besides=claimed.rapidpro_channel)
                return await self.perform(claimed, exchange, trail)
        except Exception as error:
            log.info("no_last_messages", delivery=claimed.delivery, error=type(error).__name__)
            return ()

    async def perform(self, claimed: Claimed, exchange: Exchange[T], trail: Trail) -> T:
        """Have an exchange with the API. Unavailable where the channel has no token for it."""
        if claimed.rapidpro_token is None:
            exchange.close()
            raise Unavailable("no_api_token", "the channel has no token for RapidPro's API")
        token = {"Authorization": f"Token {claimed.rapidpro_token}"}
        return await self._transport.perform(claimed.rapidpro_url, exchange, trail, token)

    async def _sent_before(self, claimed: Claimed, contact: str, text: str, trail: Trail) -> str | None:
        """The message that an earlier attempt made, if it did. Raises Waiting while it may only not be listed yet."""
        exchange = asking.was_sent(contact, text, since=began(claimed), known=claimed.received_uuid)
        found = await self.perform(claimed, exchange, trail)
        if found is None:
            check_asked_long_enough(claimed)
        return found


def contact_of(claimed: Claimed) -> str:
    """The contact as the API knows them: by UUID, else by URN. Refused if neither is known."""
    if claimed.contact_uuid:
        return claimed.contact_uuid
    if _HIDDEN in claimed.path:
        raise Refused(api.NO_CONTACT_UUID, "RapidPro hides the contact's address, and their UUID is not known")
    if not claimed.path:
        raise Refused(api.NO_CONTACT_UUID, "neither the contact's UUID nor their address is known")
    return f"{claimed.scheme}:{claimed.path}"


def began(claimed: Claimed) -> datetime:
    """When the first attempt began, at the latest."""
    return (claimed.first_failed_at or claimed.due_at) - timedelta(seconds=limits.EXCHANGE_DEADLINE)


def check_gap(claimed: Claimed) -> None:
    """Raise Waiting if RapidPro took the message before so recently that this one could overtake it."""
    if claimed.received_at is None:
        return
    left = limits.API_GAP - (claimed.now - claimed.received_at).total_seconds()
    if left > 0:
        raise Waiting("api_gap", "the message before was sent less than a second ago", seconds=left)


def check_asked_long_enough(claimed: Claimed, since: str = "") -> None:
    """Raise Waiting while what an earlier attempt made may only not be listed yet. `since`: when it was made."""
    doubted = (claimed.now - datetime.fromisoformat(since)).total_seconds() if since else claimed.in_doubt_for
    if doubted < limits.ASKED_FOR:
        raise Waiting("not_listed_yet", "RapidPro does not list it, or not yet", seconds=limits.AMBIGUOUS_WAIT)
