"""Seeds by hand, and what has ever been found, as small files: one folder for each parser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.fuzz.words import TRAPS, WORDS

CORPUS: Final = Path(__file__).parent / "corpus"

_WORD = re.compile(rb'"[^"\\]{1,60}":?|[\w.$-]{2,60}=?')
#: bytes of a trap that is of use in the middle of something else
_SHORT: Final = 64


def seeds(name: str) -> dict[str, bytes]:
    """By the file's name, which says what it is."""
    return {path.name: path.read_bytes() for path in sorted((CORPUS / name).iterdir())}


def dictionary(name: str) -> str:
    """What to put into a body, in libFuzzer's form: a word a line."""
    words = {*WORDS, *(trap for trap in TRAPS if len(trap) <= _SHORT), *_words(name)}
    return "".join(f'"{_escaped(word)}"\n' for word in sorted(words))


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def _words(name: str) -> Iterator[bytes]:
    for body in seeds(name).values():
        yield from _WORD.findall(body)
