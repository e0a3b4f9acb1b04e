"""What becomes of what a contact or an agent wrote."""

from dataclasses import replace

import pytest

from channel.core.conversation import Conversation, Message, State
from channel.core.decide import decide
from channel.core.decision import Decision, Due
from channel.core.events import AgentWrote, Attachment
from channel.core.held import Held
from channel.core.keys import key_of
from channel.core.owed import (
    OpenRoom,
    PostToRoom,
    RegisterVisitor,
    ReplyToContact,
    ReportStatus,
    Status,
    TellAuthor,
)
from tests.core.building import ID, KEY, NOON, ROOM, agents, at, conversation, held, message, options, said, wrote

CLOSED, QUEUED, SERVED = State.CLOSED, State.QUEUED, State.SERVED
LONG = "l" * 60


def owed(decision: Decision) -> list[object]:
    return [due.owed for due in decision.owed]


# What a contact wrote


@pytest.mark.parametrize(
    ("known", "steps"),
    [
        (conversation(registered=None), [RegisterVisitor("Ana", ""), OpenRoom()]),
        (conversation(), [RegisterVisitor("Ana", ""), OpenRoom()]),  # needless, perhaps, by then
        (conversation(name="Ana Maria"), [RegisterVisitor("Ana Maria", ""), OpenRoom()]),
        (conversation(department="Help"), [RegisterVisitor("Ana", "Help"), OpenRoom()]),
        (conversation(QUEUED), []),
        (conversation(QUEUED, room=None), []),  # somebody opens it already
        (conversation(SERVED), []),
    ],
)
def test_words_are_owed_behind_what_they_need(known: Conversation, steps: list[object]) -> None:
    decision = decide(held(known), wrote("Hello"))
    assert owed(decision) == [*steps, PostToRoom("Hello")]
    assert [due.message for due in decision.owed] == [*(None for _ in steps), KEY]
    assert decision.conversation is not None
    assert decision.conversation.state is (SERVED if known.state is SERVED else QUEUED)


def test_long_words_are_owed_in_parts_of_640_and_counted() -> None:
    decision = decide(held(QUEUED), wrote("w" * 1300))
    assert [len(post.text) for post in owed(decision) if isinstance(post, PostToRoom)] == [640, 640, 20]
    assert [m.pending for m in decision.messages] == [3]


def test_quick_replies_are_part_of_the_words() -> None:
    assert owed(decide(held(QUEUED), wrote("Well?", quick_replies=("Yes",)))) == [PostToRoom("Well?\n• Yes")]


def test_the_path_is_kept_byte_for_byte() -> None:
    event = wrote()
    again = replace(event, address=replace(event.address, path=" Ana"))
    decision = decide(held(QUEUED), again)
    assert decision.conversation is not None
    assert decision.conversation.path == " Ana"


def test_a_further_part_is_owed_after_the_first_and_takes_the_status_back() -> None:
    decision = decide(held(QUEUED, message(LONG, status=Status.SENT), now=1), wrote("more"))
    assert owed(decision) == [PostToRoom("more", part=1)]
    assert decision.withdrawn == (KEY,)
    assert [(m.texts, m.status, m.pending) for m in decision.messages] == [((LONG, "more"), None, 1)]


def test_a_further_part_does_not_make_a_dead_one_forgotten() -> None:
    known = message(LONG, status=Status.FAILED, dead=1, reason="no")
    decision = decide(held(QUEUED, known, now=1), wrote("more"))
    assert owed(decision) == [PostToRoom("more", part=1)]
    assert decision.withdrawn == ()
    assert [(m.status, m.reason) for m in decision.messages] == [(Status.FAILED, "no")]


@pytest.mark.parametrize("status", Status)
def test_a_repeat_reports_its_status_again_2_s_after_this_answer(status: Status) -> None:
    decision = decide(held(QUEUED, message(status=status), now=90), wrote())
    assert decision.owed == (Due(ReportStatus(ID, status), KEY, at(92)),)
    assert (decision.reason, decision.counted) == ("repeat", ("duplicates",))


@pytest.mark.parametrize("known", [message(pending=1), message(pending=1, status=Status.SENT), message()])
def test_a_repeat_of_what_is_on_its_way_owes_nothing(known: Message) -> None:
    decision = decide(held(QUEUED, known, now=90), wrote())
    assert (decision.owed, decision.reason) == ((), "repeat")


