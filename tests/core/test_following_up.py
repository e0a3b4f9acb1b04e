"""Words that RapidPro took and then failed: told to their author once, whatever is said again, and sent by nobody."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from channel.core.addresses import ByConversation
from channel.core.conversation import Author, Conversation, Message, State
from channel.core.decide import decide
from channel.core.decision import Decision
from channel.core.errors import Refused
from channel.core.events import ReplyFailed, ReplyResent
from channel.core.following_up import FAILED_LATER
from channel.core.handoff import Handoff
from channel.core.held import Held
from channel.core.learned import Received, Sent
from channel.core.notices import Tell
from channel.core.owed import Mark, MarkMessage, ReplyToContact, TellAuthor
from tests.core.building import (
    DELIVERY,
    MESSAGE,
    QUIET,
    ROOM,
    after,
    agents,
    arrived,
    broke,
    conversation,
    delivery,
    ended,
    held,
    message,
    owed,
    said,
)

HERS = agents("Good morning", room=ROOM)
FAILED = ReplyFailed(ByConversation(1), MESSAGE, DELIVERY)
RESENT = ReplyResent(ByConversation(1), MESSAGE, DELIVERY)
OTHER = DELIVERY + 1
LONG = "words " * 200


def served(bot: str = "aBot", of: Handoff | None = None) -> Conversation:
    return conversation(State.SERVED, bot=bot, handoff=of or Handoff(room=ROOM), options=QUIET)


def knowing(known: Message = HERS, *failed: int, of: Conversation | None = None, **more: Any) -> Held:
    """What is known where RapidPro has failed these replies of the message."""
    return replace(held(of or served(), known, **more), failed=frozenset((known.key, each) for each in failed))


def told(decision: Decision) -> list[str]:
    return [each.what for one in owed(decision) if isinstance(one, TellAuthor) for each in one.told]


def marks(decision: Decision) -> list[Mark]:
    return [each.mark for each in owed(decision) if isinstance(each, MarkMessage)]


def late(decision: Decision) -> tuple[str, ...]:
    return after(decision).handoff.late


def test_a_failure_is_told_and_kept_with_its_reason_and_nothing_goes_again() -> None:
    decision = decide(knowing(), FAILED)
    assert told(decision) == [Tell.UNDELIVERED]
    assert marks(decision) == [Mark.FAILED]
    assert decision.failed == ((HERS.key, DELIVERY),)
    assert [m.reason for m in decision.messages] == [FAILED_LATER]
    assert not any(isinstance(each, ReplyToContact) for each in owed(decision))
    assert not decision.settled
    assert not decision.replayed


def test_without_a_bot_there_is_no_tick() -> None:
    decision = decide(knowing(of=served(bot="")), FAILED)
    assert told(decision) == [Tell.UNDELIVERED]
    assert marks(decision) == []


@pytest.mark.parametrize("event", [FAILED, RESENT])
def test_what_is_said_again_changes_nothing(event: ReplyFailed | ReplyResent) -> None:
    known = knowing()
    if isinstance(event, ReplyResent):
        known = known.after(decide(known, FAILED))
    again = known.after(decide(known, event))
    decision = decide(again, event)
    assert (decision.reason, owed(decision), decision.failed, decision.resent) == ("repeat", [], (), ())


def test_that_it_went_after_all_is_told_and_ticked() -> None:
    known = knowing()
    decision = decide(known.after(decide(known, FAILED)), RESENT)
    assert told(decision) == [Tell.WENT]
    assert marks(decision) == [Mark.ARRIVED]
    assert decision.resent == ((HERS.key, DELIVERY),)
    assert [m.reason for m in decision.messages] == [None]
    assert late(decision) == ()


def test_what_fails_once_more_after_it_went_is_told_once_more() -> None:
    known = knowing()
    for event in (FAILED, RESENT):
        known = known.after(decide(known, event))
    assert told(decide(known, FAILED)) == [Tell.UNDELIVERED]


def test_what_went_of_a_hand_off_that_is_over_is_ticked_and_not_told() -> None:
    known = knowing()
    known = known.after(decide(known, FAILED))
    decision = decide(replace(known, conversation=served()), RESENT)
    assert (told(decision), marks(decision)) == ([], [Mark.ARRIVED])


def test_of_several_parts_the_first_failure_is_told_and_the_last_recovery() -> None:
    known = knowing()
    first = decide(known, FAILED)
    known = known.after(first)
    second = decide(known, replace(FAILED, reply=OTHER))
    assert (told(second), second.failed) == ([], ((HERS.key, OTHER),))
    known = known.after(second)
    back = decide(known, RESENT)
    assert (told(back), marks(back), back.messages) == ([], [], ())
    assert told(decide(known.after(back), replace(RESENT, reply=OTHER))) == [Tell.WENT]


def test_a_part_that_arrives_behind_one_that_failed_ticks_nothing() -> None:
    known = knowing(replace(HERS, pending=1))
    known = known.after(decide(known, FAILED))
    decision = ended(known, arrived(Sent("90213")), delivery(ReplyToContact("morning"), message=HERS.key))
    assert (told(decision), marks(decision)) == ([], [])
    assert [m.reason for m in decision.messages] == [FAILED_LATER]


def test_a_part_that_is_given_up_behind_one_that_failed_is_not_told_again() -> None:
    known = knowing(replace(HERS, pending=1))
    known = known.after(decide(known, FAILED))
    gone = broke(Refused("no_such_contact", "nobody"))
    decision = ended(known, gone, delivery(ReplyToContact("morning"), message=HERS.key))
    assert told(decision) == []
    assert [(m.reason, m.dead) for m in decision.messages] == [(FAILED_LATER, 1)]


def test_a_part_that_fails_behind_one_that_was_given_up_is_not_told_again() -> None:
    decision = decide(knowing(replace(HERS, dead=1, reason="no_such_contact")), FAILED)
    assert (told(decision), decision.failed) == ([], ((HERS.key, DELIVERY),))
    back = decide(knowing(replace(HERS, dead=1, reason=FAILED_LATER), DELIVERY), RESENT)
    assert (told(back), marks(back), [m.reason for m in back.messages]) == ([], [], [None])


def test_what_came_back_while_a_part_waits_is_told_with_that_part() -> None:
    known = knowing(replace(HERS, pending=1))
    known = known.after(decide(known, FAILED))
    back = decide(known, RESENT)
    assert (told(back), late(back)) == ([], (HERS.key,))
    whole = ended(known.after(back), arrived(Sent("90213")), delivery(ReplyToContact("morning"), message=HERS.key))
    assert (told(whole), marks(whole)) == ([Tell.WENT], [Mark.ARRIVED])


def test_an_erased_message_is_told_of_without_its_words() -> None:
    decision = decide(knowing(replace(HERS, texts=(), erased=True)), FAILED)
    (line,) = [each for one in owed(decision) if isinstance(one, TellAuthor) for each in one.told]
    assert line.text == ""


@pytest.mark.parametrize("event", [FAILED, RESENT, replace(FAILED, message=UUID(int=1))])
def test_what_is_no_agents_is_nobodys(event: ReplyFailed | ReplyResent) -> None:
    ours = message("A notice", author=Author.BRIDGE, room=ROOM)
    assert decide(knowing(ours, DELIVERY), event).reason == "repeat"


@pytest.mark.parametrize("event", [FAILED, RESENT])
def test_of_whom_is_forgotten_nothing_is_told(event: ReplyFailed | ReplyResent) -> None:
    decision = decide(knowing(of=replace(served(), forgotten=True)), event)
    assert (decision.reason, decision.owed, decision.counted) == ("forgotten", (), ())
    nobody = replace(knowing(), conversation=None)
    assert decide(nobody, event).reason == "needless"


def test_only_agents_words_through_the_api_are_known_by_rapidpros_name() -> None:
    reply = delivery(ReplyToContact("Good morning"), message=HERS.key)
    known = replace(HERS, pending=1)
    assert [s.external_id for s in ended(held(served(), known), arrived(Sent("90212")), reply).settled] == ["90212"]
    assert [s.external_id for s in ended(held(served(), known), arrived(Received("90212")), reply).settled] == [None]
    notice = message("A notice", author=Author.BRIDGE, pending=1)
    of = delivery(ReplyToContact("A notice"), message=notice.key)
    assert [s.external_id for s in ended(held(served(), notice), arrived(Sent("90212")), of).settled] == [None]


@pytest.mark.parametrize(
    ("text", "anew", "goes"),
    [
        ("Good morning", "Good morning", ["Good morning"]),
        ("Good morning", "Good day", ["Good day"]),
        (LONG, LONG, []),
        (LONG, "Good day", ["Correction: Good day"]),
    ],
)
def test_an_edit_of_what_failed_is_a_first_sending_unless_part_of_it_may_be_there(
    text: str, anew: str, goes: list[str]
) -> None:
    splitting = replace(served(), options=replace(QUIET, agent_too_long="split"))
    hers = agents(text, room=ROOM, reason=FAILED_LATER)
    decision = decide(held(splitting, hers), said(anew, said_at="12:00", edited_at="12:01"))
    assert [each.text for each in owed(decision) if isinstance(each, ReplyToContact)] == goes
