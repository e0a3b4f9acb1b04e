"""Every outcome of the live-agents calls, brought about, with its exact keys and in the contact's language."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channel.core.answers import OUTCOMES, REFUSALS, Call
from channel.core.texts.portuguese import TEXTS
from tests.bridge import SILENT, Bridge, running_bridge
from tests.journeys import outcomes
from tests.journeys.calling import ANA, Flow, Json

#: what happens, the outcome, what is said with it, and what else is answered; those that bear each other together
CASES: dict[str, list[tuple[Callable[[Flow], Awaitable[Json]], str, str, Json]]] = {
    "open": [
        (outcomes.queued, "queued", "answer_connecting", {"certain": True, "department": "Support", "max_wait": 1800}),
        (outcomes.queued_anywhere, "queued", "answer_connecting", {"certain": True, "max_wait": 1800}),
        (outcomes.queued_with_first_words, "queued", "answer_connecting", {"certain": True, "max_wait": 1800}),
        (outcomes.already_open, "already_open", "answer_already_open", {"department": "Support"}),
        (outcomes.already_open_without_department, "already_open", "answer_already_open", {}),
        (outcomes.unknown_department, "unknown_department", "answer_unknown_department", {}),
        (outcomes.blocked, "refused", "answer_blocked", {"reason": "blocked"}),
        (outcomes.accepted, "accepted", "answer_accepted", {}),
        (outcomes.accepted_beside_a_photo, "accepted", "answer_accepted", {}),
        (outcomes.closed, "closed", "answer_closed", {}),
        (outcomes.refused_media, "refused", "answer_not_carried", {"reason": "media"}),
        (outcomes.refused_empty, "refused", "answer_empty", {"reason": "empty"}),
        (outcomes.refused_too_long, "refused", "answer_too_long", {"reason": "too_long"}),
        (outcomes.available, "available", "answer_available", {"certain": True}),
        (outcomes.available_anywhere, "available", "answer_available", {"certain": True}),
        (outcomes.nowhere, "unknown_department", "answer_unknown_department", {}),
        (outcomes.closing_queued, "closing", "answer_closing", {}),
        (outcomes.closing_served, "closing", "answer_closing", {}),
        (outcomes.never_open, "not_open", "answer_not_open", {}),
        (outcomes.not_open, "not_open", "answer_not_open", {}),
        (outcomes.rated, "accepted", "answer_rated", {}),
        (outcomes.not_rated, "not_open", "answer_not_rated", {}),
    ],
    "hanging": [
        (
            outcomes.queued_while_it_hangs,
            "queued",
            "answer_connecting",
            {"certain": False, "department": "Support", "max_wait": 1800},
        ),
        (outcomes.available_while_it_hangs, "available", "answer_available", {"certain": False}),
    ],
    "nobody": [
        (outcomes.no_agents, "no_agents", "answer_nobody", {"certain": True}),
        (outcomes.nobody_available, "no_agents", "answer_nobody", {"certain": True}),
    ],
    "closed": [
        (outcomes.closed_hours, "closed_hours", "answer_outside_hours", {"next_open": None}),
        (outcomes.not_now, "closed_hours", "answer_outside_hours", {"next_open": None}),
    ],
    "away": [
        (outcomes.closing_before_there_is_a_room, "closing", "answer_closing", {}),
    ],
    "bot": [
        (outcomes.closing_by_the_bot, "closing", "answer_closing", {}),
    ],
    "no bot": [
        (outcomes.not_allowed, "refused", "answer_not_allowed", {"reason": "not_allowed"}),
    ],
}


@pytest.mark.parametrize("situation", CASES)
async def test_every_outcome_says_what_it_should_in_the_contacts_language(
    database_url: str, tmp_path: Path, situation: str
) -> None:
    options = SILENT | {"too_long": "refuse", "language": "por"}
    async with running_bridge(database_url, tmp_path, options=options) as bridge:
        for number, (brought_about, outcome, message, more) in enumerate(CASES[situation]):
            answer = await brought_about(Flow(bridge, contact=f"00000000-0000-4000-8000-{number:012}"))
            _check(answer, outcome, message, more, brought_about.__name__)
        bridge.rocketchat.faults.clear()


def _check(answer: Json, outcome: str, message: str, more: Json, case: str) -> None:
    assert answer.pop("outcome") == outcome, case
    said = answer.pop("message")
    if "next_open" in more:
        opens = datetime.fromisoformat(answer["next_open"])
        assert opens.utcoffset() == timedelta(0)
        assert timedelta(days=2) < opens - datetime.now(UTC) < timedelta(days=4)
        assert said.startswith(TEXTS[message].partition("[")[0])
        assert "08:00" in said
        more = {"next_open": answer["next_open"]}
    else:
        assert said == TEXTS[message].replace("[", "").replace("]", "").format(limit=640), case
    assert answer == more, case
    assert [type(value) for value in answer.values()] == [type(value) for value in more.values()], case


def test_every_outcome_there_is_is_brought_about() -> None:
    brought = {(message, outcome) for cases in CASES.values() for _, outcome, message, _ in cases}
    there_are = {(said.value, outcome.value) for call in Call for outcome, said in OUTCOMES[call].items()}
    there_are |= {(said.value, "refused") for call in Call for said in REFUSALS[call].values()}
    assert brought == there_are


async def test_a_contacts_own_language_goes_before_the_channels(bridge: Bridge) -> None:
    flow = Flow(bridge)
    said = [(await flow.register(contact={"language": "por"}))["message"], (await flow.close())["message"]]
    assert said == [TEXTS["answer_connecting"], TEXTS["answer_closing"]]
    assert (await flow.close(ANA.replace("6", "7")))["message"] == "You have no open chat."
