"""Messages as a room's history and as a transcript tell of them, and which of them an agent spoke."""

import json

import pytest

from channel.core.people import Agent
from channel.rocketchat.wire import history, messages
from tests import reading_samples as samples

JOAO = Agent("aGt5NwQ3xZ8mKpL2v", "joao.agent", "Joao Lima")


def told() -> dict[str | None, history.Entry]:
    had = samples.have(messages.history("t", "r", limit=50), samples.answer("rocketchat/answer_history"))
    return {entry.id: entry for entry in had.learned}


def transcript(name: str) -> list[history.Entry]:
    payload = json.loads(samples.payload(f"rocketchat/{name}"))
    visitor = payload["visitor"]
    return [
        history.read(message, visitor_username=visitor["username"], visitor_id=visitor["_id"])
        for message in payload["messages"]
    ]


def test_an_agent_spoke_three_of_a_rooms_eight_messages() -> None:
    spoken = [entry.id for entry in told().values() if history.spoken_by_agent(entry)]
    assert spoken == ["mQu8KxT5zQp3LwR6m", "mFq2LxV8nTz5RkW3p", "mAg7RtY4kLp2XwQ9z"]


def test_an_edit_keeps_its_moment() -> None:
    edited = told()["mAg7RtY4kLp2XwQ9z"]
    assert edited.text == "Hi Ana, how can we help you today?"
    assert (edited.ts, edited.edited_at) == ("2024-10-10T12:01:10.000Z", "2024-10-10T12:02:00.000Z")
    assert edited.author == JOAO


def test_a_quote_is_no_file_and_a_photo_is_one() -> None:
    assert told()["mQu8KxT5zQp3LwR6m"].attachments == ()
    photo = told()["mFq2LxV8nTz5RkW3p"]
    assert (photo.text, [file.name for file in photo.attachments]) == ("our office", ["map.png"])


def test_what_nobody_spoke() -> None:
    closing = told()["mClS5VtQ8xLz3RkW7"]
    assert (closing.closing, closing.is_system) == (True, True)
    assert told()["mCo4KxT8zQp5LwR2m"].is_system
    assert told()["rpmsg-0000000000000123"].is_visitor


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("room_closed_by_agent", []),
        ("room_closed_by_visitor", []),
        ("room_closed_by_rocket_cat", []),
        ("room_closed_without_comment", ["mAg7RtY4kLp2XwQ9z", "mAg7RtY4kLp2XwQ9z", "mFq2LxV8nTz5RkW3p"]),
        ("room_forwarded_to_agent", ["mAg7RtY4kLp2XwQ9z"]),
        ("room_taken", []),
    ],
)
def test_a_transcript_is_read(name: str, spoken: list[str]) -> None:
    assert [entry.id for entry in transcript(name) if history.spoken_by_agent(entry)] == spoken


def test_our_own_bot_speaks_for_nobody() -> None:
    entry = history.read({"_id": "m", "msg": "x", "u": {"_id": "bot", "username": "bridge.bot"}})
    assert history.spoken_by_agent(entry)
    assert not history.spoken_by_agent(entry, bot="bot")


@pytest.mark.parametrize(
    "message",
    [
        {"msg": "x", "u": {"_id": "a"}},
        {"_id": "m", "msg": "x"},
        {"_id": "m", "msg": "x", "u": {"_id": "v"}},
        {"_id": "m", "u": {"_id": "a"}, "blocks": [{"type": "section"}]},
        {"_id": "m", "u": {"_id": "a"}, "msg": "x", "blocks": [{"type": "section"}]},
        {"_id": "m", "u": {"_id": "a"}, "msg": "x", "t": "uj"},
    ],
)
def test_what_no_agent_surely_spoke(message: dict[str, object]) -> None:
    assert not history.spoken_by_agent(history.read(message, visitor_id="v"))
