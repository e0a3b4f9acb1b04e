"""What becomes of an agent's words that were found in a room's history."""

from dataclasses import replace
from typing import Any

import pytest

from channel.core import limits
from channel.core.conversation import Conversation, Message, State
from channel.core.decide import decide
from channel.core.decision import Decision
from channel.core.errors import Unavailable
from channel.core.events import AgentWrote, RoomTaken
from channel.core.held import Held
from channel.core.learned import HistoryRead, Received
from channel.core.owed import ReadHistory, ReplyToContact, TellAuthor
from channel.core.repairing import told
from tests.core.building import (
    JOAO,
    KEY,
    REPLY,
    ROOM,
    after,
    agents,
    arrived,
    broke,
    conversation,
    delivery,
    ended,
    held,
    owed,
    said,
    standing,
)
from tests.core.test_missing import form, moment

NEWEST = moment(30)


def found(text: str = "words", item: str = "m1", **more: Any) -> AgentWrote:
    return replace(said(text, item), **{"said_at": moment(5), "found_by": NEWEST, **more})


def known(*messages: Message, of: Conversation | State = State.SERVED, since: str = "", **more: Any) -> Held:
    return held(of, *messages, since={ROOM: since}, **more)


def replies(decision: Decision) -> list[str]:
    return [each.text for each in owed(decision) if isinstance(each, ReplyToContact)]


def test_words_that_nobody_told_are_owed_in_their_place_and_counted() -> None:
    decision = decide(known(heard={ROOM: frozenset({form(9)})}), found())
    (due,) = decision.owed
    assert due.owed == ReplyToContact("words", moment(5), form(5))
    assert (due.by_place, due.dead, decision.counted) == (True, "", ("repaired",))
    assert decision.heard == ((ROOM, form(5)),)


@pytest.mark.parametrize("state", State)
def test_a_room_that_is_closed_by_now_does_not_matter(state: State) -> None:
    assert replies(decide(known(of=state), found())) == ["words"]


@pytest.mark.parametrize(
    "record",
    [
        agents(),
        agents(reason="too_long"),
        agents(reason="note"),
        agents(reason="answered by telephone", dead=1),
        replace(agents(), texts=()),  # retention leaves the key
        agents(edited_at=moment(6)),  # an edit of it came
    ],
)
def test_there_is_a_record_of_it(record: Message) -> None:
    decision = decide(known(record), found())
    assert (decision.owed, decision.messages, decision.counted, decision.reason) == ((), (), (), "repeat")


def test_an_edit_of_which_there_is_no_record_is_an_edit() -> None:
    of = conversation(State.SERVED)
    decision = decide(known(agents("Come at 9"), of=of), found("Come at 10", edited_at=moment(8)))
    assert replies(decision) == [of.options.edit_prefix.format(text="Come at 10")]
    assert decision.counted == ("repaired",)


def test_a_lost_message_that_was_edited_goes_as_it_is_now_where_it_was_said() -> None:
    (due,) = decide(known(), found("Come at 10", edited_at=moment(8))).owed
    assert due.owed == ReplyToContact("Come at 10", moment(5), form(5))


@pytest.mark.parametrize(
    ("since", "goes"), [("", True), (form(4), True), (form(5), False), (form(9), False), (None, False)]
)
def test_only_what_was_said_since_the_room_is_ours(since: str | None, goes: bool) -> None:
    rooms = {} if since is None else {ROOM: since}
    decision = decide(held(State.SERVED, since=rooms), found())
    assert (replies(decision) == ["words"]) is goes


@pytest.mark.parametrize("text", ["// she called before", "", "l" * 641])
def test_what_does_not_pass_is_kept_with_its_reason_and_was_not_repaired(text: str) -> None:
    decision = decide(known(), found(text))
    assert (replies(decision), decision.counted) == ([], ())
    assert [m.reason for m in decision.messages] == [decision.reason]


