"""How a hand-off begins: what the room needs, what the agent sees first, and what the contact hears of the hours."""

from dataclasses import replace
from typing import Any

import pytest

from channel.core import limits
from channel.core.addresses import ByRoom
from channel.core.beginning import opening, registration
from channel.core.context import KEPT_WORDS
from channel.core.conversation import KEPT, Conversation, Message, State
from channel.core.decide import decide
from channel.core.decision import Decision
from channel.core.events import Introduced, RoomQueued, Timer
from channel.core.handoff import Handoff
from channel.core.hours_file import read_hours
from channel.core.learned import ContactRead, RoomOpened
from channel.core.notices import Notice
from channel.core.options import Options
from channel.core.owed import OpenRoom, PostContext, PostToRoom, ReadContact, RegisterVisitor, ReplyToContact
from tests.core.building import (
    NOON,
    ROOM,
    WORKSPACE,
    after,
    arrived,
    asked,
    at,
    conversation,
    delivery,
    ended,
    held,
    message,
    options,
    owed,
    passed,
    standing,
    told,
    wrote,
)

CLOSED, QUEUED = State.CLOSED, State.QUEUED
EVERY = options(*Notice)
#: noon is a Sunday's, and Help is there until one
HOURS = read_hours(
    'zone = "UTC"\nmonday-friday = "08:00-18:00"\n[departments.Help]\nsunday = "11:00-13:00"\n'
    "[departments.Never]\nmonday = []\n"
)
MORNING = 20 * 3600.0
HELP = Introduced(department="help")


def dues(decision: Decision) -> dict[str, float]:
    return {type(due.owed).__name__: (due.at - NOON).total_seconds() for due in decision.owed}


# Hours


@pytest.mark.parametrize(
    ("event", "department", "opens", "notices"),
    [
        (wrote(), "", MORNING, ["outside_hours"]),
        (wrote(), "Help", 0, []),
        (wrote(), "Never", 0, []),  # no opening to wait for
        (passed(), "", MORNING, ["outside_hours"]),
        (passed(introduced=HELP), "", 0, []),
        (asked(HELP), "", 0, []),
    ],
)
def test_outside_the_hours_the_room_is_opened_when_they_begin(
    event: Any, department: str, opens: float, notices: list[str]
) -> None:
    decision = decide(held(conversation(hours=HOURS, department=department, options=EVERY)), event)
    assert dues(decision)["OpenRoom"] == opens
    assert told(decision) == notices
    assert standing(decision) == (QUEUED, None, None)
    timers = {timer.why: timer.at for timer in decision.timers}
    assert timers == {Timer.MAX_WAIT: at(opens + 1800), Timer.STILL_WAITING: at(opens + 300)}


def test_the_contact_is_told_when_it_opens_and_once_in_a_hand_off() -> None:
    known = held(conversation(hours=HOURS, options=EVERY))
    first = decide(known, wrote())
    (notice,) = [each for each in owed(first) if isinstance(each, ReplyToContact)]
    assert "Monday 08:00" in notice.text
    assert told(decide(known.after(first), wrote(id="1002"))) == []


def test_without_hours_somebody_is_always_there() -> None:
    assert dues(decide(held(conversation()), wrote()))["OpenRoom"] == 0


# What the room needs


FIELDS = options(custom_fields={"uuid": "contact.uuid", "age": "fields.age", "topic": "results.topic", "x": "fields.x"})
KNOWN = conversation(uuid="u1", shown_fields=(("age", "31"),), options=FIELDS)


def test_rocketchat_is_told_what_the_channel_wants_in_its_custom_fields() -> None:
    decision = decide(held(KNOWN), passed(introduced=Introduced("Ana Maria", results=(("topic", "order"),))))
    register = owed(decision)[0]
    filled = (("age", "31"), ("topic", "order"), ("uuid", "u1"))
    assert register == RegisterVisitor("Ana Maria", "", filled)


def test_a_visitor_is_owed_a_registration_that_may_turn_out_needless_when_it_would_be_made() -> None:
    register = RegisterVisitor("Ana", "", (("age", "31"), ("uuid", "u1")))
    told_before = replace(KNOWN, registered="Ana\n\nage=31\nuuid=u1")
    for known in (KNOWN, told_before):
        assert owed(decide(held(known), wrote())) == [register, OpenRoom(), PostContext(()), PostToRoom("words")]


@pytest.mark.parametrize(
    ("asked_for", "of_channel", "department"), [("Help", "Desk", "Help"), ("", "Desk", "Desk"), ("", "", "")]
)
def test_a_room_is_for_the_department_the_flow_names_or_else_the_channels(
    asked_for: str, of_channel: str, department: str
) -> None:
    known = conversation(department=of_channel)
    decision = decide(held(known), passed(introduced=Introduced(department=asked_for)))
    assert after(decision).handoff == Handoff(department=asked_for, by_flow=True, began_at=NOON)
    assert after(decision).wanted_department == department
    assert registration(after(decision)).department == department


@pytest.mark.parametrize(
    ("known", "asks"),
    [
        (conversation(can_ask=True), True),
        (conversation(can_ask=True, path="", uuid="u1"), True),
        (conversation(can_ask=True, path=""), False),  # by what?
        (conversation(), False),
    ],
)
def test_rapidpro_is_asked_about_the_contact_where_there_is_a_token(known: Conversation, *, asks: bool) -> None:
    assert (ReadContact() in [due.owed for due in opening(known, Introduced(), NOON, NOON)]) is asks


