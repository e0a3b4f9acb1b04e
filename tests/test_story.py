"""One message each way, through everything, against Postgres."""

from tests.bridge import Bridge


async def test_a_contact_writes_and_an_agent_answers(bridge: Bridge) -> None:
    answer = await bridge.send("Are you there?", id="1001", to="ana")
    assert answer.status_code == 200
    assert answer.json() == {"status": "accepted", "id": "1001"}

    room = await bridge.room_of("Are you there?")
    await bridge.rocketchat.take(room.id, "joao.agent")
    await bridge.rocketchat.write(room.id, "joao.agent", "Hello Ana, I am João")

    (heard,) = await bridge.heard("Hello Ana, I am João")
    assert heard.urn.path == "ana"
    assert await bridge.statuses("delivered") == [("delivered", "1001")]
