"""What an agent sees of a contact: their name and fields, and first in the room what the bot already knows."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from channel.core import limits
from channel.sandbox.rapidpro import RapidPro, faults
from tests.bridge import SILENT, Bridge, running_bridge
from tests.journeys.calling import AGENT, ANA, Flow, on_phone, person

FLOW = {"uuid": "11112222-3333-4444-8555-666677778888", "name": "Hand-off"}
RESULTS = {"topic": {"value": "card", "category": "Cards"}, "age": "34"}


def context(bridge: Bridge) -> list[str]:
    """The lines that an agent reads first in the room, once they are there."""
    for message in bridge.rocketchat.messages.values():
        if message.token and not message.kind:
            return message.text.splitlines()
    return []


async def test_the_agent_reads_what_the_flow_learned_and_the_last_messages_oldest_first(
    database_url: str, tmp_path: Path
) -> None:
    options = SILENT | {"context_messages": 3, "context_fields": ["district", "age"]}
    async with running_bridge(database_url, tmp_path, set_up="a", options=options) as bridge:
        ana = person(bridge, language="por", district="Kigali")
        await bridge.rapidpro.person_writes(ana, "too long ago")
        await bridge.rapidpro.person_writes(ana, "Hello")
        await bridge.rapidpro.send(ana, "Good day.\nHow can we help?")
        await bridge.rapidpro.person_writes(ana, "See", ["image/jpeg:https://files.example.org/1.jpg"])
        about = {"language": "por", "fields": {"district": "Kigali", "age": None, "secret": "no"}}
        await Flow(bridge).register(contact=about, flow=FLOW, results=RESULTS)
        await Flow(bridge).say("My card is blocked")
        room = await bridge.rocketchat.until(lambda rc: next(iter(rc.rooms.values()), None))
        await bridge.rocketchat.until(lambda _: bridge.read(room)[-1:] == ("My card is blocked",) or None)
        assert context(bridge) == [
            "[About this chat]",
            "Language: por",
            "district: Kigali",
            "Flow: Hand-off",
            "topic: card (Cards)",
            "age: 34",
            "Before this chat:",
            "← Hello",
            "→ Good day. How can we help?",
            "← See https://files.example.org/1.jpg",
        ]
        assert len(bridge.read(room)) == 2


async def test_it_is_never_bridged_back_to_the_contact(database_url: str, tmp_path: Path) -> None:
    """Not by the echo of our own messages, either, nor in the transcript of the close."""
    async with running_bridge(database_url, tmp_path, set_up="a") as bridge:
        bridge.rocketchat.settings["Livechat_webhook_on_visitor_message"] = True
        ana, flow = person(bridge), Flow(bridge)
        await bridge.rapidpro.person_writes(ana, "Hello")
        await flow.register(results=RESULTS)
        room = await flow.taken()
        await bridge.rocketchat.until(lambda _: context(bridge) or None)
        await bridge.rocketchat.write(room, AGENT, "Good morning")
        await on_phone(bridge, ana, "Good morning")
        await bridge.rocketchat.close(room, AGENT)
        await flow.closed()
        await bridge.all_told()
        assert bridge.rapidpro.phone(ana) == ["Good morning"]
        assert [m.text for m in bridge.rapidpro.incoming()] == ["Hello"]


async def test_long_context_goes_in_several_messages_before_the_contacts_words(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, set_up="a") as bridge:
        ana, flow = person(bridge), Flow(bridge)
        for number in range(4):
            await bridge.rapidpro.send(ana, f"{number} " + "word " * 100)
        await flow.say("My card is blocked")
        room = await bridge.rocketchat.until(lambda rc: next(iter(rc.rooms.values()), None))
        await bridge.rocketchat.until(lambda _: bridge.read(room)[-1:] == ("My card is blocked",) or None)
        (*parts, words) = bridge.read(room)
        assert words == "My card is blocked"
        assert len(parts) > 2
        assert all(len(part) <= limits.TEXT_LENGTH for part in parts)
        assert "".join(parts).replace(" ", "").replace("\n", "").count("word") == 400


def hang(rapidpro: RapidPro) -> None:
    rapidpro.faults.add("GET messages", faults.hang(30), times=faults.FOR_EVER)


def is_down(rapidpro: RapidPro) -> None:
    rapidpro.faults.add("GET messages", faults.drop_before(), times=faults.FOR_EVER)


def refuse(rapidpro: RapidPro) -> None:
    rapidpro.api_token = "another"


def talk_nonsense(rapidpro: RapidPro) -> None:
    rapidpro.faults.add("GET messages", faults.not_json(), times=faults.FOR_EVER)


def limit(rapidpro: RapidPro) -> None:
    rapidpro.switches.throttled_for = 600


@pytest.mark.parametrize("suffers", [hang, is_down, refuse, talk_nonsense, limit])
async def test_an_api_that_fails_neither_delays_nor_fails_the_hand_off(
    database_url: str, tmp_path: Path, suffers: Callable[[RapidPro], None]
) -> None:
    async with running_bridge(database_url, tmp_path, set_up="a") as bridge:
        ana = person(bridge)
        await bridge.rapidpro.person_writes(ana, "Hello")
        suffers(bridge.rapidpro)
        await Flow(bridge).register(results=RESULTS)
        await Flow(bridge).say("My card is blocked")
        room = await bridge.room_of("[About this chat]\ntopic: card (Cards)\nage: 34", "My card is blocked")
        words = next(m for m in bridge.rocketchat.messages.values() if m.text == "My card is blocked")
        assert (words.ts.astimezone(UTC) - room.ts).total_seconds() < limits.CONTEXT_SECONDS + 2.0
        assert not await bridge.query("SELECT 1 FROM delivery WHERE state = 'dead'")
        bridge.rapidpro.faults.clear()


async def test_the_visitors_name_and_language_are_rapidpros_where_the_flow_names_none(
    database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, set_up="a") as bridge:
        for field in ("rapidpro_uuid", "rapidpro_language"):
            bridge.rocketchat.add_custom_field(field)
        ana, flow = person(bridge, name="Ana Souza", language="por"), Flow(bridge)
        await flow.register(contact={"name": ""})
        room = await flow.room()
        # what RapidPro says comes in the background, and is told to Rocket.Chat with the next hand-off at the latest
        await bridge.until_rows("SELECT 1 FROM contact WHERE name = 'Ana Souza' AND language = 'por'")
        assert (await flow.say("Hello", contact={"name": ""}))["message"] == "Sua mensagem foi repassada."
        await bridge.rocketchat.until(lambda _: "Hello" in bridge.read(bridge.rocketchat.rooms[room]) or None)
        await bridge.idle()
        (visitor,) = bridge.rocketchat.visitors.values()
        assert visitor.custom_fields["rapidpro_uuid"] == ana.uuid
        await flow.close()
        await flow.closed()
        await flow.register(contact={"name": ""})
        await bridge.rocketchat.until(lambda rc: len(rc.rooms) == 2 or None)
        assert visitor.name == "Ana Souza"
        assert visitor.custom_fields["rapidpro_language"] == "por"


async def test_custom_fields_are_filled_from_what_the_options_name(database_url: str, tmp_path: Path) -> None:
    custom = {"uuid_there": "contact.uuid", "district": "fields.district", "topic": "results.topic", "no": "fields.no"}
    options = SILENT | {"custom_fields": custom, "context_fields": ["district"], "context_messages": 0}
    async with running_bridge(database_url, tmp_path, options=options) as bridge:
        for field in ("uuid_there", "district", "topic"):
            bridge.rocketchat.add_custom_field(field)
        about = {"fields": {"district": "Kigali"}}
        await Flow(bridge).register(contact=about, results={"topic": {"value": "card"}})
        await Flow(bridge).room()
        (visitor,) = bridge.rocketchat.visitors.values()
        assert visitor.name == "Ana"
        assert visitor.custom_fields == {"uuid_there": ANA, "district": "Kigali", "topic": "card"}
