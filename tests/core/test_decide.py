"""Events one after the other, each decided upon what the one before it left."""

from dataclasses import replace

from channel.core.conversation import State
from channel.core.decide import decide
from channel.core.errors import Refused
from channel.core.held import Held
from channel.core.learned import Posted, RoomOpened
from channel.core.owed import OpenRoom, PostToRoom, RegisterVisitor, Status
from tests.core.building import (
    ROOM,
    arrived,
    at,
    broke,
    closed,
    conversation,
    delivery,
    ended,
    held,
    said,
    taken,
    wrote,
)


def later(known: Held, seconds: float) -> Held:
    return replace(known, now=at(seconds))


def test_a_conversation_from_the_first_word_to_the_next_room() -> None:
    known = held(conversation(registered=None))
    first = decide(known, wrote("Hello"))
    assert [due.owed for due in first.owed] == [RegisterVisitor("Ana", ""), OpenRoom(), PostToRoom("Hello")]

    known = known.after(first)
    known = known.after(ended(known, arrived(RoomOpened(ROOM)), delivery(OpenRoom())))
    posted = ended(later(known, 1), arrived(Posted(ROOM)))
    assert [m.status for m in posted.messages] == [Status.SENT]

    known = known.after(posted)
    known = replace(known, unserved={m.key: m for m in posted.messages})
    served = decide(later(known, 30), taken())
    assert [m.status for m in served.messages] == [Status.DELIVERED]

    known = known.after(served)
    known = known.after(decide(known, said("Hi")))
    known = known.after(decide(known, closed()))
    assert known.conversation is not None
    assert known.conversation.state is State.CLOSED

    again = decide(replace(later(known, 600), messages={}), wrote("Me again", "1002"))
    assert [due.owed for due in again.owed][1:] == [OpenRoom(), PostToRoom("Me again")]


def test_words_that_come_while_the_room_is_being_opened_open_no_second_one() -> None:
    known = held()
    known = known.after(decide(known, wrote("one", "1")))
    assert [due.owed for due in decide(known, wrote("two", "2")).owed] == [PostToRoom("two")]


def test_a_repeat_in_the_same_batch_is_a_repeat() -> None:
    known = held()
    known = known.after(decide(known, wrote("one")))
    assert decide(known, wrote("one")).reason == "repeat"


def test_a_part_given_up_before_the_next_one_came_is_failed_and_stays_so() -> None:
    """The two parts are 1 s apart; the first was refused in between."""
    known = held(State.QUEUED)
    known = known.after(decide(known, wrote("l" * 60)))
    known = later(known.after(ended(known, broke(Refused("no", "no")))), 1)
    known = known.after(decide(known, wrote("more")))
    last = ended(known, arrived(Posted(ROOM)))
    assert [m.status for m in last.messages] == [Status.FAILED]


def test_deciding_changes_nothing_that_was_held() -> None:
    known = held(State.SERVED)
    before = replace(known)
    decide(known, wrote())
    decide(known, said())
    decide(known, closed())
    assert known == before
