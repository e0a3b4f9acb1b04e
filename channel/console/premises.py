"""What the console's pages are made from."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import field
from uuid import UUID

from channel.core.checks.finding import Finding
from channel.core.networks import Network
from channel.core.people import Bot
from channel.core.queue import Queue
from channel.core.values import dataclass
from channel.store.admin import Admin, administering
from channel.store.database import Pool
from channel.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Premises:
    """Handed in by whoever opens it all."""

    pool: Pool
    #: of the database, for what opens a connection of its own
    url: str = field(repr=False)
    vault: Vault
    #: what Rocket.Chat lists at a base URL to a login; within seconds, whatever it does
    queue: Callable[[str, Bot], Awaitable[Queue]]
    #: the names of a Rocket.Chat's departments by their ids, as far as it says; within a second
    departments: Callable[[str], Awaitable[Mapping[str, str]]]
    #: what the doctor finds of these channels, or of every one
    examine: Callable[[Sequence[UUID]], Awaitable[Sequence[Finding]]]
    #: networks of the proxies that are believed whence a request comes, and whether it came by https
    trusted: Sequence[Network] = ()
    #: our own, as the peers reach it
    our_url: str = ""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False, compare=False)

    @asynccontextmanager
    async def administering(self) -> AsyncIterator[Admin]:
        """The store's admin, for one at a time: what it is opened with is the whole process's."""
        async with self._turn, administering(self.url, self.vault) as admin:
            yield admin
