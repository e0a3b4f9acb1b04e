"""Is this a RapidPro? Asked without a token, before anything is made."""

from http import HTTPStatus
from typing import Any, Final

import msgspec

from channel.core.elsewhere import elsewhere
from channel.core.exchange import Exchange, Reply, Request
from channel.core.values import dataclass

#: of a channel that there is nowhere: courier says that there is none, and does nothing
NOBODY: Final = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class FoundRapidPro:
    """Which of its two sides answers at a base URL; at least one does."""

    api: bool
    courier: bool


def find() -> Exchange[FoundRapidPro]:
    """What is at the base URL. ProtocolError where neither RapidPro's API nor its courier is: `str()` says what is."""
    first = yield Request("GET", "/api/v2/workspace.json")
    second = yield Request("GET", f"/c/ex/{NOBODY}/receive")
    found = FoundRapidPro(_is_api(first), _is_courier(second))
    if not (found.api or found.courier):
        raise elsewhere(first, "RapidPro")
    return found


def _is_api(reply: Reply) -> bool:
    """It refuses who shows no token, in a sentence of its own shape."""
    refused = reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    return refused and isinstance(_object(reply).get("detail"), str)


def _is_courier(reply: Reply) -> bool:
    """It knows no such channel, and says so in the one shape that it has."""
    said = _object(reply)
    return reply.status == HTTPStatus.BAD_REQUEST and isinstance(said.get("message"), str) and "data" in said


def _object(reply: Reply) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
