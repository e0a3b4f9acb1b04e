"""Whose conversation is this? By a contact's URN (begun if there is none yet), by a room, by a delivery."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from channel.core.events import ByDelivery, ByRoom, ByUrn, Event
from channel.core.urns import identity
from channel.store.database import Connection
from channel.store.queries import query
from channel.store.vault import Vault, keyed_hash

#: of a visitor token: it is all that Rocket.Chat asks of a visitor
TOKEN_BYTES: Final = 32


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
        await self._resolve_rooms(events, ids)
        await self._resolve_deliveries(events, ids)
        return ids

    async def _resolve_urns(self, events: Sequence[Event], ids: list[int | None]) -> None:
        asked = [(n, e.address) for n, e in enumerate(events) if isinstance(e.address, ByUrn)]
        if not asked:
            return
        keys = [(a.channel, identity(self._schemes[a.channel], a.path)) for _, a in asked]
        found = await self._find_urns(keys)
        missing = sorted({key for key in keys if found.get(key) is None})
        if missing:
            await self._begin(missing)
            found |= await self._find_urns(missing)
        for (n, _), key in zip(asked, keys, strict=True):
            ids[n] = found[key]

    async def _find_urns(self, keys: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], int | None]:
        channels, paths = [c for c, _ in keys], [p for _, p in keys]
        rows = await self._connection.fetch(query("resolve_urns"), channels, paths)
        return {keys[row["n"] - 1]: row["id"] for row in rows}

    async def _begin(self, keys: Sequence[tuple[UUID, str]]) -> None:
        tokens = [secrets.token_urlsafe(TOKEN_BYTES) for _ in keys]
        hashes = [keyed_hash(self._hash_key, token) for token in tokens]
        sealed = [
            self._vault.seal(f"visitor:{digest}", token.encode()) for token, digest in zip(tokens, hashes, strict=True)
        ]
        paths = [path for _, path in keys]
        await self._connection.execute(
            query("begin_contacts"), [channel for channel, _ in keys], paths, paths, sealed, hashes
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

    async def _resolve_deliveries(self, events: Sequence[Event], ids: list[int | None]) -> None:
        asked: defaultdict[int, list[int]] = defaultdict(list)
        for n, event in enumerate(events):
            if isinstance(event.address, ByDelivery):
                asked[event.address.delivery].append(n)
        if not asked:
            return
        for row in await self._connection.fetch(query("resolve_deliveries"), list(asked)):
            for n in asked[row["n"]]:
                ids[n] = row["id"]
