"""Which flow an incoming message starts."""

from collections.abc import Iterable
from dataclasses import dataclass

from .flows import Flow
from .records import Channel, Contact, Message

_CHANNEL_SCORE, _GROUP_SCORE, _EXCLUDE_SCORE = 4, 2, 1


@dataclass(frozen=True)
class Trigger:
    """A keyword trigger, or without a keyword a catch-all."""

    flow: Flow
    keyword: str = ""
    channel: Channel | None = None
    group: str = ""
    exclude_group: str = ""

    def matches(self, message: Message) -> bool:
        """Is this trigger for the message's channel and contact, and is its keyword the first word?"""
        if self.channel and self.channel is not message.channel:
            return False
        if not _group_allows(self, message.contact):
            return False
        return not self.keyword or _first_word(message.text) == self.keyword.casefold()

    @property
    def score(self) -> int:
        return (
            _CHANNEL_SCORE * (self.channel is not None)
            + _GROUP_SCORE * bool(self.group)
            + _EXCLUDE_SCORE * bool(self.exclude_group)
        )


def best(triggers: Iterable[Trigger], message: Message) -> Trigger | None:
    """The trigger that fires: keywords before catch-alls, then the most particular, then the oldest."""
    matching = [trigger for trigger in triggers if trigger.matches(message)]
    return max(matching, key=lambda trigger: (bool(trigger.keyword), trigger.score), default=None)


def _group_allows(trigger: Trigger, contact: Contact) -> bool:
    if trigger.group and trigger.group not in contact.groups:
        return False
    return trigger.exclude_group not in contact.groups


def _first_word(text: str) -> str:
    return next(iter(text.casefold().split()), "")
