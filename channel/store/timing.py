"""The one clock, and the times that conversations have set themselves."""

from collections.abc import Sequence
from datetime import datetime

from channel.core import limits
from channel.core.addresses import ByConversation
from channel.core.events import Timer, Woke
from channel.store.database import Pool, borrowed
from channel.store.queries import query


async def now(pool: Pool) -> datetime:
    """The database's time, by which everything is timed."""
    async with borrowed(pool) as connection:
        found: datetime = await connection.fetchval("SELECT live_agents_now()")
    return found


async def put_off(pool: Pool, event: Woke, seconds: float) -> None:
    """Let a timer that cannot be taken up wait, so that it keeps no other from being taken up."""
    async with borrowed(pool) as connection:
        await connection.execute(query("put_off_timer"), event.address.conversation, event.why.value, seconds)


async def wake_behind(pool: Pool, peers: Sequence[int]) -> None:
    """Wake those whose words have waited too long for one of these peers, and who have not been told."""
    numbers = limits.UNDELIVERED_WAIT, limits.DELAYED_WAIT, limits.BEHIND_AT_ONCE
    async with borrowed(pool) as connection:
        await connection.execute(query("wake_behind"), peers, *numbers)


async def due_timers(pool: Pool) -> list[Woke]:
    """Conversations whose time has come, the oldest first. Another replica may have them too: one of both acts."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(query("due_timers"), limits.TIMERS_AT_ONCE)
    return [Woke(ByConversation(row["conversation_id"]), Timer(row["why"])) for row in rows]
