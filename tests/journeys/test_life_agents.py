"""What agents do with a chat, and what the contact is told of it: who serves them, and nothing else."""

from pathlib import Path

import pytest

from channel.sandbox.rocketchat import PROFILES, Attachment, Holds, Loses
from tests.journeys.talk import CLOSED, JOAO, MARIA, TAKEN, TRANSFERRED, talking

ON_HOLD = "This chat is on hold for the moment. We will come back to you here."
RESUMED = "Thank you for waiting. The chat goes on now."
SET_UPS = pytest.mark.parametrize("set_up", ["a", "b"])


@SET_UPS
async def test_who_takes_the_chat_is_told_before_what_they_write(
    set_up: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, set_up) as talk:
        room = await talk.open()
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.bridge.rocketchat.write(room.id, JOAO, "How can I help you?")
        await talk.reads(TAKEN, "How can I help you?")
        await talk.say("My card is blocked")
        await talk.room_with("My card is blocked")
        await talk.bridge.rocketchat.write(room.id, JOAO, "Which one?")
        await talk.reads(TAKEN, "How can I help you?", "Which one?")
        assert talk.seen(room) == ["Hello", "How can I help you?", "My card is blocked", "Which one?"]


@pytest.mark.parametrize(
    ("shown", "notice"),
    [
        ("full", TAKEN),
        ("first", "You are now being attended by: Joao"),
        ("none", "An agent is attending you now."),
    ],
)
async def test_the_agents_name_is_shown_as_far_as_the_channel_wants_it(
    shown: str, notice: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options={"agent_name": shown}) as talk:
        room = await talk.open()
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.reads(notice)


@pytest.mark.parametrize(("set_up", "event"), [("a", "late"), ("b", "lost")])
async def test_where_the_taking_is_lost_or_late_the_agents_first_words_carry_the_notice(
    event: str, set_up: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, set_up) as talk:
        chat = talk.bridge.rocketchat
        room = await talk.open()
        chat.faults.webhook(Loses() if event == "lost" else Holds(), type="LivechatSessionTaken")
        await chat.take(room.id, JOAO)
        await chat.write(room.id, JOAO, "How can I help you?")
        await talk.bridge.rapidpro.until(lambda rp: talk.told(talk.person))
        chat.release()
        await talk.reads(TAKEN, "How can I help you?")
        assert await talk.standing() == "served"


