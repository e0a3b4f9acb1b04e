"""Times as the page shows them: by the clock of this machine."""

from datetime import datetime


def clock(moment: datetime) -> str:
    """Hours, minutes and seconds."""
    return moment.astimezone().strftime("%H:%M:%S")
