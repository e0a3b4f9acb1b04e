"""A connected database as the store's tests use it: two replicas' worth of stores, and what to ask of the tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet

from channel.bridge import handle
from channel.core.addresses import ByDelivery, ByUrn
from channel.core.claimed import Claimed
from channel.core.decision import Decision
from channel.core.errors import DeliveryError, Failure
from channel.core.events import AttemptMade, ContactWrote, DeliveryDone, DeliveryFailed, Event
from channel.core.learned import Learned
from channel.core.limiter import Window
from channel.core.pacing import ROUTES, Peer
from channel.store import peers
from channel.store.admin import Wanted, administering
from channel.store.claims import Demand, claim
from channel.store.conversations import Handled, Store
from channel.store.database import Pool
from channel.store.keyring import hash_key
from channel.store.queries import query
from channel.store.vault import Vault


@dataclass
class Premises:
    url: str
    pool: Pool
    vault: Vault
    key: bytes
    channel: UUID
    workspace: UUID

    def store(self, pool: Pool | None = None, *, keeping: bool = True) -> Store:
        schemes = {self.channel: "ext"}
        return Store(pool or self.pool, self.vault, self.key, lambda: schemes, keeping=lambda: keeping)

    async def handle(self, *events: Event, keeping: bool = True) -> list[Handled]:
        return await handle(self.store(keeping=keeping), events)

    async def decide(self, event: Event) -> Decision | None:
        (handled,) = await self.handle(event)
        return handled.decision

    def wrote(self, text: str = "words", id: str = "1001", to: str = "ana") -> ContactWrote:
        return ContactWrote(ByUrn(self.channel, to), id, text, b"raw")

    async def claim(self, lanes: int = 50, *, pool: Pool | None = None, **demand: Any) -> list[Claimed]:
        found, _ = await peers.read(pool or self.pool)
        return await claim(pool or self.pool, self.vault, lanes, Demand(found, **demand))

    async def claim_as(self, known: Sequence[Peer], lanes: int = 50) -> list[Claimed]:
        """What a replica takes that knows its peers so."""
        return await claim(self.pool, self.vault, lanes, Demand(known))

    async def unlimited(self) -> None:
        """Neither peer limits us, as far as their answers have said."""
        await self.pool.execute(query("make_peers"))
        for peer in (await peers.read(self.pool))[0]:
            await peers.change(self.pool, peer.id, _unlimited, 0.0)

    async def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in await self.pool.fetch(sql, *values)]

    async def column(self, sql: str, *values: object) -> list[Any]:
        return [row[0] for row in await self.rows(sql, *values)]

    async def later(self, seconds: float) -> None:
        await self.pool.execute("UPDATE clock SET shift_seconds = shift_seconds + $1", seconds)

    async def ready_room(self, *contacts: str) -> None:
        """Rooms are open and nothing is owed: what a contact writes next is one post."""
        for to in contacts:
            await self.handle(self.wrote("Hello", f"first-{to}", to))
        await self.pool.execute("UPDATE delivery SET state = 'done'")
        await self.pool.execute("UPDATE lane SET head_due = NULL")
        await self.pool.execute(
            "UPDATE conversation SET state = 'queued', room = 'room-' || id,"
            " handoff = handoff || jsonb_build_object('room', 'room-' || id)"
        )


def _unlimited(peer: Peer, now: datetime) -> Peer:
    return replace(peer, windows=dict.fromkeys(ROUTES.values(), Window(known=True)))


def texts(claimed: Sequence[Claimed]) -> list[str]:
    return [getattr(each.owed, "text", type(each.owed).__name__) for each in claimed]


def arrived(claimed: Claimed, learned: Learned) -> DeliveryDone:
    return DeliveryDone(
        ByDelivery(claimed.delivery, claimed.conversation), claimed.lease, learned, AttemptMade("POST /x", "200", 0.1)
    )


def broke(claimed: Claimed, error: DeliveryError) -> DeliveryFailed:
    return DeliveryFailed(
        ByDelivery(claimed.delivery, claimed.conversation),
        claimed.lease,
        Failure.of(error),
        1.0,
        AttemptMade("POST /x", "503", 0.1, room=claimed.room),
    )


async def connected(url: str, pool: Pool, vault: Vault | None = None) -> Premises:
    vault = vault or Vault([Fernet.generate_key().decode()])
    wanted = Wanted("test", "http://chat.test", "http://flows.test", None, "ext", "b", "", "receive")
    async with administering(url, vault) as admin:
        made = await admin.connect(wanted)
    premises = Premises(url, pool, vault, await hash_key(pool, vault), made.channel, made.workspace)
    await premises.unlimited()
    return premises
