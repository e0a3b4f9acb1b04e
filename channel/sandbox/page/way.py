"""The way of one message, told by the three that it passes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .rehearsal import Standing
from .times import clock

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """What each of the three says of it; nothing, if it has not come there yet."""

    id: str
    at: datetime
    author: str  #: contact or agent
    name: str
    words: str
    standing: Standing
    rapidpro: Lines = ()
    bridge: Lines = ()
    rocketchat: Lines = ()

    def shown(self) -> dict[str, Any]:
        """As the page is told of it."""
        return {
            "id": self.id,
            "at": clock(self.at),
            "author": self.author,
            "name": self.name,
            "words": self.words,
            "standing": self.standing.value,
            "steps": [
                {"place": "RapidPro", "lines": list(self.rapidpro)},
                {"place": "Live Agents", "lines": list(self.bridge)},
                {"place": "Rocket.Chat", "lines": list(self.rocketchat)},
            ],
        }


def same_words(one: str, other: str) -> bool:
    """Is one the other, or the beginning of it? Texts are cut and cleaned on their way."""
    short, long = sorted((" ".join(one.split()), " ".join(other.split())), key=len)
    return bool(short) and long.startswith(short)
