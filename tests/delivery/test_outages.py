"""A peer that answers again after a silence has been away; any answer is one."""

from contextlib import suppress

import pytest

from channel.core import limits
from channel.core.errors import Ambiguous, DeliveryError, Rejected, Unavailable, Waiting
from channel.delivery.outages import Outages

SILENT = Unavailable("unreachable", "away")
CUT = Ambiguous("no_answer", "cut")
SAID_NO = Rejected("no", "no")
LIMITED = Waiting("limited", "later", seconds=1)
LONG = limits.OUTAGE_LEAST


@pytest.mark.parametrize(
    ("attempts", "back"),
    [
        ([(0, None)], 0),
        ([(0, SILENT), (LONG, None)], 1),
        ([(0, SILENT), (LONG, None), (LONG + 1, None)], 1),
        ([(0, SILENT), (LONG - 0.1, None)], 0),
        ([(0, SILENT), (LONG, CUT), (LONG * 2, SAID_NO)], 1),
        ([(0, SILENT), (LONG, LIMITED)], 1),
        ([(0, CUT), (1, None), (2, SILENT), (LONG + 1, None)], 0),
        ([(0, TimeoutError()), (LONG, None)], 1),
    ],
)
def test_who_was_away(attempts: list[tuple[float, DeliveryError | TimeoutError | None]], back: int) -> None:
    now = 0.0
    told: list[str] = []
    outages: Outages[str] = Outages(lambda: now)
    for when, error in attempts:
        now = when
        with suppress(DeliveryError, TimeoutError), outages.noticing("chat", told.append):
            if error is not None:
                raise error
        with outages.noticing("another", told.append):
            pass
    assert told == ["chat"] * back
