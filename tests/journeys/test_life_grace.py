"""Words right after a close: kept, and shown first in the next room."""

from pathlib import Path

import pytest

from channel.sandbox.rocketchat import Room
from tests.journeys.talk import CLOSED, JOAO, TAKEN, Talk, talking

QUIET = {"notices": {"queued": False, "still_waiting": False}}
KEPT = "[About this chat]\nWritten since the last chat was closed:"


async def closed_by_an_agent(talk: Talk) -> Room:
    room = await talk.served()
    await talk.bridge.rocketchat.close(room.id, JOAO)
    await talk.reads(TAKEN, CLOSED)
    return room


async def test_words_within_two_minutes_of_a_close_open_no_room_and_are_shown_first_in_the_next(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options=QUIET) as talk:
        room = await closed_by_an_agent(talk)
        async with talk.bridge.hurrying("status"):
            await talk.bridge.statuses("delivered")
        await talk.later(60)
        await talk.say("Thank you")
        await talk.later(30)
        await talk.say("Bye")
        await talk.later(600)
        assert list(talk.bridge.rocketchat.rooms.values()) == [room]
        await talk.reads(TAKEN, CLOSED)
        assert await talk.bridge.statuses("delivered"), "a kept message has no status yet"

        await talk.say("One more question")
        second = await talk.room_with("One more question")
        assert second.id != room.id
        assert talk.seen(second) == [KEPT, "Thank you", "Bye", "One more question"]
        async with talk.bridge.hurrying("status"):
            await talk.bridge.statuses("delivered", "sent", "sent", "sent")


async def test_a_repeat_of_kept_words_is_kept_once(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, options=QUIET) as talk:
        await closed_by_an_agent(talk)
        await talk.say("Thank you")
        await talk.calm()
        (kept,) = [m for m in talk.bridge.rapidpro.outgoing() if m.text == "Thank you" and m.channel and m.urn]
        await talk.bridge.send("Thank you", id=kept.uuid, to=talk.person.uuid)
        await talk.later(130)
        await talk.say("Hello again")
        assert talk.seen(await talk.room_with("Hello again")) == [KEPT, "Thank you", "Hello again"]


@pytest.mark.parametrize("left_by_us", [False, True], ids=["the flow is told", "the group is left"])
async def test_in_set_up_a_the_first_words_after_a_close_are_kept_and_the_flow_hears_of_it(
    left_by_us: bool, database_url: str, tmp_path: Path
) -> None:
    options = {**QUIET, **({} if left_by_us else {"leave_group": ""})}
    async with talking(database_url, tmp_path, "a", options=options) as talk:
        room = await closed_by_an_agent(talk)
        answered = [] if left_by_us else ["The chat has ended. If you still need help, write again."]
        await talk.say("Thank you")
        await talk.reads(TAKEN, CLOSED, *answered)
        assert "Live chat" not in talk.person.groups
        assert list(talk.bridge.rocketchat.rooms.values()) == [room]

        second = await talk.open("One more question")
        # in the group no more, the contact spoke to their bot alone
        assert talk.seen(second) == ["One more question"] if left_by_us else [KEPT, "Thank you", "One more question"]


async def test_a_flow_that_has_not_heard_of_the_close_loses_nothing_and_hands_over_with_its_next_message(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, "a", options={**QUIET, "leave_group": ""}) as talk:
        await closed_by_an_agent(talk)
        await talk.later(3600)
        for text, outcome in (("Are you there?", "closed"), ("Hello?", "accepted")):
            body = {"contact": {"uuid": talk.person.uuid}, "results": {"clientmessage": {"value": text}}}
            assert await talk.outcome("POST", "sendMessageToAgent", body) == outcome
        second = await talk.room_with("Hello?")
        assert talk.seen(second) == [KEPT, "Are you there?", "Hello?"]
        await talk.bridge.rocketchat.take(second.id, JOAO)
        await talk.reads(TAKEN, CLOSED, TAKEN)