async def test_another_agent_is_told_once_though_rocket_chat_tells_it_twice(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.forward_to_agent(room.id, JOAO, MARIA)
        await talk.bridge.rocketchat.write(room.id, MARIA, "I am Maria")
        await talk.reads(TAKEN, TRANSFERRED, "I am Maria")
        events = [a.type for a in talk.bridge.rocketchat.webhooks if a.body.get("agent", {}).get("username") == MARIA]
        assert events[:2] == ["LivechatSessionTaken", "LivechatSessionForwarded"]


async def test_another_department_is_told_only_when_somebody_there_takes_the_chat(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path) as talk:
        talk.bridge.rocketchat.add_department("Nurses", MARIA)
        room = await talk.served()
        await talk.bridge.rocketchat.forward_to_department(room.id, JOAO, "Nurses")
        await talk.later(60)
        await talk.reads(TAKEN)
        await talk.say("Are you there?")
        await talk.room_with("Are you there?")
        await talk.bridge.rocketchat.take(room.id, MARIA)
        await talk.bridge.rocketchat.write(room.id, MARIA, "I am here")
        await talk.reads(TAKEN, TRANSFERRED, "I am here")
        assert talk.seen(room) == ["Hello", "Are you there?", "I am here"]


async def test_a_department_that_hands_chats_out_by_itself_transfers_at_once(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as talk:
        talk.bridge.rocketchat.settings["Livechat_Routing_Method"] = "Auto_Selection"
        talk.bridge.rocketchat.add_department("Nurses", MARIA)
        room = await talk.open()
        await talk.bridge.rocketchat.forward_to_department(room.id, JOAO, "Nurses")
        await talk.reads(TAKEN, TRANSFERRED)


async def test_on_hold_nothing_is_told_nothing_is_lost_and_the_contacts_words_wake_the_chat(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.put_on_hold(room.id, JOAO)
        await talk.bridge.rocketchat.write(room.id, JOAO, "I am asking a colleague")
        await talk.later(600)
        await talk.reads(TAKEN, "I am asking a colleague")
        assert room.on_hold
        await talk.say("Still there?")
        assert not (await talk.room_with("Still there?")).on_hold
        await talk.bridge.rocketchat.write(room.id, JOAO, "Here is what they say")
        await talk.reads(TAKEN, "I am asking a colleague", "Here is what they say")
        assert talk.seen(room) == ["Hello", "I am asking a colleague", "Still there?", "Here is what they say"]


async def test_a_chat_that_rests_and_goes_on_is_told_of_once_each_where_the_channel_wants_it(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options={"notices": {"on_hold": True, "resumed": True}}) as talk:
        chat = talk.bridge.rocketchat
        room = await talk.served()
        await chat.put_on_hold(room.id, JOAO)
        await talk.later(61)
        await talk.reads(TAKEN, ON_HOLD)
        await talk.later(61)
        await talk.say("Still there?")
        await talk.room_with("Still there?")
        await talk.later(61)
        await talk.reads(TAKEN, ON_HOLD, RESUMED)

        await chat.put_on_hold(room.id, JOAO)
        await talk.later(61)
        chat.faults.webhook(Holds(), type="LivechatSessionTaken")
        await chat.resume(room.id)
        await talk.bridge.skip(61)
        await talk.bridge.rapidpro.until(lambda rp: talk.told(talk.person)[4:])
        chat.release()
        await talk.later(61)
        await talk.reads(TAKEN, ON_HOLD, RESUMED, ON_HOLD, RESUMED)
        # RapidPro would have swallowed an equal text so soon
        assert len(await talk.bridge.query("SELECT 1 FROM message WHERE external_id = 'resumed'")) == 2
        assert talk.seen(room) == ["Hello", "Still there?"]


async def test_without_looking_a_chat_that_goes_on_is_known_by_its_taking(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, options={"notices": {"resumed": True}}) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.put_on_hold(room.id, JOAO)
        await talk.bridge.rocketchat.resume(room.id)
        await talk.reads(TAKEN, RESUMED)


async def test_who_was_gone_when_a_chat_on_hold_is_woken_leaves_it_to_another_agent(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.put_on_hold(room.id, JOAO)
        talk.bridge.rocketchat.go_offline(JOAO)
        await talk.say("Still there?")
        await talk.room_with("Still there?")
        await talk.calm()
        assert await talk.standing() == "queued"
        await talk.bridge.rocketchat.take(room.id, MARIA)
        await talk.reads(TAKEN, TRANSFERRED)


async def test_a_second_agents_words_arrive_and_do_not_make_them_the_one_who_attends(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.join(room.id, MARIA)
        await talk.bridge.rocketchat.write(room.id, MARIA, "I know this case")
        await talk.bridge.rocketchat.write(room.id, JOAO, "Thank you, Maria")
        await talk.reads(TAKEN, "I know this case", "Thank you, Maria")
        await talk.bridge.rocketchat.close(room.id, JOAO)
        await talk.reads(TAKEN, "I know this case", "Thank you, Maria", CLOSED)


@pytest.mark.parametrize("release", ["4.8", "8.8"])
async def test_a_canned_text_arrives_filled_in_and_a_call_button_does_not_arrive(
    release: str, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, "a", profile=PROFILES[release]) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.write(room.id, JOAO, "Hello {{contact.name}}, this is {{agent.name}}")
        await talk.bridge.rocketchat.offer_call(room.id, JOAO)
        buttons = [{"type": "actions", "elements": [{"type": "button", "text": {"text": "Call"}}]}]
        await talk.bridge.rocketchat.write(room.id, JOAO, "Press to call", blocks=buttons)
        await talk.bridge.rocketchat.write(room.id, JOAO, "You can also write")
        await talk.reads(TAKEN, "Hello Ana, this is Joao Lima", "You can also write")


async def test_new_words_for_a_message_arrive_and_a_deletion_a_reaction_and_a_file_do_not(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path) as talk:
        chat = talk.bridge.rocketchat
        room = await talk.served()
        item = await chat.write(room.id, JOAO, "Take two")
        await talk.reads(TAKEN, "Take two")
        await chat.edit(item, JOAO, "Take three")
        await chat.delete(item)
        await chat.write(room.id, JOAO, attachment=Attachment("scan.png"))
        await chat.write(room.id, JOAO, "x" * 641)
        await chat.write(room.id, JOAO, "x" * 640)
        await talk.reads(TAKEN, "Take two", "Correction: Take three", "x" * 640)
