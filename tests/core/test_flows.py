"""What a flow is answered when it hands a contact over, and what follows."""

from dataclasses import replace

import pytest

from channel.core import limits
from channel.core.answers import Outcome, Refusal
from channel.core.conversation import Author, Conversation, Message, State
from channel.core.decide import decide
from channel.core.events import Attachment, Introduced, Presence, There
from channel.core.handoff import Ending, Handoff
from channel.core.hours_file import read_hours
from channel.core.keys import key_of
from channel.core.notices import Notice
from channel.core.owed import LeaveOffline, OpenRoom, PostContext, PostToRoom, RegisterVisitor
from tests.core.building import (
    ID,
    NOON,
    ROOM,
    WHO,
    after,
    asked,
    at,
    conversation,
    handed,
    held,
    message,
    options,
    owed,
    passed,
    standing,
    told,
)

CLOSED, QUEUED, SERVED = State.CLOSED, State.QUEUED, State.SERVED
PASSED = key_of("passed", ID)
NOBODY = Presence(There.NO_AGENTS, certain=True)
UNKNOWN = Presence(There.UNKNOWN_DEPARTMENT, certain=True)
#: noon is past closing time, on a Sunday
HOURS = read_hours('zone = "UTC"\nsunday = "08:00-10:00"\nmonday = "08:00-10:00"\n')
BLOCKED = conversation(handoff=Handoff(blocked_at=at(-limits.BLOCKED_FOR + 1)))
CLOSING = replace(handed(SERVED).handoff, closing=Ending.IDLE, close_heard=False)
OFFLINE = options(offline_email="desk@example.org")
PICTURE = (Attachment("image/png", "https://files.example/1.png"),)


# registerClient


@pytest.mark.parametrize(
    ("known", "presence", "outcome", "reason"),
    [
        (conversation(), Presence(certain=True), Outcome.QUEUED, None),
        (conversation(), Presence(), Outcome.QUEUED, None),
        (conversation(), NOBODY, Outcome.NO_AGENTS, None),
        (conversation(), UNKNOWN, Outcome.UNKNOWN_DEPARTMENT, None),
        (conversation(hours=HOURS), Presence(certain=True), Outcome.CLOSED_HOURS, None),
        (conversation(hours=HOURS), UNKNOWN, Outcome.UNKNOWN_DEPARTMENT, None),
        (BLOCKED, Presence(certain=True), Outcome.REFUSED, Refusal.BLOCKED),
        (replace(BLOCKED, handoff=Handoff(blocked_at=at(-limits.BLOCKED_FOR))), Presence(), Outcome.QUEUED, None),
        (conversation(QUEUED), NOBODY, Outcome.ALREADY_OPEN, None),
        (conversation(SERVED, hours=HOURS), Presence(), Outcome.ALREADY_OPEN, None),
        (handed(SERVED, CLOSING), Presence(), Outcome.QUEUED, None),  # what was open is being closed
        (handed(SERVED, CLOSING), NOBODY, Outcome.NO_AGENTS, None),
    ],
)
def test_a_contact_is_handed_over_unless_they_are_already_or_nobody_is_there(
    known: Conversation, presence: Presence, outcome: Outcome, reason: Refusal | None
) -> None:
    decision = decide(held(known), asked(presence=presence))
    assert decision.answer is not None
    assert (decision.answer.outcome, decision.answer.reason) == (outcome, reason)
    assert decision.answer.message
    assert (OpenRoom() in owed(decision)) is (outcome is Outcome.QUEUED)
    begins = outcome is Outcome.QUEUED and known.state is CLOSED
    assert standing(decision) == ((QUEUED, None, None) if begins else (known.state, known.room, known.agent))


@pytest.mark.parametrize(
    ("presence", "said"), [(Presence(certain=True), True), (Presence(), False), (Presence(There.NO_AGENTS), False)]
)
def test_the_answer_says_whether_rocketchat_has_said_so(presence: Presence, *, said: bool) -> None:
    answer = decide(held(), asked(presence=presence)).answer
    assert answer is not None
    assert answer.certain is said


def test_who_is_queued_learns_the_department_and_how_long_they_may_wait() -> None:
    answer = decide(held(), asked(Introduced(department="Help"))).answer
    assert answer is not None
    assert (answer.department, answer.max_wait) == ("Help", 1800)
    answer = decide(held(conversation(department="Desk", options=options(max_wait_minutes=0))), asked()).answer
    assert answer is not None
    assert (answer.department, answer.max_wait) == ("Desk", None)


