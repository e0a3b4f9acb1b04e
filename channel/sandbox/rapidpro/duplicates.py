"""Courier's memory of the last text of each sender."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from .records import Channel
from .urns import Urn


@dataclass(frozen=True)
class _Last:
    at: float
    msg_uuid: str
    digest: bytes


class Duplicates:
    """Finds a text that was received a moment ago.

    The real window is two to four seconds, by the alignment of its buckets; ours is `window`, exactly.
    """

    def __init__(self, window: float, clock: Callable[[], float]) -> None:
        self.window = window
        self._clock = clock
        self._last: dict[tuple[str, str], _Last] = {}

    def seen(self, channel: Channel, urn: Urn, text: str) -> str | None:
        """The `msg_uuid` of the last message of this sender, if it is young and had the same text."""
        last = self._last.get((channel.uuid, urn.identity))
        if last and last.digest == _digest(text) and self._clock() - last.at < self.window:
            return last.msg_uuid
        return None

    def remember(self, channel: Channel, urn: Urn, text: str, msg_uuid: str) -> None:
        """This is now the last message of the sender."""
        self._last[channel.uuid, urn.identity] = _Last(self._clock(), msg_uuid, _digest(text))

    def forget(self, channel: Channel, urn: Urn) -> None:
        """A message went out to them: whatever they write next is new."""
        self._last.pop((channel.uuid, urn.identity), None)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
