"""Lanes are claimed at their peers' pace; a claim of which nobody was told is taken back."""

from collections.abc import Mapping, Sequence
from functools import partial

from channel.core import pacing
from channel.core.claimed import Claimed
from channel.core.errors import StoreError
from channel.core.pacing import Peer
from channel.core.reaching import Reach
from channel.core.unheard import Unheard
from channel.delivery.behind import Behind
from channel.delivery.hearing import Clock, Hearing
from channel.delivery.pace import Change, Pace, PaceVerbs
from channel.logs import log
from channel.store import claims, peers
from channel.store.database import Pool
from channel.store.timing import wake_behind
from channel.store.vault import Vault


class Claiming:
    """`rate`: requests a second to each RapidPro, by all replicas together; 0: any number."""

    def __init__(self, pool: Pool, vault: Vault, hearing: Hearing, clock: Clock, *, rate: float) -> None:
        self._pool = pool
        self._vault = vault
        self._rate = rate
        self.pace = Pace(PaceVerbs(partial(peers.read, pool), self._change), hearing, clock, rate=rate)
        self._behind = Behind(partial(wake_behind, pool), rated=rate > 0)
        self._clock = clock
        self._reach = Reach()
        self._unheard = Unheard()

    async def __call__(self, lanes: int, busy: Mapping[int, int]) -> list[Claimed]:
        """Up to so many lanes, leased to us. `busy`: lanes of each peer that are under way here. StoreError."""
        unheard = self._unheard.due(self._clock.seconds())
        await self._take_back(unheard)
        await self.pace.look()
        await self._behind.look(self.pace.peers, busy, self._clock.now())
        began = self._clock.seconds()
        demand = claims.Demand(self.pace.peers, busy, self._rate, self._reach.near(began))
        try:
            claimed = await claims.claim(self._pool, self._vault, lanes, demand)
        except claims.ClaimUnheard as error:
            self._unheard.note(error.token, began)
            raise
        self._unheard.looked(unheard, began)
        self._looked(demand, lanes, claimed, began)
        return claimed

    def _looked(self, demand: claims.Demand, lanes: int, claimed: Sequence[Claimed], began: float) -> None:
        """Whoever leads to a peer that is paced is looked for everywhere: what it takes varies by the moment."""
        everything = [peer.id for peer in demand.peers if not peer.paced and peer.id not in demand.near]
        most = {peer: pacing.slots(demand.busy.get(peer, 0)) for peer in everything}
        found = [each.peer for each in claimed]
        self._reach.looked(found, lanes, most, began=began, took=self._clock.seconds() - began)

    async def _take_back(self, tokens: Sequence[int]) -> None:
        """What was claimed and never begun, because nobody was told that it is ours; it may wait, others' words not."""
        if tokens:
            try:
                await claims.take_back(self._pool, tokens)
            except StoreError as error:
                log.warning("claim_not_taken_back", error=str(error))

    async def _change(self, number: int, change: Change) -> Peer | None:
        return await peers.change(self._pool, number, change, self._rate)
