"""While a contact waits for an agent: what they are told, and how they leave."""

from pathlib import Path

import pytest

from channel.sandbox.rocketchat import Holds, Loses
from tests.journeys.talk import CLOSED, JOAO, MARIA, NOBODY, QUEUED, TAKEN, talking

SET_UPS = pytest.mark.parametrize("set_up", ["a", "b"])
WAITING = "Thank you for waiting. You are still in the queue. Your position: 1."


@SET_UPS
async def test_whoever_waits_is_told_so_once_after_three_seconds(
    set_up: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, set_up) as talk:
        room = await talk.open("Is anybody there?")
        await talk.later(2)
        await talk.reads()
        await talk.later(1)
        await talk.reads(QUEUED)
        await talk.say("Hello?")
        await talk.room_with("Hello?")
        await talk.later(60)
        await talk.reads(QUEUED)
        assert talk.seen(room) == ["Is anybody there?", "Hello?"], "no notice is shown to the agents"


@pytest.mark.parametrize("event", ["lost", "late"])
async def test_it_is_told_without_the_event_of_the_queue_and_not_again_with_it(
    event: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path) as talk:
        chat = talk.bridge.rocketchat
        chat.faults.webhook(Loses() if event == "lost" else Holds(), type="LivechatSessionQueued")
        await talk.ask()
        await talk.room_with("Hello")
        await talk.bridge.until_rows("SELECT 1 FROM timer WHERE why = 'queued'")
        await talk.bridge.skip(3)
        await talk.bridge.rapidpro.until(lambda rp: talk.told(talk.person) == [QUEUED] or None)
        chat.release()
        await talk.later(3)
        await talk.reads(QUEUED)


@pytest.mark.parametrize("how", ["by hand", "automatically"])
async def test_whoever_is_served_within_three_seconds_is_not_told_to_wait(
    how: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path) as talk:
        if how == "automatically":
            talk.bridge.rocketchat.settings["Livechat_Routing_Method"] = "Auto_Selection"
        room = await talk.open()
        if how == "by hand":
            await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.reads(TAKEN)
        await talk.later(600)
        await talk.reads(TAKEN)


async def test_the_second_in_line_is_told_so_and_three_rooms_tell_how_long_it_usually_takes(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options={"still_waiting_minutes": 0, "leave_word": "Stop"}) as talk:
        people = [talk.add_person(name, f"551198888100{n}") for n, name in enumerate(("Bia", "Caio", "Davi", "Eva"))]
        rooms = [await talk.open(f"I am {who.name}", who) for who in people[:3]]
        await talk.later(3)
        for n, who in enumerate(people[:3], 1):
            await talk.reads(queued(n), who=who)
        await talk.later(240)
        for room in rooms:
            await talk.bridge.rocketchat.take(room.id, JOAO)
        for n, who in enumerate(people[:3], 1):
            await talk.reads(queued(n), TAKEN, who=who)

        await talk.open("I am Ana")
        await talk.open("I am Eva", people[3])
        await talk.later(3)
        await talk.reads(queued(1, " Usual wait: about 5 minutes."))
        await talk.reads(queued(2, " Usual wait: about 5 minutes."), who=people[3])


def queued(position: int, wait: str = "") -> str:
    return (
        f"You are in the queue. Your position: {position}.{wait} An agent will answer you here."
        " To stop waiting, write: Stop"
    )


async def test_whoever_still_waits_after_some_minutes_is_told_so_once(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, options={"still_waiting_minutes": 7}) as talk:
        await talk.open()
        await talk.later(3)
        await talk.later(6 * 60)
        await talk.reads(QUEUED)
        await talk.later(60)
        await talk.reads(QUEUED, WAITING)
        await talk.later(10 * 60)
        await talk.reads(QUEUED, WAITING)


@SET_UPS
async def test_the_leave_word_takes_the_contact_out_of_the_queue(
    set_up: str, database_url: str, tmp_path: Path
) -> None:
    options = {"leave_word": "Stop", "notices": {"queued": False}}
    async with talking(database_url, tmp_path, set_up, options=options) as talk:
        room = await talk.open("I will not stop")
        await talk.say("Please stop")
        await talk.room_with("Please stop")
        await talk.say("  sTOP ")
        await talk.bridge.rocketchat.until(lambda rc: not room.open or None)
        await talk.calm()
        # nobody closes it for them: the contact's own close has no notice; the flow answers where there is one
        answer = ["The chat has ended. If you still need help, write again."]
        await talk.reads(*(answer if set_up == "a" else []))
        assert await talk.standing() == "closed"
        assert talk.seen(room) == ["I will not stop", "Please stop"]
        assert room.closer == "visitor"
        if set_up == "b":
            async with talk.bridge.hurrying("status"):
                await talk.bridge.statuses("sent", "sent", "sent")


async def test_once_an_agent_is_there_the_leave_word_is_a_word(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, options={"leave_word": "stop"}) as talk:
        room = await talk.served("Shall I go on or stop?")
        await talk.say("stop")
        await talk.room_with("stop")
        assert room.open
        assert await talk.standing() == "served"


async def test_while_no_room_can_be_had_the_leave_word_leaves_too_and_no_room_is_opened(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options={"leave_word": "stop"}) as talk:
        for agent in (JOAO, MARIA):
            talk.bridge.rocketchat.go_offline(agent)
        await talk.say("Hello")
        await talk.reads(NOBODY)
        await talk.say("stop")
        await talk.calm()
        assert await talk.standing() == "closed"
        talk.bridge.rocketchat.go_online(JOAO)
        await talk.later(3600)
        assert not talk.bridge.rocketchat.rooms
        await talk.reads(NOBODY)
        async with talk.bridge.hurrying("status"):
            reports = await talk.bridge.rapidpro.until(
                lambda rp: sorted(r.action for r in rp.requests if r.action in {"failed", "sent"})
            )
        assert reports == ["failed", "sent"], "nobody will get the first; the second did what it was to do"


async def test_moved_back_to_the_queue_is_told_where_the_channel_wants_it(database_url: str, tmp_path: Path) -> None:
    again = "You are back in the queue. Another agent will answer you here."
    async with talking(database_url, tmp_path, options={"notices": {"requeued": True}}) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.return_to_queue(room.id, JOAO)
        await talk.later(60)
        await talk.reads(TAKEN, again)
        assert await talk.standing() == "queued"
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.later(1)
        await talk.reads(TAKEN, again)
        await talk.bridge.rocketchat.close(room.id, JOAO)
        await talk.reads(TAKEN, again, CLOSED)
