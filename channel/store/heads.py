"""The heads of lanes that are ours: their attempts are counted, and what these need is read."""

from collections.abc import Sequence
from dataclasses import field

from channel.core import limits
from channel.core.claimed import Claimed
from channel.core.people import Bot
from channel.core.values import dataclass
from channel.logs import log
from channel.store.database import Connection
from channel.store.lanes import mark_due
from channel.store.queries import query
from channel.store.rows import Row, options_of, owed_of, pairs_of
from channel.store.vault import Vault


@dataclass(slots=True)
class Heads:
    """Of lanes that are ours: what is to be done, by lane; and the lanes to be left, with what is put off there."""

    claimed: dict[int, Claimed] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    unreadable: dict[int, int] = field(default_factory=dict)  #: by lane
    suspects: dict[int, int] = field(default_factory=dict)

    def keep_one_suspect(self) -> None:
        """Of deliveries under way when a process ended twice, one may have ended it: they go one after the other.

        Once is no sign: whatever else kills a process must hold nothing back.
        """
        for each in [each for each in self.claimed.values() if each.crashes > 1][1:]:
            del self.claimed[each.lane]
            self.left.append(each.lane)
            self.suspects[each.lane] = each.delivery


def heads_of(rows: Sequence[Row], vault: Vault) -> Heads:
    heads = Heads()
    for row in rows:
        if row["id"] is None:
            heads.left.append(row["lane_id"])
            continue
        try:
            heads.claimed[row["lane_id"]] = _claimed(row, vault)
        except Exception as error:
            # A key that is missing here, or a kind that a newer replica made: nobody else's deliveries wait for it.
            log.exception("delivery_unreadable", delivery=row["id"], error=type(error).__name__)
            heads.left.append(row["lane_id"])
            heads.unreadable[row["lane_id"]] = row["id"]
    return heads


async def count_heads(connection: Connection, vault: Vault, lanes: Sequence[int]) -> dict[int, Claimed]:
    """Count the next attempts in lanes that are ours. By lane, what is to be done.

    A lane with nothing to do, or nothing that we can read, is given back.
    """
    if not lanes:
        return {}
    heads = heads_of(await connection.fetch(query("count_heads"), lanes), vault)
    if heads.left:
        await _leave(connection, heads, heads.left)
    return heads.claimed


async def leave(connection: Connection, heads: Heads, *, of: int) -> None:
    """Lanes of this claim in which there is nothing for us to do now. Who has claimed one since keeps it."""
    held = await connection.fetch(query("hold_leased"), heads.left, of)
    await _leave(connection, heads, [row["id"] for row in held])


async def _leave(connection: Connection, heads: Heads, lanes: Sequence[int]) -> None:
    """These are locked."""
    unreadable = [heads.unreadable[lane] for lane in lanes if lane in heads.unreadable]
    suspects = [heads.suspects[lane] for lane in lanes if lane in heads.suspects]
    await connection.execute(query("put_off"), unreadable, [limits.UNREADABLE_WAIT] * len(unreadable), "unreadable")
    turns = [float(place) for place, _ in enumerate(suspects, start=1)]
    await connection.execute(query("put_off"), suspects, turns, "suspect")
    await give_back(connection, lanes)


async def give_back(connection: Connection, lanes: Sequence[int]) -> None:
    await mark_due(connection, lanes)
    await connection.execute(query("give_back"), lanes)


def _claimed(row: Row, vault: Vault) -> Claimed:
    place = f"visitor:{row['visitor_token_hash']}"
    return Claimed(
        delivery=row["id"],
        conversation=row["conversation_id"],
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
