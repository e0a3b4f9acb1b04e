"""Whose conversation is this? By a contact's URN or UUID (begun if there is none yet), by a room, by a delivery."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final
from uuid import UUID

from channel.core.addresses import ByContact, ByConversation, ByDelivery, ByRoom, ByUrn
from channel.core.events import Event
from channel.core.urns import identity
from channel.core.values import dataclass
from channel.store.database import Connection
from channel.store.queries import query
from channel.store.vault import Vault, forgotten_hash, keyed_hash

#: of a visitor token: it is all that Rocket.Chat asks of a visitor
TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class _New:
    """A contact to begin, by whichever name they are known."""

    channel: UUID
    uuid: str | None
    urn: str | None = field(repr=False)
    path: str = field(repr=False)


class Resolver:
    """Finds conversations, and begins them. `schemes`: the URN scheme of each channel that events name."""

    def __init__(self, connection: Connection, vault: Vault, hash_key: bytes, schemes: Mapping[UUID, str]) -> None:
        self._connection = connection
        self._vault = vault
        self._hash_key = hash_key
        self._schemes = schemes

    async def resolve(self, events: Sequence[Event]) -> list[int | None]:
        """The conversation of each event; None for one that belongs to none here."""
        ids: list[int | None] = [None] * len(events)
        await self._resolve_urns(events, ids)
        await self._resolve_contacts(events, ids)
        await self._resolve_rooms(events, ids)
        for n, event in enumerate(events):
            if isinstance(event.address, ByConversation | ByDelivery):
                ids[n] = event.address.conversation
        return ids

    def forgotten_hash(self, address: object) -> str | None:
        """By what this contact would be known if forgotten; None where no flow names them."""
        return forgotten_hash(self._hash_key, address.uuid) if isinstance(address, ByContact) else None

    async def _resolve_urns(self, events: Sequence[Event], ids: list[int | None]) -> None:
        asked = [(n, e.address) for n, e in enumerate(events) if isinstance(e.address, ByUrn)]
        if not asked:
            return
        keys = [(a.channel, identity(self._schemes[a.channel], a.path)) for _, a in asked]
        found = await self._find_urns(keys)
        missing = sorted({key for key in keys if found.get(key) is None})
        if missing:
            await self._begin([_New(channel, None, path, path) for channel, path in missing])
            found |= await self._find_urns(missing)
        for (n, _), key in zip(asked, keys, strict=True):
            ids[n] = found[key]

    async def _find_urns(self, keys: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], int | None]:
        channels, paths = [c for c, _ in keys], [p for _, p in keys]
        rows = await self._connection.fetch(query("resolve_urns"), channels, paths)
        return {keys[row["n"] - 1]: row["id"] for row in rows}

    async def _resolve_contacts(self, events: Sequence[Event], ids: list[int | None]) -> None:
        asked = [(n, e.address) for n, e in enumerate(events) if isinstance(e.address, ByContact)]
        if not asked:
            return
        addresses = {address for _, address in asked}
        found = await self._find_contacts(sorted(addresses, key=str))
        if missing := sorted((a for a in addresses if found.get(a) is None and a.begins), key=str):
            await self._begin([_New(a.channel, a.uuid, self._identity(a) or None, a.path or "") for a in missing])
            found |= await self._find_contacts(missing)
        if taken := [a for a in addresses if found.get(a) is None and a.begins]:
            # The address is somebody else's, who has a UUID of their own: this one is known by UUID alone.
            await self._begin([_New(a.channel, a.uuid, None, "") for a in sorted(taken, key=str)])
            found |= await self._find_contacts(taken)
        for n, address in asked:
            ids[n] = found.get(address)

    async def _find_contacts(self, addresses: Sequence[ByContact]) -> dict[ByContact, int | None]:
        paths = [self._identity(a) for a in addresses]
        rows = await self._connection.fetch(
            query("resolve_contacts"), [a.channel for a in addresses], [a.uuid for a in addresses], paths
        )
        return {addresses[row["n"] - 1]: row["id"] for row in rows}

    def _identity(self, address: ByContact) -> str:
        return identity(self._schemes[address.channel], address.path) if address.path else ""

    async def _begin(self, new: Sequence["_New"]) -> None:
        tokens = [secrets.token_urlsafe(TOKEN_BYTES) for _ in new]
        hashes = [keyed_hash(self._hash_key, token) for token in tokens]
        sealed = [
            self._vault.seal(f"visitor:{digest}", token.encode()) for token, digest in zip(tokens, hashes, strict=True)
        ]
        await self._connection.execute(
            query("begin_contacts"),
            [each.channel for each in new],
            [each.uuid for each in new],
            [each.urn for each in new],
            [each.path for each in new],
            sealed,
            hashes,
        )

    async def _resolve_rooms(self, events: Sequence[Event], ids: list[int | None]) -> None:
        asked = [(n, e.address) for n, e in enumerate(events) if isinstance(e.address, ByRoom)]
        if not asked:
            return
        tokens = [a.token or "" for _, a in asked]
        rows = await self._connection.fetch(
            query("resolve_rooms"),
            [a.workspace for _, a in asked],
            [a.room for _, a in asked],
            [keyed_hash(self._hash_key, token) for token in tokens],
            tokens,
        )
        for row in rows:
            ids[asked[row["n"] - 1][0]] = row["id"]
