"""Options as a file that an operator can edit: every option with what it does, in TOML."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from channel.core import toml
from channel.core.languages import ENGLISH
from channel.core.notices import KINDS, PLACEHOLDERS, TEXTS, Notice, is_on
from channel.core.option_file import to_json
from channel.core.options import Options

_HEAD: Final = """\
# How this channel treats its conversations. A line that begins with # says what holds anyway; take the # away to
# choose otherwise. Minutes of 0 switch a thing off, and so does an empty text."""

_MEANINGS: Final[Mapping[str, str]] = {
    "language": "The language of notices to a contact whose own is not known: its code of ISO 639-3.",
    "agent_name": "What a contact reads of an agent's name: full, first or none.",
    "still_waiting_minutes": "After so long in the queue a contact is told that they are still waiting.",
    "max_wait_minutes": "After so long in the queue the chat is given up.",
    "leave_word": "What a contact writes, and nothing else, to leave the queue.",
    "idle_warn_minutes": "After so long without a word the contact is warned that the chat will be closed.",
    "idle_close_minutes": "After so long without a word, or after the warning, the chat is closed.",
    "closing_comment": "May a contact read the comment with which an agent closes the chat?",
    "text_length": "How many characters a message to a contact may have: 60 to 6400.",
    "agent_too_long": "An agent's text that is longer: refuse, or split.",
    "numbered": "Do the parts of a text that is split begin with (1/3)?",
    "emoji": "What becomes of emoji that an agent writes: strip, refuse or allow.",
    "media": "An agent's file: refuse, or link (its address goes as text).",
    "markup": "Rocket.Chat's bold, links and code: plain (they become plain text), or keep.",
    "quotes": "The message that an agent answers to: remove, or render (its first words go, above the answer).",
    "edit_prefix": "How a message goes that an agent has edited; {text} is the new text.",
    "ticks": "Does the bot user show, as a reaction, what became of an agent's message?",
    "agents_language": "The language in which agents are told what did not go; nothing: that of the workspace.",
    "too_long": "A contact's text of more than 640 characters from a flow: split, or refuse.",
    "contact_media": "A contact's file from a flow: refuse, or link (the agent reads its address).",
    "context_messages": "How many of the last messages between contact and bot an agent is shown.",
    "context_fields": "The contact fields that an agent is shown, by their keys.",
    "leave_group": "The group in RapidPro that a contact leaves when the chat is closed: its name or UUID.",
    "start_flow": "The flow in RapidPro that is started when the chat is closed: its UUID.",
    "offline_email": "Whose offline message a contact's words become when nobody is there.",
    "keep_days": "After so many days the words of what has been delivered are erased; 0: they are kept for ever.",
    "notices": "What contacts are told: true or false.",
    "custom_fields": "Rocket.Chat's custom fields, and what they are filled with: contact.uuid, contact.name,\n"
    "# contact.language, fields.KEY or results.NAME.",
    "templates": "Texts of the channel's own, by language. Ours are shown; docs/notices.md says how they are written.",
}


def meaning(name: str) -> str:
    """What an option does, in a sentence or two."""
    return _MEANINGS[name].replace("\n#", "")


def write_options(options: Options) -> str:
    """The file that `read_options` would read so, with every option that could be chosen."""
    chosen = to_json(options)
    lines = [_HEAD]
    for name, meaning in _MEANINGS.items():
        lines += ["", f"# {meaning}"]
        match name:
            case "notices":
                lines += _switches(options, chosen.get(name))
            case "custom_fields":
                lines += ["[custom_fields]", *_pairs(options.custom_fields)]
            case "templates":
                lines += _translated(options)
            case _:
                lines.append(("" if name in chosen else "# ") + f"{name} = {_said(getattr(options, name))}")
    return "\n".join(lines) + "\n"


def _switches(options: Options, chosen: Mapping[str, bool] | None) -> Iterator[str]:
    yield "[notices]"
    for notice in Notice:
        mark = "" if chosen and notice.value in chosen else "# "
        yield f"{mark}{notice.value} = {_said(is_on(notice, options))}"


def _pairs(texts: Mapping[str, str]) -> Iterator[str]:
    return (f"{toml.key(name)} = {toml.quoted(text)}" for name, text in texts.items())


def _translated(options: Options) -> Iterator[str]:
    shown = options.language if options.language in TEXTS else ENGLISH
    for name, kind in KINDS.items():
        own = options.templates.get(name, {})
        known = PLACEHOLDERS.get(kind, ())
        if known:
            yield f"# {name} has {', '.join(f'{{{each}}}' for each in known)}"
        yield f"[templates.{name}]"
        yield from _pairs(own)
        if shown not in own:
            yield f"# {shown} = {toml.quoted(TEXTS[shown][name])}"


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return toml.quoted(value) if isinstance(value, str) else f"[{', '.join(map(toml.quoted, value))}]"
