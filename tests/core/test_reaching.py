"""After a look at everything that is due, what lies behind it is left alone for a while."""

import pytest

from channel.core.reaching import EVERYTHING_LEAST, EVERYTHING_MOST, REACH, Reach

ROCKETCHAT, RAPIDPRO = 1, 2
LANES = 25


def looked(*found: int, took: float = 0.0, most: int = 60) -> Reach:
    """A claim at 100 s that could have taken `most` lanes of each peer."""
    reach = Reach()
    reach.looked(found, LANES, {ROCKETCHAT: most, RAPIDPRO: most}, began=100.0, took=took)
    return reach


def test_everything_is_looked_at_first() -> None:
    assert Reach().near(100.0) == frozenset()


def test_where_all_was_found_only_what_is_newly_due_is_looked_for() -> None:
    assert looked(ROCKETCHAT).near(100.1) == {ROCKETCHAT, RAPIDPRO}


def test_of_a_peer_that_may_have_more_everything_is_looked_at_again() -> None:
    assert looked(ROCKETCHAT, ROCKETCHAT, most=2).near(100.1) == {RAPIDPRO}


def test_a_claim_that_took_all_it_might_says_nothing_of_any_peer() -> None:
    assert looked(*[ROCKETCHAT] * LANES).near(100.1) == frozenset()


def test_a_peer_whose_slots_are_all_taken_has_not_been_looked_at() -> None:
    assert looked(most=0).near(100.1) == frozenset()


@pytest.mark.parametrize(("took", "pause"), [(0.001, EVERYTHING_LEAST), (0.02, 1.0), (10.0, EVERYTHING_MOST)])
def test_a_look_at_everything_takes_a_fiftieth_of_the_time_at_most(took: float, pause: float) -> None:
    reach = looked(took=took)
    assert reach.near(100.0 + pause - 0.01)
    assert not reach.near(100.0 + pause)


def test_what_became_due_before_the_look_at_everything_stays_in_reach_until_the_next() -> None:
    """And two seconds more: so much later than it was due a lane may be committed, and is not missed."""
    assert REACH >= EVERYTHING_MOST + 2.0
