"""Agents' words that RapidPro took and then could not bring: told in the room, from one simulated peer to the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from channel.core import limits
from channel.core.authors import SIGN
from channel.sandbox.rapidpro import V8_0, V9_0, V26_3_31, Message, RapidPro, Version, faults
from channel.sandbox.rocketchat import Room
from tests.bridge import Bridge, running_bridge
from tests.journeys.calling import AGENT, Flow, person
from tests.journeys.told import ticked, told_in

ARRIVED, FAILED = ":white_check_mark:", ":x:"


@asynccontextmanager
async def talking(
    database_url: str, directory: Path, version: Version = V26_3_31, *, bot: bool = True, rate: float = 0.0
) -> AsyncIterator[tuple[Bridge, Room]]:
    """Ana, at a phone, and an agent who has taken her room."""
    pro = RapidPro(version)
    async with running_bridge(database_url, directory, set_up="a", rapidpro=pro, rapidpro_rate=rate) as bridge:
        if bot:
            await bridge.add_bot()
        person(bridge)
        flow = Flow(bridge)
        await flow.register()
        yield bridge, bridge.rocketchat.rooms[await flow.taken()]


async def brought(bridge: Bridge, room: Room, text: str) -> tuple[str, Message]:
    """The agent's message in Rocket.Chat, and the one that RapidPro made of it, once we know that it did."""
    written: str = await bridge.rocketchat.write(room.id, AGENT, text)
    await bridge.until_rows(
        "SELECT 1 FROM delivery WHERE kind = 'ReplyToContact' AND state = 'done' AND body ->> 'text' = $1", text
    )
    sent = await bridge.rapidpro.until(lambda rp: next((m for m in rp.outgoing() if m.text == text), None))
    await bridge.rapidpro.until(lambda _: sent.status == "delivered" or None)
    return written, sent


def looks(bridge: Bridge) -> int:
    """How often RapidPro was asked what it has failed."""
    return len([r for r in bridge.rapidpro.requests if r.method == "GET" and r.params.get("folder") == "failed"])


async def looked(bridge: Bridge, times: int = 1) -> None:
    """Return when RapidPro was asked so often more."""
    for wanted in range(looks(bridge) + 1, looks(bridge) + 1 + times):
        await bridge.skip(limits.FOLLOWED_EVERY + 1)
        await _looked(bridge, wanted)


async def _looked(bridge: Bridge, times: int) -> None:
    await bridge.rapidpro.until(lambda _: looks(bridge) >= times or None)


@pytest.mark.parametrize("version", [V9_0, V26_3_31], ids=lambda version: version.name)
async def test_what_rapidpro_fails_after_it_took_it_is_told_once_and_again_when_it_went(
    database_url: str, tmp_path: Path, version: Version
) -> None:
    async with talking(database_url, tmp_path, version) as (bridge, room):
        item, sent = await brought(bridge, room, "Good morning")
        await ticked(bridge, item, ARRIVED)
        bridge.rapidpro.courier.fail(sent)
        await looked(bridge)
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith("Not delivered: “Good morning”")
        await ticked(bridge, item, FAILED)
        await bridge.rapidpro.resend(sent)
        await looked(bridge)
        assert await told_in(bridge, room, 2) == [line, "Delivered now: “Good morning”."]
        await ticked(bridge, item, ARRIVED)
        assert [m.text for m in bridge.rapidpro.outgoing()].count("Good morning") == 1


async def test_without_a_bot_it_is_told_in_a_line_of_the_visitors(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, bot=False) as (bridge, room):
        _, sent = await brought(bridge, room, "Good morning")
        bridge.rapidpro.courier.fail(sent)
        await looked(bridge)
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith(f"{SIGN}Not delivered: “Good morning”")


async def test_nothing_is_told_again_after_a_restart_or_by_another_process(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, room):
        _, sent = await brought(bridge, room, "Good morning")
        await brought(bridge, room, "How can I help?")
        bridge.rapidpro.courier.fail(sent)
        async with bridge.replica():
            await looked(bridge)
            (line,) = await told_in(bridge, room, 1)
        async with bridge.replica():
            await looked(bridge, 3)
            await bridge.idle()
            assert await told_in(bridge, room, 1) == [line]
        assert [m.text for m in bridge.rapidpro.outgoing()] == ["Good morning", "How can I help?"]


async def test_words_of_which_the_answer_was_lost_are_known_too(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, room):
        bridge.rapidpro.faults.add("POST messages", faults.drop_after())
        async with bridge.hurrying("to_contact"):
            _, sent = await brought(bridge, room, "Good morning")
        bridge.rapidpro.courier.fail(sent)
        await looked(bridge)
        (line,) = await told_in(bridge, room, 1)
        assert line.startswith("Not delivered: “Good morning”")


async def test_one_that_went_as_a_broadcast_is_known_by_that(database_url: str, tmp_path: Path) -> None:
    """All there is before 8.2."""
    async with talking(database_url, tmp_path, V8_0) as (bridge, room):
        _, sent = await brought(bridge, room, "Good morning")
        bridge.rapidpro.courier.fail(sent)
        await looked(bridge)
        await told_in(bridge, room, 1)


async def test_others_messages_are_nothing_to_us(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, room):
        await brought(bridge, room, "Good morning")
        ana = bridge.rapidpro.contacts[0]
        bridge.rapidpro.courier.fail(await bridge.rapidpro.send(ana, "A broadcast"))
        await looked(bridge, 2)
        await told_in(bridge, room, 0)


async def test_nobody_is_asked_where_words_go_through_receive(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, api_token=True) as bridge:
        room = await bridge.talking()
        await bridge.rocketchat.write(room.id, "joao.agent", "Hello")
        await bridge.heard("Hello")
        await bridge.skip(limits.FOLLOWED_SELDOM + 1)
        await bridge.until_rows("SELECT 1 FROM channel WHERE followed_at > live_agents_now() - interval '1 minute'")
        assert looks(bridge) == 0


async def test_a_rapidpro_that_is_away_is_not_asked(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, room):
        await brought(bridge, room, "Good morning")
        await looked(bridge)
        await bridge.query(
            "UPDATE peer SET state = 'open', breaker = jsonb_build_object("
            "'state', 'open', 'turned_at', live_agents_now(), 'probed_at', live_agents_now() + interval '1 day')"
            " WHERE dest = 'rapidpro'"
        )
        before = looks(bridge)
        await bridge.skip(limits.FOLLOWED_EVERY + 1)
        await bridge.until_rows("SELECT 1 FROM channel WHERE followed_at > live_agents_now() - interval '1 minute'")
        assert looks(bridge) == before


async def test_what_is_asked_has_its_time_in_the_operators_rate(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, rate=0.2) as (bridge, room):
        async with bridge.hurrying():
            await brought(bridge, room, "Good morning")
        await bridge.idle()
        await looked(bridge)
        await bridge.until_rows("SELECT 1 FROM peer WHERE dest = 'rapidpro' AND next_at > live_agents_now()")
