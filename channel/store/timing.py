"""The one clock, and the times that conversations have set themselves."""

from datetime import datetime

from channel.core import limits
from channel.core.addresses import ByConversation
from channel.core.events import Timer, Woke
from channel.store.database import Pool, translated
from channel.store.queries import query


async def now(pool: Pool) -> datetime:
    """The database's time, by which everything is timed."""
    with translated():
        found: datetime = await pool.fetchval("SELECT live_agents_now()")
    return found


async def put_off(pool: Pool, event: Woke, seconds: float) -> None:
    """Let a timer that cannot be taken up wait, so that it keeps no other from being taken up."""
    with translated():
        await pool.execute(query("put_off_timer"), event.address.conversation, event.why.value, seconds)


async def due_timers(pool: Pool) -> list[Woke]:
    """Conversations whose time has come, the oldest first. Another replica may have them too: one of both acts."""
    with translated():
        rows = await pool.fetch(query("due_timers"), limits.TIMERS_AT_ONCE)
    return [Woke(ByConversation(row["conversation_id"]), Timer(row["why"])) for row in rows]
