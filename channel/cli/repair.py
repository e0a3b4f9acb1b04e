"""repair: find what Rocket.Chat's webhook lost, now; and list what RapidPro gave up on."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import typer

from channel.bridge import handle, rehearse
from channel.cli import gave_up
from channel.cli.administering import administer
from channel.cli.auditing import audited
from channel.cli.saying import Wrong, run, say, table, uuid
from channel.core.addresses import ByRoom
from channel.core.decision import Decision
from channel.core.errors import DeliveryError, Waiting
from channel.core.events import AgentWrote, Event, RoomClosed
from channel.core.owed import ReplyToContact
from channel.core.repairing import STALE
from channel.rocketchat.client import RocketChatClient
from channel.rocketchat.presence import Desk
from channel.rocketchat.wire.repair import Wanted
from channel.settings import Settings
from channel.state import Database, open_database
from channel.store import repairs
from channel.store.conversations import Store
from channel.store.database import Pool, open_pool
from channel.store.keyring import hash_key
from channel.store.repairs import Readable
from channel.transport import Trail, Transport, open_http

Row = tuple[str, str, str, str]


def repair(
    channel: Annotated[str | None, typer.Option(help="only this channel, by UUID")] = None,
    room: Annotated[str | None, typer.Option(help="only this room, by Rocket.Chat's id, however old")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would be delivered, and deliver nothing")
    ] = False,
    rapidpro: Annotated[
        bool, typer.Option("--rapidpro", help="list what RapidPro gave up on instead, for you to resend there")
    ] = False,
) -> None:
    """Find what agents wrote that no webhook brought, and deliver it."""
    if rapidpro and (room is not None or dry_run):
        raise Wrong("--rapidpro only lists: it goes with neither --room nor --dry-run")
    if room is not None and not room.strip():
        raise Wrong("--room is empty")
    number = uuid("--channel", channel) if channel is not None else None
    if number is not None:
        administer(lambda admin: admin.channel(number))
    settings = Settings.from_env()
    run(gave_up.list_them(settings, number) if rapidpro else _repair(settings, number, room, dry_run=dry_run))


async def _repair(settings: Settings, channel: UUID | None, room: str | None, *, dry_run: bool) -> None:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings))
        pool = await open_pool(database.url, size=1, name="repair")
        stack.push_async_callback(pool.close)
        http = await stack.enter_async_context(open_http(settings.reachable, ca_file=settings.ca_file))
        rooms = await repairs.readable(pool, database.vault, channel, room)
        if room is not None and not rooms:
            raise Wrong(f"there is no room {room}" + (" of this channel" if channel else ""))
        transport = Transport(http)
        client = RocketChatClient(transport, Desk(transport))
        repairing = _Repairing(await _store(pool, database), client, dry_run)
        async with audited(database.url, "" if dry_run else "repair", room or str(channel or "")):
            found = [row for each in rooms for row in await repairing.room(each)]
    _say(found, rooms, dry_run=dry_run)
    if repairing.unread:
        failed = ", ".join(f"{name} ({code})" for name, code in repairing.unread.items())
        raise Wrong(f"of {len(rooms)} rooms, these could not be read: {failed}")


async def _store(pool: Pool, database: Database) -> Store:
    return Store(pool, database.vault, await hash_key(pool, database.vault), dict)


@dataclass
class _Repairing:
    store: Store
    rocketchat: RocketChatClient
    dry_run: bool

    def __post_init__(self) -> None:
        self.unread: dict[str, str] = {}

    async def room(self, room: Readable) -> list[Row]:
        """What was found in a room, a row each."""
        address = ByRoom(room.workspace, room.room, room.visitor_token)
        wanted = Wanted(address, room.since, room.is_closed, room.seems_to_wait, room.bot)
        try:
            events = await self._read(room.url, wanted)
        except DeliveryError as error:
            self.unread[room.room] = error.code
            return []
        decisions = await self._decided(events) if events else []
        return list(_rows(events, decisions, dry_run=self.dry_run))

    async def _read(self, url: str, wanted: Wanted) -> Sequence[Event]:
        """The room's history, once Rocket.Chat's limiter lets us."""
        while True:
            try:
                return (await self.rocketchat.read_room(url, wanted, Trail())).events
            except Waiting as waiting:
                say(f"Rocket.Chat wants a pause of {waiting.seconds:.0f} s.")
                await asyncio.sleep(waiting.seconds)

    async def _decided(self, events: Sequence[Event]) -> Sequence[Decision | None]:
        if self.dry_run:
            return await rehearse(self.store, events)
        return [handled.decision for handled in await handle(self.store, events)]


def _rows(events: Sequence[Event], decisions: Sequence[Decision | None], *, dry_run: bool) -> Iterator[Row]:
    """What was new: an agent's words, and a close."""
    for event, decision in zip(events, decisions, strict=True):
        if isinstance(event, AgentWrote) and decision is not None and decision.messages:
            yield event.address.room, event.item or "", event.said_at or "", _what(decision, dry_run=dry_run)
        if isinstance(event, RoomClosed) and decision is not None and decision.room_closed:
            yield event.address.room, "", event.closed_at or "", "would be closed here" if dry_run else "closed here"


def _what(decision: Decision, *, dry_run: bool) -> str:
    """What becomes of it."""
    if decision.reason == STALE:
        return "would be a dead letter: too old" if dry_run else "a dead letter: too old"
    if any(isinstance(due.owed, ReplyToContact) for due in decision.owed):
        return "would be delivered" if dry_run else "goes to the contact"
    return f"is not for the contact: {decision.reason}"


def _say(found: Sequence[Row], rooms: Sequence[Readable], *, dry_run: bool) -> None:
    if found:
        say(table(("room", "message", "written", "what becomes of it"), found))
    count = f"{len(rooms)} {'room was' if len(rooms) == 1 else 'rooms were'} read"
    if not found:
        say(f"{count}, and nothing is missing.")
    elif dry_run:
        say(f"{count}. Nothing was changed.")
    else:
        say(f"{count}. What goes to a contact is delivered by the running service.")
