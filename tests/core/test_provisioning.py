"""What is changed in somebody's settings, and how it is had back, whoever has been there in between."""

from hypothesis import given
from hypothesis import strategies as st

from channel.core.errors import ProtocolError
from channel.core.provisioning import Change, Undoing, Value, differences, from_json, remembered, to_json, undoing

names = st.sampled_from(["url", "secret", "timeout", "on_start"])
values: st.SearchStrategy[Value] = st.one_of(st.text(max_size=3), st.integers(0, 3), st.booleans())
settings = st.dictionaries(names, values)


def after(now: dict[str, Value], changes: tuple[Change, ...]) -> dict[str, Value]:
    return now | {change.name: change.after for change in changes}


def test_only_what_is_otherwise_is_changed_and_what_is_not_there_cannot_be() -> None:
    now: dict[str, Value] = {"url": "", "on_start": True}
    assert differences(now, {"url": "a", "on_start": True, "timeout": 5}) == (Change("url", "", "a"),)


@given(settings, settings)
def test_what_was_changed_is_had_back(now: dict[str, Value], wanted: dict[str, Value]) -> None:
    made = differences(now, wanted)
    changed = after(now, made)
    assert after(changed, undoing(made, changed).changes) == now


@given(settings, settings, settings)
def test_after_two_changes_what_was_there_before_both_is_had_back(
    now: dict[str, Value], wanted: dict[str, Value], other: dict[str, Value]
) -> None:
    first = differences(now, wanted)
    between = after(now, first)
    second = differences(between, other)
    last = after(between, second)
    back = undoing(remembered(first, second), last)
    assert (after(last, back.changes), back.left) == (now, ())


def test_what_somebody_else_set_since_stays() -> None:
    made = (Change("url", "", "ours"), Change("timeout", 1000, 5000))
    assert undoing(made, {"url": "theirs", "timeout": 5000}) == Undoing((Change("timeout", 5000, 1000),), ("url",))


def test_of_what_somebody_else_set_in_between_theirs_is_had_back() -> None:
    again = remembered((Change("url", "", "ours"),), (Change("url", "theirs", "ours"),))
    assert undoing(again, {"url": "ours"}).changes == (Change("url", "ours", "theirs"),)


def test_what_was_not_changed_after_all_is_no_reason_to_change_anything() -> None:
    """It was remembered, and then Rocket.Chat was away."""
    assert undoing((Change("url", "", "ours"),), {"url": ""}) == Undoing((), ())


@given(settings, settings)
def test_it_is_kept_as_json(now: dict[str, Value], wanted: dict[str, Value]) -> None:
    made = differences(now, wanted)
    assert from_json(to_json(made)) == made


def test_what_is_no_change_is_refused() -> None:
    for document in (7, [["url"]], None):
        try:
            from_json(document)
        except ProtocolError:
            continue
        raise AssertionError(document)


def test_no_value_is_in_a_repr() -> None:
    assert "hunter2" not in repr(Change("secret", "hunter1", "hunter2"))
