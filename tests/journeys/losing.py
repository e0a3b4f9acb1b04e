"""An agent some of whose webhooks never leave, and what is done about it."""

from channel.sandbox.rocketchat import Loses, Room
from tests.bridge import Bridge

AGENT = "joao.agent"

_SOUGHT = """
SELECT 1 WHERE NOT EXISTS (
    SELECT FROM room r JOIN workspace w ON w.id = r.workspace_id
    WHERE r.closed_at IS NULL AND (w.seek_from IS NULL OR r.sought_at < w.seek_from)
) AND NOT EXISTS (SELECT FROM delivery WHERE kind = 'ReadHistory' AND state = 'waiting')
"""


async def says(bridge: Bridge, room: Room, *texts: str, agent: str = AGENT) -> list[str]:
    """The agent writes, and each webhook arrives before the next message. Rocket.Chat's ids of the messages."""
    written = []
    for text in texts:
        written.append(await bridge.rocketchat.write(room.id, agent, text))
        await bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
    return written


async def loses(bridge: Bridge, room: Room, *texts: str, agent: str = AGENT) -> list[str]:
    """The same, and none of the webhooks ever leaves."""
    bridge.rocketchat.faults.webhook(Loses(), type="Message", times=len(texts))
    return await says(bridge, room, *texts, agent=agent)


async def look(bridge: Bridge) -> None:
    """Let the open rooms be looked at, as after an outage; returns when they have been."""
    await bridge.query("UPDATE workspace SET seek_from = live_agents_now()")
    await bridge.until_rows(_SOUGHT)
    await bridge.all_told()


def heard(bridge: Bridge) -> list[str]:
    """What the contacts have been told, in order."""
    return [message.text for message in bridge.rapidpro.incoming()]


def reads(bridge: Bridge, room: Room) -> int:
    """How often the room's history was read."""
    return len(bridge.asked(f"GET livechat/messages.history/{room.id}"))
