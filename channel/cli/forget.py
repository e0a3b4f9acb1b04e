"""forget: erase one person, here and, by choice, in Rocket.Chat."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Annotated
from uuid import UUID

import typer

from channel.cli.auditing import audited
from channel.cli.saying import Wrong, run, say, uuid
from channel.core import limits
from channel.core.errors import DeliveryError, StoreError, Waiting
from channel.rocketchat.wire import forgetting as in_rocketchat
from channel.settings import Settings
from channel.state import open_database
from channel.store import forgetting
from channel.store.database import open_pool
from channel.store.forgetting import OUR_ID, Contact, NobodyMeant
from channel.store.keyring import hash_key
from channel.transport import Transport, open_http


def forget(
    contact: Annotated[str, typer.Argument(help="RapidPro's UUID, a URN or its path, or id: and our own id")],
    channel: Annotated[str | None, typer.Option(help="of this channel, by UUID")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be erased, and erase nothing")] = False,
    rocketchat: Annotated[
        bool, typer.Option("--rocketchat", help="close their chats and erase them in Rocket.Chat, too")
    ] = False,
) -> None:
    """Erase what is known of a contact: words, names, addresses. What they write next begins a new contact."""
    number = uuid("--channel", channel) if channel is not None else None
    try:
        run(_forget(Settings.from_env(), contact, number, dry_run=dry_run, rocketchat=rocketchat))
    except NobodyMeant as error:
        raise Wrong(str(error)) from None


async def _forget(settings: Settings, named: str, channel: UUID | None, *, dry_run: bool, rocketchat: bool) -> None:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings))
        pool = await open_pool(database.url, size=1, name="forget")
        stack.push_async_callback(pool.close)
        number = await forgetting.find(pool, named, channel)
        known = await forgetting.look(pool, database.vault, number)
        if not known.visitor_token:
            raise Wrong(f"contact {OUR_ID}{number} was forgotten already")
        if dry_run:
            say(" ".join(_would(known)))
            return
        if known.messages > limits.FORGOTTEN_AT_ONCE:
            say(f"{known.messages} messages: should this break off, forget {OUR_ID}{number} goes on with it.")
        verb = "forget --rocketchat" if rocketchat else "forget"
        async with audited(database.url, verb, f"{OUR_ID}{number}"):
            with _going_on(number):
                key = await hash_key(pool, database.vault)
                known = await forgetting.forget(pool, database.vault, key, number)
            if rocketchat:
                await _in_rocketchat(settings, known)
            await forgetting.forget_visitor(pool, database.vault, number)
    say(" ".join(_done(known, rocketchat=rocketchat)))


@contextmanager
def _going_on(number: int) -> Iterator[None]:
    """What is erased stays so if the database goes away; how to go on is said, for the name may be gone already."""
    try:
        yield
    except StoreError as error:
        raise Wrong(f"{error}. To go on: live-agents forget {OUR_ID}{number}") from None


async def _in_rocketchat(settings: Settings, known: Contact) -> None:
    """Erase the visitor there, once nothing that was under way can make them anew."""
    if known.under_way:
        say(f"{known.under_way} deliveries are under way: waiting {limits.EXCHANGE_DEADLINE:.0f} s for them.")
        await asyncio.sleep(limits.EXCHANGE_DEADLINE)
    async with open_http(settings.reachable, ca_file=settings.ca_file) as http:
        try:
            await _erased(Transport(http), known)
        except DeliveryError as error:
            raise Wrong(
                f"contact {OUR_ID}{known.id} is forgotten here, and not in Rocket.Chat: {error.message}. Forget "
                f"{OUR_ID}{known.id} again with --rocketchat, or without it to leave Rocket.Chat as it is"
            ) from None


async def _erased(transport: Transport, known: Contact) -> None:
    while True:
        exchange = in_rocketchat.forget(known.visitor_token, known.open_rooms, known.bot)
        try:
            await transport.perform(known.rocketchat_url, exchange)
        except Waiting as waiting:
            say(f"Rocket.Chat wants a pause of {waiting.seconds:.0f} s.")
            await asyncio.sleep(waiting.seconds)
        else:
            return


def _would(known: Contact) -> Iterator[str]:
    yield f"Contact {OUR_ID}{known.id} of channel {known.channel}: {known.messages} messages would lose their words"
    yield f"and {known.unmade} deliveries that wait or are dead would be discarded."
    if known.open_rooms:
        yield f"In Rocket.Chat a chat is open: {', '.join(known.open_rooms)}."
    yield "Nothing was changed."


def _done(known: Contact, *, rocketchat: bool) -> Iterator[str]:
    yield f"Contact {OUR_ID}{known.id} of channel {known.channel} is forgotten: {known.messages} messages have no words"
    yield f"any more, and {known.unmade} deliveries that waited or were dead were discarded."
    if rocketchat:
        yield "In Rocket.Chat the visitor is erased, with all chats. RapidPro keeps what it has."
        return
    if known.under_way:
        yield f"{known.under_way} of them were under way, and may still arrive."
    if known.open_rooms:
        yield f"In Rocket.Chat a chat is open in which nobody is heard any more: close {', '.join(known.open_rooms)}."
    yield "Rocket.Chat and RapidPro keep what they have: remove the visitor's chats and the contact there."
