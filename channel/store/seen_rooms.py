"""What is known of rooms: that they are there and whose, since when, who has them, and which messages were heard of."""

from channel.core import limits
from channel.store.batch import Batch
from channel.store.database import Connection
from channel.store.holding import Loaded
from channel.store.queries import query


async def save_rooms(connection: Connection, batch: Batch, loaded: Loaded) -> None:
    """Write what a batch says of rooms: `loaded` says which of them are known."""
    unseen = {(w, room): n for (w, room), n in batch.rooms_seen.items() if room not in loaded.heard(w)}
    if unseen:
        workspaces, rids = zip(*unseen, strict=True)
        since = [batch.seen_since.get(place, "") for place in unseen]
        await connection.execute(query("see_rooms"), list(workspaces), list(rids), list(unseen.values()), since)
    if batch.rooms_opened:
        workspaces, rids = zip(*sorted(batch.rooms_opened), strict=True)
        await connection.execute(query("own_rooms"), list(workspaces), list(rids))
    if batch.rooms_read:
        workspaces, rids = zip(*batch.rooms_read, strict=True)
        until = list(batch.rooms_read.values())
        await connection.execute(query("read_rooms"), list(workspaces), list(rids), until)
    if batch.rooms_taken:
        workspaces, rids = zip(*batch.rooms_taken, strict=True)
        await connection.execute(query("take_rooms"), list(workspaces), list(rids), list(batch.rooms_taken.values()))
    if batch.rooms_closed:
        workspaces, rids = zip(*sorted(batch.rooms_closed), strict=True)
        await connection.execute(query("close_rooms"), list(workspaces), list(rids))
    if batch.heard:
        workspaces, rids, _, times = zip(*batch.heard, strict=True)
        unsure = [place in batch.rooms_unsure for place in zip(workspaces, rids, strict=True)]
        await connection.execute(query("hear"), list(workspaces), list(rids), list(times), limits.HEARD_TIMES, unsure)
