"""What differs in a release of Rocket.Chat, as far as messages are concerned."""

import re
from typing import Final

from channel.core.checks.finding import Check, Finding, doubtful, fine, not_checked, wrong
from channel.core.values import dataclass

Version = tuple[int, ...]

#: before, nobody told of chats that were queued or taken
OLDEST: Final[Version] = (3, 3)
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")


@dataclass(frozen=True, slots=True)
class Difference:
    """From `since` on, and before `until`."""

    since: Version
    until: Version
    said: str
    advice: str = ""  #: where somebody should do something about it


DIFFERENCES: Final = (
    Difference((3, 3), (4, 2), "it tries an event that we refuse for ever", "upgrade Rocket.Chat"),
    Difference((3, 3), (6, 5, 0), "addresses that are not known are told as null"),
    Difference((6, 2), (6, 5), "what we could not store it takes for stored", "upgrade Rocket.Chat to 6.5 or later"),
    Difference((6, 5), (7, 10, 4), "an agent waits until we answer; it tries an event ten times, 20 s apart"),
    Difference((6, 12), (10_000,), "five chats a minute can be opened while its limiter is on"),
    Difference((7, 7), (7, 9), "it may not tell of the start of a chat", "upgrade Rocket.Chat to 7.9 or later"),
    Difference((7, 10, 4), (10_000,), "it tries an event five times in 80 s; what that misses we read in the history"),
    Difference((8,), (10_000,), "a login lifts its limiter"),
)


def read(text: str) -> Version | None:
    """`7.10.4`, or `7.10` as newer ones say it to who has no login; None if it is none."""
    found = _VERSION.match(text)
    return tuple(int(part) for part in found.groups() if part is not None) if found else None


def version(text: str | None) -> Finding:
    """`text`: as the server says it; None if it does not."""
    check = Check.VERSION
    if text is None:
        return not_checked(check, "Rocket.Chat does not answer")
    number = read(text)
    if number is None:
        return not_checked(check, "what it calls its version is none")
    if number < OLDEST:
        advice = "upgrade Rocket.Chat, to 6.5 at least"
        return wrong(check, f"Rocket.Chat {text} does not tell who has taken a chat", advice)
    found = [each for each in DIFFERENCES if each.since <= number < each.until]
    said = f"Rocket.Chat {text}" + (f": {'; '.join(each.said for each in found)}" if found else "")
    advice = "; ".join(dict.fromkeys(each.advice for each in found if each.advice))
    return doubtful(check, said, advice) if advice else fine(check, said)
