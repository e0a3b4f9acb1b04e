"""Whose words reach the contact, and which do not, with the reason."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from channel.sandbox.rocketchat import PROFILES, Attachment, Holds, Repeats
from tests.bridge import Bridge, counted, running_bridge


async def kept(bridge: Bridge) -> list[tuple[str, str | None]]:
    """What is kept of agents' words: the text, and the reason why it does not go."""
    rows = await bridge.query("SELECT texts, reason FROM message WHERE author = 'agent' ORDER BY created_at, id")
    return [("".join(row["texts"]), row["reason"]) for row in rows]


async def test_everybody_who_is_not_the_visitor_speaks_for_the_agents(bridge: Bridge) -> None:
    room = await bridge.talking()
    chat = bridge.rocketchat
    chat.add_user("ines.manager", name="Ines", roles="livechat-manager")
    await chat.join(room.id, "maria.agent")
    said = {
        "joao.agent": "I serve this room",
        "maria.agent": "I joined",
        "bridge.bot": "I am a bot",
        "ines.manager": "I am a manager",
        "admin": "I run this place",
    }
    for number, (username, text) in enumerate(said.items(), start=1):
        await chat.write(room.id, username, text)
        await bridge.heard(*list(said.values())[:number])
    await bridge.all_told()

    assert await kept(bridge) == [(text, None) for text in said.values()]
    (conversation,) = await bridge.query("SELECT state, agent FROM conversation")
    assert tuple(conversation) == ("served", chat.user("joao.agent").id)


@pytest.mark.parametrize("release", ["6.4", "7.11"])
async def test_a_closing_comment_is_kept_with_the_close_and_is_not_sent_as_a_message(
    database_url: str, tmp_path: Path, release: str
) -> None:
    async with running_bridge(database_url, tmp_path, profile=PROFILES[release]) as bridge:
        room = await bridge.talking()
        await bridge.rocketchat.write(room.id, "joao.agent", "Anything else?")
        await bridge.heard("Anything else?")
        await bridge.rocketchat.close(room.id, "joao.agent", "Solved, good bye")
        await bridge.until_rows("SELECT 1 FROM event WHERE kind = 'RoomClosed'")
        await bridge.all_told()

        told = {attempt.type for attempt in bridge.rocketchat.webhooks if "Solved" in str(attempt.body)}
        assert told == ({"Message", "LivechatSession"} if release == "6.4" else {"LivechatSession"})
        notes = await bridge.query("SELECT kind, original FROM event WHERE kind IN ('closing_message', 'RoomClosed')")
        assert {row["kind"] for row in notes} == (
            {"closing_message", "RoomClosed"} if release == "6.4" else {"RoomClosed"}
        )
        assert all(row["original"] for row in notes)
        assert len(bridge.received()) == 1


async def test_an_edit_goes_as_a_new_message_once_for_each_time_of_editing(bridge: Bridge) -> None:
    room = await bridge.talking()
    chat = bridge.rocketchat
    message = await chat.write(room.id, "joao.agent", "Come at 9")
    await bridge.heard("Come at 9")
    chat.faults.webhook(Repeats(), type="Message", times=None)
    await chat.edit(message, "joao.agent", "Come at 10")
    await bridge.heard("Come at 9", "Correction: Come at 10")
    await bridge.all_told()
    await chat.edit(message, "joao.agent", "Come at 11")
    await bridge.heard("Come at 9", "Correction: Come at 10", "Correction: Come at 11")
    await bridge.all_told()

    assert len(bridge.received()) == 3
    assert await kept(bridge) == [("Come at 9", None), ("Come at 10", None), ("Come at 11", None)]
    dates = [datetime.fromisoformat(request.params["date"]) for request in bridge.received()]
    assert dates == sorted(set(dates)), "an edit is said when it is edited"


async def test_an_edit_that_leaves_the_words_as_they_were_is_kept_as_unchanged(bridge: Bridge) -> None:
    room = await bridge.talking()
    message = await bridge.rocketchat.write(room.id, "joao.agent", "Come at 9")
    await bridge.heard("Come at 9")
    await bridge.rocketchat.edit(message, "joao.agent", "Come at 9")
    await bridge.until_rows("SELECT 1 FROM message WHERE reason = 'unchanged'")
    await bridge.all_told()

    assert len(bridge.received()) == 1
    assert await kept(bridge) == [("Come at 9", None), ("Come at 9", "unchanged")]


async def test_an_edit_that_arrives_before_its_original_is_a_first_sending_and_the_original_a_repeat(
    bridge: Bridge,
) -> None:
    room = await bridge.talking()
    chat = bridge.rocketchat
    chat.faults.webhook(Holds(), type="Message", times=3)
    message = await chat.write(room.id, "joao.agent", "Come at 9")
    await chat.edit(message, "joao.agent", "Come at 10")
    await chat.edit(message, "joao.agent", "Come at 11")
    before = counted("duplicates")
    chat.release(backwards=True)
    await bridge.heard("Come at 11")
    await bridge.all_told()

    assert len(bridge.received()) == 1
    assert await kept(bridge) == [("Come at 11", None)]
    assert counted("duplicates") - before == 2


