"""`live-agents forget`: one person is erased here, and in Rocket.Chat where that is wanted."""

import pytest

from channel.sandbox.rocketchat import Answers
from tests import processes
from tests.bridge import Bridge
from tests.cli.test_bad_input import NOBODY, said
from tests.processes import Ended


async def forget(bridge: Bridge, *arguments: str) -> Ended:
    (key,) = bridge.runtime.settings.secret_keys
    env = processes.environment(
        bridge.runtime.settings.data_dir, DATABASE_URL=bridge.database_url, SECRET_KEYS=key.get_secret_value()
    )
    return await processes.run(env, "forget", *arguments)


async def test_a_person_is_erased_on_both_sides_and_begins_anew(bridge: Bridge) -> None:
    room = await bridge.talking("ana")
    await bridge.rocketchat.write(room.id, "joao.agent", "I am Joao")
    await bridge.heard("I am Joao")
    await bridge.idle()
    would = await forget(bridge, "ana", "--dry-run")
    assert would.code == 0
    assert f"a chat is open: {room.id}. Nothing was changed." in would.out
    assert await bridge.query("SELECT 1 FROM contact WHERE urn = 'ana'")

    ended = await forget(bridge, "ana", "--rocketchat")
    assert (ended.code, ended.err) == (0, "")
    assert "In Rocket.Chat the visitor is erased, with all chats." in ended.out
    assert "ana" not in ended.out
    assert not bridge.rocketchat.rooms
    assert not bridge.rocketchat.visitors
    assert not bridge.rocketchat.messages

    assert (await bridge.send("I am ana", id="hello-ana", to="ana")).status_code == 200  # courier's retry
    await bridge.send("Hello again", id="1002", to="ana")
    await bridge.room_of("Hello again")
    said(await forget(bridge, "id:1"), "contact id:1 was forgotten already")
    assert [tuple(row) for row in await bridge.query("SELECT what, about, outcome FROM audit")] == [
        ("forget --rocketchat", "id:1", "done")
    ]


async def test_what_only_we_forget_says_what_is_left_to_do(bridge: Bridge) -> None:
    room = await bridge.talking("ana")
    ended = await forget(bridge, "ext:ana", "--channel", bridge.connected["channel"]["uuid"])
    assert ended.code == 0, ended.err
    assert f"close {room.id}. Rocket.Chat and RapidPro keep what they have" in ended.out
    assert bridge.read(room) == ("I am ana",)
    await bridge.rocketchat.write(room.id, "joao.agent", "Are you there?")
    await bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
    assert not await bridge.query("SELECT 1 FROM message WHERE author = 'agent'")
    assert not await bridge.query("SELECT 1 FROM event WHERE original IS NOT NULL")


async def test_where_rocketchat_refuses_it_can_be_tried_again(bridge: Bridge) -> None:
    room = await bridge.talking("ana")
    bridge.rocketchat.faults.rest(Answers(500), at="POST livechat/room.close", times=1)
    said(
        await forget(bridge, "ana", "--rocketchat"),
        "contact id:1 is forgotten here, and not in Rocket.Chat: Rocket.Chat's address answered 500",
    )
    assert not await bridge.query("SELECT 1 FROM contact WHERE urn = 'ana'")
    assert bridge.rocketchat.rooms[room.id].open
    assert (await forget(bridge, "id:1", "--rocketchat")).code == 0
    assert not bridge.rocketchat.visitors


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nobody",), "there is no contact of this name"),
        (("nobody", "--channel", NOBODY), "there is no contact of this name in this channel"),
        (("ana", "--channel", "x"), "--channel is no UUID"),
    ],
)
async def test_who_cannot_be_meant_is_said_in_a_sentence(
    arguments: tuple[str, ...], sentence: str, env: dict[str, str]
) -> None:
    said(await processes.run(env, "forget", *arguments), sentence)
