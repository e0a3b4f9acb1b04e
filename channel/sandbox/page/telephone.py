"""The contact's telephone: what they wrote, and what has arrived there, in order."""

from typing import Any

from .rehearsal import Rehearsal
from .times import clock

#: so much is shown of what was said; who plays for longer loses sight of the beginning
SHOWN = 200


def telephone(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    """Oldest first."""
    memory, person = rehearsal.rapidpro.memory, rehearsal.person
    wrote = [m for m in memory.messages if m.direction == "in" and m.contact is person and not is_external(m.channel)]
    arrived = [m for m in memory.on_phones if m.contact is person]
    both = sorted([*wrote, *arrived], key=lambda message: message.created_on)
    return [
        {
            "id": f"{message.id}",
            "own": message.direction == "in",
            "text": message.text,
            "files": [attachment.rpartition("/")[2] for attachment in message.attachments],
            "at": clock(message.created_on),
        }
        for message in both[-SHOWN:]
    ]


def is_external(channel: Any) -> bool:
    """Is it the channel to us, and none to a telephone?"""
    return channel is not None and channel.external is not None
