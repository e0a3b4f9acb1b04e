"""Order in a room, by Rocket.Chat's own times: nothing serialises its webhooks, and a retry overtakes newer ones.

Times are texts of one form (`moment`), so that they compare as they are; they are compared with each other only,
never with a clock of ours.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta


def moment(text: str | None) -> str:
    """A time of Rocket.Chat's in the one form; "" where it is none."""
    if not text:
        return ""
    try:
        found = datetime.fromisoformat(text.upper())
        return found.astimezone(UTC).isoformat(timespec="microseconds") if found.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def awaited(said_at: str, previous_at: str, began_at: str, heard: Collection[str]) -> str:
    """The time of a message that this one overtook, or that was lost; "" if everything before it is accounted for.

    `previous_at` is what the event says of the message before (`lastMessageAt`); `heard` are the times known of the
    room. It is accounted for if it is one of them, or no later than the latest of them before this message itself.
    """
    if not previous_at or not said_at or previous_at >= said_at:
        return ""
    before = {at for at in (*heard, began_at) if at and at < said_at}
    if before and previous_at <= max(before):
        return ""
    return previous_at


def unheard(last_at: str, heard: Collection[str]) -> str:
    """The same for an event that is no message: `last_at`, if it is later than everything known of the room."""
    return last_at if last_at > max(heard, default="") else ""


def seconds_between(earlier: str, later: str) -> float:
    """Between two times in the one form; 0 where either is unknown."""
    if not earlier or not later:
        return 0.0
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def later(at: str, seconds: float) -> str:
    """So many seconds after a time in the one form; "" where that is unknown."""
    return (datetime.fromisoformat(at) + timedelta(seconds=seconds)).isoformat(timespec="microseconds") if at else ""


def overtaken(said_at: str, heard: Collection[str]) -> bool:
    """Is a later message of the room known already?"""
    return bool(said_at) and any(at > said_at for at in heard)
