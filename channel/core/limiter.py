"""Rocket.Chat's limiter: so many calls of a route in a window, for all of us together.

What is left is known from its answers, and what is about to be asked is taken from that before it is asked, so that no
call is made in vain. The clock is handed in; a window's end is reckoned from the answer's own date.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from channel.core import limits
from channel.core.values import dataclass

HISTORY: Final = "GET livechat/messages.history"  #: the route of a room's history
LONGEST_WAIT: Final = 3600.0  #: a longer one is a clock gone wrong

_API: Final = "/api/v1/"
_LOGIN: Final = "X-Auth-Token"
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_MILLISECONDS = re.compile(r"\d{10,16}", re.ASCII)
_SECONDS = re.compile(r"wait (\d{1,6}) seconds", re.ASCII)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Where we stand after a call, as its answer says."""

    limit: int | None  #: calls in a window; None: it does not limit this route
    left: int = 0
    seconds: float = 0.0  #: until the window ends


@dataclass(frozen=True, slots=True)
class Window:
    """What is known of one route. Kept as JSON with its peer."""

    known: bool = False  #: has an answer said how it is limited?
    limit: int | None = None
    left: int = 0  #: less what has been taken since
    until: datetime | None = None  #: null until a call begins a window
    asked_at: datetime | None = None  #: the one call from whose answer we are to know
    spared: int = 0  #: how many in this window were not urgent


def route_of(method: str, path: str, headers: Mapping[str, str]) -> str:
    """What Rocket.Chat counts together: `POST livechat/message`; "" for what is none of its routes.

    With a login it is another caller, who may be free of the limit.
    """
    if not path.startswith(_API):
        return ""
    route = "/".join(path.removeprefix(_API).split("/")[:2])
    return f"{method} {route}{' as bot' if _LOGIN in headers else ''}"


def allowance(status: int, headers: Mapping[str, str], said: str) -> Allowance | None:
    """What an answer says of the limit; None where it says nothing. `said`: the text of an error."""
    limit = _count(headers.get("x-ratelimit-limit", ""))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Allowance(limit if limit is not None else 0, 0, pause(headers, said))
    left, seconds = _count(headers.get("x-ratelimit-remaining", "")), _until_reset(headers)
    if limit is not None and left is not None:
        return Allowance(limit, left, limits.LIMITER_WINDOW if seconds is None else seconds)
    is_its_own = "json" in headers.get("content-type", "")
    return Allowance(None) if status == HTTPStatus.OK and is_its_own and limit is None else None


def pause(headers: Mapping[str, str], said: str) -> float:
    """Seconds until the window ends: by the headers, else by the text. There is no `Retry-After`."""
    by_header = _until_reset(headers)
    if by_header is not None:
        return by_header
    found = _SECONDS.search(said)
    seconds = float(found.group(1)) if found else limits.LIMITER_WINDOW
    return min(max(seconds, 1.0), LONGEST_WAIT)


def room(window: Window, now: datetime) -> int | None:
    """How many calls may be begun now; None: any number."""
    if not window.known:
        if _goes_on(window, now):
            return 0
        return int(window.asked_at is None or (now - window.asked_at).total_seconds() >= limits.LEASE)
    if window.limit is None:
        return None
    left = window.left if _goes_on(window, now) else window.limit
    return None if left >= limits.LIMITER_WIDE else left


def taken(window: Window, calls: int, now: datetime) -> Window:
    """So many calls are about to be made."""
    if not calls or room(window, now) is None:
        return window
    if not window.known:
        return replace(window, asked_at=now)
    if _goes_on(window, now):
        return replace(window, left=max(0, window.left - calls))
    ends = now + timedelta(seconds=limits.LIMITER_WINDOW)
    return replace(window, left=max(0, (window.limit or 0) - calls), until=ends, spared=0)


def returned(window: Window) -> Window:
    """A call that was taken has not been made; or its answer did not say how the route is limited."""
    if not window.known:
        return replace(window, asked_at=None)
    return replace(window, left=window.left + 1) if window.limit is not None else window


def told(window: Window, said: Allowance, now: datetime) -> Window:
    """What an answer says. Of what was taken and not answered yet it knows nothing: the lower number counts."""
    if said.limit is None:
        # where only refusals tell of the limit, an answer from before one of them must not undo it
        is_shut = window.limit is None and _goes_on(window, now)
        return window if is_shut or window == Window(known=True) else Window(known=True)
    limit = said.limit or window.limit
    if not limit:
        return Window(until=now + timedelta(seconds=said.seconds))  # then one call finds out how it is
    if window.known and window.limit == limit and min(said.left, window.left) >= limits.LIMITER_WIDE:
        return window
    same = window.known and window.limit == limit and _goes_on(window, now)
    left = min(window.left, said.left) if same else said.left
    until = now + timedelta(seconds=said.seconds)
    return Window(True, limit, left, until, spared=window.spared if same else 0)


def spare(window: Window, now: datetime) -> int | None:
    """How many calls that are not urgent may be begun now: a part of the whole; None: any number."""
    may = room(window, now)
    if may is None or window.limit is None:
        return may
    part = max(1, window.limit // limits.LIMITER_SHARE)
    return max(0, min(may, part - (window.spared if _goes_on(window, now) else 0)))


def spared(window: Window, now: datetime) -> Window:
    """One of these is about to be made."""
    window = taken(window, 1, now)
    return replace(window, spared=window.spared + 1) if window.limit is not None else window


def seconds_left(window: Window, now: datetime) -> float:
    """Until there may be room again, where there is none: the answer to the one call that is made may come soon."""
    return max(1.0, (window.until - now).total_seconds()) if window.until and _goes_on(window, now) else 1.0


def _goes_on(window: Window, now: datetime) -> bool:
    return window.until is not None and now < window.until


def _count(text: str) -> int | None:
    return int(text) if _COUNT.fullmatch(text.strip()) else None


def _until_reset(headers: Mapping[str, Any]) -> float | None:
    """From the answer's own date to the reset: Rocket.Chat's clock is compared with nothing but itself."""
    reset, date = headers.get("x-ratelimit-reset", "").strip(), headers.get("date", "")
    if not _MILLISECONDS.fullmatch(reset):
        return None
    try:
        answered_at = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if answered_at.tzinfo is None:
        answered_at = answered_at.replace(tzinfo=UTC)
    seconds = int(reset) / 1000 - (answered_at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return max(seconds, 1.0) if 0 <= seconds <= LONGEST_WAIT else None
