"""What is asked of a delivery before its exchange: need it be made, and may it be made now?"""

from typing import Any

import pytest

from channel.core.arriving import text_hash
from channel.core.claimed import Claimed, check_silences, check_time, needless
from channel.core.errors import Refused, Waiting
from channel.core.learned import Learned, Registered, RoomOpened
from channel.core.owed import OpenRoom, RegisterVisitor, ReplyToContact
from tests.core.building import POST, REPLY, REPORT, ROOM, at, claimed


@pytest.mark.parametrize(
    ("of", "learned"),
    [
        (claimed(OpenRoom()), RoomOpened(ROOM)),
        (claimed(OpenRoom(), room=None), None),
        (claimed(RegisterVisitor("Ana", "")), Registered("token")),
        (claimed(RegisterVisitor("Ana Maria", "")), None),
        (claimed(RegisterVisitor("Ana", "Help")), None),
        (claimed(RegisterVisitor("Ana", ""), registered=None), None),
        (claimed(POST), None),
        (claimed(REPLY), None),
        (claimed(REPORT), None),
    ],
)
def test_a_preparation_made_meanwhile_is_needless(of: Claimed, learned: Learned | None) -> None:
    assert needless(of) == learned


def equal_text(seconds: float, **changes: Any) -> Claimed:
    """The words that courier took at noon, again, so many seconds later."""
    return claimed(REPLY, received_text_hash=text_hash(REPLY.text), received_at=at(0), now=at(seconds), **changes)


@pytest.mark.parametrize(("seconds", "left"), [(0.0, 4.1), (1.0, 3.1), (4.0, 0.1)])
def test_a_text_equal_to_the_last_one_waits_until_4_1_s_after_it(seconds: float, left: float) -> None:
    with pytest.raises(Waiting) as waiting:
        check_time(equal_text(seconds))
    assert waiting.value.seconds == pytest.approx(left)


@pytest.mark.parametrize(
    "free",
    [
        equal_text(4.1),
        claimed(ReplyToContact("A"), received_text_hash=text_hash("B"), received_at=at(0)),  # A, B, A
        claimed(REPLY),  # the first reply of all
        equal_text(1.0, ambiguous=1),  # a repeat that courier is meant to swallow
        claimed(POST, received_text_hash=text_hash(POST.text), received_at=at(0)),
    ],
)
def test_other_words_do_not_wait(free: Claimed) -> None:
    check_time(free)


@pytest.mark.parametrize(("silences", "hold"), [(2, False), (3, False), (1, True)])
def test_no_more_attempts_of_unknown_end_than_may_be_even_after_a_crash(silences: int, hold: bool) -> None:
    with pytest.raises(Refused) as refused:
        check_silences(claimed(REPLY, ambiguous=silences, hold_ambiguous=hold))
    assert refused.value.code == "ambiguous"


def test_a_post_of_unknown_end_is_always_made_again() -> None:
    check_time(claimed(POST, ambiguous=9, hold_ambiguous=True))


@pytest.mark.parametrize(("late", "seconds"), [(0.0, None), (1.5, None), (1.6, 3.4), (4.9, 0.1), (5.0, None)])
def test_a_repeat_too_late_to_be_swallowed_waits_until_5_s_after_the_lost_connection(
    late: float, seconds: float | None
) -> None:
    repeat = claimed(REPLY, ambiguous=1, due_at=at(0), now=at(late))
    if seconds is None:
        check_silences(repeat)
        return
    with pytest.raises(Waiting) as waiting:
        check_silences(repeat)
    assert waiting.value.seconds == pytest.approx(seconds)
