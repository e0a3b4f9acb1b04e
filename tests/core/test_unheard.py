"""What an unheard claim took is looked for at once, and again while Postgres may be at work on it."""

from channel.core.unheard import MOST, PAUSES, Unheard


def test_it_is_looked_for_after_longer_and_longer_and_then_no_more() -> None:
    unheard, now, looks = Unheard(), 100.0, list[float]()
    unheard.note(7, now)
    while now < 200.0:
        if due := unheard.due(now):
            unheard.looked(due, now)
            looks.append(now - 100.0)
        now += 0.5
    assert looks == [0.0, 1.0, 3.0, 7.0, 15.0]


def test_the_last_look_is_later_than_any_statement_lasts() -> None:
    assert sum(PAUSES) > 8.0


def test_a_look_that_came_to_nothing_is_made_again() -> None:
    unheard = Unheard()
    unheard.note(7, 0.0)
    unheard.note(8, 3.0)
    assert (unheard.due(1.0), unheard.due(2.0), unheard.due(4.0)) == ([7], [7], [7, 8])


def test_each_is_looked_for_at_its_own_times() -> None:
    unheard = Unheard()
    unheard.note(7, 0.0)
    unheard.looked([7], 0.0)
    unheard.note(8, 0.5)
    assert unheard.due(0.5) == [8]
    unheard.looked([8], 0.5)
    assert (unheard.due(0.9), unheard.due(1.0), unheard.due(1.5)) == ([], [7], [7, 8])


def test_after_a_long_outage_the_latest_are_known() -> None:
    unheard = Unheard()
    for token in range(MOST + 5):
        unheard.note(token, 0.0)
    assert unheard.due(0.0) == list(range(5, MOST + 5))
