"""Erasing a visitor in Rocket.Chat, with every room, message and file of theirs."""

from collections.abc import Sequence

from channel.core.errors import VisitorGone
from channel.core.exchange import Exchange
from channel.core.people import Bot
from channel.rocketchat.wire import closing, livechat


def forget(token: str, open_rooms: Sequence[str], bot: Bot | None) -> Exchange[None]:
    """Close these rooms, because no visitor is erased who has an open one; then erase. Once more does no harm."""
    for room in open_rooms:
        yield from closing.close(token, room, "", bot)
    try:
        yield from livechat.delete_visitor(token)
    except VisitorGone:
        return
