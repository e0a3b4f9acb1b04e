"""What we tell a contact in our own words: where the channel wants it and they can be reached, and what only once."""

from dataclasses import replace
from typing import Any

import pytest

from channel.core.addresses import ByRoom
from channel.core.conversation import Author, Conversation, State
from channel.core.decide import decide
from channel.core.decision import Decision
from channel.core.errors import Refused
from channel.core.events import Event, RoomForwarded, RoomQueued
from channel.core.handoff import Handoff
from channel.core.held import Held
from channel.core.learned import Received
from channel.core.notices import OFF, Notice
from channel.core.options import Options
from channel.core.owed import ReplyToContact
from channel.core.people import Agent
from channel.core.telling import owing, telling, telling_once
from tests.core.building import (
    JOAO,
    NOON,
    ROOM,
    WORKSPACE,
    after,
    agents,
    arrived,
    broke,
    conversation,
    delivery,
    ended,
    handed,
    held,
    options,
    owed,
    said,
    taken,
    told,
)

QUEUED, SERVED = State.QUEUED, State.SERVED
MARIA = Agent("aMaria", "maria", "Maria Luz")
SPANISH = "Ahora le atiende"
HERE = ByRoom(WORKSPACE, ROOM, "token")


def tell(known: Conversation, notice: Notice = Notice.TAKEN, **values: Any) -> Decision:
    return telling(Decision(conversation=known), held(known), notice, **values)


def text(decision: Decision) -> str:
    (reply,) = owed(decision)
    assert isinstance(reply, ReplyToContact)
    return reply.text


@pytest.mark.parametrize("notice", Notice)
@pytest.mark.parametrize(("switched", "is_told"), [(True, True), (False, False), (None, None)])
def test_every_notice_can_be_switched_off_and_three_have_to_be_switched_on(
    notice: Notice, switched: bool | None, is_told: bool | None
) -> None:
    opts = Options(notices={} if switched is None else {notice.value: switched})
    decision = tell(conversation(options=opts), notice)
    assert told(decision) == ([notice.value] if is_told or (is_told is None and notice not in OFF) else [])


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({}, True),
        ({"path": "", "uuid": "u1"}, True),  # the scheme is ext
        ({"path": "", "uuid": "u1", "scheme": "tel"}, False),
        ({"path": "", "uuid": "u1", "scheme": "tel", "can_ask": True}, True),
        ({"path": "", "uuid": "u1", "scheme": "tel", "reply_via": "api"}, True),
        ({"path": "+250788", "scheme": "tel"}, True),
        ({"path": ""}, False),
    ],
)
def test_who_cannot_be_reached_is_told_nothing(changes: dict[str, Any], *, is_told: bool) -> None:
    decision = tell(conversation(options=options(*Notice), **changes))
    assert told(decision) == (["taken"] if is_told else [])


@pytest.mark.parametrize(
    ("language", "of_channel", "begins"),
    [("spa", "eng", SPANISH), ("", "spa", SPANISH), ("fra", "spa", "Vous"), ("tha", "spa", SPANISH), ("", "", "You")],
)
def test_it_is_in_the_contacts_language_else_in_the_channels(language: str, of_channel: str, begins: str) -> None:
    known = conversation(language=language, options=options(*Notice, language=of_channel))
    assert text(tell(known, agent="Ana")).startswith(begins)


def test_it_is_owed_like_anybodys_words_and_can_be_followed() -> None:
    decision = tell(conversation(SERVED, options=options(*Notice)), agent="Ana")
    ((due,), (message,)) = decision.owed, decision.messages
    assert due == replace(due, message=message.key, at=NOON, by_place=False)
    assert (message.author, message.external_id, message.pending) == (Author.BRIDGE, "taken", 1)
    assert (message.texts, message.room) == ((text(decision),), ROOM)


@pytest.mark.parametrize(("about", "keys"), [(("one", "two"), 2), (("one", "one"), 1)])
def test_two_of_one_kind_and_moment_are_told_apart_by_what_they_are_about(about: tuple[str, str], keys: int) -> None:
    known = held(conversation(options=options(*Notice)))
    decision = Decision(conversation=known.conversation)
    for each in about:
        decision = telling(decision, known, Notice.NOT_CARRIED, each)
    assert len({m.key for m in decision.messages}) == keys


