"""What is owed to Rocket.Chat, delivered to a simulated one over real HTTP."""

import json
from dataclasses import replace
from typing import Any

import pytest

from channel.core import limits
from channel.core.errors import Ambiguous, DeliveryError, Refused, Rejected, RoomGone
from channel.core.learned import Closed, Reported, RoomOpened
from channel.core.notices import Tell
from channel.core.owed import (
    CloseRoom,
    LeaveOffline,
    OpenRoom,
    Owed,
    PostContext,
    RateRoom,
    RegisterVisitor,
    TellAuthor,
    Told,
)
from channel.core.people import Agent, Bot
from channel.sandbox.rocketchat import PROFILES, Answers, Drops, Hangs
from channel.transport import Trail
from tests.rocketchat.peers import TOKEN, Site, open_site

CONTEXT = PostContext(("The flow asked for a human",))
NO_CLOSING = {"Omnichannel_allow_visitors_to_close_conversation": False}


def bot_of(site: Site, username: str = "bridge.bot") -> Bot:
    login = site.rocketchat.personal_access_token(username)
    return Bot(login.user_id, login.token)


async def refusal(site: Site, owed: Owed, **changes: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        await site.send(owed, **changes)
    return error.value


async def test_a_visitor_is_registered_with_the_custom_fields_that_the_workspace_has() -> None:
    async with open_site() as site:
        site.rocketchat.add_custom_field("rapidpro_uuid")
        await site.send(RegisterVisitor("Ana Maria", "Support", (("rapidpro_uuid", "c0ffee00"), ("unknown", "x"))))
        visitor = site.rocketchat.workspace.visitor_by_token(TOKEN)
        assert visitor is not None
        assert (visitor.name, visitor.custom_fields) == ("Ana Maria", {"rapidpro_uuid": "c0ffee00"})
        assert visitor.department == site.rocketchat.department("Support").id


@pytest.mark.parametrize("version", sorted(PROFILES))
async def test_a_room_that_is_served_is_opened_with_the_agents_name(version: str) -> None:
    async with open_site(version) as site:
        assert await site.send(OpenRoom(), room=None) == RoomOpened(site.room)
        await site.rocketchat.take(site.room, "joao.agent")
        joao = site.rocketchat.user("joao.agent")
        opened = await site.send(OpenRoom(), trail := Trail(), room=None)
        assert opened == RoomOpened(site.room, Agent(joao.id, "joao.agent", "Joao Lima"))
        assert trail.asked == ["GET /api/v1/livechat/room", "GET livechat/agent.info"]
        assert trail.answered == ["200", "200"]


async def test_an_agent_who_is_kept_secret_has_no_name() -> None:
    async with open_site(settings={"Livechat_show_agent_info": False}) as site:
        await site.rocketchat.take(site.room, "joao.agent")
        joao = site.rocketchat.user("joao.agent")
        assert await site.send(OpenRoom(), room=None) == RoomOpened(site.room, Agent(joao.id))


@pytest.mark.parametrize("fault", [Hangs(30), Drops(), Answers(502, "<html>"), Answers(429, "{}"), Answers(400, "{}")])
async def test_a_room_is_open_though_nothing_is_heard_of_its_agents_name(
    monkeypatch: pytest.MonkeyPatch, fault: Hangs | Drops | Answers
) -> None:
    monkeypatch.setattr(limits, "AGENT_NAME_SECONDS", 0.2)
    async with open_site() as site:
        await site.rocketchat.take(site.room, "joao.agent")
        site.rocketchat.faults.rest(fault, at="GET livechat/agent.info/*", times=None)
        joao = site.rocketchat.user("joao.agent")
        opened = await site.send(OpenRoom(), trail := Trail(), room=None)
        assert opened == RoomOpened(site.room, Agent(joao.id, "joao.agent"))
        assert len(trail.asked) == len(trail.answered) == 2
        assert TOKEN not in f"{trail}"


@pytest.mark.parametrize("version", sorted(PROFILES))
async def test_the_contacts_room_is_closed_as_its_visitor_and_once_more_does_no_harm(version: str) -> None:
    async with open_site(version) as site:
        for _ in range(2):
            assert await site.send(CloseRoom(site.room)) == Closed(site.room)
        assert await site.send(CloseRoom("no-such-room")) == Closed("no-such-room")
        assert site.rocketchat.rooms[site.room].closer == "visitor"


async def test_a_close_whose_answer_is_lost_is_made_again() -> None:
    async with open_site() as site:
        site.rocketchat.faults.rest(Drops(worked=True), at="POST livechat/room.close")
        assert isinstance(await refusal(site, CloseRoom(site.room)), Ambiguous)
        assert await site.send(CloseRoom(site.room), ambiguous=1) == Closed(site.room)


@pytest.mark.parametrize("version", sorted(PROFILES))
@pytest.mark.parametrize(("comment", "said"), [("", "Closed at the contact's request"), ("Left", "Left")])
async def test_where_visitors_may_not_close_the_bot_user_does(version: str, comment: str, said: str) -> None:
    async with open_site(version, settings=NO_CLOSING) as site:
        bot = bot_of(site)
        trail = Trail()
        assert await site.send(CloseRoom(site.room, comment), trail, bot=bot) == Closed(site.room)
        assert await site.send(CloseRoom(site.room, comment), bot=bot) == Closed(site.room)
        room = site.rocketchat.rooms[site.room]
        assert room.closed_by is not None
        assert (room.open, room.closer, room.closed_by.username) == (False, "user", "bridge.bot")
        assert site.rocketchat.workspace.messages_of(site.room)[-1].text == said
        assert bot.token not in f"{trail}"
        assert trail.asked == ["POST /api/v1/livechat/room.close", "POST /api/v1/livechat/room.closeByUser"]


async def test_where_nobody_may_close_it_is_refused_and_the_room_goes_on() -> None:
    async with open_site(settings=NO_CLOSING) as site:
        for bot in (None, Bot("nobody", "wrong"), bot_of(site, "joao.agent")):
            error = await refusal(site, CloseRoom(site.room), bot=bot)
            assert isinstance(error, Refused)
            assert error.code == "not_allowed"
        assert site.rocketchat.rooms[site.room].open


async def test_a_department_that_wants_tags_gets_one_from_the_bot_user() -> None:
    async with open_site() as site:
        site.rocketchat.department("Support").wants_tags = True
        assert (await refusal(site, CloseRoom(site.room))).code == "not_allowed"
        assert await site.send(CloseRoom(site.room), bot=bot_of(site)) == Closed(site.room)
        assert site.rocketchat.rooms[site.room].tags == ["closed-by-contact"]


async def test_a_rating_is_kept_with_its_room_and_nothing_else_is_taken() -> None:
    async with open_site() as site:
        await site.rocketchat.close(site.room, "joao.agent", "bye")
        answers = (("satisfaction", "5"), ("additionalFeedback", "thanks"), ("weather", "1"))
        for _ in range(2):
            assert await site.send(RateRoom(site.room, answers), room=None) == Reported()
        assert site.rocketchat.rooms[site.room].survey == {"satisfaction": "5", "additionalFeedback": "thanks"}
        refused = [(site.room, "weather"), ("no-such-room", "satisfaction")]
        errors = [await refusal(site, RateRoom(room, ((name, "5"),))) for room, name in refused]
        assert [(type(error), error.code) for error in errors] == [(Refused, "invalid-data"), (Refused, "invalid-room")]


@pytest.mark.parametrize(("name", "known_as"), [("Ana", "Ana"), ("", "Contact")])
async def test_words_are_left_for_a_department(name: str, known_as: str) -> None:
    async with open_site() as site:
        leaving = LeaveOffline("Please call me back", "flows@example.org", "Support")
        assert await site.send(leaving, name=name, room=None) == Reported()
        assert site.rocketchat.offline_messages == [
            {
                "name": known_as,
                "email": "flows@example.org",
                "message": "Please call me back",
                "department": "Support",
            }
        ]


async def test_an_offline_message_that_is_refused_is_tried_again_and_one_of_unknown_end_not_for_ever() -> None:
    async with open_site() as site:
        leaving = LeaveOffline("Please call me back", "flows@example.org")
        said = json.dumps({"success": False, "error": "Ocurrió un error al enviar el mensaje"})
        site.rocketchat.faults.rest(Answers(400, said), at="POST livechat/offline.message")
        assert isinstance(await refusal(site, leaving), Rejected)
        error = await refusal(site, leaving, ambiguous=limits.AMBIGUOUS_ATTEMPTS)
        assert (type(error), error.code, site.rocketchat.offline_messages) == (Refused, "ambiguous", [])


async def test_context_is_posted_in_as_many_messages_as_it_needs_each_once() -> None:
    context = "\n".join(f"{number}: {'word ' * 50}" for number in range(8))
    async with open_site() as site:
        for attempt in range(2):
            owed = site.owed(CONTEXT, ambiguous=attempt, tried_room=site.room)
            posted = await site.client.post_context(owed, context, Trail())
            assert posted.room == site.room
        said = {id: each.text for id, each in site.rocketchat.messages.items() if each.kind is None}
        assert list(said) == ["la-1", "la-1.1", "la-1.2", "la-1.3"]
        assert " ".join(said.values()).split() == context.split()
        assert all(len(part) <= limits.TEXT_LENGTH for part in said.values())


async def test_context_that_was_posted_in_part_is_completed() -> None:
    async with open_site() as site:
        await site.client.post_context(site.owed(CONTEXT), "x" * 640, Trail())
        await site.client.post_context(site.owed(CONTEXT), "x" * 641, Trail())
        said = [each.text for each in site.rocketchat.messages.values() if each.kind is None]
        assert said == ["x" * 640, "x"]


async def test_further_context_goes_where_the_first_went_when_the_room_closed_at_that_moment() -> None:
    async with open_site() as site:
        site.rocketchat.faults.close_while_storing()
        posted = await site.client.post_context(site.owed(CONTEXT), "x" * 641, Trail())
        assert posted.room != site.room
        assert [site.rocketchat.messages[id].rid for id in ("la-1", "la-1.1")] == [posted.room, posted.room]


async def test_context_without_an_open_room_waits_for_one_unless_it_was_there_already() -> None:
    async with open_site() as site:
        with pytest.raises(RoomGone):
            await site.client.post_context(site.owed(CONTEXT, room=None), "words", Trail())
        await site.client.post_context(site.owed(CONTEXT), "words", Trail())
        await site.rocketchat.close(site.room, "joao.agent", "bye")
        doubted = site.owed(CONTEXT, room=None, ambiguous=1, tried_room=site.room)
        assert (await site.client.post_context(doubted, "words", Trail())).room == site.room


async def test_a_line_that_stands_in_part_as_the_visitors_is_completed_whoever_writes_it_the_next_time() -> None:
    """The bot was refused, the visitor's second piece got lost: what is found under the line's id is not all of it."""
    line = TellAuthor("", tuple(Told(what.value, "w" * 80, 641) for what in Tell))
    async with open_site() as site:
        told = replace(line, room=site.room)
        await site.send(told)
        pieces = {id: each for id, each in site.rocketchat.messages.items() if each.kind is None}
        first, *lost = pieces
        for id in lost:
            del site.rocketchat.messages[id]
        await site.send(told, bot=bot_of(site), attempts=2, ambiguous=1, tried_room=site.room)
        assert len(pieces) > 1
        assert {id: each.text for id, each in site.rocketchat.messages.items() if each.kind is None} == {
            id: each.text for id, each in pieces.items()
        }
        assert site.rocketchat.messages[first] is pieces[first]


@pytest.mark.parametrize("context", ["", "words"])
async def test_context_that_cannot_go_is_refused(context: str) -> None:
    limit = {"Livechat_enable_message_character_limit": True}
    async with open_site(settings=limit) as site:
        with pytest.raises(Refused):
            await site.client.post_context(site.owed(CONTEXT), context, Trail())


async def test_what_is_for_somebody_else_is_no_delivery_of_ours() -> None:
    async with open_site() as site:
        with pytest.raises(TypeError):
            await site.send(CONTEXT)
