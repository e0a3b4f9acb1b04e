"""Once and in order, whatever happens on the way, and with two replicas at work."""

from pathlib import Path
from random import Random

import pytest

from channel.sandbox.rapidpro import faults
from channel.sandbox.rapidpro.faults import Fault
from channel.sandbox.rocketchat import PROFILES, Repeats
from tests.bridge import Bridge, running_bridge

AGENT = "joao.agent"
PASSES = Fault(works=True)
#: What can happen to one message on its way, each of which it survives.
WAYS: list[list[Fault]] = [
    [faults.answer(503)],
    [faults.drop_before()],
    [faults.drop_after()],
    [faults.answer(503), faults.drop_after()],
    [faults.drop_before(), faults.answer(502)],
    [faults.answer(503), faults.answer(503)],
]


@pytest.mark.parametrize("seed", [1, 2])
async def test_thirty_messages_of_an_agent_arrive_once_and_in_order_through_faults_and_two_replicas(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    print(f"seed {seed}")
    random = Random(seed)  # noqa: S311
    # in this release the agent's Rocket.Chat waits for our answer, so that it tells of one message after the other
    async with running_bridge(database_url, tmp_path, profile=PROFILES["7.10.3"]) as bridge, bridge.replica() as second:
        room = await bridge.talking()
        urls = [bridge.connected["workspace"]["webhook_url"]]
        urls.append(urls[0].replace(bridge.url, second))
        texts = [f"message {number}" for number in range(30)]
        tries = 0
        for text in texts:
            way = random.choice(WAYS) if random.random() < 0.4 else []
            tries += len(way) + 1
            for fault in (*way, PASSES):
                bridge.rapidpro.faults.add("receive", fault)
            bridge.rocketchat.settings["Livechat_webhookUrl"] = random.choice(urls)
            if random.random() < 0.2:
                bridge.rocketchat.faults.webhook(Repeats(), type="Message")
            await bridge.rocketchat.write(room.id, AGENT, text)
            await bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
        async with bridge.hurrying():
            await bridge.rapidpro.until(lambda rp: len(rp.incoming()) >= len(texts) or None, timeout=20)
            await bridge.all_told()

        assert [m.text for m in bridge.rapidpro.incoming()] == texts
        assert len(bridge.received()) == tries
        done = await bridge.query("SELECT state FROM delivery WHERE kind = 'ReplyToContact'")
        assert [row["state"] for row in done] == ["done"] * len(texts)


async def test_ten_conversations_on_two_replicas_each_keep_their_order(bridge: Bridge) -> None:
    async with bridge.replica():
        rooms = {f"contact {number}": await bridge.talking(f"contact {number}", agent=None) for number in range(10)}
        for turn in range(5):
            for name, room in rooms.items():
                await bridge.rocketchat.write(room.id, AGENT, f"{name}, {turn}")
            await bridge.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None)
        await bridge.rapidpro.until(lambda rp: len(rp.incoming()) == 50 or None, timeout=20)

    for name in rooms:
        heard = [m.text for m in bridge.rapidpro.incoming() if m.urn and m.urn.path == name]
        assert heard == [f"{name}, {turn}" for turn in range(5)]
    assert len(bridge.received()) == 50
