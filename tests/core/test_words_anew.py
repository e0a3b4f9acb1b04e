"""An agent's words that are written anew before they have gone, and what they answer to."""

from dataclasses import replace
from typing import Any

import pytest

from channel.core.conversation import Message, State
from channel.core.decide import decide
from channel.core.events import AgentWrote
from channel.core.handoff import Handoff
from channel.core.owed import Mark, MarkMessage, ReplyToContact
from channel.core.text import shape
from channel.core.text_policy import policy_for
from tests.core.building import QUIET, ROOM, after, agents, conversation, held, owed, said

SERVED = State.SERVED


def edited(text: str, when: str) -> AgentWrote:
    return said(text, said_at="12:00", edited_at=when)


def waits(text: str = "Hi", **changes: Any) -> Message:
    return agents(text, room=ROOM, **{"pending": 1, **changes})


def test_an_edit_of_what_waits_takes_its_place() -> None:
    decision = decide(held(SERVED, waits()), edited("Hi!", "12:01"))
    assert decision.replaced == (waits().key,)
    assert [(due.owed, due.instead_of) for due in decision.owed] == [(ReplyToContact("Hi!", "12:01"), waits().key)]
    assert [(m.texts, m.reason, m.pending) for m in decision.messages] == [
        (("Hi",), "replaced", 0),
        (("Hi!",), None, 1),
    ]


@pytest.mark.parametrize("changes", [{"begun": 1}, {"dead": 1}])
def test_an_edit_of_what_is_under_way_or_went_in_part_is_a_correction(changes: dict[str, Any]) -> None:
    decision = decide(held(SERVED, waits(pending=2, **changes)), edited("Ho", "12:01"))
    assert decision.replaced == ()
    assert [due.instead_of for due in decision.owed] == [None]


def test_an_edit_that_waits_is_replaced_by_the_next_which_is_still_a_correction() -> None:
    known = held(SERVED, agents("Hi"), waits("Ho", edited_at="12:01"))
    decision = decide(known, edited("Hey", "12:02"))
    assert decision.replaced == (waits("Ho", edited_at="12:01").key,)
    assert owed(decision) == [ReplyToContact("Correction: Hey", "12:02")]


def test_an_edit_that_shows_nothing_new_is_told_by_the_workspaces_own_emoji_however_these_part_the_text() -> None:
    """Of a version that went in part, so many parts are dead as there would be in all if the name were a word."""
    text = "Hi.:acme: " + ("ab " * 400).strip()
    options = replace(QUIET, agent_too_long="split", emoji="strip")
    custom = frozenset({"acme"})
    dead = len(shape(text, policy_for(options)).parts)
    assert dead < len(shape(text, policy_for(options, custom)).parts)
    known = held(conversation(SERVED, options=options), agents(text, reason="emoji_stripped", dead=dead))
    assert decide(known, replace(edited(f"{text} ", "12:01"), custom_emoji=custom)).reason == "unchanged"


def test_an_edit_back_to_what_went_before_words_that_wait_shows_so_where_others_were_refused_between() -> None:
    told = conversation(SERVED, bot="aBot")
    refused = agents("w" * 641, reason="too_long", edited_at="12:01")
    known = held(told, agents("Hi"), refused, waits("Ho", edited_at="12:02"))
    decision = decide(known, edited("Hi", "12:03"))
    assert [m.reason for m in decision.messages] == ["replaced", "unchanged"]
    assert [each.mark for each in owed(decision) if isinstance(each, MarkMessage)] == [Mark.ARRIVED]


def test_an_edit_back_to_what_went_leaves_nothing_to_go() -> None:
    known = held(SERVED, agents("Hi"), waits("Ho", edited_at="12:01"))
    decision = decide(known, edited("Hi", "12:02"))
    assert (decision.replaced, decision.owed, decision.reason) == (
        (waits("Ho", edited_at="12:01").key,),
        (),
        "unchanged",
    )


@pytest.mark.parametrize(("text", "reason"), [("// never mind", "note"), ("w" * 641, "too_long")])
def test_what_waits_does_not_go_once_its_new_words_do_not(text: str, reason: str) -> None:
    decision = decide(held(SERVED, waits()), edited(text, "12:01"))
    assert decision.replaced == (waits().key,)
    assert not any(isinstance(each, ReplyToContact) for each in owed(decision))
    assert [m.reason for m in decision.messages] == ["replaced", reason]
    again = decide(held(SERVED, waits(reason="replaced", pending=0)), edited("Hi again", "12:02"))
    assert owed(again) == [ReplyToContact("Hi again", "12:02")]


def test_an_agent_who_was_told_that_the_words_wait_hears_when_the_new_ones_have_gone() -> None:
    known = conversation(SERVED, handoff=Handoff(room=ROOM, late=(waits().key,)))
    decision = decide(held(known, waits()), edited("Hi!", "12:01"))
    assert after(decision).handoff.late == (agents(edited_at="12:01").key,)


def test_the_same_bare_words_later_are_others() -> None:
    known = replace(waits("ok", item="x"), external_id="body::0")
    decision = decide(held(SERVED, known, now=15), said("ok", item=None))
    assert (decision.replaced, owed(decision)) == ((), [ReplyToContact("ok")])


def test_an_edit_that_takes_an_emoji_of_the_workspaces_own_away_shows_nothing_new() -> None:
    event = replace(edited("Hi", "12:01"), custom_emoji=frozenset({"acme"}))
    assert decide(held(SERVED, agents("Hi :acme:", reason="emoji_stripped")), event).reason == "unchanged"


# What an agent answers to


QUOTE = "[ ](https://chat.example/live/r?msg=la-1) Yes"


@pytest.mark.parametrize(
    ("quotes", "known", "text"),
    [
        ("remove", {"la-1": "Do you come?"}, "Yes"),
        ("render", {"la-1": "Do you *come*?\nToday?"}, "> Do you come? Today?\nYes"),
        ("render", {}, "Yes"),
        ("render", {"la-1": " "}, "Yes"),
        ("render", {"la-1": "// she is ill"}, "Yes"),
    ],
)
def test_the_message_that_an_agent_answers_to(quotes: str, known: dict[str, str], text: str) -> None:
    of = held(conversation(SERVED, options=replace(QUIET, quotes=quotes)), quoted=known)
    assert owed(decide(of, said(QUOTE))) == [ReplyToContact(text)]


def test_an_emoji_of_the_workspaces_own_is_one() -> None:
    event = said("Hi :acme: there", custom_emoji=frozenset({"acme"}))
    replies = [each for each in owed(decide(held(SERVED), event)) if isinstance(each, ReplyToContact)]
    assert replies == [ReplyToContact("Hi there")]
