"""A visitor, and a room for them: the two exchanges before any message can be posted."""

from collections.abc import Mapping

from channel.core.exchange import Exchange
from channel.core.owed import Registered, RoomOpened
from channel.rocketchat.wire import livechat


def register(
    token: str, name: str = "", department: str = "", custom_fields: Mapping[str, str] | None = None
) -> Exchange[Registered]:
    """Make the contact a visitor; what counts from here is the token that Rocket.Chat's answer names."""
    visitor = yield from livechat.register_visitor(token, name, department, custom_fields)
    return Registered(visitor.token)


def open_room_for(token: str) -> Exchange[RoomOpened]:
    """The visitor's open room, or a new one. Waiting `no_agents` while nobody is online."""
    room = yield from livechat.open_room(token)
    return RoomOpened(room.id, room.served_by.id if room.served_by else None)
