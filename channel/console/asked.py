"""What a page is asked for, read from its address. Wrong, in a sentence, where it is none of what it should be."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from channel.console.access import Visit
from channel.console.wrong import Wrong

_LARGEST: Final = 2**63 - 1


def number_asked(text: str, what: str) -> int:
    """An id of ours that is a number."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST)) and int(text) <= _LARGEST):
        raise Wrong(404, f"There is no such {what}: its number has digits only.")
    return int(text)


def uuid_asked(visit: Visit, name: str) -> UUID | None:
    text = visit.asked(name)
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Wrong(400, f"{name} is no UUID.") from None


def moment_asked(visit: Visit, name: str) -> datetime | None:
    """A moment, as an address or a form has it; without a zone it is UTC."""
    text = visit.asked(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Wrong(400, f"{name} is no date or time, as 2026-03-01 or 2026-03-01T10:00 is.") from None
