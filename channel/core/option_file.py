"""Options as an operator writes them in TOML, and as they are stored: the same document as JSON."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from channel.core import limits, toml
from channel.core.clean import clean
from channel.core.languages import language_of
from channel.core.notices import KINDS, Notice, check_template
from channel.core.options import Options
from channel.core.template import WrongTemplate
from channel.core.text import check_prefix
from channel.core.text_policy import Emoji, Markup, Media, Quotes, TooLong
from channel.core.toml import Document, Wrong

Check = Callable[..., object]

_FIELD_KEY = re.compile(r"[a-z][a-z0-9_]*")
_CUSTOM_FIELD = re.compile(r"[0-9A-Za-z_-]+")
_SOURCE = re.compile(r"contact\.(uuid|name|language)|fields\.[a-z][a-z0-9_]*|results\.\S+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def read_options(text: str) -> Options:
    """The options in a file; toml.WrongFile, with the line, where it says something that cannot be."""
    return toml.read(text, _options)


def from_json(document: Document) -> Options:
    """The options that `to_json` gave. What this version does not know, or would not take, is not chosen."""
    chosen: dict[str, Any] = {}
    for name, value in document.items():
        try:
            chosen[name] = _checked(name, value)
        except Wrong:
            continue
    return Options(**chosen)


def to_json(options: Options) -> dict[str, Any]:
    """What an operator has chosen: the options that are not as they would be anyway."""
    plain = Options()
    values = {name: getattr(options, name) for name in CHECKS}
    return {name: _plain(value) for name, value in values.items() if value != getattr(plain, name)}


def _options(document: Document) -> Options:
    options = Options(**{name: _checked(name, value) for name, value in document.items()})
    if options.idle_warn_minutes and not options.idle_close_minutes:
        raise Wrong("a warning needs the close that it warns of: set idle_close_minutes", "idle_warn_minutes")
    return options


def _checked(name: str, value: object) -> Any:
    if name not in CHECKS:
        raise Wrong(f"unknown; the options are {', '.join(CHECKS)}", name)
    return CHECKS[name](value, name)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _text(value: object, *path: str) -> str:
    if not isinstance(value, str):
        raise Wrong(f"{_shown(value)} is no text: write it in quotation marks", *path)
    if clean(value) != value:
        raise Wrong("there is a character in it that cannot be kept", *path)
    return value.strip()


def _flag(value: object, *path: str) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"{_shown(value)} is neither true nor false", *path)
    return value


def _number(most: int, least: int = 0) -> Check:
    def check(value: object, *path: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Wrong(f"{_shown(value)} is no whole number", *path)
        if not least <= value <= most:
            raise Wrong(f"{value} is not between {least} and {most}", *path)
        return value

    return check


def _one_of(*known: str) -> Check:
    def check(value: object, *path: str) -> str:
        if value not in known:
            raise Wrong(f"{_shown(value)} is none of {', '.join(known)}", *path)
        return str(value)

    return check


def _language(value: object, *path: str) -> str:
    code = language_of(_text(value, *path))
    if not code:
        raise Wrong(f"{value} is no code of a language: write its three letters of ISO 639-3, such as eng", *path)
    return code


def _language_or_none(value: object, *path: str) -> str:
    return _language(value, *path) if value != "" else ""


def _table(value: object, *path: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Wrong(f"it is a table: write [{'.'.join(map(toml.key, path))}], and what belongs to it below", *path)
    return value


def _notices(value: object, *path: str) -> dict[str, bool]:
    switched = _table(value, *path)
    for name in switched:
        if name not in set(Notice):
            raise Wrong(f"there is no such notice; there are {', '.join(Notice)}", *path, name)
    return {name: _flag(on, *path, name) for name, on in switched.items()}


def _templates(value: object, *path: str) -> dict[str, dict[str, str]]:
    """By kind, those that have a text."""
    read = {name: _translated(texts, *path, name) for name, texts in _table(value, *path).items()}
    return {name: texts for name, texts in read.items() if texts}


def _translated(value: object, *path: str) -> dict[str, str]:
    """One text in each language."""
    if path[-1] not in KINDS:
        raise Wrong(f"there is no such text; there are {', '.join(KINDS)}", *path)
    texts: dict[str, str] = {}
    for name, text in _table(value, *path).items():
        code = _language(name, *path, name)
        if code in texts:
            raise Wrong(f"the language {code} has a text already", *path, name)
        if not isinstance(text, str):
            raise Wrong(f"{_shown(text)} is no text: write it in quotation marks", *path, name)
        try:
            check_template(KINDS[path[-1]], text)
        except WrongTemplate as wrong:
            raise Wrong(str(wrong), *path, name) from None
        texts[code] = text
    return texts


def _field_keys(value: object, *path: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Wrong('it is a list: write it as ["age", "district"]', *path)
    for key in value:
        if not isinstance(key, str) or not _FIELD_KEY.fullmatch(key):
            raise Wrong(f"{_shown(key)} is no key of a contact field", *path, near=str(key))
    return tuple(value)


def _custom_fields(value: object, *path: str) -> dict[str, str]:
    filled: dict[str, str] = {}
    for name, source in _table(value, *path).items():
        if not _CUSTOM_FIELD.fullmatch(name):
            raise Wrong("Rocket.Chat has no such custom field: a name is of letters, digits, - and _", *path, name)
        if not _SOURCE.fullmatch(_text(source, *path, name)):
            known = "contact.uuid, contact.name, contact.language, fields.KEY or results.NAME"
            raise Wrong(f"{_shown(source)} is none of {known}", *path, name)
        filled[name] = _text(source, *path, name)
    return filled


def _flow(value: object, *path: str) -> str:
    text = _text(value, *path)
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise Wrong(f"{text} is no UUID of a flow", *path) from None


def _edit_prefix(value: object, *path: str) -> str:
    if not isinstance(value, str):
        raise Wrong(f"{_shown(value)} is no text: write it in quotation marks", *path)
    try:
        check_prefix(value)
    except WrongTemplate as wrong:
        raise Wrong(str(wrong), *path) from None
    return value


def _email(value: object, *path: str) -> str:
    text = _text(value, *path)
    if text and not _EMAIL.fullmatch(text):
        raise Wrong(f"{text} is no e-mail address", *path)
    return text


def _shown(value: object) -> str:
    """What stands in the file, near enough to be found again."""
    if isinstance(value, str):
        return toml.quoted(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


#: every option, in the order in which they are written
CHECKS: Final[Mapping[str, Check]] = {
    "language": _language,
    "agent_name": _one_of("full", "first", "none"),
    "still_waiting_minutes": _number(limits.OPTION_MINUTES),
    "max_wait_minutes": _number(limits.OPTION_MINUTES),
    "leave_word": _text,
    "idle_warn_minutes": _number(limits.OPTION_MINUTES),
    "idle_close_minutes": _number(limits.OPTION_MINUTES),
    "closing_comment": _flag,
    "text_length": _number(limits.TEXT_MOST, limits.TEXT_LEAST),
    "agent_too_long": _one_of(*TooLong),
    "numbered": _flag,
    "emoji": _one_of(*Emoji),
    "media": _one_of(*Media),
    "markup": _one_of(*Markup),
    "quotes": _one_of(*Quotes),
    "edit_prefix": _edit_prefix,
    "ticks": _flag,
    "agents_language": _language_or_none,
    "too_long": _one_of("split", "refuse"),
    "contact_media": _one_of(*Media),
    "context_messages": _number(limits.OPTION_CONTEXT),
    "context_fields": _field_keys,
    "leave_group": _text,
    "start_flow": _flow,
    "offline_email": _email,
    "keep_days": _number(limits.KEEP_DAYS_MOST),
    "notices": _notices,
    "custom_fields": _custom_fields,
    "templates": _templates,
}
