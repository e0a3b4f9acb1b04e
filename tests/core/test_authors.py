"""What agents are told of what they wrote: at once, once, together, and where it can still be read."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from channel.core.authors import author_text
from channel.core.conversation import Author, Conversation, State
from channel.core.decide import decide
from channel.core.decision import Decision, Settled
from channel.core.errors import Ambiguous, Refused, Unavailable
from channel.core.events import Attachment, Timer
from channel.core.handoff import Handoff
from channel.core.held import Held, Lately
from channel.core.learned import AuthorTold, Received
from channel.core.notices import Tell
from channel.core.options import Options
from channel.core.owed import CloseRoom, Mark, MarkMessage, ReplyToContact, TellAuthor, Told
from channel.core.people import Agent
from tests.core.building import (
    NOON,
    QUIET,
    ROOM,
    after,
    agents,
    arrived,
    at,
    broke,
    conversation,
    delivery,
    ended,
    held,
    said,
    woke,
)

LONG = "w" * 641
FILE = Attachment("image/png", "https://chat.example/f/1")
BOT = "aBot"


def served(bot: str = "", of: Handoff | None = None, **changes: Any) -> Conversation:
    return conversation(State.SERVED, bot=bot, handoff=of or Handoff(room=ROOM), options=replace(QUIET, **changes))


def told(decision: Decision) -> list[tuple[str, datetime]]:
    """What authors are told in this decision, and when."""
    dues = [(due.owed, due.at) for due in decision.owed if isinstance(due.owed, TellAuthor)]
    return [(each.what, when) for owed, when in dues for each in owed.told]


def marks(decision: Decision) -> list[tuple[str, Mark, bool]]:
    found = [due.owed for due in decision.owed if isinstance(due.owed, MarkMessage)]
    return [(mark.item, mark.mark, mark.first) for mark in found]


# What is told of


@pytest.mark.parametrize(
    ("text", "files", "options", "kinds", "is_failed"),
    [
        (LONG, (), {}, [Tell.TOO_LONG], True),
        (LONG, (FILE,), {}, [Tell.TOO_LONG, Tell.MEDIA], True),
        ("👍", (), {}, [Tell.EMOJI], True),
        ("Yes 👍", (), {}, [Tell.EMOJI_STRIPPED], False),
        ("Yes 👍", (), {"emoji": "refuse"}, [Tell.EMOJI], True),
        ("", (FILE,), {}, [Tell.MEDIA], True),
        ("our office", (FILE,), {}, [Tell.MEDIA], False),
        ("", (), {}, [Tell.EMPTY], True),
        ("our office", (FILE,), {"media": "link"}, [], False),
        ("// a note 👍" + LONG, (), {}, [], False),
        ("Hello", (), {}, [], False),
    ],
)
def test_what_does_not_go_is_told_at_once_and_marked_if_nothing_goes(
    text: str, files: tuple[Attachment, ...], options: dict[str, Any], kinds: list[Tell], is_failed: bool
) -> None:
    decision = decide(held(served(BOT, **options)), said(text, attachments=files))
    assert told(decision) == [(kind.value, NOON) for kind in kinds]
    assert marks(decision) == ([("m1", Mark.FAILED, True)] if is_failed else [])


def test_a_repeat_tells_nothing_again() -> None:
    known = held(served(BOT))
    first = decide(known, said(LONG))
    assert told(decide(known.after(first), said(LONG))) == []


def test_that_emoji_are_taken_out_is_told_once_in_a_room() -> None:
    known = held(served())
    first = decide(known, said("Yes 👍"))
    second = decide(known.after(first), said("No 👎", "m2"))
    assert (told(first), told(second)) == ([(Tell.EMOJI_STRIPPED.value, NOON)], [])


def test_an_edit_that_shows_nothing_new_tells_nothing() -> None:
    known = held(served(BOT), agents("Come at 9"))
    assert decide(known, said("*Come* at 9", edited_at="2026-03-01T12:00:05.000Z")).owed == ()


def test_an_edit_back_to_what_the_contact_has_is_marked_so_after_a_refused_one() -> None:
    known = held(served(BOT), agents("Come at 9"))
    for text, when in ((LONG, "2026-03-01T12:00:05.000Z"), ("// a note", "2026-03-01T12:00:06.000Z")):
        known = known.after(decide(known, said(text, edited_at=when)))
    decision = decide(known, said("Come at 9", edited_at="2026-03-01T12:00:07.000Z"))
    assert (told(decision), marks(decision)) == ([], [("m1", Mark.ARRIVED, True)])


def test_in_a_room_that_is_closed_nobody_reads_it() -> None:
    known = held(conversation(State.CLOSED), closed_rooms=frozenset({ROOM}))
    assert told(decide(known, said(LONG))) == []


def test_the_bots_own_lines_are_not_answered() -> None:
    known = held(served(BOT))
    decision = decide(known, replace(said(LONG), author=Agent(BOT)))
    assert (decision.owed, decision.reason) == ((), "echo")


# When it is told


@pytest.mark.parametrize(("bot", "apart"), [("", 60), (BOT, 5)])
def test_what_comes_soon_after_is_told_together_and_apart_from_the_first(bot: str, apart: int) -> None:
    known = held(served(bot))
    times = []
    for number, now in enumerate((0, 1, 2, apart, apart + 1, apart * 5)):
        decision = decide(replace(known, now=at(now)), said(LONG, f"m{number}"))
        known = known.after(decision)
        times += [when for _, when in told(decision)]
    assert times == [at(0), *[at(apart)] * 3, at(apart * 2), at(apart * 5)]


# In which words


def test_one_thing_is_told_with_the_beginning_of_what_was_written() -> None:
    owed = TellAuthor(ROOM, (Told(Tell.TOO_LONG.value, "Dear Ana", 702),))
    assert author_text(owed, "en", Options()) == (
        "Not sent, because it is too long: “Dear Ana” (702 characters; 640 are allowed). Please write shorter messages."
    )


def test_several_are_counted_a_line_for_each_kind() -> None:
    long = Told(Tell.TOO_LONG.value, "Dear Ana", 702)
    owed = TellAuthor(ROOM, (long, Told(Tell.MEDIA.value), replace(long, length=900)))
    assert author_text(owed, "", Options(text_length=200)) == (
        "Not sent: 2 messages that are too long (200 characters are allowed). Please write shorter messages.\n"
        "A file, picture, place or call was not sent. Only text reaches the contact. Please say it in words."
    )


@pytest.mark.parametrize(
    ("language", "begins"),
    [("es", "No se envió"), ("pt-BR", "Não foi"), ("fr", "Non envoyé"), ("ar", "لم"), ("de", "Not")],
)
def test_agents_are_told_in_the_workspaces_language(language: str, begins: str) -> None:
    owed = TellAuthor(ROOM, (Told(Tell.TOO_LONG.value, "Dear Ana", 702),))
    assert author_text(owed, language, Options()).startswith(begins)


def test_the_beginning_of_a_long_text_is_enough_and_a_quotes_link_is_not_shown() -> None:
    decision = decide(held(served()), said(f"[ ](https://chat.example/live/r?msg=m0) Dear\nAna {LONG}"))
    (due,) = decision.owed
    assert isinstance(due.owed, TellAuthor)
    assert due.owed.told[0].text.startswith("Dear Ana www")
    assert len(due.owed.told[0].text) == 80


# What waits, goes after all, or is given up


REPLY = delivery(ReplyToContact("words"), message=agents().key)
SAID = agents(room=ROOM, pending=1)


def late(*keys: str) -> Held:
    return held(served(BOT, Handoff(room=ROOM, late=keys)), SAID, now=130)


def test_a_dead_letter_that_goes_after_all_is_told() -> None:
    dead = held(served(BOT), SAID).after(ended(held(served(BOT), SAID), broke(Refused("no", "no")), REPLY))
    decision = ended(replace(dead, messages={SAID.key: SAID}), arrived(Received("u1")), REPLY)
    assert [what for what, _ in told(decision)] == [Tell.WENT.value]


def test_words_behind_a_notice_that_cannot_go_are_looked_at_too() -> None:
    notice = replace(SAID, key="ours:taken", author=Author.BRIDGE)
    of = replace(REPLY, message=notice.key)
    decision = ended(held(served(), notice, now=3), broke(Unavailable("away", "away")), of)
    assert [(timer.why, timer.at) for timer in decision.timers] == [(Timer.UNDELIVERED, at(123))]


def test_once_it_was_told_a_further_failure_wakes_nobody_at_once() -> None:
    decision = ended(late(SAID.key), broke(Unavailable("away", "away")), REPLY)
    assert [timer.at for timer in decision.timers] == [at(130 + 120)]


def test_what_went_in_the_same_commit_is_not_told_to_wait() -> None:
    known = waiting(held(served(), SAID, now=125), 0)
    known = replace(known, lately=Lately(unsent=(SAID,)))
    gone = known.after(ended(known, arrived(Received("u1")), REPLY))
    assert told(decide(gone, woke(Timer.UNDELIVERED))) == []


def test_a_line_that_made_rocketchat_open_another_room_closes_it() -> None:
    decision = ended(held(served(), SAID), arrived(AuthorTold("rTwo", "2026-03-01T12:00:00.000Z")), TELL)
    assert [due.owed for due in decision.owed] == [CloseRoom("rTwo")]
    assert decision.heard == (("rTwo", "2026-03-01T12:00:00.000000+00:00"),)


def test_a_mention_that_did_not_go_mentions_nobody() -> None:
    decision = decide(held(served()), said(f"@all {LONG}"))
    (due,) = decision.owed
    assert isinstance(due.owed, TellAuthor)
    assert due.owed.told[0].text.startswith("@\u2060all")


def test_words_that_could_not_go_are_looked_at_two_minutes_after_they_came() -> None:
    decision = ended(held(served(), SAID, now=3), broke(Unavailable("away", "away")), REPLY)
    assert [(timer.why, timer.at, timer.keep) for timer in decision.timers] == [(Timer.UNDELIVERED, at(120), True)]
    assert told(decision) == []


def waiting(known: Held, *unsent: float) -> Held:
    messages = tuple(agents(f"w{n}", f"m{n}", room=ROOM, pending=1, created_at=at(n)) for n in unsent)
    return replace(known, due=frozenset({Timer.UNDELIVERED}), lately=Lately(unsent=messages))


def test_what_waits_for_so_long_is_told_once_and_the_rest_is_looked_at_later() -> None:
    known = waiting(held(served(), now=125), 0, 3, 60)
    decision = decide(known, woke(Timer.UNDELIVERED))
    assert told(decision) == [(Tell.WAITING.value, at(125))] * 2
    assert [(timer.why, timer.at) for timer in decision.timers] == [(Timer.UNDELIVERED, at(180))]
    again = replace(known.after(decision), due=known.due, now=at(181))
    assert [what for what, _ in told(decide(again, woke(Timer.UNDELIVERED)))] == [Tell.WAITING.value]


def test_what_waited_and_went_is_told_and_ticked() -> None:
    decision = ended(late(SAID.key), arrived(Received("u1")), REPLY)
    assert told(decision) == [(Tell.WENT.value, at(130))]
    assert marks(decision) == [("m1", Mark.ARRIVED, True)]
    assert after(decision).handoff.late == ()


def test_what_went_at_once_is_only_ticked() -> None:
    decision = ended(late(), arrived(Received("u1")), REPLY)
    assert (told(decision), marks(decision)) == ([], [("m1", Mark.ARRIVED, True)])


def test_a_message_of_several_parts_is_ticked_with_the_last() -> None:
    known = held(served(BOT), replace(SAID, pending=2))
    first = ended(known, arrived(Received("u1")), REPLY)
    last = ended(known.after(first), arrived(Received("u2")), REPLY)
    assert (marks(first), marks(last)) == ([], [("m1", Mark.ARRIVED, True)])


@pytest.mark.parametrize(("error", "what"), [("no", Tell.UNDELIVERED), ("ambiguous", Tell.AMBIGUOUS)])
def test_a_dead_letter_is_told_once_whatever_was_told_before(error: str, what: Tell) -> None:
    known = late(SAID.key)
    decision = ended(known, broke(Refused(error, "no")), REPLY)
    assert told(decision) == [(what.value, at(130))]
    assert marks(decision) == [("m1", Mark.FAILED, True)]
    assert after(decision).handoff.late == (SAID.key,)
    second = ended(held(served(BOT), replace(SAID, pending=1, dead=1)), broke(Refused(error, "no")), REPLY)
    assert (told(second), marks(second)) == ([], [])


@pytest.mark.parametrize("known", [served(), served(BOT, ticks=False)])
def test_there_are_no_ticks_without_a_bot_or_where_they_are_off(known: Conversation) -> None:
    assert marks(ended(held(known, SAID), arrived(Received("u1")), REPLY)) == []
    assert marks(decide(held(known), said(LONG))) == []


def test_a_message_without_an_id_has_no_tick() -> None:
    assert marks(decide(held(served(BOT)), said(LONG, item=None))) == []


# How it ends


TELL = delivery(TellAuthor(ROOM, (Told(Tell.MEDIA.value),)), message=SAID.key)


def test_a_notice_that_was_read_changes_nothing_of_the_message() -> None:
    decision = ended(held(served(), SAID), arrived(AuthorTold(ROOM)), TELL)
    assert decision.messages == ()


@pytest.mark.parametrize(
    "error", [Refused("room-closed", "closed"), Unavailable("away", "away"), Ambiguous("no", "no")]
)
def test_what_cannot_be_told_is_dropped_at_once_or_after_an_hour(error: Unavailable) -> None:
    first = ended(held(served(), SAID, now=1), broke(error), TELL)
    tried = replace(TELL, first_failed_at=NOON, attempts=20)
    last = ended(held(served(), SAID, now=3601), broke(error), tried)
    ends: list[Settled] = [*first.settled, *last.settled]
    assert [each.end.value for each in ends] == ["waiting" if error.retryable else "discarded", "discarded"]
    assert first.messages == last.messages == ()
