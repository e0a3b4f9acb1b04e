"""What goes of a text, in which words, and who is told: what the contact got and what the agent read, both at once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from channel.core import limits
from channel.core.authors import SIGN
from channel.sandbox.rapidpro import faults
from channel.sandbox.rocketchat import Attachment
from tests.bridge import SILENT, Bridge, running_bridge
from tests.journeys.calling import Flow, person
from tests.journeys.told import ticked, told_in

JOAO = "joao.agent"
LONG = "w" * 641
UNSEEN = "\u200b\u2060\ufeff"
JPG = "https://files.example.org/a/1.jpg"
END = "The chat has ended. Thank you for writing."
NOT_SENT = f"{SIGN}A file, picture, place or call was not sent. Only text reaches the contact. Please say it in words."
NOTHING = f"{SIGN}A message was not sent: there is nothing in it to read. Please say it in words."


async def stored(bridge: Bridge, count: int) -> list[str | None]:
    """Why agents' messages did not go, or not as they were, once there are so many."""
    rows = await bridge.until_rows(
        "SELECT array_agg(reason ORDER BY created_at, id) AS reasons FROM message WHERE author = 'agent'"
        " HAVING count(*) = $1",
        count,
    )
    return list(rows[0]["reasons"])


async def got(bridge: Bridge, *texts: str) -> None:
    """The contact has these, in this order, and nothing else is on its way."""
    await bridge.heard(*texts)
    await bridge.all_told()
    assert [message.text for message in bridge.rapidpro.incoming(bridge.channel)] == list(texts)


# What a contact wrote


async def test_a_contacts_text_in_which_nothing_can_be_seen_is_failed_and_shown_to_nobody(bridge: Bridge) -> None:
    for number, text in enumerate((UNSEEN, UNSEEN * 300)):
        assert (await bridge.send(text, id=str(number))).status_code == 200
    await bridge.shift_clock(3)
    assert sorted(await bridge.statuses("failed", "failed")) == [("failed", "0"), ("failed", "1")]
    flow = Flow(bridge)
    answer = await flow.say(UNSEEN)
    assert (answer["outcome"], answer["reason"]) == ("refused", "empty")
    assert (await flow.register(results={"clientmessage": {"value": UNSEEN}}))["outcome"] == "queued"
    room = bridge.rocketchat.rooms[await flow.room()]
    await flow.say("Hello")
    await bridge.room_of("Hello")
    assert bridge.read(room) == ("Hello",)


API: dict[str, tuple[dict[str, object], dict[str, Any], tuple[str, ...], str | None]] = {
    "long in parts": ({}, {"text": "a" * 700}, ("a" * 640, "a" * 60), None),
    "long refused": ({"too_long": "refuse"}, {"text": LONG}, (), "too_long"),
    "as long as may be": ({"too_long": "refuse"}, {"text": "e\u0301" * 640}, ("e\u0301" * 320,) * 2, None),
    "a file refused": ({}, {"text": "", "attachments": [f"image/jpeg:{JPG}"]}, (), "media"),
    "a file shown": ({"contact_media": "link"}, {"text": "", "attachments": [f"image/jpeg:{JPG}"]}, (JPG,), None),
    "a file below words": (
        {"contact_media": "link"},
        {"text": "Look", "attachments": [f"image/jpeg:{JPG}"]},
        (f"Look\nAttachment: {JPG}",),
        None,
    ),
    "emoji are a contact's to write": ({}, {"text": "Thanks 👍🏽"}, ("Thanks 👍🏽",), None),
}


@pytest.mark.parametrize("name", API)
async def test_what_a_flow_passes_on_is_shown_or_refused_as_the_channel_wants(
    name: str, database_url: str, tmp_path: Path
) -> None:
    options, message, read, reason = API[name]
    async with running_bridge(database_url, tmp_path, options=SILENT | options) as bridge:
        flow = Flow(bridge)
        answer = await flow.say(None, message={"uuid": "m1", **message})
        assert (answer["outcome"], answer.get("reason")) == ("refused" if reason else "accepted", reason)
        assert (await flow.say("And this", message={"uuid": "m2", "text": "And this"}))["outcome"] == "accepted"
        await bridge.room_of(*read, "And this")


# What an agent wrote


