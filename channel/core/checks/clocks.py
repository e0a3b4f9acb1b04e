"""Whose clock goes how? The database's is the one that counts; by the others, messages are asked for and told apart."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from channel.core.checks.finding import Check, Finding, doubtful, fine, not_checked, wrong

#: seconds. An answer's date has no fractions, and the answer itself took a while
CLOSE: Final = 5.0
#: as much as is allowed for when RapidPro is asked whether a message has arrived
FAR: Final = 30.0


def clock(check: Check, whose: str, date: str | None, now: datetime) -> Finding:
    """`date`: of an answer that came at the database's time `now`; None if none came."""
    at = _moment(date or "")
    if at is None:
        return not_checked(check, f"no answer of {whose} says what time it is")
    off = (at - now).total_seconds()
    if abs(off) <= CLOSE:
        return fine(check, f"{whose} and the database agree on the time")
    said = f"the clock of {whose} is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the database's"
    advice = f"have both machines keep their time by NTP: {whose}'s, and the database's"
    return wrong(check, said, advice) if abs(off) > FAR else doubtful(check, said, advice)


def _moment(date: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
