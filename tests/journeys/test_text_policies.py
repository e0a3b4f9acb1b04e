"""What an operator may choose about texts: what the contact reads, what is kept, and what the agent is told."""

from pathlib import Path

import pytest

from channel.core.authors import SIGN
from channel.sandbox.rocketchat import Attachment
from tests.bridge import SILENT, Bridge, running_bridge
from tests.journeys.told import told_in

JOAO = "joao.agent"
PICTURE = Attachment("map.png", caption="our office")
VOICE_NOTE = Attachment("voice.mp3", "audio/mpeg")

STRIPPED = "Emoji do not reach the contact. Your messages are sent without them."

Written = str | Attachment
Row = tuple[dict[str, object], list[Written], list[str], list[str | None], list[str]]

#: Of each: the options, what an agent writes, what the contact reads, the reason kept with each message, and what the
#: agent is told.
POLICIES: dict[str, Row] = {
    "long refused": (
        {"text_length": 60},
        ["w" * 61, "w" * 60],
        ["w" * 60],
        ["too_long", None],
        [f"Not sent, because it is too long: “{'w' * 61}” (61 characters; 60 are allowed)."],
    ),
    "long in parts": (
        {"text_length": 60, "agent_too_long": "split"},
        ["One sentence that is quite long. And a second one, which is long too."],
        ["One sentence that is quite long.", "And a second one, which is long too."],
        [None],
        [],
    ),
    "parts with their numbers": (
        {"text_length": 60, "agent_too_long": "split", "numbered": True},
        ["One sentence that is quite long. And a second one, which is long too."],
        ["(1/2) One sentence that is quite long.", "(2/2) And a second one, which is long too."],
        [None],
        [],
    ),
    "emoji taken out": (
        {},
        ["Hello 👩🏽‍⚕️, come :wave: at 10:30:45", "Bye 👋"],
        ["Hello, come at 10:30:45", "Bye"],
        ["emoji_stripped", "emoji_stripped"],
        [STRIPPED],
    ),
    "nothing but emoji": ({}, ["👍 :wave:"], [], ["emoji"], ["Not sent, because of its emoji: “👍 :wave:”."]),
    "emoji refused": (
        {"emoji": "refuse"},
        ["Hello 👍", "Hello :)"],
        ["Hello :)"],
        ["emoji", None],
        ["Not sent, because of its emoji: “Hello 👍”."],
    ),
    "emoji allowed": ({"emoji": "allow"}, ["Hello 👍 :wave:"], ["Hello 👍 👋"], [None], []),
    "emoji of the workspace's own": (
        {},
        ["Hello :acme: there :acme-logo: :other:"],
        ["Hello there :other:"],
        ["emoji_stripped"],
        [STRIPPED],
    ),
    "markup made plain": (
        {},
        ["*bold* _it_ ~no~ `code` [link](https://example.org/?a=1&b=2)"],
        ["bold it no code link (https://example.org/?a=1&b=2)"],
        [None],
        [],
    ),
    "markup kept": (
        {"markup": "keep"},
        ["*bold* [link](https://example.org/)"],
        ["*bold* [link](https://example.org/)"],
        [None],
        [],
    ),
    "a quote taken off": (
        {},
        ["[ ](https://chat.example.org/live/rOne?msg=mOne) Yes, today"],
        ["Yes, today"],
        [None],
        [],
    ),
    "notes between agents": (
        {},
        ["// is she the one from Monday? 👍", "Good morning"],
        ["Good morning"],
        ["note", None],
        [],
    ),
    "files refused": ({}, [PICTURE], ["our office"], ["media"], ["A file, picture, place or call was not sent."]),
    "voice notes refused": ({}, [VOICE_NOTE], [], ["media"], ["A file, picture, place or call was not sent."]),
    "told in the agents' language": (
        {"agents_language": "por"},
        [VOICE_NOTE],
        [],
        ["media"],
        ["Um arquivo, uma imagem, um lugar ou uma chamada não foi enviado."],
    ),
    "nothing to be seen": (
        {},
        ["\u200b\u2060"],
        [],
        ["empty"],
        ["A message was not sent: there is nothing in it to read."],
    ),
    "half a character": ({}, ["\ufe0f\0"], [], ["empty"], ["A message was not sent: there is nothing in it to read."]),
}


@pytest.mark.parametrize("name", POLICIES)
async def test_each_policy_holds_from_agent_to_contact(name: str, database_url: str, tmp_path: Path) -> None:
    options, written, read, reasons, told = POLICIES[name]
    async with running_bridge(database_url, tmp_path, options=SILENT | options) as bridge:
        bridge.rocketchat.add_custom_emoji("acme", "acme-logo")
        room = await bridge.talking()
        for one in written:
            text, attachment = ("", one) if isinstance(one, Attachment) else (one, None)
            await bridge.rocketchat.write(room.id, JOAO, text, attachment=attachment)
        assert await _reasons(bridge, len(written)) == reasons
        await bridge.rocketchat.write(room.id, JOAO, "The end.")
        await bridge.heard(*read, "The end.")
        assert [request.params["text"] for request in bridge.received()] == [*read, "The end."]
        lines = await told_in(bridge, room, len(told))
        assert [line.startswith(f"{SIGN}{beginning}") for line, beginning in zip(lines, told, strict=True)] == [
            True
        ] * len(told)


async def test_a_file_goes_as_its_address_where_the_channel_wants_that(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, options=SILENT | {"media": "link"}) as bridge:
        room = await bridge.talking()
        await bridge.rocketchat.write(room.id, JOAO, attachment=PICTURE)
        (message,) = await bridge.rapidpro.until(lambda rapidpro: rapidpro.incoming(bridge.channel))
        words, address = message.text.split("\n")
        assert words == "our office"
        assert address.startswith("http")
        assert "map.png" in address


async def test_an_edit_that_takes_the_mark_of_a_note_away_is_a_first_sending(bridge: Bridge) -> None:
    room = await bridge.talking()
    note = await bridge.rocketchat.write(room.id, JOAO, "// come at 9")
    assert await _reasons(bridge, 1) == ["note"]
    await bridge.rocketchat.edit(note, JOAO, "// come at 10")
    assert await _reasons(bridge, 2) == ["note", "note"]
    await bridge.rocketchat.edit(note, JOAO, "Come at 10")
    await bridge.heard("Come at 10")


async def test_an_edit_of_what_was_too_long_is_a_first_sending(bridge: Bridge) -> None:
    room = await bridge.talking()
    message = await bridge.rocketchat.write(room.id, JOAO, "w" * 641)
    assert await _reasons(bridge, 1) == ["too_long"]
    await bridge.rocketchat.edit(message, JOAO, "Shorter")
    await bridge.heard("Shorter")


async def test_an_edit_of_which_a_contact_sees_nothing_does_not_go(bridge: Bridge) -> None:
    room = await bridge.talking()
    message = await bridge.rocketchat.write(room.id, JOAO, "*Come* at 9")
    await bridge.heard("Come at 9")
    await bridge.rocketchat.edit(message, JOAO, "Come at 9 👍")
    assert await _reasons(bridge, 2) == [None, "unchanged"]
    assert len(bridge.received()) == 1


async def _reasons(bridge: Bridge, count: int) -> list[str | None]:
    """Why an agent's messages do not go, or not as they are, in their order; once there are so many."""
    rows = await bridge.until_rows(
        "SELECT array_agg(reason ORDER BY created_at, id) AS reasons FROM message WHERE author = 'agent'"
        " HAVING count(*) = $1",
        count,
    )
    reasons: list[str | None] = rows[0]["reasons"]
    return reasons