def test_a_repeat_of_what_was_given_up_goes_again() -> None:
    known = message(LONG, "more", status=Status.FAILED, dead=1, reason="no")
    decision = decide(held(QUEUED, known, now=90), wrote(LONG))
    assert decision.replayed == ((KEY, 0),)
    assert (decision.owed, decision.withdrawn) == ((), (KEY,))
    assert [(m.status, m.reason) for m in decision.messages] == [(None, None)]


def test_each_part_of_a_resend_replays_its_own_dead_letter() -> None:
    known = held(QUEUED, message(LONG, "more", status=Status.FAILED, dead=2), now=90)
    first = decide(known, wrote(LONG))
    second = decide(known.after(first), wrote("more"))
    assert (first.replayed, second.replayed) == (((KEY, 0),), ((KEY, 1),))


def test_a_conflict_is_kept_and_counted_and_posts_nothing() -> None:
    decision = decide(held(QUEUED, message("first"), now=90), wrote("second"))
    assert (decision.owed, decision.reason, decision.counted) == ((), "conflict", ("conflict",))
    assert decision.note is not None
    assert (decision.note.kind, decision.note.raw) == ("conflict", b"raw")
    assert [m.texts for m in decision.messages] == [("first",)]


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u2060\ufeff", "\u200b" * 700])
def test_a_message_of_nothing_is_failed_so_that_somebody_knows(text: str) -> None:
    decision = decide(held(CLOSED), wrote(text))
    assert decision.owed == (Due(ReportStatus(ID, Status.FAILED), KEY, at(2)),)
    assert [(m.texts, m.reason) for m in decision.messages] == [((), "empty")]
    assert decision.conversation == conversation(CLOSED)


def test_an_empty_part_of_a_message_that_has_words_only_reports_its_status_again() -> None:
    decision = decide(held(QUEUED, message(LONG, status=Status.SENT), now=1), wrote(""))
    assert decision.owed == (Due(ReportStatus(ID, Status.SENT), KEY, at(3)),)
    assert (decision.withdrawn, decision.reason) == ((), "empty")
    assert [(m.texts, m.status, m.answered_at) for m in decision.messages] == [((LONG,), Status.SENT, at(1))]


# What an agent wrote


def test_an_agents_words_are_owed_to_the_contact_once() -> None:
    known = held(SERVED)
    first = decide(known, said("Hi", said_at="12:00"))
    assert owed(first) == [ReplyToContact("Hi", said_at="12:00")]
    again = decide(known.after(first), said("Hi", said_at="12:00"))
    assert (again.owed, again.messages, again.reason, again.counted) == ((), (), "repeat", ("duplicates",))


@pytest.mark.parametrize("state", State)
def test_an_agents_words_go_whatever_the_state(state: State) -> None:
    assert owed(decide(held(state), said("Hi", room="rOld"))) == [ReplyToContact("Hi")]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (said(""), "empty"),
        (said(" \n"), "empty"),
        (said("", attachments=(Attachment("image/png", "/f/1"),)), "media"),
        (said("w" * 641), "too_long"),
        (said("ሰ" * 641), "too_long"),
    ],
)
def test_words_that_do_not_go_are_kept_with_the_reason(event: AgentWrote, reason: str) -> None:
    decision = decide(held(SERVED), event)
    (due,) = decision.owed
    assert isinstance(due.owed, TellAuthor)
    assert [each.what for each in due.owed.told] == [f"author_{reason}"]
    assert decision.reason == reason
    assert [(m.reason, m.pending, m.raw) for m in decision.messages] == [(reason, 0, b"raw")]


def test_a_refused_message_that_comes_again_is_a_repeat() -> None:
    known = held(SERVED)
    assert decide(known.after(decide(known, said("w" * 641))), said("w" * 641)).reason == "repeat"


@pytest.mark.parametrize("text", ["w" * 640, "ሰ" * 640, "𐌸" * 640])
def test_640_code_points_go(text: str) -> None:
    assert owed(decide(held(SERVED), said(text))) == [ReplyToContact(text)]


def edited(text: str, when: str) -> AgentWrote:
    return said(text, said_at="12:00", edited_at=when)


def test_each_edit_goes_once_and_in_its_own_words() -> None:
    known: Held = held(SERVED, agents("Hi"))
    first = decide(known, edited("Hi!", "12:01"))
    assert owed(first) == [ReplyToContact("Correction: Hi!", said_at="12:01")]
    known = known.after(first)
    assert decide(known, edited("Hi!", "12:01")).reason == "repeat"
    second = decide(known, edited("Hi there", "12:02"))
    assert owed(second) == [ReplyToContact("Correction: Hi there", said_at="12:02")]
    assert decide(known.after(second), edited("Hi!", "12:01")).reason == "repeat"


