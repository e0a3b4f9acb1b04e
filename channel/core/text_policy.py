"""What an operator may choose about what agents write: how long, which emoji, files, quotes and markup."""

from collections.abc import Collection
from enum import StrEnum

from channel.core import limits
from channel.core.options import Options
from channel.core.values import dataclass


class TooLong(StrEnum):
    """Of a text that is longer than the limit."""

    REFUSE = "refuse"  #: it does not go
    SPLIT = "split"  #: it goes in parts


class Emoji(StrEnum):
    """Of a text with emoji."""

    STRIP = "strip"  #: it goes without them
    REFUSE = "refuse"  #: it does not go
    ALLOW = "allow"  #: it goes as it is, shortcodes as the emoji that they stand for


class Media(StrEnum):
    """Of a file."""

    REFUSE = "refuse"  #: it does not go; a text that came with it does
    LINK = "link"  #: its address goes as text


class Quotes(StrEnum):
    """Of the message that an agent answers to."""

    REMOVE = "remove"  #: nothing of it goes
    RENDER = "render"  #: its first words go, on a line above that begins with `>`, where they are known


class Markup(StrEnum):
    """Of what Rocket.Chat shows in bold, as code, as a link …"""

    PLAIN = "plain"  #: it becomes text that reads well without
    KEEP = "keep"  #: it goes as it was written


@dataclass(frozen=True, slots=True)
class TextPolicy:
    """ValueError, in words, for a length that no channel may have, and for a policy that there is not."""

    length: int = limits.TEXT_LENGTH  #: the most characters of one message
    too_long: TooLong = TooLong.REFUSE
    numbered: bool = False  #: parts begin with (1/3)
    emoji: Emoji = Emoji.STRIP
    media: Media = Media.REFUSE
    quotes: Quotes = Quotes.REMOVE
    markup: Markup = Markup.PLAIN
    custom: frozenset[str] = frozenset()  #: names of the workspace's own emoji, without colons

    def __post_init__(self) -> None:
        if not limits.TEXT_LEAST <= self.length <= limits.TEXT_MOST:
            raise ValueError(f"{self.length} is not between {limits.TEXT_LEAST} and {limits.TEXT_MOST}")
        kinds = (TooLong(self.too_long), Emoji(self.emoji), Media(self.media), Quotes(self.quotes), Markup(self.markup))
        for name, kind in zip(("too_long", "emoji", "media", "quotes", "markup"), kinds, strict=True):
            object.__setattr__(self, name, kind)


def policy_for(options: Options, custom: Collection[str] = ()) -> TextPolicy:
    """What a channel's options say, with the names of its workspace's own emoji."""
    return TextPolicy(
        length=options.text_length,
        too_long=TooLong(options.agent_too_long),
        numbered=options.numbered,
        emoji=Emoji(options.emoji),
        media=Media(options.media),
        quotes=Quotes(options.quotes),
        markup=Markup(options.markup),
        custom=frozenset(custom),
    )
