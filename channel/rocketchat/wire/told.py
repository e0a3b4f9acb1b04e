"""What a list of a room's messages tells, as the events that webhooks would have brought one by one."""

from collections.abc import Iterable, Mapping
from typing import Any

from channel.core.addresses import ByRoom
from channel.core.events import AgentWrote, RoomClosed
from channel.core.keys import key_of
from channel.core.order import moment
from channel.rocketchat.wire import history
from channel.rocketchat.wire.decoding import bytes_of


def agents_words(
    address: ByRoom, items: Iterable[Mapping[str, Any]], *, visitor_username: str = "", bot: str = ""
) -> list[AgentWrote]:
    """The agents' words among these messages, oldest first, each with when the newest of all was written."""
    read = [(item, history.read(item, visitor_username=visitor_username)) for item in items]
    newest = max((entry.ts for _, entry in read if entry.ts), key=moment, default="")
    spoken = [(item, entry) for item, entry in read if history.spoken_by_agent(entry, bot=bot)]
    return [_found(address, item, entry, newest) for item, entry in sorted(spoken, key=lambda one: moment(one[1].ts))]


def close(address: ByRoom, items: Iterable[Mapping[str, Any]]) -> RoomClosed | None:
    """The close that a room's history ends with, if it does."""
    for item in items:
        entry = history.read(item)
        if entry.closing:
            return _closed(address, item, entry)
    return None


def _found(address: ByRoom, item: Mapping[str, Any], entry: history.Entry, newest: str) -> AgentWrote:
    return AgentWrote(
        address,
        entry.id,
        entry.text,
        bytes_of(item),
        author=entry.author,
        attachments=entry.attachments,
        said_at=entry.ts,
        edited_at=entry.edited_at,
        found_by=newest,
    )


def _closed(address: ByRoom, item: Mapping[str, Any], entry: history.Entry) -> RoomClosed:
    by_system = entry.author is not None and entry.author.username == history.AUTOMATON
    return RoomClosed(
        address,
        "visitor" if entry.is_visitor else "user",
        key_of("close", address.room),
        bytes_of(item),
        "" if entry.is_visitor or by_system else entry.text,
        by_system=by_system,
        closed_at=entry.ts,
    )
