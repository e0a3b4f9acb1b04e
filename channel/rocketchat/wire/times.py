"""Rocket.Chat's moments: ISO strings over REST and in webhooks, `{"$date": ms}` where its other transport leaks out."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(value: object) -> str | None:
    """The moment as the string Rocket.Chat gave, or None where it is none."""
    if isinstance(value, Mapping):
        return _from_milliseconds(value.get("$date"))
    if isinstance(value, str) and _RFC_3339.fullmatch(value) and _exists(value):
        return value
    return None


def _exists(text: str) -> bool:
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True


def _from_milliseconds(value: object) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        found = _EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return None
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")
