"""Whose words: what one item of a `Message` webhook is."""

from collections.abc import Mapping
from dataclasses import field

from channel.core.addresses import ByRoom
from channel.core.events import AgentWrote, Echoed, Event, Noted
from channel.core.keys import key_of
from channel.core.values import dataclass
from channel.rocketchat.wire import history


@dataclass(frozen=True, slots=True)
class Source:
    """The body that the messages came in."""

    address: ByRoom
    visitor_username: str
    raw: bytes = field(repr=False)
    digest: str


def event(source: Source, place: int, message: object) -> Event:
    """What the message at `place` of the body's list is: an agent's words, unless it is surely something else."""
    if not isinstance(message, Mapping):
        return _noted(source, place, "unreadable_message", "unreadable")
    entry = history.read(message, visitor_username=source.visitor_username)
    if entry.closing:  # up to 6.11; a visitor's closing comment looks like the visitor's words
        return _noted(source, place, "closing_message", "closing_message")
    if entry.is_system:
        return _noted(source, place, "system_message", "system")
    if entry.is_visitor:
        return Echoed(source.address, entry.id, key_of("echo", entry.id or source.digest), entry.ts)
    if entry.has_blocks:
        return _noted(source, place, "blocks", "blocks")
    return _agent_wrote(source, place, entry)


def _agent_wrote(source: Source, place: int, entry: history.Entry) -> AgentWrote:
    return AgentWrote(
        source.address,
        entry.id,
        entry.text,
        source.raw if place == 0 else b"",
        author=entry.author,
        attachments=entry.attachments,
        said_at=entry.ts,
        edited_at=entry.edited_at,
        digest=source.digest,
        place=place,
    )


def _noted(source: Source, place: int, kind: str, reason: str) -> Noted:
    # Rocket.Chat sends one message a body; a second of the same kind must not look like a repeat of the first
    key = key_of(kind, source.address.room, source.digest, *([str(place)] if place else []))
    return Noted(source.address, kind, reason, key, source.raw if place == 0 else b"")
