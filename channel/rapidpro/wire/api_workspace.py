"""Which RapidPro workspace a token opens, and which channels it has."""

from collections.abc import Mapping
from typing import Any

from channel.core.clean import clean
from channel.core.exchange import Exchange, Reply
from channel.core.reading import text_or_none
from channel.core.values import dataclass
from channel.rapidpro.wire import api


@dataclass(frozen=True, slots=True)
class RapidProWorkspace:
    """`anonymous`: it shows nobody's addresses, and finds contacts by UUID only."""

    uuid: str
    name: str
    anonymous: bool


@dataclass(frozen=True, slots=True)
class ListedChannel:
    """`type`: RapidPro's short name, `external` for one of ours."""

    uuid: str
    name: str
    type: str


def workspace() -> Exchange[RapidProWorkspace]:
    """The workspace whose token it is."""
    return _workspace((yield from api.get("workspace")))


def told(reply: Reply) -> RapidProWorkspace:
    """The same, of an answer to the question for it."""
    return _workspace(api.read(reply))


def _workspace(found: Mapping[str, Any]) -> RapidProWorkspace:
    name = clean(text_or_none(found, "name") or "")
    return RapidProWorkspace(clean(text_or_none(found, "uuid") or ""), name, found.get("anon") is True)


def find_channel(uuid: str) -> Exchange[ListedChannel | None]:
    """The channel of this UUID; None if the workspace has none."""
    found = yield from api.listed("channels", {"uuid": uuid})
    for channel in found:
        texts = {key: clean(text_or_none(channel, key) or "") for key in ("uuid", "name", "type")}
        if texts["uuid"].lower() == uuid.lower():
            return ListedChannel(**texts)
    return None
