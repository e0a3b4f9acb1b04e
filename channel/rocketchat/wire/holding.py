"""Does a chat rest? No webhook tells that an agent put it on hold; the room's history does."""

from typing import Final

from channel.core.exchange import Exchange
from channel.core.learned import HoldSeen
from channel.rocketchat.wire.messages import history

PLACED: Final = "omnichannel_placed_chat_on_hold"
RESUMED: Final = "omnichannel_on_hold_chat_resumed"
#: of a room's latest messages: a chat that was put on hold so many messages ago has gone on
LOOKED_AT: Final = 20


def look(token: str, room: str) -> Exchange[HoldSeen]:
    """Whether the room is on hold now, by the latest that its history says of it."""
    entries = yield from history(token, room, limit=LOOKED_AT)
    latest = next((entry.kind for entry in entries if entry.kind in {PLACED, RESUMED}), RESUMED)
    return HoldSeen(room, on_hold=latest == PLACED)
