"""What an operator may say of a channel: the values that are taken, wherever they are written."""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from channel.core import limits
from channel.core.clean import clean

#: what RapidPro's External API form offers as URN types
SCHEMES: Final = (
    "tel", "bsuid", "discord", "ext", "facebook", "fcm", "freshchat", "instagram", "jiochat", "line", "mailto",
    "rocketchat", "slack", "telegram", "twitter", "twitterid", "viber", "vk", "webchat", "wechat", "whatsapp",
)  # fmt: skip
#: by set-up: how agents' words reach the contact, unless it is said otherwise
REPLY_VIA: Final = {"a": "api", "b": "receive"}
#: what an attempt without an answer leads to
WHEN_AMBIGUOUS: Final = ("resend", "hold")

#: what may be in a base URL: `urlsplit` drops line breaks, and takes a backslash for a part of the name
_PLAIN: Final = re.compile(r"[!-\[\]^-~]+")
#: line breaks and other controls, and what turns the direction of all that is behind it
_HIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class WrongValue(ValueError):
    """What was given is wrong; `str()` says what, in one sentence."""


def base_url(what: str, text: str) -> str:
    """An http or https URL without a trailing slash, query, fragment or password; WrongValue if it is none."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise WrongValue(f"{what} is no http:// or https:// URL of a server") from None
    if len(text) > limits.URL_LENGTH:
        raise WrongValue(f"{what} is longer than {limits.URL_LENGTH} characters")
    if not whole or parts.query or parts.fragment or parts.username is not None or not _PLAIN.fullmatch(text):
        raise WrongValue(f"{what} is no http:// or https:// URL of a server")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def uuid(what: str, text: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise WrongValue(f"{what} is no UUID") from None


def one_of(what: str, text: str, known: Iterable[str]) -> str:
    names = list(known)
    if text not in names:
        raise WrongValue(f"{what} is none of {', '.join(names)}")
    return text


def token(what: str, text: str) -> str:
    """A peer's token, as it goes into a header; WrongValue for what is more than that, which is not repeated."""
    found = text.strip()
    if not found:
        raise WrongValue(f"{what} is empty")
    if not found.isascii() or not found.isprintable() or " " in found:
        raise WrongValue(f"{what} holds more than a token")
    return found


def channel_changes(given: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str | None]:
    """What is to be changed of a channel, by its fields, of which those that are not given stay.

    `names`: what whoever gave them calls the fields. WrongValue for the first that cannot be. Where the set-up is given
    and how it replies is not, that follows from it.
    """
    changes: dict[str, str | None] = {field: _checked(field, names[field], text) for field, text in given.items()}
    if "set_up" in changes and "reply_via" not in changes:
        changes["reply_via"] = REPLY_VIA[str(changes["set_up"])]
    return changes


def _checked(field: str, what: str, text: str) -> str | None:
    match field:
        case "rapidpro_url":
            return base_url(what, text)
        case "rapidpro_channel":
            return str(uuid(what, text))
        case "rapidpro_token":
            return token(what, text)
        case "scheme" | "set_up" | "reply_via" | "when_ambiguous":
            return one_of(what, text, _KNOWN[field])
        case _:
            return _line(field, what, text)


def _line(field: str, what: str, text: str) -> str:
    """A name as it is shown in pages, tables and logs."""
    if clean(text) != text or _HIDDEN.search(text):
        raise WrongValue(f"{what} has a character that cannot be kept")
    if len(text) > limits.NAME_LENGTH:
        raise WrongValue(f"{what} is longer than {limits.NAME_LENGTH} characters")
    if field == "name" and not text.strip():
        raise WrongValue(f"{what} is empty")
    return text


_KNOWN: Final[Mapping[str, Iterable[str]]] = {
    "scheme": SCHEMES,
    "set_up": tuple(REPLY_VIA),
    "reply_via": tuple(REPLY_VIA.values()),
    "when_ambiguous": WHEN_AMBIGUOUS,
}
