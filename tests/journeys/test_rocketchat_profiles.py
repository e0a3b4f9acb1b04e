"""The main story, on every release of Rocket.Chat that differs in something we can see."""

import time
from pathlib import Path

import pytest

from channel.sandbox.rocketchat import PROFILES
from tests.bridge import running_bridge

pytestmark = pytest.mark.anyio

AGENT = "joao.agent"
ECHOES = {"Livechat_webhook_on_visitor_message": True}


@pytest.mark.parametrize("release", PROFILES)
@pytest.mark.parametrize("settings", [{}, ECHOES], ids=["quiet", "echoing"])
async def test_contact_and_agent_talk_and_part_and_talk_again(
    release: str, settings: dict[str, bool], database_url: str, tmp_path: Path
) -> None:
    async with running_bridge(database_url, tmp_path, profile=PROFILES[release]) as bridge:
        bridge.rocketchat.settings |= settings
        began = time.monotonic()
        message = await bridge.rapidpro.send_on(bridge.channel, "ana", "Are you there?")
        assert message.status == "wired"
        room = await bridge.room_of("Are you there?")
        assert time.monotonic() - began < 3

        await bridge.rocketchat.take(room.id, AGENT)
        await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'served' AND room = $1", room.id)
        await bridge.rocketchat.write(room.id, AGENT, "Hello Ana, I am João")
        await bridge.heard("Hello Ana, I am João")

        began = time.monotonic()
        await bridge.rapidpro.send_on(bridge.channel, "ana", "My card is blocked")
        assert await bridge.room_of("Are you there?", "My card is blocked") is room
        assert time.monotonic() - began < 3
        await bridge.rocketchat.write(room.id, AGENT, "Which one?")
        await bridge.heard("Hello Ana, I am João", "Which one?")

        await bridge.rocketchat.close(room.id, AGENT, "Solved")
        await bridge.until_rows("SELECT 1 FROM conversation WHERE state = 'closed' AND room IS NULL")
        await bridge.after_grace()
        await bridge.rapidpro.send_on(bridge.channel, "ana", "One more thing")
        second = await bridge.room_of("One more thing")
        assert second is not room

        # nothing of all that is there twice, on either side
        await bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight)
        await bridge.idle()
        assert bridge.read(room) == ("Are you there?", "My card is blocked")
        assert bridge.read(second) == ("One more thing",)
        assert len(bridge.rocketchat.rooms) == 2
        heard = [m.text for m in bridge.rapidpro.incoming(bridge.channel)]
        assert heard[:2] == ["Hello Ana, I am João", "Which one?"]
        assert not [text for text in heard[2:] if text != "Solved"]
        assert {attempt.status for attempt in bridge.rocketchat.webhooks} == {200}
        assert {attempt.number for attempt in bridge.rocketchat.webhooks} == {1}
        assert {attempt.answer for attempt in bridge.rocketchat.webhooks} == {""}
        echoed = [a for a in bridge.rocketchat.webhooks if a.type == "Message" and "Are you" in str(a.body["messages"])]
        assert len(echoed) == (1 if settings else 0)
