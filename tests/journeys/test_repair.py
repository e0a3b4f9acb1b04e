"""What Rocket.Chat's webhook lost is found again, once, in its place."""

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

from channel.core import limits
from channel.core.notices import Notice
from channel.sandbox.rocketchat import Answers, Holds, Loses
from channel.store import listings
from tests.bridge import Bridge, counted, running_bridge
from tests.journeys.losing import AGENT, heard, look, loses, reads, says

CLOSED = "The chat has ended. Thank you for writing."


async def test_a_lost_message_is_delivered_in_its_place_within_5_s_of_the_next_one(bridge: Bridge) -> None:
    room = await bridge.talking()
    before = counted("repaired")
    await says(bridge, room, "one")
    await loses(bridge, room, "two")
    began = time.monotonic()
    await says(bridge, room, "three")
    await bridge.heard("one", "two", "three")
    assert time.monotonic() - began < 5
    assert counted("repaired") - before == 1
    assert reads(bridge, room) == 1


async def test_a_lost_message_is_delivered_within_5_s_of_any_event_of_its_room(bridge: Bridge) -> None:
    room = await bridge.talking()
    await says(bridge, room, "one")
    await loses(bridge, room, "two", "three")
    began = time.monotonic()
    await bridge.rocketchat.forward_to_agent(room.id, AGENT, "maria.agent")
    await bridge.heard("one", "two", "three")
    assert time.monotonic() - began < 5


async def test_messages_that_only_overtook_each_other_have_nothing_read(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "GAP_LOOKED_AT", 60.0)
    room = await bridge.talking()
    bridge.rocketchat.faults.webhook(Holds(), type="Message", times=3)
    await says(bridge, room, "one", "two", "three")
    bridge.rocketchat.release(backwards=True)
    await bridge.heard("one", "two", "three")
    await bridge.skip(61)
    done = await bridge.until_rows("SELECT attempts FROM delivery WHERE kind = 'ReadHistory' AND state = 'done'")
    assert (len(done), reads(bridge, room)) == (1, 0)


async def test_what_the_contact_wrote_in_between_is_no_gap(bridge: Bridge) -> None:
    room = await bridge.talking()
    await says(bridge, room, "Hello")
    await bridge.send("My card is blocked", id="2")
    await bridge.room_of("I am ana", "My card is blocked")
    await says(bridge, room, "Which one?")
    await bridge.heard("Hello", "Which one?")
    await bridge.idle()
    assert reads(bridge, room) == 0


async def test_what_was_lost_before_the_contacts_own_words_is_looked_for_soon(bridge: Bridge) -> None:
    """No event names it: the message before the next one is the contact's, which we posted."""
    room = await bridge.talking()
    await says(bridge, room, "one")
    await loses(bridge, room, "two")
    await bridge.send("Are you there?", id="2")
    await bridge.room_of("I am ana", "Are you there?")
    await says(bridge, room, "three")
    await bridge.heard("one", "three")
    await bridge.idle()
    assert reads(bridge, room) == 0
    await bridge.skip(limits.UNSURE_LOOKED_AT + 1)
    await bridge.heard("one", "three", "two")
    assert reads(bridge, room) == 1
    await bridge.until_rows("SELECT 1 FROM room WHERE unsure_since IS NULL")


async def test_the_last_message_of_a_chat_is_found_at_its_close_and_goes_before_the_notice(
    database_url: str, tmp_path: Path
) -> None:
    notices = {notice.value: notice is Notice.CLOSED for notice in Notice}
    async with running_bridge(database_url, tmp_path, options={"notices": notices}) as bridge:
        room = await bridge.talking()
        await says(bridge, room, "one")
        await loses(bridge, room, "two", "three")
        await bridge.rocketchat.close(room.id, AGENT, "Bye")
        await bridge.heard("one", "two", "three", CLOSED)
        assert reads(bridge, room) == 0  # the close came with all that was said