@pytest.mark.parametrize(
    ("said_at", "edited_at", "dead"),
    [
        ("2026-03-01T00:29:59.000Z", None, "stale"),
        ("2026-03-01T00:30:00.000Z", None, ""),
        ("2026-02-20T00:00:00.000Z", moment(29), ""),  # the words are as old as their edit
        ("2026-02-20T00:00:00.000Z", "2026-02-21T00:00:00.000Z", "stale"),
        (None, None, ""),
    ],
)
def test_what_is_more_than_12_hours_older_than_the_newest_message_waits_for_an_operator(
    said_at: str | None, edited_at: str | None, dead: str
) -> None:
    room = held(State.SERVED, since={ROOM: ""})
    decision = decide(room, replace(found(edited_at=edited_at), said_at=said_at or moment(5)))
    due, *others = decision.owed
    assert due.dead == dead
    assert [type(each.owed) for each in others] == ([TellAuthor] if dead else [])
    assert [(m.pending, m.dead, m.reason) for m in decision.messages] == [(0, 1, dead) if dead else (1, 0, None)]
    assert decision.counted == (("dead_letters",) if dead else ("repaired",))


def test_rooms_of_others_are_not_counted_for_each_message() -> None:
    decision = decide(replace(held(), conversation=None), found())
    assert (decision.reason, decision.counted, decision.note) == ("foreign_room", (), None)


def test_our_bots_words_leave_no_trace() -> None:
    decision = decide(known(of=conversation(State.SERVED, bot=JOAO.id)), found())
    assert (decision.owed, decision.messages, decision.note) == ((), (), None)


def test_what_a_history_tells_comes_before_the_end_of_its_reading() -> None:
    events = (found(),) * (2 * limits.FOUND_AT_ONCE)
    done = arrived(HistoryRead(ROOM, form(30), events))
    turns = list(told(done))
    assert [len(turn) for turn in turns] == [limits.FOUND_AT_ONCE] * 2 + [1]
    assert [event for turn in turns for event in turn] == [*events, done]
    assert ended(known(), done, delivery(ReadHistory(ROOM), message=None)).room_read == (ROOM, form(30))
    failed = broke(Unavailable("away", "away"))
    assert list(told(failed)) == [[failed]]


@pytest.mark.parametrize(("state", "agent"), [(State.QUEUED, JOAO.id), (State.SERVED, "aMaria")])
def test_who_serves_a_room_is_believed_only_while_nobody_is_known_to(state: State, agent: str) -> None:
    of = conversation(state, agent=None if state is State.QUEUED else agent)
    decision = decide(held(of), RoomTaken(said().address, JOAO, asked=True))
    assert standing(decision) == (State.SERVED, ROOM, agent)


# What goes behind later words


@pytest.mark.parametrize(
    ("place", "before", "counted", "until"),
    [
        (form(5), "", (), form(5)),
        (form(5), form(4), (), form(5)),
        (form(5), form(5), (), form(5)),  # another part of the same
        (form(5), form(9), ("late",), form(9)),
        ("", form(9), (), form(9)),  # a notice
    ],
)
def test_a_message_is_late_when_it_goes_behind_one_that_was_said_later(
    place: str, before: str, counted: tuple[str, ...], until: str
) -> None:
    of = conversation(State.SERVED)
    of = replace(of, handoff=replace(of.handoff, told_until=before))
    going = delivery(replace(REPLY, place=place))
    decision = ended(held(of, replace(agents(), key=KEY, pending=1)), arrived(Received("u")), going)
    assert (decision.counted, after(decision).handoff.told_until) == (counted, until)


def test_a_late_message_of_several_parts_is_counted_once() -> None:
    of = conversation(State.SERVED)
    of = replace(of, handoff=replace(of.handoff, told_until=form(9)))
    going = delivery(replace(REPLY, place=form(5)))
    decision = ended(held(of, replace(agents(), key=KEY, pending=2)), arrived(Received("u")), going)
    assert decision.counted == ()
