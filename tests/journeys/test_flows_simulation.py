"""A flow in RapidPro's simulator: every outcome can be chosen, and nothing comes of any."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from channel.core.answers import OUTCOMES, REFUSALS, Call, Outcome, Refusal
from channel.core.simulating import names
from channel.core.texts.portuguese import TEXTS
from channel.sandbox.rapidpro import Run
from tests.bridge import SILENT, Bridge, running_bridge
from tests.journeys.calling import ANA, Flow, about, answered

BODY = {"contact": about(ANA, {"language": "por"}), "department": "Support", "results": {}}
WORDS = BODY | {"results": {"clientmessage": {"value": "Hello"}}}
RATING = {"satisfaction": "5"}
CALLS: dict[Call, tuple[str, str, object]] = {
    Call.REGISTER: ("POST", "registerClient", BODY),
    Call.MESSAGE: ("POST", "sendMessageToAgent", WORDS),
    Call.AVAILABILITY: ("GET", "availability?department=Support&language=por", None),
    Call.CLOSE: ("DELETE", f"session/user/{ANA}", None),
    Call.SURVEY: ("POST", f"session/user/{ANA}/survey", RATING),
}
#: what is answered beside the outcome, the message and a reason
MORE: dict[tuple[Call, str], dict[str, Any]] = {
    (Call.REGISTER, "queued"): {"certain": True, "department": "Support", "max_wait": 1800},
    (Call.REGISTER, "already_open"): {"department": "Support"},
    (Call.REGISTER, "no_agents"): {"certain": True},
    (Call.AVAILABILITY, "available"): {"certain": True},
    (Call.AVAILABILITY, "no_agents"): {"certain": True},
}
TABLES = ("contact", "conversation", "room", "message", "delivery", "attempt", "event", "timer", "lane")


@pytest.fixture
async def bridge(database_url: str, tmp_path: Path) -> AsyncIterator[Bridge]:
    options = SILENT | {"too_long": "refuse", "language": "por"}
    async with running_bridge(database_url, tmp_path, options=options) as running:
        yield running


async def simulated(bridge: Bridge, call: Call, wanted: str | None = None) -> httpx.Response:
    method, path, body = CALLS[call]
    asked = {} if wanted is None else {"X_Simulate": wanted}
    return await Flow(bridge).call(method, path, body, X_Mailroom_Mode="simulation", **asked)


async def everything(bridge: Bridge) -> int:
    """How many rows there are of contacts and of what happened to them."""
    counted = [await bridge.query(f"SELECT count(*) FROM {table}") for table in TABLES]  # noqa: S608
    return sum(row["count"] for (row,) in counted)


async def test_every_outcome_can_be_chosen_and_nothing_comes_of_it(bridge: Bridge) -> None:
    for call in Call:
        for wanted in ("", *names(call)):
            answer = answered(await simulated(bridge, call, wanted or None))
            reasons = {reason.value: said for reason, said in REFUSALS[call].items()}
            outcome = "refused" if wanted in reasons else wanted or names(call)[0]
            assert answer.pop("outcome") == outcome
            if outcome == "refused":
                reason = answer.pop("reason")
                assert reason == (wanted if wanted in reasons else next(iter(reasons)))
                said = REFUSALS[call][Refusal(reason)]
            else:
                said = OUTCOMES[call][Outcome(outcome)]
            message = answer.pop("message")
            if outcome == "closed_hours":
                left = datetime.fromisoformat(answer.pop("next_open")) - datetime.now(UTC)
                assert timedelta(hours=11) < left <= timedelta(hours=12, minutes=1)
                assert message.startswith(TEXTS[said].partition("[")[0])
            else:
                assert message == TEXTS[said].replace("[", "").replace("]", "").format(limit=640)
            assert answer == MORE.get((call, outcome), {}), (call, wanted)
    assert await everything(bridge) == 0
    assert bridge.rocketchat.requests == []


async def test_an_outcome_that_there_is_not_is_400_and_names_those_there_are(bridge: Bridge) -> None:
    for call in Call:
        another = next(name for name in names(Call.MESSAGE if call is Call.REGISTER else Call.REGISTER))
        for wanted in ("open", "Closed Hours", "media,empty", *({another} - set(names(call)))):
            answer = await simulated(bridge, call, wanted)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (400, "unknown_outcome")
            assert all(name in error["message"] for name in names(call))


async def test_a_simulation_that_is_not_one_is_the_real_thing(bridge: Bridge) -> None:
    flow = Flow(bridge)
    answer = answered(await flow.call("POST", "registerClient", BODY, X_Mailroom_Mode="normal", X_Simulate="no_agents"))
    assert answer["outcome"] == "queued"
    await flow.room()


async def test_a_body_that_is_wrong_is_wrong_in_the_simulator_too(bridge: Bridge) -> None:
    for body, code in ((b"", "empty_body"), (b"{}", "missing_contact_uuid"), (b"[1]", "no_object")):
        answer = await Flow(bridge).call("POST", "registerClient", body, X_Mailroom_Mode="simulation")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_a_flow_builder_walks_a_flow_in_the_simulator(bridge: Bridge) -> None:
    headers = {"Authorization": bridge.connected["live_agents"]["authorization"], "X-Simulate": "closed_hours"}

    async def hand_off(run: Run) -> None:
        body = {"contact": {"uuid": run.contact.uuid, "name": run.contact.name}, "results": {}}
        answer = await run.call_webhook(f"{bridge.url}/live-agents/registerClient", body, headers=headers)
        run.send_msg(answer.json["message"] if answer.json["outcome"] == "closed_hours" else "wrong branch")

    simulator = bridge.rapidpro.simulator()
    await simulator.start(hand_off, "agent")
    assert [shown.partition("atendimento")[0] for shown in simulator.shown] == [
        "No momento estamos fora do horário de "
    ]
    assert await everything(bridge) == 0
    assert not bridge.rapidpro.failures
