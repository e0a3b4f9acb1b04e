"""The way of one message, told by the three that it passes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from .rehearsal import Standing
from .times import clock

Lines = tuple[str, ...]

#: So many letters of a text are in the middle of another by no chance.
_PIECE: Final = 8

#: What is known of a bridge that cannot be asked, once it has answered.
TAKEN: Final = "Has taken it."


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
    """Is one the other, or a piece of it? Texts are cut, cleaned of emoji and marks, and prefixed on their way."""
    short, long = sorted((_letters(one), _letters(other)), key=len)
    return bool(short) and (long.startswith(short) or (len(short) >= _PIECE and short in long))


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())
