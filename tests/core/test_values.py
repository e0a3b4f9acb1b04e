"""A value is one for mypy, and has a value's equality."""

from dataclasses import field, replace
from pathlib import Path
from typing import Final

import pytest
from mypy import api

from channel.core.values import dataclass

_CHANGED: Final = """
from channel.core.values import dataclass

@dataclass(frozen=True, slots=True)
class Word:
    text: str

Word("one").text = "two"
Word(1)
"""


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    number: int = 0
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    text: str


@dataclass(slots=True)
class Count:
    number: int


def test_mypy_lets_nobody_change_one_or_make_a_wrong_one(tmp_path: Path) -> None:
    snippet = tmp_path / "changed.py"
    snippet.write_text(_CHANGED)
    said, _, _ = api.run(["--strict", "--follow-imports=silent", f"--cache-dir={tmp_path}", str(snippet)])
    assert 'Property "text" defined in "Word" is read-only' in said
    assert 'Argument 1 to "Word" has incompatible type "int"' in said
    assert "Found 2 errors" in said


def test_equal_ones_are_one_in_a_set() -> None:
    assert {Word("one"), Word("one", 0), replace(Word("two"), text="one")} == {Word("one")}
    assert repr(Word("one", 1, "never shown")).endswith("Word(text='one', number=1)")
    with pytest.raises(AttributeError):
        Word("one").others = 1  # type: ignore[attr-defined]


def test_one_that_is_only_itself_is_not_another_like_it() -> None:
    one, other = Own("one"), Own("one")
    assert len({one, other}) == len({hash(one), hash(other)}) == 2


def test_what_changes_has_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Count(1))
