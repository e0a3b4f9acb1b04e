"""An agent's words on their way through RapidPro's API: once, as typed, in order, or a dead letter with its reason."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from channel.core import limits
from channel.sandbox.rapidpro import V8_0, V9_0, V26_3_31, Contact, RapidPro, Received, Version, faults
from tests.bridge import Bridge, running_bridge
from tests.journeys.calling import AGENT, Flow, on_phone, person


@asynccontextmanager
async def talking(
    database_url: str, directory: Path, version: Version = V26_3_31
) -> AsyncIterator[tuple[Bridge, Contact, str]]:
    """Ana, at a phone, and an agent who has taken her room."""
    async with running_bridge(database_url, directory, set_up="a", rapidpro=RapidPro(version)) as bridge:
        ana = person(bridge)
        flow = Flow(bridge)
        await flow.register()
        yield bridge, ana, await flow.taken()


def posts(bridge: Bridge, action: str = "messages") -> list[Received]:
    return [request for request in bridge.rapidpro.requests if (request.method, request.action) == ("POST", action)]


async def dead_letters(bridge: Bridge) -> list[Any]:
    rows = await bridge.until_rows("SELECT reason FROM delivery WHERE state = 'dead'")
    return [row["reason"] for row in rows]


@pytest.mark.parametrize("version", [V9_0, V26_3_31], ids=lambda version: version.name)
@pytest.mark.parametrize(
    "fault",
    [faults.drop_after(), faults.answer(502, works=True), faults.not_json(works=True)],
    ids=["none", "502", "?"],
)
async def test_words_whose_answer_was_lost_arrive_once(
    database_url: str, tmp_path: Path, version: Version, fault: faults.Fault
) -> None:
    async with talking(database_url, tmp_path, version) as (bridge, ana, room):
        bridge.rapidpro.faults.add("POST messages", fault)
        await bridge.rocketchat.write(room, AGENT, "Good morning")
        await bridge.rocketchat.write(room, AGENT, "How can I help?")
        await on_phone(bridge, ana, "Good morning", "How can I help?")
        assert len(posts(bridge)) == 2
        assert not await bridge.query("SELECT 1 FROM delivery WHERE state = 'dead'")


async def test_words_that_never_arrived_are_sent_again(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, ana, room):
        bridge.rapidpro.faults.add("POST messages", faults.drop_before())
        await bridge.rocketchat.write(room, AGENT, "Good morning")
        await on_phone(bridge, ana, "Good morning")
        assert len(posts(bridge)) == 2


@pytest.mark.parametrize("version", [V8_0, V9_0, V26_3_31], ids=lambda version: version.name)
async def test_what_looks_like_an_expression_arrives_as_typed(
    database_url: str, tmp_path: Path, version: Version
) -> None:
    """Broadcasts, all there is before 8.2, evaluate expressions."""
    said = ["@contact.name", "Write to ana@example.org, or @@me: @(1 + 1) @contact @fields.age"]
    async with talking(database_url, tmp_path, version) as (bridge, ana, room):
        for text in said:
            await bridge.rocketchat.write(room, AGENT, text)
        await on_phone(bridge, ana, *said)
        assert bool(posts(bridge, "broadcasts")) is not version.posts_messages


async def test_a_broadcast_whose_answer_was_lost_arrives_once(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, V8_0) as (bridge, ana, room):
        bridge.rapidpro.faults.add("POST broadcasts", faults.drop_after())
        await bridge.rocketchat.write(room, AGENT, "Hi @contact.name")
        await on_phone(bridge, ana, "Hi @contact.name")
        await bridge.rocketchat.write(room, AGENT, "How can I help?")
        await on_phone(bridge, ana, "Hi @contact.name", "How can I help?")
        assert len(posts(bridge, "broadcasts")) == 2


async def test_a_201_that_says_failed_is_a_dead_letter_and_holds_nothing_up(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, ana, room):
        for status in ("blocked", "stopped", "archived"):
            ana.status = status
            await bridge.rocketchat.write(room, AGENT, f"Are you {status}?")
            await bridge.until_rows(
                "SELECT 1 FROM delivery WHERE state = 'dead' AND body ->> 'text' = $1", f"Are you {status}?"
            )
        ana.status, urns = "active", list(ana.urns)
        ana.urns.clear()
        await bridge.rocketchat.write(room, AGENT, "Have you no address?")
        await bridge.until_rows("SELECT 1 FROM delivery WHERE state = 'dead' HAVING count(*) = 4")
        ana.urns += urns
        await bridge.rocketchat.write(room, AGENT, "Are you back?")
        await on_phone(bridge, ana, "Are you back?")
        assert set(await dead_letters(bridge)) == {"failed_in_rapidpro"}


async def test_a_contact_whom_nobody_knows_is_a_dead_letter(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, ana, room):
        bridge.rapidpro.contacts.remove(ana)
        await bridge.rocketchat.write(room, AGENT, "Good morning")
        async with bridge.hurrying():
            (reason,) = await dead_letters(bridge)
        assert reason == "no_such_contact"


async def test_who_is_known_by_an_address_alone_gets_the_words_by_it(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, set_up="a") as bridge:
        ana = bridge.rapidpro.add_contact("Ana", ["ext:ana"])
        room = await bridge.talking("ana")
        await bridge.rocketchat.write(room.id, AGENT, "Good morning")
        await bridge.rapidpro.until(lambda rp: [m.text for m in rp.outgoing()] == ["Good morning"] or None)
        assert bridge.rapidpro.outgoing()[0].contact is ana


async def test_in_an_anonymous_workspace_nobody_is_reached_by_address(database_url: str, tmp_path: Path) -> None:
    async with running_bridge(database_url, tmp_path, set_up="a") as bridge:
        bridge.rapidpro.add_contact("Ana", ["ext:ana"])
        bridge.rapidpro.switches.anonymous = True
        room = await bridge.talking("ana")
        await bridge.rocketchat.write(room.id, AGENT, "Good morning")
        async with bridge.hurrying():
            assert await dead_letters(bridge) == ["no_contact_uuid"]
        assert bridge.rapidpro.outgoing() == []


async def test_in_an_anonymous_workspace_a_flows_contact_is_reached(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, ana, room):
        bridge.rapidpro.switches.anonymous = True
        await Flow(bridge).say("Hello", contact={"urn": "whatsapp:********"})
        await bridge.rocketchat.write(room, AGENT, "Good morning")
        await on_phone(bridge, ana, "Good morning")


async def test_a_throttled_call_waits_as_long_as_it_is_told_to(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, ana, room):
        bridge.rapidpro.faults.add("POST messages", faults.throttled(42))
        await bridge.rocketchat.write(room, AGENT, "Good morning")
        (row,) = await bridge.until_rows(
            "SELECT extract(epoch FROM due_at - live_agents_now())::float8 AS left, attempts FROM delivery"
            " WHERE kind = 'ReplyToContact' AND state = 'waiting' AND due_at > live_agents_now()"
        )
        assert 38 < row["left"] <= 43
        assert row["attempts"] == 0
        await bridge.skip(30)
        await bridge.idle()
        assert len(posts(bridge)) == 1, "not before"
        await bridge.skip(13)
        await on_phone(bridge, ana, "Good morning")


async def test_quick_words_keep_their_order_and_a_second_between_them(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, ana, room):
        for number in range(3):
            await bridge.rocketchat.write(room, AGENT, f"words {number}")
        await bridge.rapidpro.until(lambda rp: len(rp.phone(ana)) == 3 or None)
        assert bridge.rapidpro.phone(ana) == ["words 0", "words 1", "words 2"]
        apart = [(b.at - a.at).total_seconds() for a, b in pairwise(posts(bridge))]
        assert min(apart) >= limits.API_GAP - 0.05


async def test_the_token_is_nowhere_in_the_database(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as (bridge, ana, room):
        await bridge.rocketchat.write(room, AGENT, "Good morning")
        await on_phone(bridge, ana, "Good morning")
        tables = await bridge.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        stored = [row[0] for t in tables for row in await bridge.query(f"SELECT t::text FROM {t['tablename']} t")]  # noqa: S608
        token = bridge.rapidpro.api_token
        assert not any(token in row or token.encode().hex() in row for row in stored)
