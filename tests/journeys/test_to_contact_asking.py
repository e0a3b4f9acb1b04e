"""With a token for RapidPro's API, what may have arrived is asked about before it is sent again."""

import pytest

from channel.core import limits
from channel.sandbox.rapidpro import API_TOKEN, faults
from channel.store.admin import administering
from tests.bridge import Bridge

AGENT = "joao.agent"


@pytest.fixture(autouse=True)
def _short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EXCHANGE_DEADLINE", 0.5)


async def give_token(bridge: Bridge, token: str) -> None:
    vault = bridge.vault()
    async with administering(bridge.database_url, vault) as admin:
        (channel,) = await admin.channels()
        await admin.edit_channel(channel.id, {"rapidpro_token": token})


async def in_doubt(bridge: Bridge, fault: faults.Fault) -> None:
    """An agent's words went to `receive`, and no answer came."""
    room = await bridge.talking()
    bridge.rapidpro.faults.add("receive", fault)
    await bridge.rocketchat.write(room.id, AGENT, "Take two a day")
    await bridge.until_rows("SELECT 1 FROM delivery WHERE kind = 'ReplyToContact' AND ambiguous = 1")
    bridge.rapidpro.faults.clear()


async def test_words_that_arrived_without_an_answer_are_found_and_not_sent_again(bridge: Bridge) -> None:
    await give_token(bridge, API_TOKEN)
    await in_doubt(bridge, faults.slow(60))
    await bridge.skip(limits.AMBIGUOUS_WAIT)
    await bridge.until_rows("SELECT 1 FROM delivery WHERE kind = 'ReplyToContact' AND state = 'done'")
    await bridge.heard("Take two a day")
    assert len(bridge.received()) == 1
    assert bridge.received("contacts")
    assert bridge.received("messages")


async def test_words_that_did_not_arrive_are_sent_again_as_often_as_it_takes(bridge: Bridge) -> None:
    await give_token(bridge, API_TOKEN)
    await bridge.send("I am here too", id="other", to="bob")
    await in_doubt(bridge, faults.hang(60))
    for silences in (2, 3):
        bridge.rapidpro.faults.add("receive", faults.hang(60))
        await bridge.skip(limits.ASKED_FOR)
        await bridge.until_rows(
            "SELECT 1 FROM delivery WHERE kind = 'ReplyToContact' AND ambiguous = $1::int", silences
        )
        bridge.rapidpro.faults.clear()
    await bridge.skip(limits.ASKED_FOR)
    await bridge.heard("Take two a day")
    await bridge.until_rows("SELECT 1 FROM delivery WHERE kind = 'ReplyToContact' AND state = 'done'")


async def test_equal_words_that_arrived_before_are_not_taken_for_these(bridge: Bridge) -> None:
    await give_token(bridge, API_TOKEN)
    room = await bridge.talking()
    await bridge.rocketchat.write(room.id, AGENT, "Take two a day")
    await bridge.heard("Take two a day")
    await bridge.all_told()
    await bridge.skip(limits.EQUAL_TEXT_GAP)
    bridge.rapidpro.duplicates.window = 0.0
    bridge.rapidpro.faults.add("receive", faults.hang(60))
    await bridge.rocketchat.write(room.id, AGENT, "Take two a day")
    await bridge.until_rows("SELECT 1 FROM delivery WHERE kind = 'ReplyToContact' AND ambiguous = 1")
    bridge.rapidpro.faults.clear()
    await bridge.skip(limits.ASKED_FOR)
    await bridge.heard("Take two a day", "Take two a day")


async def test_what_is_not_listed_yet_is_asked_about_again_and_a_throttle_forgets_nothing(bridge: Bridge) -> None:
    """RapidPro lists a message only when it has handled it, and its API can want a pause of minutes."""
    await give_token(bridge, API_TOKEN)
    await in_doubt(bridge, faults.slow(60))
    bridge.rapidpro.faults.add("contacts", faults.answer(200, '{"results": []}'))
    await bridge.skip(limits.AMBIGUOUS_WAIT)
    await bridge.until_rows("SELECT 1 FROM delivery WHERE reason = 'not_listed_yet'")
    bridge.rapidpro.faults.add("contacts", faults.throttled(300))
    await bridge.skip(limits.AMBIGUOUS_WAIT)
    await bridge.until_rows("SELECT 1 FROM delivery WHERE reason = 'throttled'")
    await bridge.skip(300)
    await bridge.until_rows("SELECT 1 FROM delivery WHERE kind = 'ReplyToContact' AND state = 'done'")
    assert len(bridge.received()) == 1


async def test_a_token_that_is_not_taken_leaves_the_one_repeat_there_may_be(bridge: Bridge) -> None:
    await give_token(bridge, "not-the-token")
    await in_doubt(bridge, faults.hang(60))
    bridge.rapidpro.faults.add("receive", faults.hang(60))
    await bridge.skip(limits.AMBIGUOUS_WAIT)
    await bridge.until_rows("SELECT 1 FROM delivery WHERE kind = 'ReplyToContact' AND ambiguous = 2")
    bridge.rapidpro.faults.clear()
    await bridge.skip(limits.AMBIGUOUS_WAIT)
    await bridge.until_rows("SELECT 1 FROM delivery WHERE state = 'dead' AND reason = 'ambiguous'")
    assert len(bridge.received()) == 2
