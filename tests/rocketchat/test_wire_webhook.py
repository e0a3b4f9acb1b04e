"""What Rocket.Chat's webhook says, as events."""

from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from uuid import UUID

import msgspec
import pytest

from channel.core.addresses import ByRoom
from channel.core.events import (
    AgentWrote,
    Attachment,
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
from channel.core.people import Agent
from channel.rocketchat.wire import webhook
from tests import reading_samples as samples

WORKSPACE = UUID("11112222-3333-4444-8555-666677778888")
ROOM = "rM4kTz8QwX2nLpV6s"
VISITOR = ByRoom(WORKSPACE, ROOM, "rp-7f0c1f52-1d55-4a0e-9a5e-0d3a1c9be111")
JOAO = Agent("aGt5NwQ3xZ8mKpL2v", "joao.agent", "Joao Lima")
MARIA = Agent("aGt9BxC2kVn7LqT4m", "maria.agent", "Maria Reis")
MENTIONED = RoomTaken(VISITOR, JOAO)

TAKEN_AT = f"taken:{ROOM}:{JOAO.id}:2024-10-10T12:01:00.000Z"
FORWARDED_AT = f"taken:{ROOM}:{MARIA.id}:2024-10-10T12:05:00.000Z"

#: Stands for the body's digest in expected keys, and for the body in `raw`.
DIGEST = "#"
RAW = b"#"

WROTE = AgentWrote(
    VISITOR,
    "mAg7RtY4kLp2XwQ9z",
    "Hi Ana :wave: how can *we* help?",
    RAW,
    author=JOAO,
    said_at="2024-10-10T12:01:10.000Z",
    digest=DIGEST,
)
EDITED = replace(WROTE, text="Hi Ana, how can we help you today?", edited_at="2024-10-10T12:02:00.000Z")
PHOTO = replace(
    WROTE,
    item="mFq2LxV8nTz5RkW3p",
    text="our office",
    attachments=(
        Attachment(
            "image/png",
            "https://chat.example.org/file-upload/fIl3ZtR9mQx6LwK2v/map.png"
            "?token=eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
            "map.png",
        ),
    ),
    said_at="2024-10-10T12:03:00.000Z",
)
VOICE_NOTE = replace(
    PHOTO,
    item="mVo6KpT3xQz8LwR2n",
    text="",
    attachments=(Attachment("audio/mpeg", "/file-upload/fVo9XtL4mQz2RwK7p/Audio%20record.mp3", "Audio record.mp3"),),
)
CALLED = replace(
    WROTE,
    item="mCa7LtX4zQp9RwK2s",
    text="",
    attachments=(Attachment("", "", "call"),),
    address=replace(WROTE.address, last_at="2024-10-10T12:00:05.000Z"),
    said_at="2024-10-10T12:01:10.000Z",
)
BARE = AgentWrote(
    ByRoom(WORKSPACE, ROOM, "c0ffee00-0000-4000-8000-000000000001", from_rocketchat=False),
    None,
    "Hello, this is Joao",
    RAW,
    digest=DIGEST,
)


def noted(kind: str, reason: str) -> Noted:
    return Noted(VISITOR, kind, reason, f"{kind}:{ROOM}:{DIGEST}", RAW)


CLOSED = RoomClosed(VISITOR, "user", f"close:{ROOM}", RAW, closed_at="2024-10-10T12:20:00.900Z")
#: in a close's transcript, with what the newest message was written
FOUND = replace(WROTE, raw=b"", digest="", found_by="2024-10-10T12:20:01.000Z")
FOUND_EDITED = replace(EDITED, raw=b"", digest="", found_by=FOUND.found_by)
FOUND_PHOTO = replace(PHOTO, raw=b"", digest="", found_by=FOUND.found_by)

EVENTS: dict[str, list[Event]] = {
    "room_started": [RoomStarted(VISITOR, f"start:{ROOM}", RAW)],
    "room_started_6_5": [RoomStarted(VISITOR, f"start:{ROOM}", RAW)],
    "room_queued": [RoomQueued(VISITOR, f"queued:{ROOM}:{DIGEST}", RAW, is_new=True)],
    "room_queued_with_agent": [
        MENTIONED,
        Noted(VISITOR, "LivechatSessionQueued", "not_for_contact", f"queued:{ROOM}:{DIGEST}", RAW),
    ],
    "room_taken": [RoomTaken(VISITOR, JOAO, TAKEN_AT, RAW)],
    "room_taken_by_forward": [RoomTaken(VISITOR, MARIA, FORWARDED_AT, RAW)],
    "room_forwarded_to_agent": [RoomForwarded(VISITOR, MARIA, f"forwarded:{ROOM}:{DIGEST}", RAW)],
    "room_forwarded_to_department": [RoomForwarded(VISITOR, None, f"forwarded:{ROOM}:{DIGEST}", RAW)],
    "room_closed_by_agent": [replace(CLOSED, comment="Solved, thank you")],
    "room_closed_by_visitor": [replace(CLOSED, closer="visitor")],
    "room_closed_by_rocket_cat": [replace(CLOSED, by_system=True)],
    "room_closed_without_comment": [FOUND, FOUND_EDITED, FOUND_PHOTO, CLOSED],
    "room_closed_unserved": [replace(CLOSED, comment="Solved, thank you")],
    "room_edited_after_close": [noted("LivechatEdit", "edited_after_close")],
    "room_put_on_hold": [MENTIONED, noted("LivechatSessionOnHold", "unknown_type")],
    "lead_captured": [MENTIONED, noted("LeadCapture", "lead_capture")],
    "agent_wrote": [MENTIONED, WROTE],
    "agent_wrote_6_1": [MENTIONED, WROTE],
    "agent_wrote_unserved": [WROTE],
    "agent_edited": [MENTIONED, EDITED],
    "agent_wrote_photo": [MENTIONED, PHOTO],
    "agent_wrote_voice_note": [MENTIONED, VOICE_NOTE],
    "agent_offered_call": [MENTIONED, CALLED],
    "app_sent_blocks": [MENTIONED, noted("blocks", "blocks")],
    "app_sent_blocks_and_words": [MENTIONED, noted("blocks", "blocks")],
    "visitor_wrote": [
        MENTIONED,
        Echoed(VISITOR, "rpmsg-0000000000000123", "echo:rpmsg-0000000000000123", "2024-10-10T12:00:05.000Z"),
    ],
    "visitor_visited_page": [MENTIONED, noted("system_message", "system")],
    "closing_comment_6_11": [MENTIONED, noted("closing_message", "closing_message")],
    "closing_comment_of_visitor_6_11": [MENTIONED, noted("closing_message", "closing_message")],
    "bare_message": [BARE],
    "offline_message": [
        WorkspaceNoted(WORKSPACE, "offline_message", "offline_message", f"offline_message:{DIGEST}", RAW)
    ],
    "test_button": [WorkspaceNoted(WORKSPACE, "test_button", "test_button", f"test_button:{DIGEST}", RAW)],
}


@pytest.mark.parametrize("name", EVENTS)
def test_a_body_is_read(name: str) -> None:
    body = samples.payload(f"rocketchat/{name}")
    events = webhook.parse(WORKSPACE, body)
    for mention, told_with in pairwise(event for event in events if not _is_found(event)):
        assert isinstance(mention, RoomTaken)
        assert mention.words is told_with or mention.told_by == told_with.key  # type: ignore[union-attr]
    assert [told(event, body) for event in events] == EVENTS[name]


def _is_found(event: Event) -> bool:
    return isinstance(event, AgentWrote) and event.found_by is not None


def test_a_body_says_when_the_message_before_was_written_and_when_the_room_began() -> None:
    *_, event = webhook.parse(WORKSPACE, samples.payload("rocketchat/agent_wrote"))
    assert isinstance(event, AgentWrote)
    assert (event.address.last_at, event.address.began_at) == ("2024-10-10T12:00:05.000Z", "2024-10-10T12:00:01.000Z")


def test_every_webhook_sample_is_in_the_table() -> None:
    paths = (samples.SAMPLES / "rocketchat").glob("*.json")
    assert {path.stem for path in paths if not path.stem.startswith(("answer_", "asked_", "refused_"))} == set(EVENTS)


def told(event: Event, body: bytes) -> Event:
    """The event with a sign in place of the body and of its digest."""
    digest = sha256(body).hexdigest()
    match event:
        case RoomTaken(key=None, raw=None):
            return replace(event, told_by=None, words=None)
        case Echoed():
            return event
        case AgentWrote(found_by=str()):
            return replace(event, raw=b"")
        case AgentWrote(raw=raw):
            assert (raw, event.digest) == (body, digest)
            return replace(event, raw=RAW, digest=DIGEST)
        case (
            RoomStarted(key=str(key), raw=raw)
            | RoomQueued(key=str(key), raw=raw)
            | RoomTaken(key=str(key), raw=raw)
            | RoomForwarded(key=str(key), raw=raw)
            | RoomClosed(key=str(key), raw=raw)
            | Noted(key=str(key), raw=raw)
            | WorkspaceNoted(key=str(key), raw=raw)
        ):
            assert raw == body
            return replace(event, raw=RAW, key=key.replace(digest, DIGEST))
        case _:
            raise AssertionError(event)


def events(body: object) -> list[Event]:
    return webhook.parse(WORKSPACE, msgspec.json.encode(body))


@pytest.mark.parametrize("kind", [None, 7, "", [], "x" * 100])
def test_an_unknown_type_is_noted(kind: object) -> None:
    (event,) = events({"_id": "r", "type": kind})
    assert isinstance(event, Noted)
    assert event.reason == "unknown_type"
    assert 0 < len(event.kind) <= 60


@pytest.mark.parametrize(
    ("agent", "known_as"),
    [
        ({"_id": "a", "username": "u", "name": "n"}, Agent("a", "u", "n")),
        ({"username": "u", "name": "n"}, Agent("u", "u", "n")),
        ({"name": "n"}, Agent("n", "", "n")),
        ({"_id": "", "name": "n"}, Agent("n", "", "n")),
    ],
)
def test_an_agent_by_any_name_takes_the_room(agent: object, known_as: Agent) -> None:
    taken, words = events({"_id": "r", "type": "Message", "messages": [{"msg": "x"}], "agent": agent})
    assert isinstance(words, AgentWrote)
    assert taken == RoomTaken(ByRoom(WORKSPACE, "r", None, from_rocketchat=False), known_as, words=words)


@pytest.mark.parametrize("agent", [{}, None, "joao", [], {"_id": 7}, {"_id": None, "username": ""}])
def test_nobody_takes_the_room(agent: object) -> None:
    assert len(events({"_id": "r", "type": "Message", "messages": [{"msg": "x"}], "agent": agent})) == 1


def test_taken_reads_served_by_where_the_agent_is_missing_and_is_noted_where_both_are() -> None:
    (taken,) = events({"_id": "r", "type": "LivechatSessionTaken", "servedBy": {"_id": "a", "username": "u"}})
    assert isinstance(taken, RoomTaken)
    assert taken.agent == Agent("a", "u")
    assert taken.key is not None
    assert taken.key.startswith("taken:r:a:")
    (nobody,) = events({"_id": "r", "type": "LivechatSessionTaken"})
    assert isinstance(nobody, Noted)
    assert nobody.reason == "no_agent"
