"""Is it all right? What the console's first page asks, in five queries whatever there is."""

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any, Final

from channel.core import limits
from channel.core.values import dataclass
from channel.core.vitals import Vitals
from channel.store.database import Pool, borrowed
from channel.store.queries import query
from channel.store.vitals import vitals

#: a lane that holds nothing
_NOTHING: Final[Mapping[str, Any]] = {"waiting": 0, "dead": 0, "oldest_seconds": None}


@dataclass(frozen=True, slots=True)
class Now:
    """How it stands at this moment."""

    vitals: Vitals
    channels: Sequence[Mapping[str, Any]]
    peers: Sequence[Mapping[str, Any]]
    database: Mapping[str, Any]
    seconds: float  #: that the database took for one question


async def now(pool: Pool) -> Now:
    """StoreUnavailable if the database does not say."""
    async with borrowed(pool) as connection:
        began = perf_counter()
        database = await connection.fetchrow(query("database_now"))
        seconds = perf_counter() - began
        channels = await connection.fetch(query("channels_now"), limits.LATELY)
        waiting = await connection.fetch(query("waiting_now"), limits.BACKLOG_COUNTED)
        peers = await connection.fetch(query("peers_now"))
    lanes = {(row["channel"], row["lane"]): dict(row) for row in waiting}
    known = {(row["dest"], row["address"]): dict(row) for row in peers}
    return Now(
        await vitals(pool),
        [_channel(dict(row), lanes, known) for row in channels],
        list(known.values()),
        dict(database),
        seconds,
    )


def _channel(
    row: dict[str, Any], lanes: Mapping[Any, Mapping[str, Any]], peers: Mapping[Any, Mapping[str, Any]]
) -> dict[str, Any]:
    """A channel with its lanes, its dead letters and how its two peers are."""
    of_lane = {
        kind: lanes.get((row["id"], kind), _NOTHING) for kind in ("to_agent", "to_contact", "to_author", "status")
    }
    return {
        **row,
        "lanes": of_lane,
        "dead": sum(lane["dead"] for lane in of_lane.values()),
        "rocketchat": peers.get(("rocketchat", row["rocketchat_url"])),
        "rapidpro": peers.get(("rapidpro", row["rapidpro_url"])),
    }