def test_who_has_a_room_learns_its_department_and_is_not_transferred() -> None:
    known = handed(SERVED, Handoff(department="Help", began_at=NOON, room=ROOM))
    decision = decide(held(known), asked(Introduced(department="Sales")))
    assert decision.answer is not None
    assert (decision.answer.outcome, decision.answer.department) == (Outcome.ALREADY_OPEN, "Help")
    assert (decision.owed, after(decision)) == ((), replace(known, uuid=WHO.uuid))


def test_outside_the_hours_the_answer_says_when_it_opens() -> None:
    answer = decide(held(conversation(hours=HOURS)), asked()).answer
    assert answer is not None
    assert answer.next_open == at(20 * 3600)
    assert "Monday 08:00" in answer.message


def test_the_answer_is_in_the_contacts_language_as_the_call_names_it() -> None:
    answer = decide(held(), asked(Introduced(language="spa"))).answer
    assert answer is not None
    assert answer.message.startswith("Estamos buscando")


@pytest.mark.parametrize(
    ("key", "outcome", "counted"),
    [("k1", Outcome.QUEUED, ("duplicates",)), ("k2", Outcome.ALREADY_OPEN, ()), (None, Outcome.ALREADY_OPEN, ())],
)
def test_a_repeat_of_the_call_is_answered_as_it_was_and_has_no_second_effect(
    key: str | None, outcome: Outcome, counted: tuple[str, ...]
) -> None:
    known = held()
    first = decide(known, asked(key="k1"))
    again = decide(known.after(first), asked(key=key))
    assert again.answer is not None
    assert (again.answer.outcome, again.counted) == (outcome, counted)
    assert (again.owed, again.messages) == ((), ())
    if outcome is Outcome.QUEUED:
        assert again.answer == first.answer


@pytest.mark.parametrize("state", [QUEUED, SERVED])
def test_a_call_without_a_key_never_counts_as_a_repeat(state: State) -> None:
    decision = decide(held(handed(state)), asked(key=None))
    assert decision.reason is None


# What comes with it


FIRST = passed("My order is late")


@pytest.mark.parametrize("known", [conversation(), handed(SERVED, CLOSING)])
def test_the_first_message_is_posted_behind_the_context_and_the_answer_stays(known: Conversation) -> None:
    decision = decide(held(known), asked(Introduced(results=(("topic", "order"),)), first=FIRST))
    assert owed(decision)[-3:] == [OpenRoom(), PostContext(("topic: order",)), PostToRoom("My order is late")]
    assert decision.answer is not None
    assert decision.answer.outcome is Outcome.QUEUED
    assert [(m.key, m.pending) for m in decision.messages] == [(PASSED, 1)]


def test_the_first_message_of_a_contact_who_has_a_room_goes_into_it() -> None:
    decision = decide(held(SERVED), asked(first=FIRST))
    assert owed(decision) == [PostToRoom("My order is late")]
    assert decision.answer is not None
    assert decision.answer.outcome is Outcome.ALREADY_OPEN


def test_a_repeat_of_the_call_posts_its_first_message_once() -> None:
    known = held()
    known = known.after(decide(known, asked(key="k", first=FIRST)))
    assert decide(known, asked(key="k", first=FIRST)).owed == ()


@pytest.mark.parametrize(
    ("first", "reason", "notices"),
    [
        (passed("", attachments=PICTURE), "media", ["not_carried"]),
        (passed(" "), "empty", []),
        (passed("See", attachments=PICTURE), None, ["not_carried"]),
    ],
)
def test_a_file_is_told_apart_and_the_contact_is_handed_over_all_the_same(
    first: object, reason: str | None, notices: list[str]
) -> None:
    known = held(conversation(options=options(Notice.NOT_CARRIED)))
    decision = decide(known, asked(first=first))
    assert decision.answer is not None
    assert decision.answer.outcome is Outcome.QUEUED
    assert [m.reason for m in decision.messages if m.author is Author.CONTACT] == [reason]
    assert told(decision) == notices


