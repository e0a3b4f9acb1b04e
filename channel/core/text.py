"""What of a text goes to its destination, and in which parts; what does not, and why."""

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from channel.core import limits
from channel.core.clean import clean
from channel.core.cutting import composed, fits, is_blank, length, numbered, split, visible, visible_from
from channel.core.emoji import has_emoji, with_emoji, without_emoji
from channel.core.markup import plain, without_quotes
from channel.core.template import WrongTemplate, cut
from channel.core.text_policy import Emoji, Markup, Media, Quotes, TextPolicy, TooLong
from channel.core.values import dataclass

__all__ = [
    "Reason",
    "Refusal",
    "Shaped",
    "check_prefix",
    "is_blank",
    "is_note",
    "reads_alike",
    "shape",
    "shown",
    "split",
    "with_quick_replies",
]

_ROUNDS: Final = 12  #: what stands inside so many others is left as it is
_NOTE: Final = "//"
_TEXT: Final = "{text}"
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_LINK: Final = re.compile(r"https?://\S+", re.IGNORECASE)


class Reason(StrEnum):
    """Why something of a message does not go."""

    TOO_LONG = "too_long"  #: the text does not, because of its length
    EMOJI = "emoji"  #: the text does not, because of its emoji, or because there was nothing else
    EMOJI_STRIPPED = "emoji_stripped"  #: the text does, without its emoji
    MEDIA = "media"  #: a file does not; what was written with it may
    EMPTY = "empty"  #: there is nothing to be seen


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Reason
    length: int = 0  #: of a text that is too long: its characters
    limit: int = 0  #: and how many it may have


@dataclass(frozen=True, slots=True)
class Shaped:
    """What becomes of a message. Without parts nothing of it goes, and something was refused."""

    parts: tuple[str, ...]  #: none is empty or over the limit
    refused: tuple[Refusal, ...]  #: in the order in which a reader wants to know


def shape(text: str, policy: TextPolicy, *, files: Sequence[str] = (), quoted: str = "", prefix: str = "") -> Shaped:
    """What goes of a text that an agent wrote.

    `files`: the public address of each file that came with it, or "" where there is none. `quoted`: the text that it
    answers to, if that is known. `prefix`: the template of a text that was edited. Both are left out where only the
    text has room. Whatever the text is, nothing is raised. What goes is the same when it is shaped again, unless a word
    had to be parted.
    """
    words = shown(text, policy)
    links = [link for link in files if policy.media is Media.LINK and _may_go(link, policy)]
    media = (Refusal(Reason.MEDIA),) if len(links) < len(files) else ()
    with_it = (Refusal(Reason.MEDIA),) if files else ()  # where the text does not go, its files do not either
    emoji: tuple[Refusal, ...] = ()
    if policy.emoji is not Emoji.ALLOW and _with_emoji(text, policy):
        if policy.emoji is Emoji.REFUSE:
            return Shaped((), (Refusal(Reason.EMOJI), *with_it))
        emoji = (Refusal(Reason.EMOJI if is_blank(words) and not links else Reason.EMOJI_STRIPPED),)
    if is_blank(words):
        empty = () if files or emoji else (Refusal(Reason.EMPTY),)
        return Shaped(tuple(links), (*emoji, *media, *empty))
    parts = _fitted(words, _around(words, quoted, prefix, policy), policy)
    if not parts:
        return Shaped((), (Refusal(Reason.TOO_LONG, length(words), policy.length), *with_it))
    return Shaped(_with_links(parts, links, policy), (*emoji, *media))


def shown(text: str, policy: TextPolicy) -> str:
    """The words that a contact would read, however long."""
    words = _unquoted(text)
    for _ in range(_ROUNDS):
        before = words
        if policy.emoji is Emoji.STRIP:
            words = without_emoji(words, policy.custom)
        elif policy.emoji is Emoji.ALLOW:
            words = with_emoji(words)
        if policy.markup is Markup.PLAIN:
            words = plain(words)
        words = without_quotes(words)
        if words == before:
            return words
    return without_emoji(words, policy.custom) if policy.emoji is Emoji.STRIP else words


