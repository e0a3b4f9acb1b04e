"""The step that every exchange with Rocket.Chat is made of: ask, and have the answer's object or its failure."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from channel.core.exchange import Exchange, Request
from channel.core.people import Bot
from channel.rocketchat.wire.errors import answered

API = "/api/v1"


def get(path: str, **query: str | None) -> Exchange[Mapping[str, Any]]:
    """Ask for what is at `path`. Keys without a value are left out: Rocket.Chat refuses keys it does not know."""
    reply = yield Request("GET", path, query=_given(query))
    return answered(reply)


def get_as(bot: Bot, path: str, **query: str | None) -> Exchange[Mapping[str, Any]]:
    """The same, as the bot user."""
    reply = yield Request("GET", path, query=_given(query), headers=login(bot))
    return answered(reply)


def send(
    method: str, path: str, body: Mapping[str, object] | None = None, *, bot: Bot | None = None
) -> Exchange[Mapping[str, Any]]:
    """Send a JSON body, or none, to `path`; as the bot user where one is given."""
    reply = yield Request(method, path, json=body, headers=login(bot) if bot else {})
    return answered(reply)


def livechat(*segments: str) -> str:
    """The path of a livechat route, each segment percent-encoded: a visitor token may hold anything."""
    return "/".join((f"{API}/livechat", *(quote(segment, safe="") for segment in segments)))


def login(bot: Bot) -> dict[str, str]:
    """The headers of a request that is the bot user's."""
    return {"X-Auth-Token": bot.token, "X-User-Id": bot.id}


def _given(query: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in query.items() if value}
