"""The verifier says what is wrong with records in which something is; and nothing of records in which nothing is."""

import random
from dataclasses import replace

import pytest

from tests.faults.verifier import Arrived, Sent, verify

#: one conversation's, each accepted before the next was written
SENT = [Sent("ana", f"word {n}", began=n, accepted=n + 0.5) for n in range(5)]
THERE = [Arrived("ana", s.words, at=s.began + 0.7) for s in SENT]


def test_nothing_is_wrong_with_all_of_it_in_order() -> None:
    verdict = verify(SENT, THERE)
    assert verdict.holds
    assert (verdict.sent, verdict.accepted, verdict.arrived, verdict.recovered) == (5, 5, 5, 0)
    assert verdict.slowest == pytest.approx(0.2)


def test_a_message_that_did_not_arrive_is_lost() -> None:
    verdict = verify(SENT, THERE[:2] + THERE[3:])
    assert not verdict.holds
    assert verdict.lost == (("ana", "word 2"),)
    assert not (verdict.duplicated or verdict.unexpected or verdict.reordered)


def test_one_that_was_never_accepted_is_not() -> None:
    refused = [*SENT[:4], replace(SENT[4], accepted=None)]
    assert verify(refused, THERE[:4]).holds


def test_one_that_was_accepted_and_whose_answer_was_lost_may_arrive() -> None:
    verdict = verify([*SENT[:4], replace(SENT[4], accepted=None)], THERE)
    assert verdict.holds
    assert verdict.recovered == 1


def test_a_message_that_came_twice_is_duplicated() -> None:
    verdict = verify(SENT, [*THERE, THERE[1]])
    assert verdict.duplicated == (("ana", "word 1"),)
    assert not (verdict.lost or verdict.unexpected or verdict.reordered)


def test_each_time_too_many_counts() -> None:
    assert len(verify(SENT, [*THERE, THERE[1], THERE[1]]).duplicated) == 2


def test_what_came_twice_without_an_accepted_answer_is_duplicated_too() -> None:
    assert verify([replace(SENT[0], accepted=None)], [THERE[0], THERE[0]]).duplicated == (("ana", "word 0"),)


def test_equal_words_are_counted() -> None:
    twice = [Sent("ana", "yes", 0, 1), Sent("ana", "yes", 2, 3)]
    yes = Arrived("ana", "yes", 4)
    assert verify(twice, [yes, yes]).holds
    assert verify(twice, [yes]).lost == (("ana", "yes"),)
    assert verify(twice, [yes] * 3).duplicated == (("ana", "yes"),)


def test_words_nobody_wrote_are_unexpected() -> None:
    assert verify(SENT, [*THERE, Arrived("ana", "boo", 9)]).unexpected == (("ana", "boo"),)


def test_words_in_somebody_elses_conversation_are_unexpected_there_and_lost_here() -> None:
    verdict = verify(SENT, [*THERE[:4], replace(THERE[4], conversation="bob")])
    assert verdict.unexpected == (("bob", "word 4"),)
    assert verdict.lost == (("ana", "word 4"),)


def test_two_that_are_swapped_are_reordered() -> None:
    verdict = verify(SENT, [THERE[0], THERE[2], THERE[1], *THERE[3:]])
    assert verdict.reordered == ((("ana", "word 2"), ("ana", "word 1")),)
    assert not (verdict.lost or verdict.duplicated or verdict.unexpected)


def test_one_that_came_last_of_all_is_reordered_against_each_it_should_have_preceded() -> None:
    assert len(verify(SENT, [*THERE[1:], THERE[0]]).reordered) == 4


def test_the_order_of_two_conversations_is_nobodys() -> None:
    other = [replace(s, conversation="bob") for s in SENT]
    came = [replace(a, conversation="bob") for a in THERE]
    assert verify([*SENT, *other], [*came, *THERE]).holds


def test_two_that_were_under_way_together_have_no_order() -> None:
    together = [Sent("ana", "a", began=0, accepted=2), Sent("ana", "b", began=1, accepted=3)]
    assert verify(together, [Arrived("ana", "b", 4), Arrived("ana", "a", 5)]).holds


def test_one_that_was_not_accepted_has_no_order() -> None:
    retried = [Sent("ana", "a", began=0, accepted=None), Sent("ana", "b", began=1, accepted=2)]
    assert verify(retried, [Arrived("ana", "b", 4), Arrived("ana", "a", 5)]).holds


def test_a_repeat_out_of_order_is_a_duplicate_and_not_a_reordering() -> None:
    verdict = verify(SENT, [*THERE, THERE[0]])
    assert verdict.reordered == ()
    assert verdict.duplicated == (("ana", "word 0"),)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_done_to_right_records_is_noticed(seed: int) -> None:
    dice = random.Random(seed)
    sent = [Sent(who, f"{who} {n}", n, n + 0.5) for n in range(30) for who in ("ana", "bob", "eve")]
    there = [Arrived(s.conversation, s.words, s.began + 1) for s in sent]
    assert verify(sent, there).holds
    victim = dice.randrange(len(there))
    assert verify(sent, there[:victim] + there[victim + 1 :]).lost == ((sent[victim].conversation, sent[victim].words),)
    assert len(verify(sent, [*there, there[victim]]).duplicated) == 1
    first, second = sorted(dice.sample([n for n, a in enumerate(there) if a.conversation == "bob"], 2))
    there[first], there[second] = there[second], there[first]
    assert verify(sent, there).reordered


def test_it_prints_what_is_wrong() -> None:
    said = str(verify(SENT, [THERE[0], THERE[0], THERE[2], THERE[1], Arrived("ana", "boo", 9)]))
    for line in ("lost: 'word 3' of ana", "duplicated: 'word 0'", "unexpected: 'boo'", "reordered: 'word 2' before"):
        assert line in said
