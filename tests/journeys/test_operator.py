"""What an operator decides about a message, and what somebody else's lock or mistake must not do to others."""

import asyncio

import asyncpg
import pytest

from channel.store import listings
from channel.store.admin import administering
from tests.bridge import Bridge


async def dead_letter(bridge: Bridge, id: str = "1001") -> None:
    """A message that can go nowhere: its department does not exist."""
    await bridge.query("UPDATE channel SET department = 'Nowhere'")
    await bridge.send("Hello", id=id)
    await bridge.until_rows("SELECT 1 FROM delivery WHERE state = 'dead'")


async def test_a_replayed_dead_letter_goes_and_its_status_is_told_anew(bridge: Bridge) -> None:
    await dead_letter(bridge)
    await bridge.query("UPDATE channel SET department = 'Support'")
    assert await listings.replay(bridge.database_url, "1001") == 1
    await bridge.room_of("Hello")
    async with bridge.hurrying():
        await bridge.statuses("sent")


async def test_a_discarded_message_opens_no_room_and_rapidpro_is_told_that_it_failed(bridge: Bridge) -> None:
    for agent in ("joao.agent", "maria.agent"):
        bridge.rocketchat.go_offline(agent)
    await bridge.send("Hello", id="1001")
    await bridge.until_rows("SELECT 1 FROM delivery WHERE reason = 'no_agents' AND NOT attempt_open")
    assert await listings.discard(bridge.database_url, "1001", reason="answered by telephone") == 1
    bridge.rocketchat.go_online("joao.agent")
    async with bridge.hurrying():
        await bridge.statuses("failed")
    assert not bridge.rocketchat.rooms
    (message,) = await bridge.query("SELECT status, reason FROM message")
    assert tuple(message) == ("failed", "answered by telephone")
    await bridge.until_rows("SELECT 1 WHERE NOT EXISTS (SELECT FROM delivery WHERE state = 'waiting')")


async def test_an_id_that_two_channels_have_is_nobodys_to_decide_about(bridge: Bridge) -> None:
    other, _ = await bridge.connect()
    await bridge.send("ours", id="1001")
    await bridge.http.post(
        other["channel"]["send_url"],
        data={"id": "1001", "to": "bob", "text": "theirs"},
        headers={"Authorization": other["channel"]["send_authorization"]},
    )
    with pytest.raises(listings.Nothing, match="several channels"):
        await listings.discard(bridge.database_url, "1001", reason="a mistake")
    assert not await bridge.query("SELECT 1 FROM delivery WHERE state = 'discarded'")


async def test_a_token_rotated_twice_leaves_the_one_that_rapidpro_has(bridge: Bridge) -> None:
    async with administering(bridge.database_url, bridge.vault()) as admin:
        (channel,) = await admin.channels()
        tokens = [await admin.rotate_channel(channel.id, "send_token") for _ in range(2)]
    bridge.runtime.directory._channels.forget(channel.id)
    answers = [
        (await bridge.send("Hello", id="1", token=f"Token {token}")).status_code
        for token in (bridge.connected["channel"]["send_authorization"][6:], *tokens)
    ]
    assert answers == [200, 401, 200]


async def test_a_conversation_that_somebody_has_locked_holds_back_nobody_else(bridge: Bridge) -> None:
    """A process that dies in the middle, its connection with it, leaves its locks to Postgres for a while."""
    await bridge.send("Hello", id="1", to="ana")
    await bridge.room_of("Hello")
    await bridge.all_told()
    dead = await asyncpg.connect(bridge.database_url)
    try:
        await dead.execute("BEGIN")
        await dead.execute("SELECT 1 FROM conversation FOR NO KEY UPDATE")
        answers = await asyncio.gather(
            bridge.send("Are you there?", id="2", to="ana"),
            *(bridge.send("Hi", id=who, to=who) for who in ("bob", "eve")),
        )
        assert [answer.status_code for answer in answers] == [503, 200, 200]
    finally:
        await dead.close()
    assert (await bridge.send("Are you there?", id="2", to="ana")).status_code == 200
    await bridge.room_of("Hello", "Are you there?")
