"""A room's history, read again from where it is not known yet."""

from collections.abc import Awaitable, Callable

from channel.core.addresses import ByRoom
from channel.core.claimed import Claimed
from channel.core.errors import StoreError, Unavailable, Waiting
from channel.core.learned import HistoryRead
from channel.core.limiter import HISTORY
from channel.core.owed import ReadHistory
from channel.rocketchat.client import RocketChatClient
from channel.rocketchat.wire.repair import Wanted
from channel.store.database import Pool
from channel.store.repairs import known
from channel.transport import Trail

#: seconds until something that is not urgent may be asked there; the address, and the route
Spare = Callable[[str, str], Awaitable[float]]


async def read_again(
    pool: Pool, rocketchat: RocketChatClient, claimed: Claimed, owed: ReadHistory, spare: Spare, trail: Trail
) -> HistoryRead:
    """What the history tells; nothing is asked if what was missing has come meanwhile. Raises DeliveryError."""
    try:
        so_far = await known(pool, claimed.workspace, owed)
        if so_far.is_needless:
            return HistoryRead(owed.room)
        seconds = await spare(claimed.rocketchat_url, HISTORY)
    except StoreError as error:
        raise Unavailable("database_away", str(error)) from error
    if seconds:
        raise Waiting("limited", "what the rate limiter leaves for repair is used up", seconds=seconds)
    bot = claimed.bot.id if claimed.bot else ""
    address = ByRoom(claimed.workspace, owed.room, claimed.visitor_token)
    wanted = Wanted(address, so_far.until, so_far.is_closed, owed.asks_agent, bot)
    return await rocketchat.read_room(claimed.rocketchat_url, wanted, trail)
