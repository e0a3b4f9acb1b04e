"""Keys: short, stable, and different for what is different."""

from hypothesis import given
from hypothesis import strategies as st

from channel.core.keys import LONGEST, key_of

any_text = st.text(st.characters())  # surrogates that stand alone included


def test_a_short_key_can_be_read() -> None:
    assert key_of("said", "m1", "2026-03-01T12:00:00Z") == "said:m1:2026-03-01T12:00:00Z"


def test_a_key_of_the_greatest_length_is_kept_as_it_is_and_a_longer_one_is_hashed() -> None:
    fits = "x" * (LONGEST - len("send:"))
    assert key_of("send", fits) == f"send:{fits}"
    assert key_of("send", fits + "x").startswith("send#")


@given(any_text)
def test_no_id_makes_a_key_too_long(id: str) -> None:
    assert len(key_of("send", id * 40)) <= LONGEST


@given(any_text, any_text)
def test_two_ids_make_two_keys_however_long(one: str, other: str) -> None:
    assert (key_of("send", one * 30) == key_of("send", other * 30)) == (one * 30 == other * 30)
