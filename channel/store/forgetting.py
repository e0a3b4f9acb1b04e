"""Forget a contact: words, names, addresses, all that is known of them. The keys stay, so that nothing old looks new.

A contact of whom neither UUID nor URN is known is one who was forgotten; every other has at least one of them. That
comes first, at once: from then on nothing is added. The words go in steps, each short however much there is; the
visitor token goes last. Interrupted anywhere, it goes on where it stopped when it is asked for again, by our id.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import field
from typing import Any, Final, TypeAlias
from uuid import UUID

from channel.core import limits
from channel.core.conversation import EXPIRED, KEPT
from channel.core.forgotten import FORGOTTEN
from channel.core.people import Bot
from channel.core.urns import identity
from channel.core.values import dataclass
from channel.store.database import Connection, Pool, borrowed, transaction
from channel.store.queries import query
from channel.store.retention import LISTS, TEXTS
from channel.store.vault import Vault, forgotten_hash

#: how a contact is named who has no other name here
OUR_ID: Final = "id:"
_OUR_ID: Final = re.compile(rf"{OUR_ID}([0-9]{{1,18}})", re.ASCII)

#: a few of what is to be erased; whether there was anything
_Step: TypeAlias = Callable[[Connection, int], Awaitable[bool]]


class NobodyMeant(Exception):
    """There is no such contact, or no telling which of several is meant. The sentence names nobody."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What there is of somebody."""

    id: int
    channel: str
    forgotten: bool  #: before
    messages: int
    unmade: int  #: deliveries that wait or are dead,
    under_way: int  #: and those of which an attempt is being made
    open_rooms: Sequence[str]  #: as far as we know
    rocketchat_url: str
    bot: Bot | None
    visitor_token: str = field(repr=False)  #: "" once it was forgotten too


