"""The other processes of the installation: what they are told of this one, and what is heard of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from uuid import uuid4

from channel.core.errors import StoreError
from channel.delivery.announcing import Announcing, Listening
from channel.delivery.showing import Showing
from channel.delivery.worker import Worker
from channel.store.database import Pool
from channel.store.listening import announce, listen
from channel.store.replicas import Replica, leave, show


class Neighbours:
    """`direct_url`: of the database, where hints can be heard. None where they cannot: then each looks by itself."""

    def __init__(self, edge: Pool, delivery: Pool, worker: Worker, *, direct_url: str | None, seals_with: str) -> None:
        self._edge = edge
        self._delivery = delivery
        self._worker = worker
        self._direct_url = direct_url
        self._seals_with = seals_with
        self._announcing: Announcing | None = None

    def announce(self) -> None:
        """From now on they are told what this process takes: it does not deliver it."""
        if self._direct_url is not None:
            self._announcing = Announcing(partial(announce, self._edge))

    def hint(self) -> None:
        """Something may be due."""
        if self._announcing:
            self._announcing.hint()

    def listening(self) -> Listening | None:
        """What hears of what others take, if there is a way."""
        return Listening(partial(self._listen, self._direct_url)) if self._direct_url is not None else None

    @asynccontextmanager
    async def shown(self, role: str) -> AsyncIterator[Showing]:
        """In the block this process is known to run, in this role; what goes on saying so, as long as that runs."""
        replica = Replica(uuid4(), role, self._seals_with)
        await show(self._delivery, replica)
        try:
            yield Showing(partial(show, self._delivery, replica))
        finally:
            with suppress(StoreError):  # then it is gone in a minute
                await leave(self._delivery, replica)

    async def _listen(self, url: str) -> None:
        try:
            await listen(url, self._heard)
        finally:
            self._worker.hears(hearing=False)

    def _heard(self) -> None:
        self._worker.hears(hearing=True)
        self._worker.wake()