async def test_the_same_edit_told_in_order_goes_in_order(bridge: Bridge) -> None:
    room = await bridge.talking()
    chat = bridge.rocketchat
    chat.faults.webhook(Holds(), type="Message", times=3)
    message = await chat.write(room.id, "joao.agent", "one")
    await chat.edit(message, "joao.agent", "two")
    await chat.edit(message, "joao.agent", "one")
    chat.release()

    await bridge.heard("one", "Correction: two", "Correction: one")


async def test_a_files_caption_goes_and_a_file_without_words_is_kept_as_media(bridge: Bridge) -> None:
    room = await bridge.talking()
    await bridge.rocketchat.write(room.id, "joao.agent", attachment=Attachment("map.png", caption="our office"))
    await bridge.heard("our office")
    for name, kind in (("map.png", "image/png"), ("voice.mp3", "audio/mpeg"), ("a.pdf", "application/pdf")):
        await bridge.rocketchat.write(room.id, "joao.agent", attachment=Attachment(name, kind))
    await bridge.until_rows("SELECT 1 FROM message WHERE reason = 'media' HAVING count(*) = 4")
    await bridge.all_told()

    assert [m.text for m in bridge.rapidpro.incoming()] == ["our office"]
    assert "file-upload" not in bridge.received()[0].body.decode()


async def test_640_characters_go_and_641_are_kept_as_too_long(bridge: Bridge) -> None:
    room = await bridge.talking()
    fit = ["a" * 640, "ሀ" * 640, "𐌸" * 640, "e\u0301" * 640]  # the last fits once it is composed
    read = [*fit[:3], "é" * 640]
    for number, text in enumerate(fit, start=1):
        await bridge.rocketchat.write(room.id, "joao.agent", text)
        await bridge.heard(*read[:number])
    over = ["a" * 641, "𐌸" * 641, "e\u0301" * 640 + ".", "long " * 1000]
    for text in over:
        await bridge.rocketchat.write(room.id, "joao.agent", text)
    await bridge.until_rows("SELECT 1 FROM message WHERE reason = 'too_long' HAVING count(*) = 4")
    await bridge.all_told()

    assert [m.text for m in bridge.rapidpro.incoming()] == read
    assert len(bridge.received()) == len(fit)
    assert sorted(await kept(bridge), key=str) == sorted(
        [(text, None) for text in fit] + [(text, "too_long") for text in over], key=str
    )


async def test_words_of_white_space_alone_are_kept_as_empty(bridge: Bridge) -> None:
    room = await bridge.talking()
    for text in ("", " ", "\n\t ", "\u00a0", "\u2003"):
        await bridge.rocketchat.write(room.id, "joao.agent", text)
    await bridge.until_rows("SELECT 1 FROM message WHERE reason = 'empty' HAVING count(*) = 5")
    await bridge.rocketchat.write(room.id, "joao.agent", "I am here")
    await bridge.heard("I am here")
    assert len(bridge.received()) == 1


async def test_words_in_every_script_arrive_as_they_were_written(bridge: Bridge) -> None:
    room = await bridge.talking()
    texts = [
        "ሰላም ነው",
        "مرحبا بك\u200f",
        "नमस्ते क्‍ष",
        "100% sure; a=b&c+d %2B #1 ?",
        '{"msg": "no"} <b>&amp;</b> @contact.name {{text}}',
        "  spaces  around  \n\nand lines\r\nof two kinds\t.",
        "\u202eright to left\u202c zero\u200bwidth",
        "@all stop",
    ]
    for number, text in enumerate(texts, start=1):
        await bridge.rocketchat.write(room.id, "joao.agent", text)
        await bridge.heard(*texts[:number])


async def test_the_bare_words_of_the_live_agents_form_are_an_agents(bridge: Bridge) -> None:
    room = await bridge.talking()
    told: dict[str, Any] = {
        "_id": room.id,
        "type": "Message",
        "visitor": {"token": "c0ffee00-0000-4000-8000-000000000001"},
        "messages": [{"msg": "Hello, this is Joao"}],
    }
    before = counted("duplicates")
    await bridge.tell(told)
    await bridge.heard("Hello, this is Joao")
    await bridge.skip(9)
    await bridge.tell(told)
    await bridge.all_told()
    assert len(bridge.received()) == 1, "the same body within 10 s is a repeat"
    assert counted("duplicates") - before == 1

    await bridge.skip(1)
    await bridge.tell({**told, "messages": [{"msg": "Hello, this is Maria"}]})
    await bridge.heard("Hello, this is Joao", "Hello, this is Maria")
    await bridge.skip(10)
    await bridge.tell(told)
    await bridge.heard("Hello, this is Joao", "Hello, this is Maria", "Hello, this is Joao")


async def test_a_bare_body_finds_its_contact_by_the_visitor_token_when_the_room_is_not_known(bridge: Bridge) -> None:
    room = await bridge.talking()
    await bridge.tell(
        {"_id": "another", "type": "Message", "visitor": {"token": room.token}, "messages": [{"msg": "Found you"}]}
    )
    (heard,) = await bridge.heard("Found you")
    assert heard.urn.path == "ana"
