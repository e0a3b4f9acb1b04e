"""The notices of a channel as people would read them, with values that stand for real ones."""

from dataclasses import field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from channel.core.hours import Hours
from channel.core.languages import language_of, moment_text, wait_text
from channel.core.notices import KINDS, TEXTS, Notice, Said, Tell, Value, is_on, render, shown_name
from channel.core.options import Options
from channel.core.people import Agent
from channel.core.values import dataclass

_AGENT: Final = Agent("", "maria.silva", "Maria Silva")
_LONG: Final = 712  #: characters of a text that is too long

#: what the texts of a kind are, for headings
GROUPS: Final = {"contact": Notice, "flow": Said, "agent": Tell}


@dataclass(frozen=True, slots=True)
class Preview:
    """One text, as somebody would read it."""

    name: str  #: by which it is called in a file of options
    text: str = field(repr=False)
    is_own: bool  #: an operator's words, in the language itself
    is_on: bool  #: is it told at all?


def languages(options: Options) -> list[str]:
    """In which languages a channel can speak: its own first, then ours, then those that an operator has written."""
    written = (language for texts in options.templates.values() for language in texts)
    return list(dict.fromkeys((options.language, *TEXTS, *sorted(written))))


def previews(options: Options, language: str, now: datetime, hours: Hours | None = None) -> dict[str, list[Preview]]:
    """By who reads it, every text in this language, or in the one that takes its place."""
    values = _values(options, now, hours)
    limit: dict[str, Value] = {"limit": str(options.text_length)}  # of agents' texts; contacts' have their own
    return {
        group: [
            Preview(
                kind.value,
                render(KINDS[kind.value], language, options, **values, **(limit if group == "agent" else {})),
                language_of(language) in options.templates.get(kind.value, {}),
                not isinstance(kind, Notice) or is_on(kind, options),
            )
            for kind in kinds
        ]
        for group, kinds in GROUPS.items()
    }


def _values(options: Options, now: datetime, hours: Hours | None) -> dict[str, Value]:
    opens = hours.next_open(now + timedelta(days=1)) if hours else None
    morning = (now.astimezone(UTC) + timedelta(days=1)).replace(hour=8, minute=0)
    return {
        "agent": shown_name(_AGENT, options),
        "position": "2",
        "wait": partial(wait_text, 300.0),
        "comment": "Drink a lot of water." if options.closing_comment else None,
        "next_open": partial(moment_text, opens or morning, now),
        "minutes": str(options.idle_close_minutes or 10),
        "text": "Good morning! Here is what we…",
        "length": str(_LONG),
        "address": "https://example.org/photo.jpg",
    }
