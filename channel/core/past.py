"""What was said before an agent came."""

from dataclasses import field

from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message between the contact and whoever answered: a flow, most often."""

    by_contact: bool
    text: str = field(repr=False)
    attachments: tuple[str, ...] = field(default=(), repr=False)  #: URLs
    created_on: str = ""  #: ISO 8601, as RapidPro says it
