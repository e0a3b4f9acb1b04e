"""What Rocket.Chat tells a bot user or an administrator. Unknown keys are ignored, missing ones are empty."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from channel.core.clean import clean
from channel.core.people import Agent
from channel.core.reading import mapping_at, text_at, text_or_none
from channel.core.values import dataclass
from channel.rocketchat.wire.history import agent_at


@dataclass(frozen=True, slots=True)
class Account:
    """A user of Rocket.Chat, by whose login something is asked, or about whom."""

    id: str
    username: str
    roles: frozenset[str] = frozenset()

    @property
    def is_agent(self) -> bool:
        """May rooms be given to them?"""
        return "livechat-agent" in self.roles


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """What stands on Rocket.Chat's page of Omnichannel webhooks: one target, and which events go there."""

    url: str = ""  #: "": nothing is sent
    secret: str = field(default="", repr=False)
    timeout: int | None = None  #: milliseconds; None where the release has no such setting
    on_start: bool = False
    on_close: bool = False
    on_taken: bool = False
    on_queued: bool = False
    on_forward: bool = False
    on_offline_message: bool = False
    on_visitor_message: bool = False
    on_agent_message: bool = False


@dataclass(frozen=True, slots=True)
class ListedDepartment:
    """A department as managers see it, with agents or without."""

    id: str
    name: str
    enabled: bool
    agents: int | None = None  #: how many there are, where the release counts them


@dataclass(frozen=True, slots=True)
class StaffedDepartment:
    """A department and the ids of its agents."""

    department: ListedDepartment
    agents: frozenset[str]


@dataclass(frozen=True, slots=True)
class ListedAgent:
    """Somebody to whom rooms may be given."""

    agent: Agent
    status: str = ""  #: of the account: online, away, busy, offline
    available: bool = False  #: does it take chats now?

    @property
    def is_online(self) -> bool:
        """Would Rocket.Chat give them a chat?"""
        return self.available and self.status not in {"", "offline"}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A room's place in the queue."""

    id: str
    room: str
    status: str  #: ready, queued; from 7.x also verifying
    since: str | None = None  #: ISO 8601
    department: str | None = None  #: an id
    name: str = field(default="", repr=False)  #: the visitor's


@dataclass(frozen=True, slots=True)
class ListedRoom:
    """An open room."""

    id: str
    since: str | None = None  #: ISO 8601
    last_message_at: str | None = None
    department: str | None = None  #: an id
    served_by: Agent | None = None  #: None while it waits in the queue
    on_hold: bool = False
    name: str = field(default="", repr=False)  #: the visitor's


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field of visitors or of rooms; `id` is the key by which it is filled."""

    id: str
    scope: str = ""


def account(found: Mapping[str, Any]) -> Account:
    return Account(
        clean(text_at(found, "_id")),
        clean(text_or_none(found, "username") or ""),
        frozenset(_texts(found.get("roles"))),
    )


def department(found: Mapping[str, Any]) -> ListedDepartment:
    counted = found.get("numAgents")
    return ListedDepartment(
        text_at(found, "_id"),
        text_or_none(found, "name") or "",
        found.get("enabled") is not False,
        counted if isinstance(counted, int) and not isinstance(counted, bool) else None,
    )


def staffed(answer: Mapping[str, Any]) -> StaffedDepartment | None:
    if not isinstance(answer.get("department"), Mapping):
        return None
    listed = answer.get("agents")
    agents = (text_or_none(each, "agentId") for each in (listed if isinstance(listed, list) else []))
    return StaffedDepartment(department(mapping_at(answer, "department")), frozenset(id for id in agents if id))


def agent(found: Mapping[str, Any]) -> ListedAgent:
    named = Agent(text_at(found, "_id"), text_or_none(found, "username") or "", text_or_none(found, "name") or "")
    return ListedAgent(named, text_or_none(found, "status") or "", found.get("statusLivechat") == "available")


def inquiry(found: Mapping[str, Any]) -> Inquiry:
    return Inquiry(
        text_at(found, "_id"),
        text_at(found, "rid"),
        text_or_none(found, "status") or "",
        text_or_none(found, "ts"),
        text_or_none(found, "department"),
        text_or_none(found, "name") or "",
    )


def room(found: Mapping[str, Any]) -> ListedRoom:
    return ListedRoom(
        text_at(found, "_id"),
        text_or_none(found, "ts"),
        text_or_none(found, "lm"),
        text_or_none(found, "departmentId"),
        agent_at(found, "servedBy"),
        found.get("onHold") is True,
        text_or_none(found, "fname") or "",
    )


def custom_field(found: Mapping[str, Any]) -> CustomField:
    return CustomField(text_at(found, "_id"), text_or_none(found, "scope") or "")


def settings(answer: Mapping[str, Any]) -> dict[str, object]:
    """The values in a list of settings, by id."""
    listed = answer.get("settings")
    pairs = ((text_or_none(each, "_id"), each) for each in (listed if isinstance(listed, list) else []))
    return {id: each.get("value") for id, each in pairs if id}


def roles_with(answer: Mapping[str, Any], permission: str) -> frozenset[str] | None:
    """Which roles a permission is given to; None where it is not listed."""
    listed = answer.get("update")
    for each in listed if isinstance(listed, list) else []:
        if text_or_none(each, "_id") == permission:
            return frozenset(_texts(each.get("roles")))
    return None


def _texts(value: object) -> Iterator[str]:
    yield from (clean(each) for each in (value if isinstance(value, list) else []) if isinstance(each, str))
