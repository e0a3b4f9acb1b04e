"""Claims that got no answer, and when what they took is looked for.

Where a connection is lost, Postgres may be at work on its statement still, and until that is committed nobody sees
what it takes. A statement ends within 8 s (its commit may have to wait for a standby): so it is looked for again, after
longer and longer, for most of the time that what it took would be leased.
"""

from collections.abc import Sequence
from typing import Final

#: seconds from one look to the next; the first is made at once
PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
#: the latest so many are kept: more, and the database has answered nobody for long
MOST: Final = 100


class Unheard:
    """Claims, by their tokens. Times are seconds of any clock that only rises."""

    def __init__(self) -> None:
        self._looks: dict[int, tuple[int, float]] = {}  #: how many were made, and when the next is due

    def note(self, token: int, now: float) -> None:
        self._looks[token] = 0, now
        if len(self._looks) > MOST:
            del self._looks[next(iter(self._looks))]

    def due(self, now: float) -> Sequence[int]:
        """Which are to be looked for now."""
        return [token for token, (_, due) in self._looks.items() if due <= now]

    def looked(self, tokens: Sequence[int], now: float) -> None:
        """These were looked for, while the database answers."""
        for token in tokens:
            made, _ = self._looks.pop(token)
            if made < len(PAUSES):
                self._looks[token] = made + 1, now + PAUSES[made]
