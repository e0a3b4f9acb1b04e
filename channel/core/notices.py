"""What contacts and agents are told, and in which words: ours in five languages, or those an operator chose."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from channel.core import limits
from channel.core.clean import clean
from channel.core.cutting import is_blank
from channel.core.languages import ENGLISH, language_of
from channel.core.options import Options
from channel.core.people import Agent
from channel.core.template import Template, WrongTemplate, parse
from channel.core.texts import arabic, english, french, portuguese, spanish


class Notice(StrEnum):
    """What we tell a contact by ourselves."""

    QUEUED = "queued"  #: they wait for an agent
    STILL_WAITING = "still_waiting"
    TAKEN = "taken"  #: an agent has taken the chat
    TRANSFERRED = "transferred"  #: another agent has
    CLOSED = "closed"
    NOBODY = "nobody"  #: nobody is available
    OUTSIDE_HOURS = "outside_hours"
    DELAYED = "delayed"  #: their words have not been posted
    NOT_CARRIED = "not_carried"  #: only text reaches the agent
    GAVE_UP = "gave_up"  #: nobody came within the longest wait
    IDLE_WARNING = "idle_warning"  #: the chat will be closed
    REQUEUED = "requeued"  #: moved back to the queue
    ON_HOLD = "on_hold"
    RESUMED = "resumed"


class Said(StrEnum):
    """The `message` of an answer to a flow, which may send it on."""

    CONNECTING = "answer_connecting"  #: registerClient: queued
    ALREADY_OPEN = "answer_already_open"
    NOBODY = "answer_nobody"
    OUTSIDE_HOURS = "answer_outside_hours"
    UNKNOWN_DEPARTMENT = "answer_unknown_department"
    BLOCKED = "answer_blocked"
    ACCEPTED = "answer_accepted"
    CLOSED = "answer_closed"
    NOT_CARRIED = "answer_not_carried"
    EMPTY = "answer_empty"
    TOO_LONG = "answer_too_long"
    AVAILABLE = "answer_available"
    CLOSING = "answer_closing"
    NOT_OPEN = "answer_not_open"
    NOT_ALLOWED = "answer_not_allowed"
    RATED = "answer_rated"
    NOT_RATED = "answer_not_rated"


class Tell(StrEnum):
    """What an agent is told of what they wrote, or got."""

    TOO_LONG = "author_too_long"
    EMOJI = "author_emoji"
    EMOJI_STRIPPED = "author_emoji_stripped"
    MEDIA = "author_media"
    EMPTY = "author_empty"
    UNDELIVERED = "author_undelivered"  #: a dead letter
    AMBIGUOUS = "author_ambiguous"  #: a dead letter that may have arrived
    WAITING = "author_waiting"  #: for longer than a moment
    WENT = "author_went"  #: it did not wait for ever
    ATTACHMENT = "author_attachment"  #: the line with a file that a contact sent


Kind: TypeAlias = Notice | Said | Tell
#: a value's words, or how to say it in the language that the text turns out to be in; empty or None: not known
Value: TypeAlias = str | Callable[[str], str] | None

KINDS: Final[Mapping[str, Kind]] = {kind.value: kind for kinds in (Notice, Said, Tell) for kind in kinds}
OFF: Final = frozenset({Notice.REQUEUED, Notice.ON_HOLD, Notice.RESUMED})  #: unless an operator switches them on

_WAITING = ("position", "wait", "leave_word")
PLACEHOLDERS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Notice.QUEUED: _WAITING,
    Notice.STILL_WAITING: _WAITING,
    Notice.TAKEN: ("agent",),
    Notice.TRANSFERRED: ("agent",),
    Notice.CLOSED: ("comment",),
    Notice.OUTSIDE_HOURS: ("next_open",),
    Notice.IDLE_WARNING: ("minutes",),
    Said.OUTSIDE_HOURS: ("next_open",),
    Said.TOO_LONG: ("limit",),
    Tell.TOO_LONG: ("text", "length", "limit", "count"),
    Tell.EMOJI: ("text", "count"),
    Tell.MEDIA: ("count",),
    Tell.EMPTY: ("count",),
    Tell.UNDELIVERED: ("text", "count"),
    Tell.AMBIGUOUS: ("text", "count"),
    Tell.WAITING: ("text", "count"),
    Tell.WENT: ("text", "count"),
    Tell.ATTACHMENT: ("address",),
}

#: our own, by language, then by kind
TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    ENGLISH: english.TEXTS,
    "spa": spanish.TEXTS,
    "fra": french.TEXTS,
    "por": portuguese.TEXTS,
    "ara": arabic.TEXTS,
}


def is_on(kind: Notice, options: Options) -> bool:
    """Is the contact told this?"""
    return options.notices.get(kind.value, kind not in OFF)


def shown_name(agent: Agent, options: Options) -> str:
    """What a contact reads of the agent's name, or of the username where there is no name; "" for nothing."""
    words = clean(agent.name).split() or clean(agent.username).split()
    if options.agent_name == "none":
        return ""
    return " ".join(words[:1] if options.agent_name == "first" else words)


def render(kind: Kind, language: str, options: Options, **values: Value) -> str:
    """The text in the contact's language, or else in the channel's, or else in English; at most 640 characters.

    In each language the channel's own template goes before ours. One that cannot do without a value which is not known
    is passed over. `leave_word` and `limit` are known; other values are the caller's.
    """
    known: dict[str, Value] = {"leave_word": options.leave_word, "limit": str(limits.TEXT_LENGTH), **values}
    for spoken, template in _templates(kind, language, options):
        words = {name: _in_words(known.get(name), spoken) for name in template.names}
        text = template.fill(words, options.text_length)
        if text is not None and not is_blank(text):
            return text
    return ""


def check_template(kind: Kind, template: str) -> None:
    """WrongTemplate, in words, if the template cannot be used for this."""
    if is_blank(template):
        raise WrongTemplate("the text is empty; switch a notice off under [notices]")
    if len(template) > limits.TEXT_LENGTH:
        raise WrongTemplate(f"the text has {len(template)} characters; {limits.TEXT_LENGTH} are allowed")
    if clean(template) != template:
        raise WrongTemplate("the text has a character that cannot be sent")
    known = PLACEHOLDERS.get(kind, ())
    unknown = sorted(parse(template).names - set(known))
    if unknown:
        has = f"it has {', '.join(f'{{{name}}}' for name in known)}" if known else "it has none"
        raise WrongTemplate(f"{{{unknown[0]}}} is no placeholder of {kind.value}: {has}")


def _templates(kind: Kind, language: str, options: Options) -> Iterator[tuple[str, Template]]:
    """What there is to choose from, with its language, best first. What cannot be read is passed over."""
    of_channel = options.templates.get(kind.value, {})
    for spoken in dict.fromkeys((language_of(language), language_of(options.language), ENGLISH)):
        for texts in (of_channel.get(spoken), TEXTS.get(spoken, {}).get(kind.value)):
            try:
                if texts:
                    yield spoken, parse(texts)
            except WrongTemplate:
                continue


def _in_words(value: Value, language: str) -> str:
    words = clean((value(language) if callable(value) else value) or "").strip()
    return "" if is_blank(words) else words
