"""A workspace's own emoji in agents' words: Rocket.Chat is asked for their names where one could be in a text."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from channel.core.emoji import names_unknown
from channel.core.events import AgentWrote, Event, RoomClosed
from channel.rocketchat.presence import Desk

E = TypeVar("E", bound=Event)


class Emoji:
    """`address`: of a workspace's server; None for one that is gone."""

    def __init__(self, desk: Desk, address: Callable[[UUID], Awaitable[str | None]]) -> None:
        self._desk = desk
        self._address = address

    async def named(self, events: Sequence[E]) -> list[E]:
        """The events, each of an agent's words with the names in it that are the workspace's own; within a second."""
        return [await self._named(event) for event in events]

    async def _named(self, event: E) -> E:
        if not isinstance(event, AgentWrote | RoomClosed):
            return event
        unknown = names_unknown(event.text if isinstance(event, AgentWrote) else event.comment)
        is_edit = isinstance(event, AgentWrote) and event.edited_at is not None
        if not unknown and not is_edit:
            return event
        address = await self._address(event.address.workspace)
        if address is None:
            return event
        # The words before an edit may have had others; those are known then. It waits for nothing: later words would
        # overtake it.
        told = await self._desk.config(address) if unknown else self._desk.known(address)
        return replace(event, custom_emoji=told.emoji if is_edit else told.emoji & unknown) if told else event
