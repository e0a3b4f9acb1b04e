"""Claim lanes, and read what their heads need in order to be delivered."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import field, replace
from datetime import datetime

from channel.core import limits, pacing
from channel.core.claimed import Claimed
from channel.core.errors import StoreUnavailable
from channel.core.pacing import Gate, Pass, Peer
from channel.core.people import Bot
from channel.core.reaching import REACH
from channel.core.values import dataclass
from channel.logs import log
from channel.store import peers
from channel.store.database import Connection, Pool, transaction
from channel.store.lanes import mark_due
from channel.store.queries import query
from channel.store.rows import Row, options_of, owed_of, pairs_of
from channel.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Demand:
    """Who may be asked how much, as far as one replica knows."""

    peers: Sequence[Peer]
    busy: Mapping[int, int] = field(default_factory=dict)  #: lanes of each that are under way here
    further: Mapping[int, int] = field(default_factory=dict)  #: requests to each beyond one for each lane
    rate: float = 0.0  #: requests a second to each RapidPro; 0: any number
    near: Set[int] = frozenset()  #: peers of which only what became due lately is looked for (`channel.core.reaching`)


@dataclass(frozen=True, slots=True)
class Lease:
    """Of a lane, to us."""

    token: int
    until: datetime


class ClaimUnheard(StoreUnavailable):
    """The commit of a claim got no answer: these lanes are ours, or nothing has happened."""

    def __init__(self, leases: Mapping[int, Lease]) -> None:
        super().__init__("nobody knows whether the claim was committed")
        self.leases = leases


async def claim(pool: Pool, vault: Vault, lanes: int, demand: Demand) -> list[Claimed]:
    """Up to `lanes` lanes that are due, leased to us, with their heads' attempts counted. Committed on return.

    Raises ClaimUnheard if it may be: the lanes are then to be taken back.
    """
    unheard: dict[int, Lease] = {}
    try:
        async with transaction(pool) as connection:
            passes, leases = await _take_lanes(connection, lanes, demand)
            claimed = await count_heads(connection, vault, list(passes))
            await _one_suspect(connection, claimed)
            if probing := [each.delivery for lane, each in claimed.items() if passes[lane].granted]:
                await connection.execute(query("count_from_due"), probing)
            unheard = leases
    except StoreUnavailable as error:
        if unheard:
            raise ClaimUnheard(unheard) from error
        raise
    return [replace(each, passed=passes[lane]) for lane, each in claimed.items()]


async def take_back(pool: Pool, leases: Mapping[int, Lease]) -> list[int]:
    """Of an unheard claim what was committed is undone: no attempt was made. Returns the lanes that are seen to.

    One that somebody has at the moment is to be asked about again.
    """
    async with transaction(pool) as connection:
        tokens, untils = [each.token for each in leases.values()], [each.until for each in leases.values()]
        held = await connection.fetch(query("hold_unheard"), list(leases), tokens, untils)
        if ours := [row["id"] for row in held if row["ours"]]:
            await connection.execute(query("forget_unmade"), ours)
            await _give_back(connection, ours)
    return [row["id"] for row in held]


async def _take_lanes(connection: Connection, lanes: int, demand: Demand) -> tuple[dict[int, Pass], dict[int, Lease]]:
    """Lease lanes, and account for them where that is wanted: by lane, how it was taken, and the lease."""
    numbers = [peer.id for peer in demand.peers if peer.paced]
    held = await peers.hold(connection, numbers) if numbers else []
    gates = [gate for peer in demand.peers if not peer.paced for gate in _free(peer, demand)]
    for peer, now in held:
        gates += pacing.gates(peer, demand.busy.get(peer.id, 0), demand.rate, now)
    if not gates:
        return {}, {}
    rows = await _claim_lanes(connection, lanes, gates)
    passes = {row["id"]: Pass() for row in rows}
    for peer, now in held:
        taken = {row["id"]: row["route"] for row in rows if row["peer_id"] == peer.id}
        after, made = pacing.passed(peer, list(taken.values()), demand.rate, now) if taken else (peer, [])
        passes |= dict(zip(taken, made, strict=True))
        await _account(connection, peer, after, demand, now)
    return passes, {row["id"]: Lease(row["lease_token"], row["lease_until"]) for row in rows}


def _free(peer: Peer, demand: Demand) -> list[Gate]:
    return pacing.free(peer, demand.busy.get(peer.id, 0), reach=REACH if peer.id in demand.near else None)


async def _claim_lanes(connection: Connection, lanes: int, gates: Sequence[Gate]) -> Sequence[Row]:
    rows: Sequence[Row] = await connection.fetch(query("claim_lanes"), lanes, limits.LEASE, *columns_of(gates))
    return rows


def columns_of(gates: Sequence[Gate]) -> list[list[object]]:
    """Gates as `claim_lanes` takes them."""
    rows = [(g.peer, g.route, g.window, g.lanes, g.most, g.overdue, g.locked, g.reach) for g in gates]
    return [list(column) for column in zip(*rows, strict=True)]


async def _account(connection: Connection, before: Peer, after: Peer, demand: Demand, now: datetime) -> None:
    after = pacing.delayed(after, demand.further.get(before.id, 0), demand.rate, now)
    if after is not before:
        await peers.save(connection, replace(after, paced=pacing.is_paced(after, demand.rate, now)))


async def _one_suspect(connection: Connection, claimed: dict[int, Claimed]) -> None:
    """Of deliveries under way when a process ended twice, one may have ended it: they are tried one after the other.

    Once is no sign: whatever else kills a process must hold nothing back.
    """
    others = [each for each in claimed.values() if each.crashes > 1][1:]
    if not others:
        return
    waits = [float(place) for place, _ in enumerate(others, start=1)]
    await connection.execute(query("put_off"), [each.delivery for each in others], waits, "suspect")
    await _give_back(connection, [claimed.pop(each.lane).lane for each in others])


async def count_heads(connection: Connection, vault: Vault, lanes: Sequence[int]) -> dict[int, Claimed]:
    """Count the next attempts in lanes that are ours. By lane, what is to be done.

    A lane with nothing to do, or nothing that we can read, is given back.
    """
    if not lanes:
        return {}
    claimed: dict[int, Claimed] = {}
    unreadable: list[int] = []
    for row in await connection.fetch(query("count_heads"), lanes):
        try:
            claimed[row["lane_id"]] = _claimed(row, vault)
        except Exception as error:
            # A key that is missing here, or a kind that a newer replica made: nobody else's deliveries wait for it.
            log.exception("delivery_unreadable", delivery=row["id"], error=type(error).__name__)
            unreadable.append(row["id"])
    if unreadable:
        waits = [limits.UNREADABLE_WAIT] * len(unreadable)
        await connection.execute(query("put_off"), unreadable, waits, "unreadable")
    if idle := [lane for lane in lanes if lane not in claimed]:
        await _give_back(connection, idle)
    return claimed


async def _give_back(connection: Connection, lanes: Sequence[int]) -> None:
    await mark_due(connection, lanes)
    await connection.execute(query("give_back"), lanes)


def _claimed(row: Row, vault: Vault) -> Claimed:
    place = f"visitor:{row['visitor_token_hash']}"
    return Claimed(
        delivery=row["id"],
        lane=row["lane_id"],
        lease=row["lease_token"],
        owed=owed_of(row["kind"], row["body"]),
        attempts=row["attempts"],
        ambiguous=row["ambiguous"],
        crashes=row["crashes"],
        tried_room=row["tried_room"],
        external_id=row["external_id"] or "",
        due_at=row["due_at"],
        now=row["now"],
        room=row["room"],
        path=row["path"],
        contact_uuid=row["contact_uuid"],
        name=row["name"],
        registered=row["registered"],
        visitor_token=vault.open(place, row["visitor_token"]).decode(),
        department=row["department"],
        received_text_hash=row["received_text_hash"] or "",
        received_at=row["received_at"],
        channel=row["channel_id"],
        workspace=row["workspace_id"],
        rocketchat_url=row["base_url"],
        rapidpro_url=row["rapidpro_url"],
        rapidpro_channel=row["rapidpro_channel"],
        scheme=row["scheme"],
        hold_ambiguous=row["when_ambiguous"] == "hold",
        first_failed_at=row["first_failed_at"],
        owed_at=row["created_at"],
        received_uuid=row["received_uuid"],
        rapidpro_token=_opened(vault, f"rapidpro_token:{row['channel_id']}", row["rapidpro_token"]),
        reply_via=row["reply_via"],
        language=row["language"],
        shown_fields=pairs_of(row["shown_fields"]),
        options=options_of(row["options"]),
        bot=_bot(vault, row),
        message=row["message_id"],
        peer=row["peer_id"] or 0,
    )


def _bot(vault: Vault, row: Row) -> Bot | None:
    token = _opened(vault, f"bot_token:{row['workspace_id']}", row["bot_token"])
    return Bot(row["bot_user_id"], token) if token is not None else None


def _opened(vault: Vault, place: str, sealed: bytes | None) -> str | None:
    return vault.open(place, sealed).decode() if sealed is not None else None
