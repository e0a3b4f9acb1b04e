"""How far back a claim looks: at everything that is due, or only at what became due lately.

What has been claimed stays in the index of what is due until Postgres may forget it: at once as a rule, but not while
an old transaction holds its snapshot. So a claim that looks at everything goes through all that was ever claimed since
then. After one that has found all there was, those that follow need not look behind it for a while.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

#: A claim that does not look at everything looks back so many seconds. What is committed later than that after it was
#: due, or is given back by somebody, is found when everything is looked at again.
REACH: Final = 4.0
#: a look at everything is made again after so many times as long as it took, but
EVERYTHING_SHARE: Final = 50
#: after so many seconds at least, and at most
EVERYTHING_LEAST: Final = 0.25
EVERYTHING_MOST: Final = 2.0


class Reach:
    """Of which peers this process has lately found all that was due. Times are seconds of any clock that only rises."""

    def __init__(self) -> None:
        self._until: dict[int, float] = {}

    def near(self, now: float) -> frozenset[int]:
        """The peers of which only what became due in the last `REACH` seconds is to be looked for."""
        return frozenset(peer for peer, until in self._until.items() if now < until)

    def looked(self, found: Sequence[int], lanes: int, most: Mapping[int, int], *, began: float, took: float) -> None:
        """A claim of `lanes` lanes looked at all that was due of the peers of `most`, and for so many of each.

        `found`: the peer of each lane that it took. Where it took half of what it might, there may be more.
        """
        pause = min(max(EVERYTHING_LEAST, took * EVERYTHING_SHARE), EVERYTHING_MOST)
        taken = Counter(found)
        for peer, its_most in most.items():
            if 2 * len(found) < lanes and 2 * taken[peer] < its_most:
                self._until[peer] = began + pause
