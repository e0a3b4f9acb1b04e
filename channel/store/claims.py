"""Claim lanes, at the pace of who they lead to; and take back a claim of which nobody was told."""

import secrets
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import field, fields, replace
from datetime import datetime
from typing import Final

from channel.core import limits, pacing
from channel.core.claimed import Claimed
from channel.core.errors import StoreError, StoreUnavailable
from channel.core.owed import ReplyToContact, StartFlow
from channel.core.pacing import Gate, Pass, Peer
from channel.core.reaching import REACH
from channel.core.values import dataclass
from channel.logs import log
from channel.store import peers
from channel.store.database import Connection, Pool, begun, borrowed, transaction
from channel.store.heads import give_back, heads_of, leave
from channel.store.queries import query
from channel.store.rows import Row
from channel.store.vault import Vault

#: of what a claim is known by; a version before this one counts from there on, and must not run over
_TOKEN_BITS: Final = 62
#: of what is looked for, the part that peers of which something is accounted for get in any case: the others come first
_ACCOUNTED_SHARE: Final = 5

#: of these RapidPro can tell whether an attempt of unknown end has arrived
_ASKED_ABOUT: Final = {ReplyToContact.__name__, StartFlow.__name__}


@dataclass(frozen=True, slots=True)
class Demand:
    """Who may be asked how much, as far as one replica knows."""

    peers: Sequence[Peer]
    busy: Mapping[int, int] = field(default_factory=dict)  #: lanes of each that are under way here
    rate: float = 0.0  #: requests a second to each RapidPro; 0: any number
    near: Set[int] = frozenset()  #: peers of which only what became due lately is looked for (`channel.core.reaching`)


class ClaimUnheard(StoreUnavailable):
    """A claim got no answer, or failed after it: the lanes that have its token are ours, or nothing has happened."""

    def __init__(self, token: int, cause: Exception) -> None:
        super().__init__(f"nobody knows whether the claim was committed: {type(cause).__name__}: {cause}")
        self.token = token


async def claim(pool: Pool, vault: Vault, lanes: int, demand: Demand) -> list[Claimed]:
    """Up to `lanes` lanes that are due, leased to us, with their heads' attempts counted. Committed on return.

    Of peers that are accounted for there may be a fifth more, so that others who are never done keep them from nothing.
    Raises ClaimUnheard if it may be, and was not told of: what it took is then to be taken back.
    """
    token = secrets.randbits(_TOKEN_BITS)
    asked = False
    try:
        async with borrowed(pool, hurried=True) as connection:
            asked = True
            rows, others = await _take_free(connection, lanes, token, demand)
            passes: Mapping[int, Pass] = {}
            if others:
                most = max(lanes - len(rows), lanes // _ACCOUNTED_SHARE, 1)
                more, passes = await _take_accounted(connection, most, token, others, demand)
                rows += more
        heads = heads_of(rows, vault)
        heads.keep_one_suspect()
        if heads.left:
            async with transaction(pool) as connection:
                await leave(connection, heads, of=token)
    except Exception as error:
        if not asked:
            raise
        if not isinstance(error, StoreError):
            log.exception("claim_crashed", error=type(error).__name__)
        raise ClaimUnheard(token, error) from error
    return [replace(each, passed=passes.get(lane, Pass())) for lane, each in heads.claimed.items()]


async def take_back(pool: Pool, tokens: Iterable[int]) -> None:
    """Of unheard claims what was committed is undone: no attempt was made.

    A lane that somebody has at the moment is found when they are asked about again.
    """
    async with transaction(pool) as connection:
        found = await connection.fetch(query("hold_unheard"), list(tokens))
        if ours := [row["id"] for row in found]:
            await connection.execute(query("forget_unmade"), ours)
            await give_back(connection, ours)


async def _take_free(connection: Connection, lanes: int, token: int, demand: Demand) -> tuple[list[Row], Sequence[int]]:
    """Of peers of which nothing is accounted for; and those of the others for which something is due."""
    gates = [gate for peer in demand.peers if not peer.paced for gate in _free(peer, demand)]
    paced = [peer.id for peer in demand.peers if peer.paced]
    if not gates and not paced:
        return [], []
    rows = await _take(connection, lanes, token, gates, asking_of=paced)
    due = {row["peer_id"] for row in rows if row["lane_id"] is None}
    return [row for row in rows if row["lane_id"] is not None], sorted(due)


def _free(peer: Peer, demand: Demand) -> list[Gate]:
    return pacing.free(peer, demand.busy.get(peer.id, 0), reach=REACH if peer.id in demand.near else None)


async def _take_accounted(
    connection: Connection, lanes: int, token: int, numbers: Sequence[int], demand: Demand
) -> tuple[Sequence[Row], Mapping[int, Pass]]:
    """Of peers that are held meanwhile; by lane, how it was taken."""
    async with begun(connection):
        held = await peers.hold(connection, numbers)
        gates = [g for peer, now in held for g in pacing.gates(peer, demand.busy.get(peer.id, 0), demand.rate, now)]
        rows = await _take(connection, lanes, token, gates) if gates else []
        return rows, await _account_for(connection, rows, held, demand)


async def _take(
    connection: Connection, lanes: int, token: int, gates: Sequence[Gate], asking_of: Sequence[int] = ()
) -> Sequence[Row]:
    given = (lanes, limits.LEASE, token, *columns_of(gates), list(asking_of), list(pacing.ROUTES))
    rows: Sequence[Row] = await connection.fetch(query("claim"), *given)
    return rows


def columns_of(gates: Sequence[Gate]) -> list[list[object]]:
    """Gates as `claim` takes them."""
    rows = [(g.peer, g.route, g.window, g.lanes, g.most, g.overdue, g.locked, g.reach) for g in gates]
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in fields(Gate)]


async def _account_for(
    connection: Connection, rows: Sequence[Row], held: Sequence[tuple[Peer, datetime]], demand: Demand
) -> dict[int, Pass]:
    """Of peers that are held for that: what was taken is noted. Returns by lane how it was."""
    passes: dict[int, Pass] = {}
    for peer, now in held:
        taken = [row for row in rows if row["peer_id"] == peer.id]
        asking = {place for place, row in enumerate(taken) if _asks_first(row)}
        routes = [row["route"] for row in taken]
        after, made = pacing.passed(peer, routes, demand.rate, now, asking) if taken else (peer, [])
        passes |= {row["lane_id"]: each for row, each in zip(taken, made, strict=True)}
        if after is not peer:
            await peers.save(connection, replace(after, paced=pacing.is_paced(after, demand.rate, now)))
    probing = {lane for lane, each in passes.items() if each.granted}
    if probed := [row["id"] for row in rows if row["id"] and row["lane_id"] in probing]:
        await connection.execute(query("count_from_due"), probed)
    return passes


def _asks_first(row: Row) -> bool:
    """Whether what may have arrived did: whoever sends it asks RapidPro's API before that."""
    return bool(row["ambiguous"]) and row["kind"] in _ASKED_ABOUT and row["rapidpro_token"] is not None