def test_what_a_contact_is_handed_over_with_is_no_leave_word() -> None:
    known = held(conversation(options=options(leave_word="exit")))
    decision = decide(known, asked(first=passed("exit")))
    assert standing(decision) == (QUEUED, None, None)
    assert PostToRoom("exit") in owed(decision)
    assert decision.abandoned is None


@pytest.mark.parametrize(
    ("known", "presence", "reason", "goes_offline"),
    [
        (conversation(options=OFFLINE), NOBODY, "no_agents", True),
        (conversation(options=OFFLINE, hours=HOURS), Presence(), "closed_hours", True),
        (conversation(options=OFFLINE), UNKNOWN, "unknown_department", False),
        (replace(BLOCKED, options=OFFLINE), Presence(), "blocked", False),
        (conversation(), NOBODY, "no_agents", False),
    ],
)
def test_the_words_of_who_is_not_handed_over_are_kept_and_may_become_an_offline_message(
    known: Conversation, presence: Presence, reason: str, *, goes_offline: bool
) -> None:
    decision = decide(held(known), asked(Introduced(department="Help"), presence, first=FIRST))
    offline = LeaveOffline("My order is late", "desk@example.org", "Help")
    assert owed(decision) == ([offline] if goes_offline else [])
    assert [(m.key, m.reason, m.pending) for m in decision.messages] == [(PASSED, reason, int(goes_offline))]
    assert standing(decision) == (CLOSED, None, None)


def test_an_offline_message_is_left_once() -> None:
    known = held(conversation(options=OFFLINE))
    known = known.after(decide(known, asked(presence=NOBODY, first=FIRST)))
    again = decide(known, asked(presence=NOBODY, first=FIRST))
    assert (again.owed, again.messages) == ((), ())


def test_words_in_which_nothing_can_be_seen_are_no_offline_message() -> None:
    decision = decide(held(conversation(options=OFFLINE)), asked(presence=NOBODY, first=passed("\u200b")))
    assert (decision.owed, decision.messages) == ((), ())


def test_a_file_that_goes_as_its_address_does_so_where_nobody_is_there() -> None:
    known = held(conversation(options=replace(OFFLINE, contact_media="link")))
    decision = decide(known, asked(presence=NOBODY, first=passed("See this", attachments=PICTURE)))
    assert owed(decision) == [LeaveOffline("See this\nhttps://files.example/1.png", "desk@example.org", "")]


def test_words_that_came_while_nobody_was_there_are_posted_when_the_call_comes_again() -> None:
    known = held()
    known = known.after(decide(known, asked(presence=NOBODY, first=FIRST)))
    decision = decide(known, asked(first=FIRST))
    assert PostToRoom("My order is late") in owed(decision)
    assert [(m.key, m.reason, m.pending) for m in decision.messages] == [(PASSED, None, 1)]


def test_messages_are_found_by_their_own_key() -> None:
    """A message that RapidPro sends under the same id through the send URL is another one."""
    sent: Message = message("words")
    decision = decide(held(SERVED, sent), passed("words"))
    assert owed(decision) == [PostToRoom("words")]


# Who it is


def test_the_contact_is_known_as_the_call_introduces_them() -> None:
    event = asked(Introduced("Ana Maria", "por", fields=(("age", "31"), ("secret", "x"))))
    event = replace(event, address=replace(WHO, path=" +250788"))
    known = conversation(path="", scheme="tel", options=options(context_fields=("age",)))
    found = after(decide(held(known), event))
    assert (found.uuid, found.path, found.urn) == (WHO.uuid, " +250788", "250788")
    assert (found.name, found.language, found.shown_fields) == ("Ana Maria", "por", (("age", "31"),))


def test_what_a_call_does_not_say_stays() -> None:
    known = conversation(
        path="ana", urn="ana", uuid="other", language="spa", shown_fields=(("age", "31"),), handoff=Handoff()
    )
    event = replace(asked(), address=replace(WHO, path="maria"))
    found = after(decide(held(known), event))
    assert replace(found, state=CLOSED, handoff=Handoff()) == known


def test_rocketchat_is_told_of_a_new_name_before_the_room_is_opened() -> None:
    decision = decide(held(), asked(Introduced("Ana Maria")))
    register, *others = owed(decision)
    assert isinstance(register, RegisterVisitor)
    assert (register.name, others) == ("Ana Maria", [OpenRoom()])