def test_what_is_told_once_is_told_once_in_a_hand_off() -> None:
    known = held(conversation(QUEUED, options=options(*Notice)))
    first = telling_once(Decision(conversation=known.conversation), known, Notice.NOBODY)
    again = telling_once(Decision(conversation=after(first)), known.after(first), Notice.NOBODY)
    assert (told(first), told(again)) == (["nobody"], [])
    anew = replace(after(again), handoff=Handoff())
    assert told(telling_once(Decision(conversation=anew), known, Notice.NOBODY)) == ["nobody"]


def test_a_decision_about_nobody_cannot_tell_anything() -> None:
    with pytest.raises(ValueError, match="no conversation"):
        owing(Decision(), Held(NOON, None), ReplyToContact("x"), "taken")


# Who attends them


TELLS = options(*Notice)


@pytest.mark.parametrize(
    ("events", "notices"),
    [
        ([taken()], ["taken"]),
        ([taken(), taken(key="taken:2")], ["taken", "resumed"]),  # it was on hold
        ([taken(key=None), taken()], ["taken"]),  # the event came after a mention
        ([taken(), RoomForwarded(HERE, MARIA, "f1", b"")], ["taken", "transferred"]),
        ([taken(), taken(agent=MARIA, key=None)], ["taken", "transferred"]),  # a second agent writes
        ([taken(), RoomForwarded(HERE, None, "f1", b""), taken(key="taken:2")], ["taken", "requeued"]),
        (
            [taken(), RoomForwarded(HERE, None, "f1", b""), taken(agent=MARIA, key="taken:2")],
            ["taken", "requeued", "transferred"],
        ),
        ([taken(), RoomQueued(HERE, "q1", b"")], ["taken", "requeued"]),
        ([taken("rOther")], []),
        # a bare body knows the agent by name alone
        ([taken(), taken(agent=Agent("João", name="João"), key=None)], ["taken"]),
        ([taken(agent=Agent("João", name="João"), key=None), taken()], ["taken"]),
    ],
)
def test_a_change_of_agent_is_told_once(events: list[Event], notices: list[str]) -> None:
    known = held(conversation(QUEUED, options=TELLS, handoff=Handoff(began_at=NOON, room=ROOM)))
    found = []
    for event in events:
        decision = decide(known, event)
        known = known.after(decision)
        found += told(decision)
    assert found == notices


@pytest.mark.parametrize(
    ("agent", "shown", "words"),
    [
        (MARIA, "full", "You are now being attended by: Maria Luz"),
        (MARIA, "first", "You are now being attended by: Maria"),
        (MARIA, "none", "An agent is attending you now."),
        (Agent("a", "maria.l"), "full", "You are now being attended by: maria.l"),
        (Agent("a"), "full", "An agent is attending you now."),
    ],
)
def test_the_agent_is_named_as_the_channel_wants(agent: Agent, shown: str, words: str) -> None:
    known = conversation(QUEUED, options=replace(TELLS, agent_name=shown))
    assert text(decide(held(known), taken(agent=agent))) == words


def test_by_its_own_words_a_channel_names_the_agent_too() -> None:
    own = {"taken": {"eng": "{agent} is here!"}}
    assert text(decide(held(conversation(QUEUED, options=replace(TELLS, templates=own))), taken())) == "João is here!"


def test_what_an_agent_wrote_with_all_notices_on_goes_as_they_wrote_it() -> None:
    assert owed(decide(held(handed(SERVED, options=TELLS)), said("Hi"))) == [ReplyToContact("Hi")]


# How it ends


def test_a_notice_that_arrived_leaves_no_trace_but_its_own() -> None:
    notice = agents(key="ours:taken", author=Author.BRIDGE, external_id="taken", pending=1)
    arrival = ended(held(SERVED, notice), arrived(Received("u1")), delivery(ReplyToContact("x"), message=notice.key))
    assert (arrival.owed, [m.pending for m in arrival.messages]) == ((), [0])
    gone = ended(held(SERVED, notice), broke(Refused("no", "no")), delivery(ReplyToContact("x"), message=notice.key))
    assert (gone.owed, [(m.dead, m.reason) for m in gone.messages]) == ((), [(1, "no")])
    assert JOAO.id == after(gone).agent
