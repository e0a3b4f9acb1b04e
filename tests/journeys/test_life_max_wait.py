"""Nobody comes: after the longest wait the contact gets a way out, and their words a last place."""

from pathlib import Path

import pytest

from tests.journeys.talk import CLOSED, GAVE_UP, JOAO, MARIA, NOBODY, TAKEN, Talk, talking

SET_UPS = pytest.mark.parametrize("set_up", ["a", "b"])
QUIET = {"notices": {"queued": False, "still_waiting": False}}


def nobody_there(talk: Talk) -> None:
    for agent in (JOAO, MARIA):
        talk.bridge.rocketchat.go_offline(agent)


@SET_UPS
async def test_a_room_that_nobody_took_is_closed_and_the_contact_told(
    set_up: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, set_up, options={"max_wait_minutes": 20, **QUIET}) as talk:
        room = await talk.open()
        await talk.later(19 * 60)
        await talk.reads()
        await talk.later(60)
        await talk.reads(GAVE_UP)
        assert not room.open
        assert await talk.standing() == "closed"
        await talk.later(1000)
        second = await talk.open("Is somebody there now?")
        assert second.id != room.id
        if set_up == "b":
            async with talk.bridge.hurrying("status"):
                assert await talk.bridge.rapidpro.until(lambda rp: len(talk.bridge.received("sent")) == 2 or None)
            assert not talk.bridge.received("failed"), "the first words are in a room: an agent can read them"


async def test_while_nobody_is_online_the_contact_is_told_and_given_up_on_in_the_end(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options={"max_wait_minutes": 30}) as talk:
        nobody_there(talk)
        await talk.say("One")
        await talk.reads(NOBODY)
        await talk.say("Two")
        await talk.later(6 * 60)
        await talk.reads(NOBODY)
        await talk.later(24 * 60)
        await talk.reads(NOBODY, GAVE_UP)
        assert await talk.standing() == "closed"
        async with talk.bridge.hurrying("status"):
            await talk.bridge.statuses("failed", "failed")
        talk.bridge.rocketchat.go_online(JOAO)
        await talk.later(3600)
        assert not talk.bridge.rocketchat.rooms, "what was given up opens no room any more"
        assert not talk.bridge.rocketchat.offline_messages


async def test_where_the_channel_has_an_address_the_words_become_an_offline_message(
    database_url: str, tmp_path: Path
) -> None:
    options = {"max_wait_minutes": 30, "offline_email": "desk@example.org"}
    async with talking(database_url, tmp_path, options=options, department="Support") as talk:
        nobody_there(talk)
        await talk.say("One")
        await talk.say("Two")
        await talk.later(30 * 60)
        await talk.reads(NOBODY, GAVE_UP)
        left = await talk.bridge.rocketchat.until(lambda rc: rc.offline_messages[1:] and rc.offline_messages)
        support = talk.bridge.rocketchat.department("Support").name
        assert [(m["email"], m["message"], m.get("department")) for m in left] == [
            ("desk@example.org", "One", support),
            ("desk@example.org", "Two", support),
        ]
        async with talk.bridge.hurrying("status"):
            await talk.bridge.statuses("sent", "sent")
        one = next(m for m in talk.bridge.rapidpro.outgoing() if m.text == "One")
        await talk.bridge.send("One", id=one.uuid, to=talk.person.uuid)
        talk.bridge.rocketchat.go_online(JOAO)
        await talk.later(3600)
        assert not talk.bridge.rocketchat.rooms, "a repeat opens no room for what was left already"
        assert len(talk.bridge.rocketchat.offline_messages) == 2


async def test_whoever_comes_before_the_longest_wait_ends_is_given_all_the_words(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options={"max_wait_minutes": 30, **QUIET}) as talk:
        nobody_there(talk)
        await talk.say("One")
        await talk.say("Two")
        await talk.later(20 * 60)
        talk.bridge.rocketchat.go_online(JOAO)
        await talk.later(16)
        room = await talk.room_with("Two")
        assert talk.seen(room) == ["One", "Two"]
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.later(3600)
        await talk.reads(NOBODY, TAKEN)
        await talk.bridge.rocketchat.close(room.id, JOAO)
        await talk.reads(NOBODY, TAKEN, CLOSED)


async def test_a_flow_learns_at_once_that_nobody_is_there_and_the_words_it_brings_become_an_offline_message(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, "a", options={"offline_email": "desk@example.org"}) as talk:
        nobody_there(talk)
        await talk.say("agent")
        await talk.reads(NOBODY)
        assert "Live chat" not in talk.person.groups
        body = {"contact": {"uuid": talk.person.uuid, "name": "Ana"}, "results": {"clientmessage": {"value": "Help"}}}
        assert await talk.outcome("POST", "registerClient", body) == "no_agents"
        (left,) = await talk.bridge.rocketchat.until(lambda rc: rc.offline_messages or None)
        assert (left["name"], left["email"], left["message"]) == ("Ana", "desk@example.org", "Help")
        await talk.later(3600)
        assert not talk.bridge.rocketchat.rooms
        await talk.reads(NOBODY)


async def test_a_room_that_nobody_may_close_stays_open_and_what_was_written_meanwhile_is_posted_in_it(
    database_url: str, tmp_path: Path
) -> None:
    settings = {"Omnichannel_allow_visitors_to_close_conversation": False}
    options = {"max_wait_minutes": 20, **QUIET}
    async with talking(database_url, tmp_path, options=options, settings=settings) as talk:
        room = await talk.open()
        await talk.later(20 * 60)
        await talk.reads(GAVE_UP)
        assert await talk.standing() == "queued"
        assert [
            row["reason"] for row in await talk.bridge.query("SELECT reason FROM delivery WHERE state = 'dead'")
        ] == ["not_allowed"]
        await talk.say("Is somebody there now?")
        assert (await talk.room_with("Is somebody there now?")).id == room.id
        await talk.calm()
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.reads(GAVE_UP, TAKEN)
