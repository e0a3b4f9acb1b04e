"""What the rig noted late is not held against whom it watches; what is too much is."""

import asyncio
from time import sleep, time

import pytest

from tests.faults.pulse import feeling, most_in

pytestmark = pytest.mark.anyio

EVENLY = [n / 10 for n in range(100)]


def test_the_busiest_span_is_found() -> None:
    assert most_in(1.0, [], []) == 0
    assert most_in(0.95, EVENLY, []) == 10
    assert most_in(0.95, [*EVENLY, *([5.0] * 7)], []) == 17


def test_a_span_that_was_stood_still_in_is_as_much_longer() -> None:
    late = [moment if not 4 < moment < 5 else 5.0 for moment in EVENLY]
    assert most_in(0.95, late, []) == 19
    assert most_in(0.95, late, [(4.0, 5.0)]) == pytest.approx(10, abs=1)
    assert most_in(0.95, [*late, *([7.0] * 7)], [(4.0, 5.0)]) == 17  # it stood still elsewhere


async def test_a_process_that_stands_still_notices() -> None:
    async with feeling() as stood:
        await asyncio.sleep(0.05)
        began = time()
        sleep(0.2)  # noqa: ASYNC251 - that is what is to be noticed
        await asyncio.sleep(0.05)
    assert [ended - at for at, ended in stood if at <= began + 0.05 and ended >= began + 0.2]