def test_the_original_after_its_edit_is_a_repeat() -> None:
    assert decide(held(SERVED, agents("Hi!", edited_at="12:01")), said("Hi")).reason == "repeat"


def test_an_edit_that_changes_nothing_does_not_go_but_is_remembered() -> None:
    known = held(SERVED, agents("Hi"))
    decision = decide(known, edited("Hi", "12:01"))
    assert (decision.owed, decision.reason) == ((), "unchanged")
    assert decide(known.after(decision), edited("Hi", "12:01")).reason == "repeat"


def test_an_edit_back_to_the_first_words_goes() -> None:
    known = held(SERVED, agents("Hi"), agents("Ho", edited_at="12:01"))
    assert owed(decide(known, edited("Hi", "12:02"))) == [ReplyToContact("Correction: Hi", said_at="12:02")]


def test_an_edit_of_what_went_in_part_is_none_of_words_that_never_went() -> None:
    long = "One sentence that is quite long. And a second one, which is long too."
    short = {"text_length": 60, "agent_too_long": "split"}
    served = replace(conversation(SERVED), options=options(**short))
    known = held(served, agents(long, dead=1))
    assert decide(known, edited(long, "12:01")).reason == "unchanged"
    assert owed(decide(known, edited("Hi", "12:01"))) == [ReplyToContact("Correction: Hi", said_at="12:01")]
    lost = held(served, agents(long, dead=2))
    assert owed(decide(lost, edited("Hi", "12:01"))) == [ReplyToContact("Hi", said_at="12:01")]


def test_an_edit_whose_original_never_came_is_a_first_sending() -> None:
    assert owed(decide(held(SERVED), edited("Hi", "12:01"))) == [ReplyToContact("Hi", said_at="12:00")]


def test_equal_words_under_another_id_are_another_message() -> None:
    assert owed(decide(held(SERVED, agents("Hi")), said("Hi", item="m2"))) == [ReplyToContact("Hi")]


@pytest.mark.parametrize(("seconds", "reason"), [(0, "repeat"), (9.9, "repeat"), (10, None), (3600, None)])
def test_a_body_without_an_id_is_a_repeat_for_10_s(seconds: float, reason: str | None) -> None:
    known = held(SERVED)
    first = decide(known, said("Hi", item=None, digest="d1"))
    later = replace(known.after(first), now=at(seconds))
    decision = decide(later, said("Hi", item=None, digest="d1"))
    assert decision.reason == reason
    assert (decision.messages == ()) == (reason is not None)


def test_another_body_without_an_id_is_another_message() -> None:
    known = held(SERVED)
    decision = decide(
        known.after(decide(known, said("Hi", item=None, digest="d1"))), said("Ho", item=None, digest="d2")
    )
    assert owed(decision) == [ReplyToContact("Ho")]


def test_bare_bodies_that_are_no_repeats_have_different_keys() -> None:
    known = held(SERVED)
    first = decide(known, said("Hi", item=None, digest="d1"))
    second = decide(replace(known.after(first), now=at(11)), said("Hi", item=None, digest="d1"))
    assert len({m.key for d in (first, second) for m in d.messages}) == 2


def test_what_we_posted_ourselves_is_an_echo_and_goes_nowhere() -> None:
    decision = decide(held(SERVED, posted=frozenset({"la-1"})), said("Hello", item="la-1"))
    assert (decision.owed, decision.messages, decision.reason) == ((), (), "echo")
    assert decision.note is not None
    assert decision.note.key == key_of("echo", "la-1")


def test_an_item_that_only_looks_like_ours_is_an_agents() -> None:
    assert owed(decide(held(SERVED), said("Hello", item="la-1"))) == [ReplyToContact("Hello")]


# Words of nobody here


def test_a_foreign_room_is_counted_and_its_words_are_not_kept() -> None:
    decision = decide(Held(NOON, None), said("Hi"))
    assert decision == Decision(reason="foreign_room", counted=("ignored:foreign_room",))


def test_a_bare_body_of_nobodys_is_kept() -> None:
    event = said("Hi", item=None, digest="d1")
    decision = decide(Held(NOON, None), replace(event, address=replace(event.address, from_rocketchat=False)))
    assert (decision.reason, decision.counted) == ("unknown_visitor", ("ignored:unknown_visitor",))
    assert decision.note is not None
    assert (decision.note.room, decision.note.raw) == (ROOM, b"raw")
    assert decision.conversation is None
