"""A visitor, and a room for them: the exchanges before any message can be posted."""

from collections.abc import Mapping

from channel.core.errors import ChannelError
from channel.core.exchange import Exchange
from channel.core.learned import Registered, RoomOpened
from channel.core.people import Agent
from channel.rocketchat.wire import livechat


def register(
    token: str, name: str = "", department: str = "", custom_fields: Mapping[str, str] | None = None
) -> Exchange[Registered]:
    """Make the contact a visitor; what counts from here is the token that Rocket.Chat's answer names."""
    visitor = yield from livechat.register_visitor(token, name, department, custom_fields)
    return Registered(visitor.token)


def open_room_for(token: str) -> Exchange[RoomOpened]:
    """The visitor's open room, or a new one. Waiting `no_agents` while nobody is online.

    An agent who serves it already is named by id and username: Rocket.Chat does not say more here (see `named`).
    """
    room = yield from livechat.open_room(token)
    return RoomOpened(room.id, room.served_by)


def named(token: str, opened: RoomOpened) -> Exchange[RoomOpened]:
    """The same room with its agent's name; by the id alone where the workspace keeps its agents to itself.

    Whatever is answered, the room is open: what cannot be learned stays as it was. An exchange of its own, because a
    question that gets no answer must not undo the opening, and because its path holds the visitor token.
    """
    if opened.agent is None:
        return opened
    try:
        told = yield from livechat.agent_info(token, opened.room)
    except ChannelError:
        return opened
    if told.hidden:
        return RoomOpened(opened.room, Agent(opened.agent.id))
    return RoomOpened(opened.room, told.agent)
