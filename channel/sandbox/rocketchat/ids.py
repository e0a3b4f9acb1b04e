"""Identifiers and times as Rocket.Chat makes and writes them."""

import secrets
from datetime import UTC, datetime, timedelta

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 17

#: The resolution of Rocket.Chat's times.
MILLISECOND = timedelta(milliseconds=1)


def new_id() -> str:
    """Return 17 characters without look-alikes."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def now() -> datetime:
    """Return the time, in UTC and to the millisecond, which is all that a peer ever sees of it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def iso(moment: datetime) -> str:
    """Write a time as ISO 8601 in UTC, with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """Read a time; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
