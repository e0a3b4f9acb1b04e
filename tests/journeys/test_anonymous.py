"""A RapidPro workspace that shows nobody's addresses: neither do we know them, nor is anything sent to one."""

from pathlib import Path

from tests.bridge import SILENT, running_bridge
from tests.canaries import dump
from tests.journeys.calling import AGENT, Flow, on_phone, person

NUMBER = "5511988880001"
#: as an anonymous workspace has the flow's `@contact.urn`
MASKED = "whatsapp:********"


async def test_in_an_anonymous_workspace_no_address_is_kept_shown_or_sent(database_url: str, tmp_path: Path) -> None:
    options = SILENT | {"context_messages": 3, "custom_fields": {"rapidpro": "contact.uuid"}}
    async with running_bridge(database_url, tmp_path, set_up="a", options=options) as bridge:
        await bridge.query("UPDATE channel SET scheme = 'whatsapp'")
        ana = person(bridge, number=NUMBER)
        await bridge.rapidpro.person_writes(ana, "Hello")
        bridge.rapidpro.switches.anonymous = True
        flow = Flow(bridge)
        await flow.register(contact={"urn": MASKED})
        await flow.say("My card is blocked", contact={"urn": MASKED})
        room = await flow.taken()
        await bridge.rocketchat.until(lambda rc: any("My card is blocked" in str(r.body) for r in rc.requests))
        await bridge.rocketchat.write(room, AGENT, "Good morning")
        await on_phone(bridge, ana, "Good morning")
        asked = "".join(f"{r.path} {r.query} {r.body}" for r in bridge.rocketchat.requests)
        told = "".join(f"{r.path} {r.query} {r.body!r}" for r in bridge.rapidpro.requests)
        kept = "".join((await dump(database_url)).values())
        for everything in (asked, told, kept):
            assert NUMBER not in everything
            assert "****" not in everything
        assert "My card is blocked" in asked
        assert "Good morning" in told
        assert "← Hello" in asked