async def test_a_close_that_does_not_say_all_has_the_history_read_and_the_notice_waits_for_it(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OVERTAKEN_WAIT", 8.0)  # the machine has other things to do, too
    notices = {notice.value: notice is Notice.CLOSED for notice in Notice}
    async with running_bridge(database_url, tmp_path, options={"notices": notices}) as bridge:
        room = await bridge.talking()
        await says(bridge, room, "one")
        await loses(bridge, room, "two")
        bridge.rocketchat.faults.webhook(Holds(), type="LivechatSession")
        await bridge.rocketchat.close(room.id, AGENT, "Bye")
        (body,) = bridge.rocketchat.held_webhooks
        await bridge.tell({**body, "messages": None})
        await bridge.heard("one", "two", CLOSED)


async def test_a_close_that_nobody_told_is_found_with_what_was_said_before_it(
    database_url: str, tmp_path: Path
) -> None:
    notices = {notice.value: notice is Notice.CLOSED for notice in Notice}
    async with running_bridge(database_url, tmp_path, options={"notices": notices}) as bridge:
        room = await bridge.talking()
        await loses(bridge, room, "one", "two")
        bridge.rocketchat.faults.webhook(Loses(), type="LivechatSession")
        await bridge.rocketchat.close(room.id, AGENT, "Bye")
        await look(bridge)
        assert heard(bridge) == ["one", "two", CLOSED]
        (row,) = await bridge.query("SELECT state, room FROM conversation")
        assert tuple(row) == ("closed", None)


async def test_a_room_that_somebody_took_while_nobody_could_tell_is_served(database_url: str, tmp_path: Path) -> None:
    notices = {notice.value: notice is Notice.TAKEN for notice in Notice}
    async with running_bridge(database_url, tmp_path, options={"notices": notices}) as bridge:
        room = await bridge.talking(agent=None)
        bridge.rocketchat.faults.webhook(Loses(), type="*", times=2)
        await bridge.rocketchat.take(room.id, AGENT)
        await says(bridge, room, "Hello")
        bridge.rocketchat.faults.clear()
        await look(bridge)
        await bridge.heard("You are now being attended by: Joao Lima", "Hello")
        (row,) = await bridge.query("SELECT state FROM conversation")
        assert row["state"] == "served"
        (asked,) = await bridge.query("SELECT asked FROM attempt WHERE asked LIKE '%history%'")
        assert asked["asked"] == f"GET /api/v1/livechat/messages.history/{room.id}, GET livechat/agent.info"


async def test_what_is_for_no_contact_is_not_repaired(bridge: Bridge) -> None:
    """A note, what the policy refuses, our own posts, our bot's words, and rooms of others."""
    await bridge.add_bot()
    room = await bridge.talking()
    other = await bridge.rocketchat.visit("somebody else's") if hasattr(bridge.rocketchat, "visit") else None
    await loses(bridge, room, "// she has called before", "l" * 641, "👍")
    await loses(bridge, room, "Closed at the contact's request", agent="bridge.bot")
    await says(bridge, room, "Hello")
    await bridge.heard("Hello")
    await look(bridge)
    assert heard(bridge) == ["Hello"]
    assert reads(bridge, room) >= 1
    assert other is None or reads(bridge, other) == 0
    reasons = await bridge.query("SELECT reason FROM message WHERE author = 'agent' AND reason IS NOT NULL")
    assert sorted(row["reason"] for row in reasons) == ["emoji", "note", "too_long"]


async def test_an_edit_that_was_lost_goes_as_an_edit(bridge: Bridge) -> None:
    room = await bridge.talking()
    (first, _) = await says(bridge, room, "Come at 9", "Bring your card")
    bridge.rocketchat.faults.webhook(Loses(), type="Message")
    await bridge.rocketchat.edit(first, AGENT, "Come at 10")
    await look(bridge)
    await look(bridge)
    (_, _, edited) = heard(bridge)
    assert edited.endswith("Come at 10")
    assert edited != "Come at 10"


async def test_a_lost_message_that_was_edited_goes_once_as_it_is_now_in_its_place(bridge: Bridge) -> None:
    room = await bridge.talking()
    await says(bridge, room, "one")
    (lost,) = await loses(bridge, room, "tow")
    bridge.rocketchat.faults.webhook(Loses(), type="Message")
    await bridge.rocketchat.edit(lost, AGENT, "two")
    await says(bridge, room, "three")
    await bridge.heard("one", "two", "three")


async def test_what_was_found_twelve_hours_late_waits_for_an_operator_and_can_be_replayed(bridge: Bridge) -> None:
    room = await bridge.talking()
    repaired, dead = counted("repaired"), counted("dead_letters_made")
    (old, recent) = await loses(bridge, room, "thirteen hours", "eleven hours")
    for item, hours in ((old, 13), (recent, 11)):
        bridge.rocketchat.messages[item].ts -= timedelta(hours=hours)
    bridge.rocketchat.rooms[room.id].ts -= timedelta(hours=14)
    await says(bridge, room, "now")
    await look(bridge)
    assert sorted(heard(bridge)) == ["eleven hours", "now"]
    assert (counted("repaired") - repaired, counted("dead_letters_made") - dead) == (1, 1)
    (row,) = await bridge.query("SELECT reason, state FROM delivery WHERE state = 'dead'")
    assert tuple(row) == ("stale", "dead")

    assert await listings.replay(bridge.database_url, old) == 1
    bridge.runtime.worker.wake()
    await bridge.all_told()
    assert heard(bridge)[-1] == "thirteen hours"


async def test_what_retention_erased_and_what_was_discarded_stays_known(bridge: Bridge) -> None:
    room = await bridge.talking()
    await says(bridge, room, "one", "two")
    await bridge.heard("one", "two")
    await bridge.query("UPDATE message SET texts = '{}', original = NULL")
    await bridge.query("UPDATE delivery SET body = '{}' WHERE kind = 'ReplyToContact'")
    await bridge.query("UPDATE room SET heard = '{}', read_until = ''")
    await look(bridge)
    assert reads(bridge, room)
    assert heard(bridge) == ["one", "two"]


async def test_what_comes_after_a_later_message_has_gone_is_delivered_and_counted(bridge: Bridge) -> None:
    room = await bridge.talking()
    late = counted("late")
    bridge.rocketchat.faults.webhook(Holds(), type="Message")
    bridge.rocketchat.faults.rest(Answers(503), at="GET livechat/messages.history*", times=None)
    await says(bridge, room, "one", "two")
    await bridge.heard("two")
    assert counted("late") == late
    bridge.rocketchat.faults.clear()
    bridge.rocketchat.release()
    await bridge.heard("two", "one")
    await bridge.all_told()
    assert counted("late") == late + 1


async def test_the_limiter_of_rocket_chat_puts_a_read_off_and_costs_it_nothing(bridge: Bridge) -> None:
    room = await bridge.talking()
    said = "You must wait 2 seconds before trying this endpoint again. [error-too-many-requests]"
    answer = Answers(429, json.dumps({"success": False, "error": said}))
    bridge.rocketchat.faults.rest(answer, at="GET livechat/messages.history*")
    await loses(bridge, room, "one")
    await says(bridge, room, "two")
    await bridge.rapidpro.until(lambda rp: len(heard(bridge)) > 1 or None)
    assert heard(bridge) == ["two", "one"]  # the words waited 2 s for it, and no longer
    (row,) = await bridge.query("SELECT attempts, state FROM delivery WHERE kind = 'ReadHistory'")
    assert tuple(row) == (1, "done")


async def test_a_long_room_is_read_back_page_by_page(bridge: Bridge) -> None:
    room = await bridge.talking()
    await loses(bridge, room, "the very first")
    for number in range(230):
        bridge.rocketchat.faults.webhook(Loses(), type="Message")
        await bridge.rocketchat.write(room.id, AGENT, f"// note {number}")
    await look(bridge)
    assert heard(bridge) == ["the very first"]
    assert reads(bridge, room) == 3
    await look(bridge)
    assert reads(bridge, room) == 4  # from where it is known


async def test_a_room_whose_words_come_without_names_is_left_alone(bridge: Bridge) -> None:
    """Another program tells of them in the live-agents form: nobody could say which of the history are the same."""
    room = await bridge.talking()
    bridge.rocketchat.faults.webhook(Loses(), type="Message", times=None)
    await bridge.rocketchat.write(room.id, AGENT, "Hello")
    bare = {"_id": room.id, "type": "Message", "visitor": {"token": room.token}, "messages": [{"msg": "Hello"}]}
    await bridge.tell(bare)
    await bridge.heard("Hello")
    await look(bridge)
    assert reads(bridge, room) == 1
    assert heard(bridge) == ["Hello"]


async def test_what_was_said_in_a_room_before_we_heard_of_it_is_not_ours(bridge: Bridge) -> None:
    """Rocket.Chat opened it for our visitor; who was there before us has told of it."""
    room = await bridge.talking()
    await loses(bridge, room, "before")
    await bridge.query("DELETE FROM room WHERE rid = $1", room.id)
    await bridge.query("UPDATE conversation SET room = NULL, state = 'closed'")
    await says(bridge, room, "after")
    await bridge.query("UPDATE conversation SET room = $1, state = 'served'", room.id)
    await look(bridge)
    assert reads(bridge, room)  # for the gap, too, where that was seen before
    assert heard(bridge) == ["after"]
