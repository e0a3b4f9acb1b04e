"""Every parser takes any bytes: a value or the one error, and never for long."""

from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core.limits import SEND_BYTES
from tests.fuzz.corpus import seeds
from tests.fuzz.parsers import PARSERS, REFUSED, Parse
from tests.fuzz.words import TRAPS, WORDS

CASES = 2000
#: of the processor's time, for one body
SECONDS = 0.25


def damaged(name: str) -> st.SearchStrategy[bytes]:
    """What is whole, with something else in one place."""
    whole = st.sampled_from(list(seeds(name).values()))
    other = st.sampled_from([*TRAPS, *WORDS]) | st.binary(max_size=9)

    @st.composite
    def one(draw: st.DrawFn) -> bytes:
        body = draw(whole)
        place, length = draw(st.integers(0, len(body))), draw(st.integers(0, 9))
        return body[:place] + draw(other) + body[place + length :]

    return one()


def bodies(name: str) -> st.SearchStrategy[bytes]:
    of_words = st.lists(st.sampled_from([*TRAPS, *WORDS]), max_size=12).map(b"".join)
    return st.one_of(st.binary(max_size=200), of_words, damaged(name)).map(lambda body: body[:SEND_BYTES])


def cost(parse: Parse, body: bytes) -> float:
    """Seconds of the processor's time; any error but the one fails."""
    began = process_time()
    with suppress(*REFUSED):
        parse(body)
    return process_time() - began


@pytest.mark.parametrize("name", PARSERS)
def test_any_bytes_are_a_value_or_one_error_and_soon(name: str) -> None:
    parse = PARSERS[name]
    slowest = 0.0

    @settings(max_examples=CASES, deadline=None, database=None)
    @given(bodies(name))
    def any_bytes(body: bytes) -> None:
        nonlocal slowest
        seconds = cost(parse, body)
        if seconds > SECONDS / 5:  # a collection of this process's own garbage is not the body's cost
            seconds = min(seconds, cost(parse, body), cost(parse, body))
        slowest = max(slowest, seconds)

    any_bytes()
    print(f"{name}: {CASES} bodies, the slowest took {1000 * slowest:.0f} ms")
    assert slowest < SECONDS
