"""Every file of the corpus is a value or one error, soon; what was ever found stays found."""

from contextlib import suppress

import pytest

from tests.fuzz.corpus import CORPUS, dictionary, seeds
from tests.fuzz.parsers import PARSERS, REFUSED

FILES = [(name, file) for name in PARSERS for file in seeds(name)]


@pytest.mark.parametrize(("name", "file"), FILES)
def test_a_file_of_the_corpus_is_a_value_or_one_error(name: str, file: str) -> None:
    with suppress(*REFUSED):
        PARSERS[name](seeds(name)[file])


def test_every_parser_has_a_corpus_and_no_other_has() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(PARSERS)
    assert all(seeds(name) for name in PARSERS)


@pytest.mark.parametrize("name", PARSERS)
def test_some_of_a_corpus_is_understood(name: str) -> None:
    """A corpus of refused bodies would leave most of a parser unseen."""
    assert any(_is_understood(name, body) for body in seeds(name).values())


def _is_understood(name: str, body: bytes) -> bool:
    try:
        PARSERS[name](body)
    except REFUSED:
        return False
    return True


def test_a_dictionary_is_a_word_a_line() -> None:
    lines = dictionary("webhook").splitlines()
    assert '"' + "".join(f"\\x{byte:02x}" for byte in b'"visitor":') + '"' in lines
    assert all(line[0] == line[-1] == '"' and len(line) > 2 for line in lines)