def reads_alike(one: str, other: str, policy: TextPolicy) -> bool:
    """Would a contact see no difference? Then one is no edit of the other."""
    return visible(shown(one, policy)) == visible(shown(other, policy))


def is_note(text: str) -> bool:
    """Is it between agents? Then the first that can be seen of it, behind a quote, is `//`."""
    return visible_from(_unquoted(text)).startswith(_NOTE)


def check_prefix(template: str) -> None:
    """WrongTemplate, in words, if the template cannot stand around an edited text."""
    if not template:
        return
    for name in _PLACEHOLDER.findall(template):
        if name != "text":
            raise WrongTemplate(f"{{{name}}} is no placeholder of edit_prefix: it has {_TEXT}")
    if template.count(_TEXT) != 1:
        raise WrongTemplate(f"the new text goes where {_TEXT} stands: write it once")
    around = template.replace(_TEXT, "")
    if "{" in around or "}" in around:
        raise WrongTemplate("a brace has no partner: the placeholder is {text}")
    if clean(around) != around:
        raise WrongTemplate("the text has a character that cannot be sent")
    if len(around) > limits.EDIT_PREFIX:
        raise WrongTemplate(f"around {_TEXT} it has {len(around)} characters; {limits.EDIT_PREFIX} are allowed")


def with_quick_replies(text: str, quick_replies: tuple[str, ...]) -> str:
    """The text as an agent reads it, the answers RapidPro suggests as a line each below it."""
    lines = [text] if text else []
    return "\n".join([*lines, *(f"• {reply}" for reply in quick_replies)])


def _unquoted(text: str) -> str:
    return without_quotes(clean(text))


def _with_emoji(text: str, policy: TextPolicy) -> bool:
    """Is there an emoji in what was written, or once it is without markup?"""
    bare = replace(policy, emoji=Emoji.REFUSE)
    return has_emoji(_unquoted(text), policy.custom) or has_emoji(shown(text, bare), policy.custom)


def _may_go(link: str, policy: TextPolicy) -> bool:
    """Is it an address that somebody outside of Rocket.Chat can follow, and short enough to go whole?"""
    return _LINK.fullmatch(link) is not None and clean(link) == link and fits(link, policy.length)


def _around(words: str, quoted: str, prefix: str, policy: TextPolicy) -> str:
    """The words with what stands around them: the template of an edit, and above it what they answer to."""
    whole = prefix.replace(_TEXT, words) if prefix else words
    if policy.quotes is Quotes.REMOVE or is_note(quoted):
        return whole
    emoji = Emoji.STRIP if policy.emoji is Emoji.REFUSE else policy.emoji
    heard = " ".join(shown(quoted, replace(policy, emoji=emoji)).split())
    return whole if is_blank(heard) else f"> {cut(heard, limits.QUOTED_LENGTH)}\n{whole}"


def _fitted(words: str, whole: str, policy: TextPolicy) -> tuple[str, ...]:
    """Parts within the limit; none where the words are too long and may not be split."""
    fitting = _within(whole, policy.length) or _within(words, policy.length)
    if fitting is not None:
        return (fitting,)
    if policy.too_long is TooLong.REFUSE:
        return ()
    return numbered(whole, policy.length) if policy.numbered else split(whole, policy.length)


def _within(words: str, limit: int) -> str | None:
    """The words as they were written, or without white space behind them, or composed: the first that fits."""
    for each in (words, words.rstrip()):
        if fits(each, limit):
            return each
    whole = composed(words.rstrip())
    return whole if len(whole) <= limit else None


def _with_links(parts: tuple[str, ...], links: Sequence[str], policy: TextPolicy) -> tuple[str, ...]:
    """Each address whole: on a line below the words where there is room, else by itself."""
    for link in links:
        below = f"{parts[-1]}\n{link}"
        parts = (*parts[:-1], below) if fits(below, policy.length) else (*parts, link)
    return parts
