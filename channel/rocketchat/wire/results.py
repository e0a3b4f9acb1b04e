"""What Rocket.Chat's Livechat answers say, as values. Unknown keys are ignored, missing ones are None or empty."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from channel.core.clean import clean
from channel.core.people import Agent
from channel.core.reading import mapping_at, text_at, text_or_none
from channel.core.values import dataclass
from channel.rocketchat.wire.history import agent_at


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor as Rocket.Chat knows them."""

    token: str = field(repr=False)  #: which need not be the token that was asked with
    id: str | None = None
    username: str | None = None
    name: str | None = field(default=None, repr=False)
    department: str | None = None  #: an id


@dataclass(frozen=True, slots=True)
class Room:
    """A visitor's room."""

    id: str
    is_new: bool = False  #: this very request opened it
    is_open: bool = True
    department: str | None = None  #: an id
    served_by: Agent | None = None  #: None while it waits in the queue


@dataclass(frozen=True, slots=True)
class Department:
    """A department with agents, by its two names."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Config:
    """What the web widget is told before a chat."""

    enabled: bool  #: is Livechat switched on?
    online: bool  #: would a chat be taken now?
    text_limit: int | None = None  #: UTF-16 units of a visitor's message
    departments: tuple[Department, ...] = ()
    room: str | None = None  #: the open room of the token that was asked with
    agent: Agent | None = None  #: who serves it
    visitors_may_close: bool = True
    language: str = ""  #: the server's, as it writes it
    emoji: frozenset[str] = frozenset()  #: names of its own, and their aliases, without colons


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """Who serves a room, as far as a visitor may know."""

    agent: Agent | None = None
    hidden: bool = False  #: somebody does, and the workspace does not say who


@dataclass(frozen=True, slots=True)
class Stored:
    """A message in Rocket.Chat."""

    id: str
    room: str
    text: str = field(repr=False)
    ts: str | None = None
    edited_at: str | None = None


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """The server's version; newer servers shorten it to `major.minor` for callers without a login."""

    version: str


def visitor(answer: Mapping[str, Any]) -> Visitor:
    found = mapping_at(answer, "visitor")
    return Visitor(
        clean(text_at(found, "token")),
        text_or_none(found, "_id"),
        text_or_none(found, "username"),
        text_or_none(found, "name"),
        text_or_none(found, "department"),
    )


def room(answer: Mapping[str, Any]) -> Room:
    found = mapping_at(answer, "room")
    return Room(
        clean(text_at(found, "_id")),
        answer.get("newRoom") is True,
        found.get("open") is True,  # a closed room has no such key
        text_or_none(found, "departmentId"),
        agent_at(found, "servedBy"),
    )


def config(answer: Mapping[str, Any]) -> Config:
    found = mapping_at(answer, "config")
    settings = found.get("settings")
    limit = settings.get("limitTextLength") if isinstance(settings, Mapping) else None
    return Config(
        found.get("enabled") is True,
        found.get("online") is True,
        limit if isinstance(limit, int) and limit is not False and limit is not True else None,
        _departments(found.get("departments")),
        text_or_none(found, "room", "_id"),
        agent_at(found, "agent") or agent_at(found, "room", "servedBy"),
        not (isinstance(settings, Mapping) and settings.get("visitorsCanCloseChat") is False),
        clean(text_or_none(settings, "language") or ""),
        frozenset(_custom_emoji(found.get("resources"))),
    )


def _custom_emoji(resources: object) -> Iterator[str]:
    listed = resources.get("emojis") if isinstance(resources, Mapping) else None
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, Mapping):
            aliases = each.get("aliases")
            named = (each.get("name"), *(aliases if isinstance(aliases, list) else []))
            yield from (clean(name).strip(":") for name in named if isinstance(name, str))


def stored(answer: Mapping[str, Any]) -> Stored:
    found = mapping_at(answer, "message")
    return Stored(
        clean(text_at(found, "_id")),
        clean(text_at(found, "rid")),
        clean(text_or_none(found, "msg") or ""),
        text_or_none(found, "ts"),
        text_or_none(found, "editedAt"),
    )


def agent_info(answer: Mapping[str, Any]) -> AgentInfo:
    found = mapping_at(answer, "agent")
    return AgentInfo(agent_at(found), hidden=found.get("hiddenInfo") is True)


def server_info(answer: Mapping[str, Any]) -> ServerInfo:
    return ServerInfo(text_or_none(answer, "version") or text_at(answer, "info", "version"))


def _departments(value: object) -> tuple[Department, ...]:
    listed = value if isinstance(value, list) else []
    pairs = ((text_or_none(each, "_id"), text_or_none(each, "name")) for each in listed)
    return tuple(Department(known_by, name or "") for known_by, name in pairs if known_by)
