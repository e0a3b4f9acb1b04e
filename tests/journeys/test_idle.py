"""A chat in which nobody speaks: a warning, then the end; whoever speaks in between starts it anew."""

from pathlib import Path

import pytest

from tests.journeys.talk import CLOSED, JOAO, MARIA, TAKEN, TRANSFERRED, talking

SET_UPS = pytest.mark.parametrize("set_up", ["a", "b"])
WARNED = {"idle_warn_minutes": 10, "idle_close_minutes": 5}
WARNING = "Are you still there? If you do not write, this chat will end in 5 min."


@SET_UPS
async def test_after_a_warning_a_silent_chat_is_closed_and_the_contact_told(
    set_up: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, set_up, options=WARNED) as talk:
        room = await talk.served()
        await talk.later(9 * 60)
        await talk.reads(TAKEN)
        await talk.later(61)
        await talk.reads(TAKEN, WARNING)
        await talk.later(4 * 60)
        assert talk.is_open(room)
        await talk.later(61)
        await talk.reads(TAKEN, WARNING, CLOSED)
        assert not talk.is_open(room)
        assert await talk.standing() == "closed"
        await talk.later(3600)
        await talk.reads(TAKEN, WARNING, CLOSED)


@pytest.mark.parametrize(("set_up", "who"), [("a", "contact"), ("b", "agent")])
async def test_whoever_speaks_before_the_warning_puts_it_off(
    who: str, set_up: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, set_up, options=WARNED) as talk:
        room = await talk.served()
        await talk.later(9 * 60)
        said = []
        if who == "contact":
            await talk.say("I am thinking")
            await talk.room_with("I am thinking")
        else:
            said = ["Take your time"]
            await talk.bridge.rocketchat.write(room.id, JOAO, *said)
        await talk.reads(TAKEN, *said)
        await talk.later(9 * 60)
        await talk.reads(TAKEN, *said)
        await talk.later(61)
        await talk.reads(TAKEN, *said, WARNING)


@pytest.mark.parametrize("who", ["contact", "agent"])
async def test_whoever_speaks_after_the_warning_keeps_the_chat_open_and_is_warned_anew(
    who: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options=WARNED) as talk:
        room = await talk.served()
        await talk.later(10 * 60 + 1)
        await talk.later(4 * 60)
        said = []
        if who == "contact":
            await talk.say("I am here")
            await talk.room_with("I am here")
        else:
            said = ["I am waiting for an answer"]
            await talk.bridge.rocketchat.write(room.id, JOAO, *said)
        await talk.reads(TAKEN, WARNING, *said)
        await talk.later(9 * 60)
        assert talk.is_open(room)
        await talk.reads(TAKEN, WARNING, *said)
        await talk.later(61)
        await talk.reads(TAKEN, WARNING, *said, WARNING)
        await talk.later(5 * 60 + 1)
        await talk.reads(TAKEN, WARNING, *said, WARNING, CLOSED)
        assert not talk.is_open(room)


async def test_without_a_warning_the_chat_is_closed_at_its_time(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, options={"idle_close_minutes": 5}) as talk:
        room = await talk.served()
        await talk.later(4 * 60)
        await talk.reads(TAKEN)
        await talk.later(61)
        await talk.reads(TAKEN, CLOSED)
        assert not talk.is_open(room)


async def test_a_chat_that_waits_for_an_agent_is_not_idle_and_one_handed_on_starts_anew(
    database_url: str, tmp_path: Path
) -> None:
    quiet = {"max_wait_minutes": 0, "notices": {"queued": False, "still_waiting": False}}
    async with talking(database_url, tmp_path, options={**WARNED, **quiet}) as talk:
        room = await talk.open()
        await talk.later(3600)
        await talk.reads()
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.later(9 * 60)
        await talk.bridge.rocketchat.return_to_queue(room.id, JOAO)
        await talk.later(3600)
        await talk.reads(TAKEN)
        await talk.bridge.rocketchat.take(room.id, MARIA)
        await talk.later(9 * 60)
        await talk.reads(TAKEN, TRANSFERRED)
        assert talk.is_open(room)


async def test_words_said_at_the_last_moment_are_in_the_room_before_it_is_closed_or_in_the_next(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options={"idle_close_minutes": 5}) as talk:
        room = await talk.served()
        await talk.later(5 * 60 - 5)
        await talk.say("Wait")
        await talk.room_with("Wait")
        await talk.later(60)
        assert talk.is_open(room)
        await talk.later(5 * 60)
        await talk.reads(TAKEN, CLOSED)
        assert talk.seen(room) == ["Hello", "Wait"]
