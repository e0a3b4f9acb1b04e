"""The flow simulator: real calls, and nothing sent."""

from collections.abc import AsyncIterator

import pytest

from channel.sandbox.rapidpro import Run, set_up_a

from .test_rapidpro_routing import Town

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    town = Town()
    yield town
    await town.rapidpro.aclose()


async def test_a_simulated_flow_calls_and_says_that_it_is_simulated(town: Town) -> None:
    flows = set_up_a(town.rapidpro, "http://bridge.test/live-agents", "Token t")
    town.outcomes = {"registerClient": {"outcome": "queued", "message": "Please wait"}}
    simulator = town.rapidpro.simulator()
    run = await simulator.start(flows.hand_off, "agent")
    assert (run.urn, simulator.shown) == ("tel:+12065551212", ["Please wait"])
    ((call, request),) = town.calls
    assert (call, request.headers["x-mailroom-mode"]) == ("registerClient", "simulation")
    assert simulator.contact.uuid.encode() in request.content
    assert not town.rapidpro.messages
    assert not town.rapidpro.contacts
    await simulator.start(flows.relay, "hello?")
    assert [call for call, _ in town.calls] == ["registerClient", "sendMessageToAgent"]


async def test_a_real_flow_says_that_it_is_real(town: Town) -> None:
    set_up_a(town.rapidpro, "http://bridge.test/live-agents", "Token t")
    contact = town.rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
    await town.rapidpro.person_writes(contact, "agent")
    assert town.calls[0][1].headers["x-mailroom-mode"] == "normal"


async def test_a_simulated_contact_answers_a_flow_that_waits(town: Town) -> None:
    async def ask(run: Run) -> None:
        run.send_msg("Your name?", quick_replies=["Ana", "Ben"])
        run.send_msg(f"Hello {await run.wait_for_response()}")
        run.add_to_group("Named")
        run.add_contact_urn("ext", "ana")
        run.set_contact_channel(None)
        run.remove_from_group("Named")

    simulator = town.rapidpro.simulator()
    with pytest.raises(ValueError, match="no flow waits"):
        await simulator.answer("Ana")
    assert (await simulator.start(ask)).waiting
    run = await simulator.answer("Ana")
    assert (run.waiting, run.errors, simulator.shown) == (False, [], ["Your name?", "Hello Ana"])
    assert [urn.identity for urn in simulator.contact.urns] == ["tel:+12065551212", "ext:ana"]
