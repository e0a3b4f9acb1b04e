"""A sample text becomes here what an agent's would become there."""

from typing import Any

import pytest

from channel.core.options import Options
from channel.core.text import Reason
from channel.core.trying import Tried, tried

LONG = "word " * 200


def trial(text: str, *, file: str | None = None, is_edit: bool = False, **options: Any) -> Tried:
    return tried(text, Options(**options), file=file, is_edit=is_edit)


def test_what_goes_whole_is_told_to_nobody() -> None:
    assert trial("Good *morning*") == Tried(("Good morning",))


def test_what_is_too_long_does_not_go_and_the_agent_is_told_by_how_much() -> None:
    found = trial(LONG)
    assert (found.parts, found.refused) == ((), (Reason.TOO_LONG,))
    assert "1000 characters" in found.told
    assert "640" in found.told


def test_where_it_may_be_split_its_parts_are_those_that_would_go() -> None:
    found = trial(LONG, agent_too_long="split", numbered=True)
    assert [part[:5] for part in found.parts] == ["(1/2)", "(2/2)"]
    assert max(map(len, found.parts)) <= 640
    assert found.told == ""


def test_emoji_are_taken_out_or_refused_or_go() -> None:
    assert [part.strip() for part in trial("Hi 😀").parts] == ["Hi"]
    assert trial("Hi 😀").refused == (Reason.EMOJI_STRIPPED,)
    assert trial("Hi 😀", emoji="refuse").parts == ()
    assert trial("Hi 😀", emoji="allow") == Tried(("Hi 😀",))


def test_a_file_goes_as_its_address_or_not_at_all() -> None:
    address = "https://chat.test/photo.jpg"
    assert trial("See", file=address).refused == (Reason.MEDIA,)
    assert trial("See", file=address, media="link").parts == (f"See\n{address}",)
    assert trial("See", file="", media="link").refused == (Reason.MEDIA,)


def test_an_edit_has_its_prefix() -> None:
    assert trial("Tuesday", is_edit=True).parts == ("Correction: Tuesday",)


def test_a_note_stays_between_agents() -> None:
    assert trial("// he is upset") == Tried((), is_note=True)


@pytest.mark.parametrize(("language", "word"), [("por", "caracteres"), ("fra", "caractères")])
def test_the_agent_is_told_in_the_agents_language(language: str, word: str) -> None:
    assert word in trial(LONG, agents_language=language, language="spa").told


def test_nothing_of_a_sample_is_in_what_is_printed() -> None:
    assert "secret" not in repr(trial("secret " * 200))
