"""What brings each outcome of the live-agents calls about, for a contact who speaks Portuguese."""

from datetime import UTC, datetime, timedelta
from typing import Any

from channel.core.hours_file import read_hours, to_json
from channel.sandbox.rocketchat import Answers, Hangs
from channel.store.admin import administering
from channel.store.vault import Vault
from tests.bridge import Bridge
from tests.journeys.calling import AGENT, Flow, Json

ANOTHER_AGENT = "maria.agent"
BRAZIL: Json = {"language": "por"}
PHOTO = "image/jpeg:https://files.example.org/1.jpg"


def nobody(bridge: Bridge) -> None:
    for agent in (AGENT, ANOTHER_AGENT):
        bridge.rocketchat.go_offline(agent)


async def keep_hours(bridge: Bridge) -> None:
    """Nobody is there today, nor tomorrow."""
    day = f"{datetime.now(UTC) + timedelta(days=3):%A}".lower()
    hours = to_json(read_hours(f'zone = "UTC"\n{day} = "08:00-17:00"\n'))
    async with administering(bridge.database_url, _vault(bridge)) as admin:
        (channel,) = await admin.channels()
        await admin.set_hours(channel.id, hours)


async def give_bot(bridge: Bridge) -> None:
    credentials = bridge.rocketchat.personal_access_token("bridge.bot")
    async with administering(bridge.database_url, _vault(bridge)) as admin:
        (workspace,) = await admin.workspaces()
        await admin.set_bot(workspace.id, credentials.user_id, credentials.token)


def _vault(bridge: Bridge) -> Vault:
    return Vault([key.get_secret_value() for key in bridge.runtime.settings.secret_keys])


async def handed_off(flow: Flow) -> str:
    """Ana is in a room, which waits for an agent."""
    assert (await flow.register(contact=BRAZIL, department="Support"))["outcome"] == "queued"
    return await flow.room()


async def ended(flow: Flow) -> None:
    """Ana's chat is over, and the flow does not know."""
    await handed_off(flow)
    room = await flow.taken()
    await flow.bridge.rocketchat.close(room, AGENT)
    await flow.closed()


async def register(flow: Flow, **more: Any) -> Json:
    return await flow.register(contact=BRAZIL, **more)


async def say(flow: Flow, text: str | None, **more: Any) -> Json:
    return await flow.say(text, contact=BRAZIL, **more)


# what brings an outcome about


async def queued(flow: Flow) -> Json:
    return await register(flow, department="Support")


async def queued_anywhere(flow: Flow) -> Json:
    return await register(flow)


async def queued_with_first_words(flow: Flow) -> Json:
    return await register(flow, results={"clientmessage": {"value": "Hello"}})


async def queued_while_it_hangs(flow: Flow) -> Json:
    flow.bridge.rocketchat.faults.rest(Hangs(1.5), at="GET livechat/config")
    return await register(flow, department="Support")


async def already_open(flow: Flow) -> Json:
    await handed_off(flow)
    return await register(flow, department="Sales")


async def already_open_without_department(flow: Flow) -> Json:
    await register(flow)
    return await register(flow)


async def no_agents(flow: Flow) -> Json:
    nobody(flow.bridge)
    return await register(flow, department="Support")


async def closed_hours(flow: Flow) -> Json:
    await keep_hours(flow.bridge)
    return await register(flow)


async def unknown_department(flow: Flow) -> Json:
    return await register(flow, department="Nowhere")


async def blocked(flow: Flow) -> Json:
    await ended(flow)
    (room,) = await flow.bridge.query(
        "SELECT rid FROM room JOIN contact ON contact.id = room.conversation_id WHERE uuid = $1", flow.contact
    )
    flow.bridge.rocketchat.block(flow.bridge.rocketchat.rooms[room["rid"]].visitor_id)
    assert (await register(flow))["outcome"] == "queued", "nobody has told us so far"
    await flow.bridge.until_rows("SELECT 1 FROM delivery WHERE reason = 'error-contact-channel-blocked'")
    return await register(flow)


async def accepted(flow: Flow) -> Json:
    return await say(flow, "My card is blocked")


async def accepted_beside_a_photo(flow: Flow) -> Json:
    return await say(flow, None, message={"uuid": "m1", "text": "Look", "attachments": [PHOTO]})


async def closed(flow: Flow) -> Json:
    await ended(flow)
    return await say(flow, "Are you there?")


async def refused_media(flow: Flow) -> Json:
    return await say(flow, PHOTO)


async def refused_empty(flow: Flow) -> Json:
    return await say(flow, "  ")


async def refused_too_long(flow: Flow) -> Json:
    return await say(flow, "x" * 641)


async def available(flow: Flow) -> Json:
    return await flow.availability(department="Support", language="por")


async def available_anywhere(flow: Flow) -> Json:
    return await flow.availability(language="por")


async def available_while_it_hangs(flow: Flow) -> Json:
    flow.bridge.rocketchat.faults.rest(Hangs(1.5), at="GET livechat/config")
    return await flow.availability(language="por")


async def nobody_available(flow: Flow) -> Json:
    nobody(flow.bridge)
    return await flow.availability(language="por")


async def not_now(flow: Flow) -> Json:
    await keep_hours(flow.bridge)
    return await flow.availability(language="por")


async def nowhere(flow: Flow) -> Json:
    return await flow.availability(department="Nowhere", language="por")


async def closing_queued(flow: Flow) -> Json:
    await handed_off(flow)
    return await flow.close()


async def closing_served(flow: Flow) -> Json:
    await handed_off(flow)
    await flow.taken()
    return await flow.close()


async def closing_before_there_is_a_room(flow: Flow) -> Json:
    flow.bridge.rocketchat.faults.rest(Answers(503), times=None)
    await register(flow)
    return await flow.close()


async def closing_by_the_bot(flow: Flow) -> Json:
    await give_bot(flow.bridge)
    _visitors_may_not_close(flow)
    return await closing_queued(flow)


async def not_allowed(flow: Flow) -> Json:
    _visitors_may_not_close(flow)
    return await closing_queued(flow)


async def never_open(flow: Flow) -> Json:
    return await flow.close()


async def not_open(flow: Flow) -> Json:
    await ended(flow)
    return await flow.close()


async def rated(flow: Flow) -> Json:
    await ended(flow)
    return await flow.survey(satisfaction="5")


async def not_rated(flow: Flow) -> Json:
    return await flow.survey(satisfaction="5")


def _visitors_may_not_close(flow: Flow) -> None:
    flow.bridge.rocketchat.settings["Omnichannel_allow_visitors_to_close_conversation"] = False
