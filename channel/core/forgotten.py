"""What becomes of what is told of a contact who was forgotten: nothing, and nothing of it is kept.

Whatever they write anew begins a contact of its own. This is about what comes late: the webhook of a room of theirs.
"""

from typing import Final

from channel.core.decision import Decision
from channel.core.events import DeliveryDone, DeliveryFailed, Event, ReplyFailed, ReplyResent, RoomSought, Woke

#: the reason of everything that was not made, because whom it was for was forgotten
FORGOTTEN: Final = "forgotten"


def told(event: Event) -> Decision:
    """What a peer tells is counted; what we told ourselves is needless."""
    if isinstance(event, Woke | RoomSought | ReplyFailed | ReplyResent | DeliveryDone | DeliveryFailed):
        return Decision(reason=FORGOTTEN)
    return Decision(reason=FORGOTTEN, counted=(f"ignored:{FORGOTTEN}",))
