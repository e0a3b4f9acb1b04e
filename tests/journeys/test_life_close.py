"""How a chat ends: by an agent, by a flow, by Rocket.Chat itself; and what the contact is told of it."""

from pathlib import Path

import pytest

from channel.sandbox.rocketchat import PROFILES
from tests.journeys.talk import CLOSED, JOAO, TAKEN, talking

COMMENT = "Your card works again."


@pytest.mark.parametrize(("set_up", "shown"), [("a", True), ("b", False)], ids=["a, comment shown", "b, comment kept"])
async def test_an_agents_close_is_told_with_the_comment_inside_where_the_channel_wants_it(
    shown: bool, set_up: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, set_up, options={"closing_comment": shown}) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.write(room.id, JOAO, "I have unblocked it")
        await talk.bridge.rocketchat.close(room.id, JOAO, COMMENT)
        closing = f"{COMMENT}\n\n{CLOSED}" if shown else CLOSED
        await talk.reads(TAKEN, "I have unblocked it", closing)
        (event,) = [a for a in talk.bridge.rocketchat.webhooks if a.type == "LivechatSession"]
        assert (await talk.bridge.tell(event.body)).status_code == 200
        await talk.later(600)
        await talk.reads(TAKEN, "I have unblocked it", closing)
        assert await talk.standing() == "closed"


@pytest.mark.parametrize("release", ["4.8", "8.8"])
async def test_the_comment_is_read_once_whichever_way_a_release_tells_of_it(
    release: str, database_url: str, tmp_path: Path
) -> None:
    options = {"closing_comment": True}
    async with talking(database_url, tmp_path, options=options, profile=PROFILES[release]) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.close(room.id, JOAO, COMMENT)
        await talk.reads(TAKEN, f"{COMMENT}\n\n{CLOSED}")


@pytest.mark.parametrize("served", [False, True], ids=["in the queue", "served"])
async def test_what_rocket_chat_closes_by_itself_is_told_without_its_comment(
    served: bool, database_url: str, tmp_path: Path
) -> None:
    options = {"closing_comment": True, "notices": {"queued": False}}
    async with talking(database_url, tmp_path, options=options) as talk:
        room = await talk.served() if served else await talk.open()
        await talk.bridge.rocketchat.close_automatically(room.id, "Closed for inactivity")
        await talk.reads(*([TAKEN] if served else []), CLOSED)


@pytest.mark.parametrize(("set_up", "served"), [("a", True), ("b", False)], ids=["a, served", "b, in the queue"])
async def test_a_flows_close_closes_the_room_and_is_no_news_to_the_contact(
    served: bool, set_up: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, set_up) as talk:
        room = await talk.served() if served else await talk.open()
        before = [TAKEN] if served else []
        session = f"session/user/{talk.person.uuid}"
        assert await talk.outcome("DELETE", session) == "closing"
        await talk.bridge.rocketchat.until(lambda rc: not room.open or None)
        await talk.reads(*before)
        assert room.closer == "visitor"
        assert await talk.outcome("DELETE", session) == "not_open"
        await talk.later(1000)
        await talk.reads(*before)
        second = await talk.open("One more question")
        assert second.id != room.id


async def test_a_flows_close_comes_behind_the_words_that_were_said_before_it(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, "a") as talk:
        room = await talk.served()
        await talk.say("One")
        await talk.say("Two")
        assert await talk.outcome("DELETE", f"session/user/{talk.person.uuid}") == "closing"
        await talk.bridge.rocketchat.until(lambda rc: not room.open or None)
        assert talk.seen(room) == ["Hello", "One", "Two"]


async def test_before_there_is_a_room_a_flows_close_takes_the_contact_out_of_the_queue(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options={"notices": {"nobody": False}}) as talk:
        for agent in (JOAO, "maria.agent"):
            talk.bridge.rocketchat.go_offline(agent)
        await talk.say("Hello")
        await talk.calm()
        assert await talk.outcome("DELETE", f"session/user/{talk.person.uuid}") == "closing"
        assert await talk.standing() == "closed"
        talk.bridge.rocketchat.go_online(JOAO)
        await talk.later(3600)
        assert not talk.bridge.rocketchat.rooms
        await talk.reads()


@pytest.mark.parametrize("with_bot", [False, True], ids=["no bot user", "bot user"])
async def test_where_visitors_may_not_close_the_bot_user_does_or_the_flow_is_told_that_nobody_may(
    with_bot: bool, database_url: str, tmp_path: Path
) -> None:
    settings = {"Omnichannel_allow_visitors_to_close_conversation": False}
    async with talking(database_url, tmp_path, "a", settings=settings) as talk:
        if with_bot:
            await talk.bridge.add_bot()
        room = await talk.served()
        answer = (await talk.call("DELETE", f"session/user/{talk.person.uuid}")).json()
        if not with_bot:
            assert (answer["outcome"], answer["reason"]) == ("refused", "not_allowed")
            await talk.later(60)
            assert room.open
            assert await talk.standing() == "served"
            return
        assert answer["outcome"] == "closing"
        await talk.bridge.rocketchat.until(lambda rc: not room.open or None)
        assert room.closed_by
        assert room.closed_by.username == "bridge.bot"
        await talk.reads(TAKEN)
