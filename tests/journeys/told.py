"""What agents are told in a room, and which ticks their messages have."""

from channel.core.authors import SIGN
from channel.sandbox.rocketchat import Room
from tests.bridge import Bridge

BOT = "bridge.bot"


async def told_in(bridge: Bridge, room: Room, count: int) -> list[str]:
    """The lines in the room that are ours, once there are so many and nothing waits to be told."""
    await bridge.rocketchat.until(lambda _: len(_lines(bridge, room)) >= count or None)
    await bridge.until_rows(
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM delivery d JOIN lane l ON l.id = d.lane_id"
        " WHERE l.kind = 'to_author' AND d.state = 'waiting')"
    )
    lines = _lines(bridge, room)
    assert len(lines) == count, lines
    return lines


def _lines(bridge: Bridge, room: Room) -> list[str]:
    messages = [m for m in bridge.rocketchat.messages.values() if m.rid == room.id]
    return [m.text for m in messages if _is_ours(m.author.username, m.text)]


def _is_ours(username: str, text: str) -> bool:
    return username == BOT or text.startswith(SIGN)


async def ticked(bridge: Bridge, message: str, *emoji: str) -> None:
    """Return when the message has these reactions of the bot's, and no others."""
    wanted = {each: [BOT] for each in emoji}
    await bridge.rocketchat.until(lambda rc: rc.messages[message].reactions == wanted or None)
