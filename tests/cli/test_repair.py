"""`live-agents repair`: what was lost is found on demand, and what RapidPro gave up on is listed."""

import re
from pathlib import Path

import pytest

from channel.sandbox.rapidpro import External, faults
from tests import processes
from tests.bridge import Bridge, running_bridge
from tests.cli.test_bad_input import NOBODY, said
from tests.journeys.losing import heard, loses, reads, says
from tests.processes import Ended


async def repair(bridge: Bridge, *arguments: str) -> Ended:
    (key,) = bridge.runtime.settings.secret_keys
    env = processes.environment(
        bridge.runtime.settings.data_dir, DATABASE_URL=bridge.database_url, SECRET_KEYS=key.get_secret_value()
    )
    return await processes.run(env, "repair", *arguments)


_AFTER_TIME = re.compile(r":\d\d\.\d+Z  (.*)")


def rows(ended: Ended) -> list[str]:
    """What the table says of each message, without room, id and time."""
    assert ended.code == 0, ended.err
    return [found[1] for line in ended.out.splitlines() if (found := _AFTER_TIME.search(line))]


async def test_a_dry_run_changes_nothing_and_a_repair_delivers(bridge: Bridge) -> None:
    room = await bridge.talking()
    await says(bridge, room, "one")
    await loses(bridge, room, "two", "// a note", "l" * 700)

    would = await repair(bridge, "--dry-run")
    assert rows(would) == ["would be delivered", "is not for the contact: note", "is not for the contact: too_long"]
    assert "1 room was read. Nothing was changed." in would.out
    assert "two" not in would.out
    assert len(await bridge.query("SELECT 1 FROM message WHERE author = 'agent'")) == 1

    did = await repair(bridge)
    assert rows(did)[0] == "goes to the contact"
    await bridge.heard("one", "two")
    again = await repair(bridge)
    assert (rows(again), again.out) == ([], "1 room was read, and nothing is missing.\n")
    await bridge.all_told()
    assert heard(bridge) == ["one", "two"]


async def test_one_room_or_one_channel_can_be_chosen(bridge: Bridge) -> None:
    ana, bob = await bridge.talking("ana"), await bridge.talking("bob")
    await loses(bridge, ana, "for ana")
    await loses(bridge, bob, "for bob")
    other, _ = await bridge.connect()
    nothing = await repair(bridge, "--channel", other["channel"]["uuid"])
    assert nothing.out == "0 rooms were read, and nothing is missing.\n"
    said(await repair(bridge, "--channel", other["channel"]["uuid"], "--room", bob.id), "there is no room")
    assert rows(await repair(bridge, "--room", bob.id)) == ["goes to the contact"]
    await bridge.heard("for bob")
    assert reads(bridge, ana) == 0
    assert rows(await repair(bridge, "--channel", bridge.connected["channel"]["uuid"])) == ["goes to the contact"]
    await bridge.heard("for bob", "for ana")


async def test_a_room_that_cannot_be_read_is_named_and_the_others_are_repaired(bridge: Bridge) -> None:
    ana, bob = await bridge.talking("ana"), await bridge.talking("bob")
    await loses(bridge, ana, "for ana")
    await loses(bridge, bob, "for bob")
    await bridge.query("UPDATE room SET rid = 'unknown' WHERE rid = $1", ana.id)
    ended = await repair(bridge)
    assert ended.code == 1
    assert "of 2 rooms, these could not be read: unknown (invalid-room)" in ended.err
    await bridge.heard("for bob")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--channel", "x"), "--channel is no UUID"),
        (("--channel", NOBODY), f"there is no channel {NOBODY}"),
        (("--room", "rNowhere"), "there is no room rNowhere"),
        (("--room", " "), "--room is empty"),
        (("--rapidpro", "--dry-run"), "--rapidpro only lists"),
        (("--rapidpro", "--room", "r"), "--rapidpro only lists"),
        (("--rapidpro",), "RapidPro cannot be asked"),
    ],
)
async def test_a_wrong_request_is_refused_in_a_sentence(
    arguments: tuple[str, ...], sentence: str, env: dict[str, str]
) -> None:
    said(await processes.run(env, "repair", *arguments), sentence)


async def test_what_rapidpro_gave_up_on_while_we_were_away_is_listed_without_its_words(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, api_token=True) as bridge:
        came = await bridge.rapidpro.send_on(bridge.channel, "ana", "this one came")
        await bridge.room_of("this one came")
        came.status = "failed"  # a dead letter of ours, in which RapidPro believes what we reported
        nothing = await repair(bridge, "--rapidpro")
        assert nothing.out == "RapidPro gave up on nothing that was for Live Agents.\n"

        async with bridge.database_away():
            lost = [await bridge.rapidpro.send_on(bridge.channel, "ana", f"secret {number}") for number in range(3)]
        assert {message.status for message in lost} == {"errored"}
        for message in lost[:2]:
            message.status = "failed"  # after its third try
        other = bridge.rapidpro.add_external_channel(External(send_url="http://127.0.0.1:9"), scheme="ext")
        await bridge.rapidpro.send_on(other, "ana", "somebody else's")

        listed = await repair(bridge, "--rapidpro", "--channel", bridge.connected["channel"]["uuid"])
        assert listed.code == 0, listed.err
        table = [line.split() for line in listed.out.splitlines()[1:-1]]
        assert [(row[1], row[2], row[-1]) for row in table] == [
            (message.uuid, message.contact.uuid, status)
            for message, status in zip(lost, ("failed", "failed", "errored"), strict=True)
        ]
        assert "secret" not in listed.out


async def test_a_rapidpro_that_does_not_answer_is_named(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, api_token=True) as bridge:
        await bridge.rapidpro.send_on(bridge.channel, "ana", "by this the channel is known")
        await bridge.room_of("by this the channel is known")
        bridge.rapidpro.faults.add("GET messages", faults.not_json())
        said(await repair(bridge, "--rapidpro"), "RapidPro did not say it of channel test")
