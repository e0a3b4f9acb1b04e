"""What a flow in RapidPro's simulator is answered: every name of every call, in the shape of the real answer."""

from dataclasses import fields, replace
from datetime import datetime

import pytest

from channel.core.answers import OUTCOMES, REFUSALS, Answer, Call, Outcome, Refusal, outcomes
from channel.core.availability import Office, available
from channel.core.conversation import Conversation, State
from channel.core.decide import decide
from channel.core.events import Attachment, FlowEvent, Introduced, Presence, There
from channel.core.handoff import Handoff
from channel.core.hours_file import read_hours
from channel.core.notices import TEXTS
from channel.core.options import Options
from channel.core.simulating import names, simulated
from tests.core.building import (
    NOON,
    ROOM,
    WHO,
    asked,
    at,
    close_asked,
    conversation,
    handed,
    held,
    options,
    passed,
    rated,
)

HOURS = read_hours('zone = "UTC"\nmonday = "08:00-10:00"\n')
OFFICE = Office("Desk", HOURS, Options())
NOBODY = Presence(There.NO_AGENTS, certain=True)
UNKNOWN = Presence(There.UNKNOWN_DEPARTMENT, certain=True)
HELP = Introduced(department="Help")
EVERY_NAME = [(call, name) for call in Call for name in names(call)]
#: a conversation and a call that really come to the outcome
REAL: dict[tuple[Call, str], tuple[Conversation, FlowEvent]] = {
    (Call.REGISTER, "queued"): (conversation(), asked(HELP)),
    (Call.REGISTER, "already_open"): (handed(State.SERVED, Handoff("Help", room=ROOM)), asked(HELP)),
    (Call.REGISTER, "no_agents"): (conversation(), asked(HELP, NOBODY)),
    (Call.REGISTER, "closed_hours"): (conversation(hours=HOURS), asked(HELP)),
    (Call.REGISTER, "unknown_department"): (conversation(), asked(HELP, UNKNOWN)),
    (Call.REGISTER, "blocked"): (conversation(handoff=Handoff(blocked_at=NOON)), asked(HELP)),
    (Call.MESSAGE, "accepted"): (conversation(), passed()),
    (Call.MESSAGE, "closed"): (handed(State.CLOSED, Handoff(close_heard=False)), passed()),
    (Call.MESSAGE, "media"): (conversation(), passed("", attachments=(Attachment("", "u"),))),
    (Call.MESSAGE, "empty"): (conversation(), passed("")),
    (Call.MESSAGE, "too_long"): (conversation(options=options(too_long="refuse")), passed("w" * 641)),
    (Call.CLOSE, "closing"): (conversation(State.SERVED), close_asked()),
    (Call.CLOSE, "not_open"): (conversation(), close_asked()),
    (Call.CLOSE, "not_allowed"): (conversation(State.SERVED), close_asked(visitors_may_close=False)),
    (Call.SURVEY, "accepted"): (conversation(State.SERVED), rated()),
    (Call.SURVEY, "not_open"): (conversation(), rated()),
}
#: what Rocket.Chat and the clock say for each answer of availability
ASKED: dict[str, tuple[Presence, datetime]] = {
    "available": (Presence(certain=True), at(20 * 3600 + 60)),
    "no_agents": (NOBODY, at(20 * 3600 + 60)),
    "closed_hours": (Presence(certain=True), NOON),
    "unknown_department": (UNKNOWN, NOON),
}


def shown(call: Call, wanted: str, office: Office = OFFICE) -> Answer:
    answer = simulated(call, wanted, office, NOON, "Help", "eng")
    assert answer is not None
    return answer


def shape(answer: Answer) -> set[str]:
    return {field.name for field in fields(answer) if getattr(answer, field.name) is not None}


@pytest.mark.parametrize(("call", "name"), EVERY_NAME)
def test_every_name_gives_that_outcome(call: Call, name: str) -> None:
    answer = shown(call, name)
    if name in REFUSALS[call]:
        assert (answer.outcome, answer.reason) == (Outcome.REFUSED, name)
    else:
        assert answer.outcome == name
    assert answer.message


@pytest.mark.parametrize(("call", "name"), [pair for pair in EVERY_NAME if pair[1] != "refused"])
def test_it_has_the_shape_of_the_real_answer(call: Call, name: str) -> None:
    if call is Call.AVAILABILITY:
        presence, now = ASKED[name]
        real: Answer | None = available(OFFICE, now, presence, "Help")
    else:
        known, event = REAL[call, name]
        real = decide(held(known), event).answer
    assert real is not None
    office = replace(OFFICE, options=Options())
    pretended = shown(call, name, office)
    assert (shape(pretended), pretended.outcome, pretended.reason) == (shape(real), real.outcome, real.reason)
    assert (pretended.message, pretended.department, pretended.max_wait) == (
        real.message,
        real.department,
        real.max_wait,
    )


@pytest.mark.parametrize("call", Call)
def test_the_usual_outcome_comes_first_and_by_itself(call: Call) -> None:
    assert simulated(call, "", OFFICE, NOON, "", "") == simulated(call, names(call)[0], OFFICE, NOON, "", "")
    assert names(call)[0] == next(iter(OUTCOMES[call]))


@pytest.mark.parametrize("call", Call)
@pytest.mark.parametrize("wanted", ["no_such", "QUEUED", "handed off"])
def test_there_is_no_answer_of_another_name(call: Call, wanted: str) -> None:
    assert simulated(call, wanted, OFFICE, NOON, "", "") is None


@pytest.mark.parametrize(
    ("call", "wanted"),
    [(call, name.value) for call in Call for name in (*Outcome, *Refusal) if name.value not in names(call)],
)
def test_a_call_has_no_answers_of_other_calls(call: Call, wanted: str) -> None:
    assert simulated(call, wanted, OFFICE, NOON, "", "") is None


def test_what_is_refused_without_a_reason_has_the_usual_one() -> None:
    assert shown(Call.MESSAGE, "refused").reason is Refusal.MEDIA
    assert Outcome.REFUSED not in outcomes(Call.SURVEY)


@pytest.mark.parametrize(
    ("office", "now", "opens"),
    [
        (OFFICE, NOON, at(20 * 3600)),
        (OFFICE, at(20 * 3600), at(32 * 3600)),  # it is open: as if it were not
        (Office(), NOON, at(12 * 3600)),
    ],
)
def test_outside_hours_there_is_always_a_next_opening(office: Office, now: datetime, opens: datetime) -> None:
    answer = simulated(Call.REGISTER, "closed_hours", office, now, "", "eng")
    assert answer is not None
    assert answer.next_open == opens
    assert f"Monday {opens:%H:%M}" in answer.message


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize(("call", "name"), EVERY_NAME)
def test_it_is_said_in_every_language_included(call: Call, name: str, language: str) -> None:
    answer = simulated(call, name, OFFICE, NOON, "Help", language)
    assert answer is not None
    assert 0 < len(answer.message) <= 640
    assert (language == "eng") is (answer.message == shown(call, name).message)


def test_every_answer_is_of_a_contact_of_the_channel() -> None:
    assert {event.address for _, event in REAL.values()} == {WHO}
