"""A message whose words have been erased: whatever comes under its id is a repeat, and no second effect."""

import pytest

from channel.core.answers import Outcome
from channel.core.conversation import EXPIRED, KEPT, State
from channel.core.decide import decide
from channel.core.keys import key_of
from channel.core.owed import PostToRoom, ReplyToContact, ReportStatus, Status
from tests.core.building import KEY, agents, at, conversation, held, message, owed, passed, said, wrote

MONTH = 31 * 86400.0
LONG = "l" * 60


@pytest.mark.parametrize("words", ["words", "other words", LONG, "", "stop"])
@pytest.mark.parametrize("state", list(State))
def test_nothing_that_a_contact_sends_again_is_posted_again(state: State, words: str) -> None:
    old = message(texts=(), erased=True, status=Status.DELIVERED)
    decision = decide(held(conversation(state), old, now=MONTH), wrote(words))
    assert owed(decision) == [ReportStatus("1001", Status.DELIVERED)]
    assert (decision.reason, decision.counted) == ("repeat", ("duplicates",))
    assert [(m.key, m.texts, m.answered_at) for m in decision.messages] == [(KEY, (), at(MONTH))]
    assert decision.note is None


def test_what_failed_is_not_replayed_without_its_words() -> None:
    old = message(texts=(), erased=True, status=Status.FAILED, dead=1, reason="by telephone")
    decision = decide(held(State.SERVED, old, now=MONTH), wrote())
    assert decision.replayed == ()
    assert owed(decision) == [ReportStatus("1001", Status.FAILED)]


def test_without_the_mark_an_empty_message_would_get_a_further_part() -> None:
    """Why the mark is needed."""
    decision = decide(held(State.SERVED, message(texts=()), now=MONTH), wrote())
    assert owed(decision) == [PostToRoom("words")]


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [(None, Outcome.ACCEPTED), (EXPIRED, Outcome.CLOSED), (KEPT, Outcome.CLOSED), ("no_agents", Outcome.CLOSED)],
)
@pytest.mark.parametrize("words", ["words", "other words"])
def test_a_flow_that_passes_it_on_again_is_answered_and_nothing_goes(
    reason: str | None, outcome: Outcome, words: str
) -> None:
    old = message(texts=(), key=key_of("passed", "1001"), erased=True, reason=reason)
    decision = decide(held(State.SERVED, old, now=MONTH), passed(words))
    assert decision.answer is not None
    assert decision.answer.outcome is outcome
    assert (owed(decision), decision.note) == ([], None)


@pytest.mark.parametrize("edited_at", [None, "2026-03-01T12:00:01.000Z"])
def test_a_webhook_and_an_edit_that_come_again_are_repeats(edited_at: str | None) -> None:
    old = agents(edited_at="2026-03-01T12:00:01.000Z", texts=(), erased=True)
    decision = decide(held(State.SERVED, old, now=MONTH), said(edited_at=edited_at))
    assert (decision.reason, owed(decision), decision.messages) == ("repeat", [], ())


def test_an_edit_that_is_newer_goes_as_a_correction() -> None:
    old = agents(texts=(), erased=True)
    decision = decide(held(State.SERVED, old, now=MONTH), said("new words", edited_at="2026-04-01T12:00:00.000Z"))
    assert [o.text for o in owed(decision) if isinstance(o, ReplyToContact)] == ["Correction: new words"]