async def find(pool: Pool, named: str, channel: UUID | None) -> int:
    """Our id of the contact of this UUID, URN, path or, behind `id:`, our id. NobodyMeant if none or several are."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch("SELECT id, scheme FROM channel WHERE $1::uuid IS NULL OR id = $1", channel)
        channels = [row["id"] for row in rows]
        paths = [identity_in(row["scheme"], named) for row in rows]
        found = await connection.fetch(query("find_contacts"), channels, paths, named.strip().lower(), our_id(named))
    if not found:
        raise NobodyMeant("there is no contact of this name" + (" in this channel" if channel else ""))
    if len(found) > 1:
        known = ", ".join(f"{OUR_ID}{row['id']} ({row['channel']})" for row in found)
        raise NobodyMeant(f"several contacts are called so: name one with --channel, or by our id: {known}")
    number: int = found[0]["id"]
    return number


async def look(pool: Pool, vault: Vault, number: int) -> Contact:
    """What there is of this contact now."""
    async with transaction(pool) as connection:
        held = await connection.fetchrow(query("hold_contact"), number)
        return await _contact(connection, vault, held, await _lanes(connection, number))


async def forget(pool: Pool, vault: Vault, key: bytes, number: int) -> Contact:
    """Erase it, and let nothing of it be made any more. What it was is returned; only the visitor token is left.

    `key`: this database's own, by which a repeat of the contact's is told from the same key of somebody else's.
    """
    known = await _unname(pool, vault, key, number)
    for step in (_waiting, _told, _events):
        while await _stepped(pool, number, step):
            pass
    after: str | None = ""
    while after is not None:
        async with transaction(pool) as connection:
            await connection.execute(query("hold_conversation"), number)
            after = await _messages(connection, number, after)
    return known


async def forget_visitor(pool: Pool, vault: Vault, number: int) -> None:
    """The visitor token too: from now on nobody can ask Rocket.Chat for anything of theirs."""
    async with transaction(pool) as connection:
        held = await connection.fetchrow(query("hold_contact"), number)
        nothing = vault.seal(_place(held), b"")
        await connection.execute(query("forget_visitor"), number, nothing)
        await connection.execute(query("forget_rooms"), number)


async def _unname(pool: Pool, vault: Vault, key: bytes, number: int) -> Contact:
    """Nobody is found by their name any more, nothing is open, and nothing that is under way counts."""
    async with transaction(pool) as connection:
        held = await connection.fetchrow(query("hold_contact"), number)
        lanes = await _lanes(connection, number)
        known = await _contact(connection, vault, held, lanes)
        await _discarded(connection, await connection.fetch(query("forget_under_way"), lanes, FORGOTTEN))
        await connection.execute(query("forget_lanes"), lanes)
        for name in ("forget_timers", "forget_conversation"):
            await connection.execute(query(name), number)
        whose = forgotten_hash(key, held["uuid"]) if held["uuid"] else None
        await connection.execute(query("forget_contact"), number, whose)
        return known


async def _stepped(pool: Pool, number: int, step: _Step) -> bool:
    """One step, in a transaction of its own. Was there anything?"""
    async with transaction(pool) as connection:
        await connection.execute(query("hold_conversation"), number)
        return await step(connection, number)


async def _waiting(connection: Connection, number: int) -> bool:
    """What waits or is dead is not made any more."""
    lanes = await _lanes(connection, number)
    return await _discarded(
        connection, await connection.fetch(query("forget_waiting"), lanes, FORGOTTEN, limits.FORGOTTEN_AT_ONCE)
    )


async def _discarded(connection: Connection, unmade: Sequence[Any]) -> bool:
    """These have no words any more, and their messages say why they went no further."""
    await connection.execute(query("erase_deliveries"), [], [row["id"] for row in unmade], TEXTS, LISTS)
    stopped = sorted({row["message_id"] for row in unmade if row["message_id"]})
    await connection.execute(query("note_discarded"), stopped, FORGOTTEN)
    return bool(unmade)


async def _told(connection: Connection, number: int) -> bool:
    """What agents were told and shown."""
    rows = await connection.fetch(
        query("worded_deliveries"), await _lanes(connection, number), limits.FORGOTTEN_AT_ONCE
    )
    await connection.execute(query("erase_deliveries"), [], [row["id"] for row in rows], TEXTS, LISTS)
    return bool(rows)


async def _events(connection: Connection, number: int) -> bool:
    """What came in with events."""
    return bool(await connection.fetch(query("forget_events"), number, limits.FORGOTTEN_AT_ONCE))


async def _messages(connection: Connection, number: int, after: str) -> str | None:
    """The words of the next few messages, and of what was owed for them. Behind which to go on; None at the end."""
    rows = await connection.fetch(query("worded_messages"), number, after, limits.FORGOTTEN_AT_ONCE)
    ids = [row["id"] for row in rows]
    await connection.execute(query("erase_deliveries"), ids, [], TEXTS, LISTS)
    await connection.execute(query("forget_messages"), ids, KEPT, EXPIRED)
    return rows[-1]["key"] if rows else None


async def _lanes(connection: Connection, number: int) -> list[int]:
    return [row["id"] for row in await connection.fetch(query("lanes_of"), number)]


async def _contact(connection: Connection, vault: Vault, held: Any, lanes: Sequence[int]) -> Contact:
    bot, theirs = held["bot_token"], await connection.fetchrow(query("unmade"), lanes)
    return Contact(
        held["id"],
        held["channel"],
        held["forgotten"],
        held["messages"],
        theirs["unmade"],
        theirs["under_way"],
        held["open_rooms"],
        held["base_url"],
        Bot(held["bot_user_id"], vault.open(f"bot_token:{held['workspace']}", bot).decode()) if bot else None,
        vault.open(_place(held), held["visitor_token"]).decode(),
    )


def _place(held: Any) -> str:
    return f"visitor:{held['visitor_token_hash']}"


def identity_in(scheme: str, named: str) -> str:
    """By what a contact of a channel of this scheme is found, whether the URN's scheme is written or not."""
    return identity(scheme, named.strip().removeprefix(f"{scheme}:"))


def our_id(named: str) -> int | None:
    found = _OUR_ID.fullmatch(named.strip())
    return int(found[1]) if found else None
