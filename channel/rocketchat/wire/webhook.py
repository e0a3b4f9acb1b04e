"""What Rocket.Chat tells its one webhook, as events.

Bodies carry no signature and no number, and come again when an answer was lost: each event has a key to know it by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from channel.core.addresses import ByRoom
from channel.core.clean import clean
from channel.core.errors import ProtocolError
from channel.core.events import (
    AgentWrote,
    Echoed,
    Event,
    Noted,
    RoomClosed,
    RoomForwarded,
    RoomQueued,
    RoomStarted,
    RoomTaken,
    WorkspaceNoted,
)
from channel.core.keys import key_of
from channel.core.order import moment as as_ordered
from channel.core.packing import packed
from channel.core.people import Agent
from channel.core.reading import text_or_none
from channel.core.values import dataclass
from channel.rocketchat.wire import history, spoken, told
from channel.rocketchat.wire.decoding import latest_of, object_of
from channel.rocketchat.wire.history import agent_at, id_at
from channel.rocketchat.wire.times import moment

KIND_LENGTH: Final = 60
LARGE: Final = 256 * 1024  #: bytes of a body: mostly a transcript, of which not all is read
MESSAGES: Final = 1000  #: of one `Message` body, which holds exactly one when Rocket.Chat sends it
TRANSCRIPT: Final = 500  #: the latest messages of a close's transcript that are looked at; the rest is read later

#: Kinds that say nothing for anybody here, and why they are kept all the same.
UNSAID: Final[Mapping[str, str]] = {
    "LivechatEdit": "edited_after_close",
    "LeadCapture": "lead_capture",
}


@dataclass(frozen=True, slots=True)
class _Payload:
    """One body, as far as every kind of event has it in common."""

    address: ByRoom
    kind: str
    fields: Mapping[str, Any] = field(repr=False)
    raw: bytes = field(repr=False)
    digest: str
    live_agents: bool  #: it came by the live-agents contract, in which other things than Rocket.Chat speak

    def key(self, word: str, *more: str) -> str:
        return key_of(word, self.address.room, *more)


def parse(workspace: UUID, body: bytes | bytearray, *, live_agents: bool = False) -> list[Event]:
    """The events in a webhook body, in the order they are to be taken; at least one.

    `live_agents`: the body came by the live-agents contract. What is "" counts as absent.
    Raises ProtocolError `unreadable`, and nothing else, for any bytes.
    """
    fields = object_of(body) if len(body) < LARGE else latest_of(body, "messages", MESSAGES)
    digest = sha256(body).hexdigest()
    raw = packed(body)
    kind = clean(text_or_none(fields, "type") or "")[:KIND_LENGTH]
    if noted := _of_the_workspace(kind, fields):
        return [WorkspaceNoted(workspace, noted, noted, f"{noted}:{digest}", raw)]
    room = id_at(fields, "_id")
    if room is None:
        raise ProtocolError("unreadable", "the webhook body names no room")
    token = clean(text_or_none(fields, "visitor", "token") or "") or None
    # every payload of Rocket.Chat's own names the visitor's id; a bare live-agents body does not
    own = text_or_none(fields, "visitor", "_id") is not None
    last_at, began_at = moment(fields.get("lastMessageAt")), moment(fields.get("createdAt"))
    address = ByRoom(workspace, room, token, from_rocketchat=own, last_at=last_at, began_at=began_at)
    return _events(_Payload(address, kind, fields, raw, digest, live_agents))


def _of_the_workspace(kind: str, fields: Mapping[str, Any]) -> str | None:
    if kind == "LivechatOfflineMessage":
        return "offline_message"
    # the test button sends a close with a made-up visitor, who has no token
    if kind == "LivechatSession" and not text_or_none(fields, "visitor", "token"):
        return "test_button"
    return None


def _events(payload: _Payload) -> list[Event]:
    match payload.kind:
        case "Message":
            return _messages(payload)
        case "LivechatSessionStart":
            started = RoomStarted(payload.address, payload.key("start"), payload.raw)
            return [*_mentioned(payload, started.key), started]
        case "LivechatSessionQueued":
            return _queued(payload)
        case "LivechatSessionTaken":
            return [_taken(payload)]
        case "LivechatSessionForwarded":
            return [_forwarded(payload)]
        case "LivechatSession":
            return [*_transcript(payload), _closed(payload)]
        case "LivechatEdit":
            # sent only of a closed room, whose last agent it still names: nobody takes it
            return [_noted(payload, UNSAID[payload.kind])]
        case "LeadCapture":
            return _with_mention(payload, UNSAID[payload.kind])
        case _:
            return _with_mention(payload, "unknown_type")


def _messages(payload: _Payload) -> list[Event]:
    listed = payload.fields.get("messages")
    if not isinstance(listed, list) or not listed:
        return [_noted(payload, "no_messages")]
    if len(listed) > MESSAGES:
        raise ProtocolError("unreadable", f"the webhook body holds more than {MESSAGES} messages")
    source = spoken.Source(payload.address, _username(payload), payload.raw, payload.digest)
    events: list[Event] = []
    for place, message in enumerate(listed):
        said = spoken.event(source, place, message)
        events += [*_mentioned(payload, _key_of(said), said if isinstance(said, AgentWrote) else None), said]
    return events


def _with_mention(payload: _Payload, reason: str) -> list[Event]:
    noted = _noted(payload, reason)
    return [*_mentioned(payload, noted.key), noted]


def _mentioned(payload: _Payload, told_by: str | None, words: AgentWrote | None = None) -> list[Event]:
    """An agent in any body serves the room, though no event of this body says so."""
    agent = agent_at(payload.fields, "agent")
    return [RoomTaken(payload.address, agent, told_by=told_by, words=words)] if agent else []


def _key_of(event: Event) -> str | None:
    return event.key if isinstance(event, Echoed | Noted) else None


def _serving(payload: _Payload) -> Agent | None:
    return agent_at(payload.fields, "agent") or agent_at(payload.fields, "servedBy")


def _taken(payload: _Payload) -> Event:
    agent = _serving(payload)
    if agent is None:
        return _noted(payload, "no_agent")
    since = clean(text_or_none(payload.fields, "servedBy", "ts") or "")[:KIND_LENGTH]
    key = payload.key("taken", agent.id, since or payload.digest)
    return RoomTaken(payload.address, agent, key, payload.raw)


def _queued(payload: _Payload) -> list[Event]:
    """In the queue, unless the body names who serves the room: then that is how it stands by now."""
    key = payload.key("queued", payload.digest)
    if agent := agent_at(payload.fields, "agent"):
        noted = Noted(payload.address, payload.kind, "not_for_contact", key, payload.raw)
        return [RoomTaken(payload.address, agent, told_by=key), noted]
    return [RoomQueued(payload.address, key, payload.raw, is_new=not payload.fields.get("messages"))]


def _forwarded(payload: _Payload) -> RoomForwarded:
    key = payload.key("forwarded", payload.digest)
    return RoomForwarded(payload.address, _serving(payload), key, payload.raw)


def _closed(payload: _Payload) -> RoomClosed:
    closer = clean(text_or_none(payload.fields, "closer") or "")[:KIND_LENGTH]
    entries = _entries(payload)
    closing = next((entry for entry in reversed(entries) if entry.closing), None)
    taken = _perhaps_taken(payload, entries) if payload.live_agents else None
    # The key of a close is the room's own, and a real one may still come: this must not look like it, only like itself
    key = payload.key("close_or_taken", payload.digest) if taken else payload.key("close")
    comment = "" if closing is None or _is_nobodys(payload, closer, closing) else closing.text
    by_system = text_or_none(payload.fields, "closedBy", "username") == history.AUTOMATON
    return RoomClosed(
        payload.address,
        closer,
        key,
        payload.raw,
        comment,
        taken,
        by_system=by_system,
        closed_at=moment(payload.fields.get("closedAt")),
        is_whole=not payload.address.from_rocketchat or _is_whole(payload, entries),
    )


def _transcript(payload: _Payload) -> list[AgentWrote]:
    """What the agents said in the room: some of it may not have been told before."""
    return told.agents_words(payload.address, _items(payload), visitor_username=_username(payload))


def _is_whole(payload: _Payload, entries: Sequence[history.Entry]) -> bool:
    """Does the transcript reach as far as the body says that the room does, and back to its beginning?"""
    listed = payload.fields.get("messages")
    newest = max((as_ordered(entry.ts) for entry in entries), default="")
    return isinstance(listed, list) and len(listed) <= TRANSCRIPT and newest >= as_ordered(payload.address.last_at)


def _entries(payload: _Payload) -> list[history.Entry]:
    return [history.read(message, visitor_username=_username(payload)) for message in _items(payload)]


def _items(payload: _Payload) -> list[Mapping[str, Any]]:
    listed = payload.fields.get("messages")
    latest = listed[-TRANSCRIPT:] if isinstance(listed, list) else []
    return [message for message in latest if isinstance(message, Mapping)]


def _username(payload: _Payload) -> str:
    return clean(text_or_none(payload.fields, "visitor", "username") or "")


def _is_nobodys(payload: _Payload, closer: str, closing: history.Entry) -> bool:
    """Did the visitor close, or the server by itself? Then the closing message is Rocket.Chat's own words."""
    author = closing.author.username if closing.author else ""
    by = text_or_none(payload.fields, "closedBy", "username")
    return closer == "visitor" or closing.is_visitor or history.AUTOMATON in (author, by)


def _perhaps_taken(payload: _Payload, entries: Sequence[history.Entry]) -> Agent | None:
    """Who has taken the room, if this is no close: a named agent, and nothing that only Rocket.Chat's own close has."""
    closes = any(payload.fields.get(key) for key in ("closedAt", "closer", "closedBy"))
    if closes or any(entry.closing or entry.id is not None for entry in entries):
        return None
    return agent_at(payload.fields, "agent") if text_or_none(payload.fields, "agent", "name") else None


def _noted(payload: _Payload, reason: str) -> Noted:
    kind = payload.kind or "untyped"
    return Noted(payload.address, kind, reason, payload.key(kind, payload.digest), payload.raw)
