"""A channel to be made, as an operator keeps it in a file under version control: secrets are only referred to."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Final

from channel.core import toml
from channel.core.clean import clean
from channel.core.toml import Document, Wrong
from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is: in a file, or in a variable of the environment. One of the two."""

    file: str = ""  #: relative to the file that says so
    env: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """What `connect FILE` makes, and finds again by its name and its Rocket.Chat. Texts as they were written."""

    name: str
    rocketchat_url: str
    rapidpro_url: str
    rapidpro_channel: str = ""
    scheme: str = ""
    set_up: str = ""
    department: str = ""
    reply_via: str = ""
    rapidpro_token: Reference | None = field(default=None, repr=False)


def read_connection(text: str) -> Connection:
    """The connection in a file; toml.WrongFile, with the line, where it says something that cannot be."""
    return toml.read(text, _connection)


def _connection(document: Document) -> Connection:
    for name in NEEDED:
        if name not in document:
            raise Wrong(f"{name} is missing; a connection needs {', '.join(NEEDED)}")
    return Connection(**{name: _checked(name, value) for name, value in document.items()})


def _checked(name: str, value: object) -> Any:
    if name not in CHECKS:
        raise Wrong(f"unknown; a connection has {', '.join(CHECKS)}", name)
    return CHECKS[name](value, name)


def _text(value: object, *path: str) -> str:
    if not isinstance(value, str):
        raise Wrong("this is no text: write it in quotation marks", *path)
    if clean(value) != value:
        raise Wrong("there is a character in it that cannot be kept", *path)
    return value.strip()


def _needed(value: object, *path: str) -> str:
    found = _text(value, *path)
    if not found:
        raise Wrong("it is empty", *path)
    return found


def _reference(value: object, *path: str) -> Reference:
    """A secret itself has no business in a file that others read."""
    if not isinstance(value, Mapping) or len(value) != 1 or not value.keys() <= {"file", "env"}:
        raise Wrong('write where the secret is, and not the secret: {file = "PATH"} or {env = "NAME"}', *path)
    ((where, named),) = value.items()
    return Reference(**{where: _needed(named, *path, where)})


NEEDED: Final = ("name", "rocketchat_url", "rapidpro_url")
CHECKS: Final[Mapping[str, Callable[..., object]]] = {
    **dict.fromkeys(NEEDED, _needed),
    "rapidpro_channel": _text,
    "scheme": _text,
    "set_up": _text,
    "department": _text,
    "reply_via": _text,
    "rapidpro_token": _reference,
}
