"""What agents are told of what they wrote, and their ticks: from one simulated peer to the other."""

import json
from pathlib import Path

import pytest

from channel.core.authors import SIGN
from channel.sandbox.rapidpro import faults
from channel.sandbox.rocketchat import PROFILES, Drops
from channel.store.listings import replay
from tests.bridge import SILENT, Bridge, running_bridge
from tests.journeys.told import BOT, ticked, told_in

JOAO = "joao.agent"
ARRIVED, FAILED = ":white_check_mark:", ":x:"
LONG = "w" * 641
JPG = "https://files.example.org/a/1.jpg"


async def write(bridge: Bridge, room: str, text: str) -> str:
    """The agent writes this, and it is stored."""
    written: str = await bridge.rocketchat.write(room, JOAO, text)
    await bridge.until_rows("SELECT 1 FROM message WHERE external_id = $1", written)
    return written


# Who says it, and where


@pytest.mark.parametrize("version", sorted(PROFILES))
async def test_a_bot_user_tells_agents_and_its_lines_come_back_to_nobody(
    version: str, database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT, profile=PROFILES[version]) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        message = await write(bridge, room.id, LONG)
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith("Not sent, because it is too long: “www")
        assert line.endswith("(641 characters; 640 are allowed). Please write shorter messages.")
        await ticked(bridge, message, FAILED)
        await write(bridge, room.id, "Shorter")
        await bridge.heard("Shorter")
        await bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
        assert [request.params["text"] for request in bridge.received()] == ["Shorter"]
        (author,) = {m.author.username for m in bridge.rocketchat.messages.values() if m.text == line}
        assert author == BOT


async def test_without_a_bot_the_line_stands_as_the_visitors_with_our_sign(bridge: Bridge) -> None:
    bridge.rocketchat.settings["Livechat_webhook_on_visitor_message"] = True
    room = await bridge.talking()
    await write(bridge, room.id, LONG)
    (line,) = await told_in(bridge, room, 1)
    assert line.startswith(f"{SIGN}Not sent")
    await bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
    assert bridge.received() == []


@pytest.mark.parametrize("most", [60, 20])
async def test_each_piece_of_the_visitors_line_has_our_sign_where_there_is_room(
    most: int, database_url: str, tmp_path: Path
) -> None:
    limit = {"Livechat_enable_message_character_limit": True, "Livechat_message_character_limit": most}
    async with running_bridge(database_url, tmp_path, options=SILENT, settings=limit) as bridge:
        room = await bridge.talking()
        await write(bridge, room.id, LONG)
        await bridge.rocketchat.until(lambda _: bridge.read(room)[-1].endswith("messages.") or None)
        _, *pieces = bridge.read(room)
        assert len(pieces) > 2
        assert all(len(piece) <= most for piece in pieces)
        signed = [piece.removeprefix(SIGN) for piece in pieces if piece.startswith(SIGN)]
        assert len(signed) == (len(pieces) if most == 60 else 1)
        assert " ".join(piece.removeprefix(SIGN) for piece in pieces).startswith("Not sent, because it is too long:")


