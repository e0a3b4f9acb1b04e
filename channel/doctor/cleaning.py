"""What a test made, taken away again: here, in Rocket.Chat, and in RapidPro as far as it may be told to."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from channel.core import limits
from channel.core.errors import ChannelError, DeliveryError, Waiting
from channel.core.exchange import Exchange
from channel.doctor.premises import Premises
from channel.rapidpro.wire import api_contacts
from channel.rocketchat.wire import closing
from channel.rocketchat.wire import forgetting as in_rocketchat
from channel.store import forgetting
from channel.store.examining import Examined
from channel.store.forgetting import OUR_ID, Contact, NobodyMeant
from channel.store.keyring import hash_key

T = TypeVar("T")

#: RapidPro may answer what it received, and that comes back to us as a message of somebody new
ECHO: Final = 1.0
PASSES: Final = 3


async def clean(premises: Premises, channel: Examined, contact: str) -> str:
    """Take away whom the test made up. What could not be taken away, "" if nothing."""
    left = [] if channel.via_api else [await _in_rapidpro(premises, channel, contact)]
    for _ in range(PASSES):
        if (number := await _find(premises, channel, contact)) is None:
            break
        left.append(await _forget(premises, channel, number))
        if channel.set_up == "b":
            await asyncio.sleep(ECHO)
    return "; ".join(filter(None, left))


async def open_rooms(premises: Premises, channel: Examined, contact: str) -> Sequence[str]:
    """The rooms that somebody has open now."""
    number = await _find(premises, channel, contact)
    if number is None:
        return ()
    return (await forgetting.look(premises.pool, premises.database.vault, number)).open_rooms


async def close(premises: Premises, channel: Examined, contact: str) -> str:
    """Close the chat that the test opened with somebody who is there. What stays, in words."""
    number = await _find(premises, channel, contact)
    known = await forgetting.look(premises.pool, premises.database.vault, number) if number is not None else None
    try:
        for room in known.open_rooms if known else ():
            token, bot = known.visitor_token if known else "", premises.asked.login or channel.bot
            await _patiently(premises, channel.rocketchat_url, partial(closing.close, token, room, "", bot))
    except DeliveryError as error:
        return f"the contact's chat, still open: {error.message}"
    return "the words of the test"


async def _find(premises: Premises, channel: Examined, contact: str) -> int | None:
    try:
        return await forgetting.find(premises.pool, contact, channel.id)
    except NobodyMeant:
        return None


async def _forget(premises: Premises, channel: Examined, number: int) -> str:
    """As `live-agents forget --rocketchat` does."""
    vault = premises.database.vault
    known = await forgetting.forget(premises.pool, vault, await hash_key(premises.pool, vault), number)
    if known.under_way:
        await asyncio.sleep(limits.EXCHANGE_DEADLINE)
    try:
        await _in_rocketchat(premises, channel, known)
    except DeliveryError as error:
        again = f"`live-agents forget {OUR_ID}{number} --rocketchat` tries again"
        return f"in Rocket.Chat the visitor and the chat ({error.message}; {again})"
    await forgetting.forget_visitor(premises.pool, vault, number)
    return ""


async def _in_rocketchat(premises: Premises, channel: Examined, known: Contact) -> None:
    bot = premises.asked.login or known.bot
    await _patiently(
        premises,
        channel.rocketchat_url,
        lambda: in_rocketchat.forget(known.visitor_token, known.open_rooms, bot),
    )


async def _patiently(premises: Premises, url: str, exchange: Callable[[], Exchange[T]]) -> T:
    """Once more after the pause that Rocket.Chat's limiter wants."""
    try:
        return await premises.asking.learn(url, exchange())
    except Waiting as waiting:
        await asyncio.sleep(waiting.seconds)
        return await premises.asking.learn(url, exchange())


async def _in_rapidpro(premises: Premises, channel: Examined, contact: str) -> str:
    """The contact that courier made of the address, where the API may be told to delete it."""
    urn = f"{channel.scheme}:{contact}"
    if channel.rapidpro_token is None:
        return f"in RapidPro the contact {urn}, which only the API could delete"
    headers = {"Authorization": f"Token {channel.rapidpro_token}"}
    try:
        found = await premises.asking.learn(channel.rapidpro_url, api_contacts.uuid_of(urn), headers)
        if found:
            await premises.asking.learn(channel.rapidpro_url, api_contacts.delete(found), headers)
    except ChannelError as error:
        return f"in RapidPro the contact {urn} ({error.message})"
    return ""
