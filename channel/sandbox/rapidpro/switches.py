"""What can be turned on in a RapidPro workspace, by its administrators or by whoever hosts it."""

from dataclasses import dataclass


@dataclass
class Switches:
    """All of it may be set at any time."""

    #: Nobody's address is shown, and contacts are found by UUID only.
    anonymous: bool = False
    #: The workspace is suspected of spam: every write through the API is refused.
    flagged: bool = False
    #: Above 0, every call of the API is over its rate limit, and is told to come again after so many seconds.
    throttled_for: int = 0
    #: Seconds until a broadcast's messages are made: it stands behind everything else.
    broadcast_wait: float = 0
