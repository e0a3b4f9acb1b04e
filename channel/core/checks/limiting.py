"""Rocket.Chat's limiter on calls, against what is expected to pass. What is over it waits, and is not lost."""

from typing import Final

from channel.core.checks.finding import Check, Finding, doubtful, fine, not_checked, wrong
from channel.core.values import dataclass

#: calls a minute below which even two chats at once can wait; Rocket.Chat's default
FEW: Final = 10
#: of the routes that open a room, from 6.12 on, whatever the settings say
ROOMS: Final = 5
_ROOMS_SINCE: Final = (6, 12)
_SILENT_SINCE: Final = (7,)
_READ_IT: Final = "give an administrator's login with --login-file, or read API_Enable_Rate_Limiter in Rocket.Chat"
_SETTINGS: Final = "Rocket.Chat, Administration, Settings, Rate Limiter, API Rate Limiter"


@dataclass(frozen=True, slots=True)
class Limit:
    """What answers say of a route. `calls`: in a minute, for all of us together; None: as many as we like."""

    known: bool = False
    calls: int | None = None


UNKNOWN: Final = Limit()


def by_settings(*, on: object, calls: object, milliseconds: object) -> Limit:
    """As the settings say, where a login may read them."""
    if on is False:
        return Limit(known=True)
    if not isinstance(calls, int) or not isinstance(milliseconds, int) or milliseconds <= 0:
        return UNKNOWN
    return Limit(known=True, calls=calls * 60_000 // milliseconds)


def by_answers(said: Limit, version: tuple[int, ...]) -> Limit:
    """An answer that names no limit says that there is none; but from 7 on nobody knows whether it would be named."""
    return UNKNOWN if said.calls is None and version >= _SILENT_SINCE else said


def of_rooms(limit: Limit, version: tuple[int, ...], seen: Limit) -> Limit:
    """The limit on opening rooms: as an answer said, or as the release has it where there is a limiter at all."""
    if seen.known:
        return seen
    if not limit.known or limit.calls is None or version < _ROOMS_SINCE:
        return limit
    return Limit(known=True, calls=ROOMS)


def messages(limit: Limit, busiest: int, expected: int | None) -> Finding:
    """`busiest`: posts in the busiest minute lately; `expected`: what somebody says will come."""
    advice = (
        f"{_SETTINGS}: raise Default number calls to the rate limiter to ten times the busiest minute, or switch it off"
    )
    return _judged(Check.LIMITER, "messages to agents", limit, busiest, expected, advice)


def rooms(limit: Limit, busiest: int, expected: int | None) -> Finding:
    """`busiest`: chats begun in the busiest minute lately."""
    advice = f"{_SETTINGS}: switch it off, if chats begin faster: from 6.12 on no number raises this one"
    return _judged(Check.LIMITER_ROOMS, "new chats", limit, busiest, expected, advice)


def _judged(check: Check, what: str, limit: Limit, busiest: int, expected: int | None, advice: str) -> Finding:
    if not limit.known:
        return not_checked(check, "no answer of Rocket.Chat's says how it limits calls", _READ_IT)
    if limit.calls is None:
        return fine(check, f"Rocket.Chat does not limit {what}")
    most = max(busiest, expected or 0)
    allowed = f"Rocket.Chat takes {limit.calls} {what} a minute, of all contacts together"
    known = f"{most} are expected" if expected is not None and expected >= busiest else f"the busiest minute had {most}"
    if most > limit.calls:
        return wrong(check, f"{allowed}; {known}: the rest waits", advice)
    if limit.calls <= FEW and most * 2 > limit.calls:
        return doubtful(check, f"{allowed}; {known}", advice)
    if limit.calls <= FEW and expected is None:
        return doubtful(check, f"{allowed}; {known}, and nobody has said with --per-minute what is expected", advice)
    return fine(check, f"{allowed}; {known}")