async def test_a_place_and_a_call_do_not_go_and_the_agent_is_told(bridge: Bridge) -> None:
    """A webhook has nothing of a place: a message without words."""
    room = await bridge.talking()
    await bridge.rocketchat.offer_call(room.id, JOAO)
    assert await stored(bridge, 1) == ["media"]
    assert await told_in(bridge, room, 1) == [NOT_SENT]
    await bridge.rocketchat.write(room.id, JOAO)
    assert await stored(bridge, 2) == ["media", "empty"]
    async with bridge.hurrying("to_author"):
        assert await told_in(bridge, room, 2) == [NOT_SENT, NOTHING]
    await bridge.rocketchat.write(room.id, JOAO, "The end.")
    await got(bridge, "The end.")


async def test_one_message_is_told_of_once_with_all_that_did_not_go(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        await bridge.rocketchat.write(room.id, JOAO, attachment=Attachment("map.png", caption=LONG))
        (line,) = await told_in(bridge, room, 1)
        too_long, media = line.split("\n")
        assert too_long.startswith("Not sent, because it is too long: “www")
        assert media == NOT_SENT.removeprefix(SIGN)
        await bridge.rocketchat.write(room.id, JOAO, "The end.")
        await got(bridge, "The end.")


@pytest.mark.parametrize(
    ("prefix", "read"), [("", "Come at 10"), ("{text} (so it is right)", "Come at 10 (so it is right)")]
)
async def test_an_edit_goes_in_the_channels_own_words(
    prefix: str, read: str, database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT | {"edit_prefix": prefix}) as bridge:
        room = await bridge.talking()
        message = await bridge.rocketchat.write(room.id, JOAO, "Come at 9")
        await bridge.heard("Come at 9")
        await bridge.rocketchat.edit(message, JOAO, "Come at 10")
        await got(bridge, "Come at 9", read)
        assert await told_in(bridge, room, 0) == []


async def test_edits_in_which_nothing_can_be_seen_do_not_go_and_the_last_state_is_shown(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT) as bridge:
        await bridge.add_bot()
        bridge.rocketchat.add_custom_emoji("acme")
        room = await bridge.talking()
        message = await bridge.rocketchat.write(room.id, JOAO, "Come at 9 :acme:")
        await ticked(bridge, message, ":white_check_mark:")
        for text in ("Come at 9", "Come at 9 ", "Come at *9* \u200b"):
            await bridge.rocketchat.edit(message, JOAO, text)
        assert await stored(bridge, 4) == ["emoji_stripped", *["unchanged"] * 3]
        await bridge.rocketchat.edit(message, JOAO, LONG)
        await ticked(bridge, message, ":x:")
        await bridge.rocketchat.edit(message, JOAO, "Come at 9")
        await ticked(bridge, message, ":white_check_mark:")
        await got(bridge, "Come at 9")
        async with bridge.hurrying("to_author"):
            lines = "\n".join(await told_in(bridge, room, 2)).split("\n")
        assert [line[:19] for line in lines] == ["Emoji do not reach ", "Not sent, because i"]


async def test_what_waits_and_becomes_a_note_goes_to_nobody(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        bridge.rapidpro.faults.add("receive", faults.answer(503), times=1000)
        await bridge.rocketchat.write(room.id, JOAO, "One moment")
        await bridge.until_rows("SELECT 1 FROM delivery WHERE reason = 'http_503' AND NOT attempt_open")
        note = await bridge.rocketchat.write(room.id, JOAO, "Is she the one from Monday?")
        await stored(bridge, 2)
        await bridge.rocketchat.edit(note, JOAO, "// Is she the one from Monday?")
        assert await stored(bridge, 3) == [None, "replaced", "note"]
        bridge.rapidpro.faults.clear()
        async with bridge.hurrying():
            await got(bridge, "One moment")
        assert not bridge.rocketchat.messages[note].reactions
        assert await told_in(bridge, room, 0) == []


async def test_an_edit_of_a_dead_letter_is_a_first_sending(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        refused = faults.answer(400, '{"message": "Error", "data": [{"error": "channel type wrong"}]}')
        bridge.rapidpro.faults.add("receive", refused, times=20)
        message = await bridge.rocketchat.write(room.id, JOAO, "Come at 9")
        await bridge.until_rows("SELECT 1 FROM delivery WHERE state = 'dead'")
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith("Not delivered: “Come at 9”.")
        bridge.rapidpro.faults.clear()
        await bridge.rocketchat.edit(message, JOAO, "Come at 10")
        await bridge.heard("Come at 10")
        await ticked(bridge, message, ":white_check_mark:")


# What nobody is sure of, and what RapidPro marked failed


async def test_what_perhaps_arrived_is_said_to_have_perhaps_not(bridge: Bridge) -> None:
    room = await bridge.talking()
    bridge.rapidpro.faults.add("receive", faults.drop_before(), times=2)
    await bridge.rocketchat.write(room.id, JOAO, "Take two a day")
    async with bridge.hurrying():
        assert await told_in(bridge, room, 1) == [
            f"{SIGN}Perhaps not delivered: “Take two a day”. Please ask the contact before you write it again."
        ]


async def test_what_rapidpro_marked_failed_is_told_once(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, set_up="a", options=SILENT) as bridge:
        await bridge.add_bot()
        ana = person(bridge)
        flow = Flow(bridge)
        await flow.register()
        room = bridge.rocketchat.rooms[await flow.taken()]
        ana.status = "blocked"
        message = await bridge.rocketchat.write(room.id, JOAO, "Are you there?")
        await ticked(bridge, message, ":x:")
        assert await told_in(bridge, room, 1) == [
            "Not delivered: “Are you there?”. Please write again later, or reach the contact in another way."
        ]
        assert bridge.rapidpro.phone(ana) == []


async def test_what_waits_for_its_turn_is_told_as_anything_that_waits(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BEHIND_EVERY", 0.1)
    async with running_bridge(database_url, tmp_path, options=SILENT, rapidpro_rate=0.001) as bridge:
        await bridge.add_bot()
        room = await bridge.talking()
        await bridge.skip(3)
        await bridge.until_rows("SELECT 1 FROM peer WHERE next_at > live_agents_now()")  # a status has taken its turn
        await bridge.rocketchat.write(room.id, JOAO, "Come at 9")
        await stored(bridge, 1)
        await bridge.skip(121)
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith("Not delivered yet: “Come at 9”")
        while not bridge.rapidpro.incoming(bridge.channel):  # other statuses may have theirs before
            await bridge.skip(1000)
            await asyncio.sleep(0.2)
        await bridge.heard("Come at 9")
        assert await told_in(bridge, room, 2) == [line, "Delivered now: “Come at 9”."]


# What we say ourselves

COMMENTS: dict[str, tuple[dict[str, object], str, tuple[str, ...]]] = {
    "within the notice": ({}, "Bye *Ana* 👋 :acme:", (f"Bye Ana\n\n{END}",)),
    "too long": ({}, LONG, (END,)),
    "in parts": (
        {"text_length": 60, "agent_too_long": "split"},
        "One sentence that is quite long. And a second one, which is long too.",
        ("One sentence that is quite long.", "And a second one, which is long too.", END),
    ),
    "a note": ({}, "// she will call again", (END,)),
}


@pytest.mark.parametrize("name", COMMENTS)
async def test_a_closing_comment_is_under_the_rules_of_an_agents_words(
    name: str, database_url: str, tmp_path: Path
) -> None:
    options, comment, read = COMMENTS[name]
    notices = {**_notices(), "closed": True}
    async with running_bridge(
        database_url, tmp_path, options={"closing_comment": True, "notices": notices, **options}
    ) as bridge:
        bridge.rocketchat.add_custom_emoji("acme")
        room = await bridge.talking()
        await bridge.rocketchat.close(room.id, JOAO, comment)
        async with bridge.hurrying("to_contact"):
            await got(bridge, *read)


async def test_notices_are_within_the_limit_of_the_channel(database_url: str, tmp_path: Path) -> None:
    notices = {**_notices(), "taken": True}
    async with running_bridge(database_url, tmp_path, options={"text_length": 60, "notices": notices}) as bridge:
        bridge.rocketchat.user(JOAO).name = "कि" * 60
        await bridge.talking()
        (message,) = await bridge.rapidpro.until(lambda rp: rp.incoming(bridge.channel))
        assert message.text == f"You are now being attended by: {'कि' * 14}…"


def _notices() -> dict[str, bool]:
    notices = SILENT["notices"]
    assert isinstance(notices, dict)
    return notices