async def test_a_bot_that_may_not_is_no_reason_for_silence(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        bridge.rocketchat.workspace.sessions.clear()
        await write(bridge, room.id, LONG)
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith(SIGN)


async def test_a_line_that_is_too_long_for_the_bot_stands_as_the_visitors(database_url: str, tmp_path: Path) -> None:
    shortest = {"Message_MaxAllowedSize": 20}
    async with running_bridge(database_url, tmp_path, options=SILENT, settings=shortest) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        await write(bridge, room.id, LONG)
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith(f"{SIGN}Not sent")


async def test_it_is_said_in_the_workspaces_language_unless_the_channel_has_chosen(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT, settings={"Language": "pt-BR"}) as bridge:
        room = await bridge.talking()
        await write(bridge, room.id, LONG)
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith(f"{SIGN}Não foi enviada")


async def test_a_line_whose_answer_was_lost_is_there_once(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        bridge.rocketchat.faults.rest(Drops(worked=True), at="POST chat.sendMessage")
        await write(bridge, room.id, LONG)
        await told_in(bridge, room, 1)


async def test_a_burst_is_summed_up(bridge: Bridge) -> None:
    room = await bridge.talking()
    for number in range(4):
        await write(bridge, room.id, f"{number}{LONG}")
    async with bridge.hurrying("to_author"):
        first, summed = await told_in(bridge, room, 2)
    assert first.startswith(f"{SIGN}Not sent, because it is too long: “0www")
    assert summed.startswith(f"{SIGN}Not sent: 3 messages that are too long (640 characters are allowed).")


async def test_our_lines_are_no_sign_of_life_of_the_contacts(database_url: str, tmp_path: Path) -> None:
    options = SILENT | {"idle_warn_minutes": 0, "idle_close_minutes": 10}
    async with running_bridge(database_url, tmp_path, options=options) as bridge:
        room = await bridge.talking()
        await write(bridge, room.id, "Hello")
        await bridge.heard("Hello")
        await bridge.query("UPDATE message SET created_at = created_at - interval '11 minutes'")
        await bridge.skip(300)
        await bridge.query(
            "INSERT INTO delivery (lane_id, seq, kind, body, external_id, due_at, created_at)"
            " SELECT id, 500, 'TellAuthor', $1::jsonb, 'la-x', live_agents_now(), live_agents_now()"
            " FROM lane WHERE kind = 'to_author'",
            json.dumps({"room": room.id, "told": [{"what": "author_media"}]}),
        )
        await bridge.query("UPDATE lane SET head_due = live_agents_now() WHERE kind = 'to_author'")
        await told_in(bridge, room, 1)
        await bridge.skip(301)
        await bridge.rocketchat.until(lambda rc: not rc.rooms[room.id].open or None)


# Ticks


async def test_a_message_is_ticked_when_rapidpro_has_it_and_the_last_state_wins(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        message = await write(bridge, room.id, "Hello")
        await ticked(bridge, message, ARRIVED)
        await bridge.rocketchat.edit(message, JOAO, LONG)
        await ticked(bridge, message, FAILED)
        await bridge.rocketchat.edit(message, JOAO, "Hello!")
        await ticked(bridge, message, ARRIVED)
        note = await write(bridge, room.id, "// a note")
        await write(bridge, room.id, "Bye")
        await bridge.heard("Hello", "Correction: Hello!", "Bye")
        assert not bridge.rocketchat.messages[note].reactions


async def test_ticks_can_be_switched_off(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT | {"ticks": False}) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        await write(bridge, room.id, LONG)
        await write(bridge, room.id, "Hello")
        await bridge.heard("Hello")
        await told_in(bridge, room, 1)
        assert not any(m.reactions for m in bridge.rocketchat.messages.values())


# What waits, and what is given up


async def test_what_waits_for_two_minutes_is_told_and_again_when_it_went(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        bridge.rapidpro.faults.add("receive", faults.answer(503), times=1000)
        message = await write(bridge, room.id, "Hello")
        await bridge.until_rows("SELECT 1 FROM timer WHERE why = 'undelivered'")
        assert not bridge.rocketchat.messages[message].reactions
        await bridge.skip(121)
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith("Not delivered yet: “Hello”")
        bridge.rapidpro.faults.clear()
        await bridge.skip(30)
        await bridge.heard("Hello")
        await ticked(bridge, message, ARRIVED)
        assert await told_in(bridge, room, 2) == [line, "Delivered now: “Hello”."]


async def test_a_dead_letter_is_told_and_its_tick_changes_once_it_was_replayed(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        refused = faults.answer(400, json.dumps({"message": "Error", "data": [{"error": "channel type wrong"}]}))
        bridge.rapidpro.faults.add("receive", refused, times=20)
        message = await write(bridge, room.id, "Hello")
        await ticked(bridge, message, FAILED)
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith("Not delivered: “Hello”")
        bridge.rapidpro.faults.clear()
        assert await replay(bridge.database_url, message) == 1
        await ticked(bridge, message, ARRIVED)
        await bridge.heard("Hello")


async def test_an_edit_while_rapidpro_is_away_takes_the_place_of_what_waits(bridge: Bridge) -> None:
    room = await bridge.talking()
    bridge.rapidpro.faults.add("receive", faults.answer(503), times=1000)
    first = await write(bridge, room.id, "Come at 9")
    await write(bridge, room.id, "Bring your card")
    await bridge.until_rows("SELECT 1 FROM delivery WHERE reason = 'http_503' AND NOT attempt_open")
    await bridge.rocketchat.edit(first, JOAO, "Come at 10")
    await bridge.until_rows("SELECT 1 FROM message WHERE edited_at IS NOT NULL")
    bridge.rapidpro.faults.clear()
    async with bridge.hurrying():
        await bridge.heard("Come at 10", "Bring your card")


# What a contact sent, as the agent reads it


async def test_an_agent_reads_that_an_address_is_a_contacts_file(bridge: Bridge) -> None:
    assert (await bridge.send(f"My rash\n{JPG}")).status_code == 200
    await bridge.room_of(f"My rash\nAttachment: {JPG}")


async def test_a_workspaces_own_limit_is_obeyed_by_the_parts(database_url: str, tmp_path: Path) -> None:
    limit = {"Livechat_enable_message_character_limit": True, "Livechat_message_character_limit": 100}
    async with running_bridge(database_url, tmp_path, options=SILENT, settings=limit) as bridge:
        text = " ".join(f"word{number}" for number in range(40)) + " 👍🏽" * 10
        assert (await bridge.send(text)).status_code == 200
        await bridge.statuses("sent")
        (room,) = bridge.rocketchat.rooms.values()
        read = bridge.read(room)
        assert all(len(part.encode("utf-16-le")) // 2 <= 100 for part in read)
        assert " ".join(read) == text
        assert (await bridge.send("short", id="1002")).status_code == 200
        assert (await bridge.send(text, id="1003")).status_code == 200
        await bridge.statuses("sent", "sent", "sent")
        assert bridge.read(room) == (*read, "short", *read)


async def test_an_answer_to_a_message_goes_below_that_where_the_channel_wants_it(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT | {"quotes": "render"}) as bridge:
        room = await bridge.talking()
        (asked,) = [m for m in bridge.rocketchat.messages.values() if m.rid == room.id and m.text == "I am ana"]
        await write(bridge, room.id, f"[ ](https://chat.example.org/live/{room.id}?msg={asked.id}) Hello Ana")
        await bridge.heard("> I am ana\nHello Ana")
