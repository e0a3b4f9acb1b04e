"""Words of a dead letter, written anew: under the limits and the policy of those that they replace."""

import pytest

from channel.core.correcting import NotSo, corrected
from channel.core.options import Options
from channel.core.owed import LeaveOffline, OpenRoom, Owed, PostToRoom, ReplyToContact


@pytest.mark.parametrize(
    ("owed", "text", "goes"),
    [
        (ReplyToContact("old", said_at="2026"), " new *words* \n", "new words"),
        (ReplyToContact("old"), "good 😀", "good"),
        (PostToRoom("old", part=2), "new\r\nwords ", "new\r\nwords"),
        (PostToRoom("old"), "x" * 640, "x" * 640),
        (LeaveOffline("old", "a@b.test"), "new\0", "new"),
    ],
)
def test_other_words_take_the_place_of_its_own_and_nothing_else_changes(owed: Owed, text: str, goes: str) -> None:
    changed = corrected(owed, text, Options())
    assert getattr(changed, "text") == goes  # noqa: B009 - all of these have one
    assert type(changed) is type(owed)
    assert repr(changed) == repr(owed)  # which hides the words


@pytest.mark.parametrize(
    ("owed", "text", "why"),
    [
        (ReplyToContact("old"), "", "nothing in it to be seen"),
        (ReplyToContact("old"), "\u200b \n", "nothing in it to be seen"),
        (ReplyToContact("old"), "x" * 641, "It has 641 characters; 640 may go."),
        (ReplyToContact("old"), "😀", "It has an emoji"),
        (PostToRoom("old"), " ", "nothing in it to be seen"),
        (PostToRoom("old"), "x" * 641, "It has 641 characters; 640 may go."),
        (OpenRoom(), "x", "no words"),
    ],
)
def test_words_that_may_not_go_are_refused_in_a_sentence(owed: Owed, text: str, why: str) -> None:
    with pytest.raises(NotSo, match=why):
        corrected(owed, text, Options())


def test_an_agents_words_are_never_parted_whatever_the_channel_has_chosen() -> None:
    with pytest.raises(NotSo, match="It has 1000 characters; 640 may go"):
        corrected(ReplyToContact("old"), "x" * 1000, Options(agent_too_long="split", numbered=True))