@pytest.mark.parametrize(
    ("name", "state", "registers"),
    [("Ana Maria", QUEUED, True), ("", QUEUED, False), ("Ana", QUEUED, False), ("Ana Maria", CLOSED, False)],
)
def test_what_rapidpro_says_of_the_contact_is_known_and_rocketchat_hears_of_the_name(
    name: str, state: State, *, registers: bool
) -> None:
    known = held(conversation(state, options=options(context_fields=("age",))))
    learned = ContactRead("u1", name, "por", (("age", "31"), ("secret", "x")))
    decision = ended(known, arrived(learned), delivery(ReadContact(), message=None))
    found = after(decision)
    assert (found.uuid, found.language, found.shown_fields) == ("u1", "por", (("age", "31"),))
    assert found.name == (name or "Ana")
    assert owed(decision) == ([RegisterVisitor("Ana Maria", "")] if registers else [])


# What the agent sees first


@pytest.mark.parametrize(
    ("known", "told_of", "context"),
    [
        (conversation(), Introduced(), None),
        (conversation(), Introduced(results=(("topic", "order"),)), PostContext(("topic: order",))),
        (
            conversation(),
            Introduced(results=(("topic", "order"), ("no", "7")), flow="Shop"),
            PostContext(("Flow: Shop", "topic: order", "no: 7")),
        ),
        (conversation(language="spa"), Introduced(), PostContext(())),
        (conversation(), Introduced(language="spa"), PostContext(())),
        (conversation(shown_fields=(("age", "31"),)), Introduced(), PostContext(())),
        (conversation(can_ask=True), Introduced(), PostContext((), 10, NOON.isoformat(), ("words",))),
        (conversation(can_ask=True, options=options(context_messages=0)), Introduced(), None),
        (
            conversation(can_ask=True, options=options(context_messages=3)),
            Introduced(),
            PostContext((), 3, NOON.isoformat(), ("words",)),
        ),
    ],
)
def test_the_agent_is_shown_what_there_is_to_show(
    known: Conversation, told_of: Introduced, context: PostContext | None
) -> None:
    decision = decide(held(known), passed(introduced=told_of))
    assert [each for each in owed(decision) if isinstance(each, PostContext)] == ([context] if context else [])
    order = [type(each).__name__ for each in owed(decision) if isinstance(each, OpenRoom | PostContext | PostToRoom)]
    assert order == ["OpenRoom", *(["PostContext"] if context else []), "PostToRoom"]


def kept(text: str, number: str) -> Message:
    return message(text, key=f"send:{number}", external_id=number, reason=KEPT)


@pytest.mark.parametrize("event", [wrote("New question"), passed("New question"), asked(first=passed("New question"))])
def test_words_that_were_kept_go_first_behind_a_line_that_says_so(event: Any) -> None:
    before = {m.key: m for m in (kept("Thanks", "1"), kept("w" * 700, "2"))}
    decision = decide(held(conversation(), kept=before), event)
    steps = owed(decision)[2:]
    assert steps[0] == PostContext((KEPT_WORDS,))
    assert steps[1:] == [
        PostToRoom("Thanks"),
        PostToRoom("w" * 640),
        PostToRoom("w" * 60),
        PostToRoom("New question"),
    ]
    assert [(m.reason, m.pending) for m in decision.messages[:2]] == [(None, 1), (None, 2)]
    assert {due.message for due in decision.owed[3:6]} == {"send:1", "send:2"}


def test_words_that_were_kept_are_posted_once() -> None:
    before = {m.key: m for m in (kept("Thanks", "1"),)}
    known = held(conversation(), kept=before)
    known = known.after(decide(known, wrote("one", "10")))
    assert known.kept == {}
    assert owed(decide(known, wrote("two", "11"))) == [PostToRoom("two")]


# What the contact hears meanwhile


@pytest.mark.parametrize("how", ["opened", "queued"])
@pytest.mark.parametrize(("opts", "is_set"), [(EVERY, True), (options(), False)])
def test_a_room_without_an_agent_is_told_of_after_3_s(how: str, opts: Options, *, is_set: bool) -> None:
    known = held(conversation(QUEUED, room=None, options=opts, handoff=Handoff(began_at=NOON)), now=5)
    if how == "opened":
        decision = ended(known, arrived(RoomOpened(ROOM)), delivery(OpenRoom()))
    else:
        decision = decide(known, RoomQueued(ByRoom(WORKSPACE, ROOM, "token"), "queued:1", b""))
    assert [timer.at for timer in decision.timers if timer.why is Timer.QUEUED] == ([at(8)] if is_set else [])
    assert told(decision) == []


def test_a_contact_who_was_told_that_they_wait_is_not_told_again() -> None:
    known = conversation(QUEUED, options=EVERY, handoff=Handoff(began_at=NOON, told=("queued",)))
    decision = decide(held(known), RoomQueued(ByRoom(WORKSPACE, ROOM, "token"), "queued:1", b""))
    assert decision.timers == ()


def test_a_hand_off_knows_the_keys_of_those_before_it_and_of_so_many_only() -> None:
    handoff = Handoff(asked_key="ask-0")
    for number in range(1, limits.ASKED_KEPT + 4):
        before, earlier = handoff.asked_until_now()
        handoff = Handoff(asked_key=f"ask-{number}", asked_before=before, asked_earlier=earlier)
    assert [n for n in range(limits.ASKED_KEPT + 4) if not handoff.was_asked(f"ask-{n}")] == [0, 1]
    assert not handoff.was_asked("another")
    assert Handoff(asked_before="b", asked_earlier=("x",)).asked_until_now() == (
        "b",
        ("x",),
    )  # nobody asked for this one
