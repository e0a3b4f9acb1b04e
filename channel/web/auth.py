"""Is it really them? Compared in constant time; the same answer whether the name or the secret is wrong."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from starlette.requests import Request
from starlette.routing import Route

from channel import metrics
from channel.core.networks import Network
from channel.core.secrets import is_one_of
from channel.web.errors import Refusal
from channel.web.sources import source_of
from channel.web.throttle import Throttle

#: compared with when there is nobody of that name, so that the answer takes as long
NOBODY: Final = ("0" * 64, None)


class Caller(StrEnum):
    """Who may call a route, and by what they are known."""

    RAPIDPRO = "the send token of the channel in the path"
    FLOW = "the live-agents token of any channel, which names it"
    ROCKETCHAT = "the webhook secret of the workspace in the path"
    ROCKETCHAT_UNNAMED = "the webhook secret of any workspace, which names it"
    ANYBODY = "nobody has to be known: it says whether the process lives"
    INSIDE = "whoever reaches the internal port"
    SIGNING_IN = "whoever reaches the internal port, to become an operator or none"
    OPERATOR = "an operator who has signed in, in a role that may"


class RuledRoute(Route):
    """A route that says who may call it. The apps take no other."""

    def __init__(self, path: str, endpoint: Any, *, caller: Caller, **more: Any) -> None:
        super().__init__(path, endpoint, **more)
        self.caller = caller


class Guard:
    """Lets in who holds the secret, at once; refuses everybody else, and later if they try again and again."""

    def __init__(self, trusted_proxies: Sequence[Network] = (), throttle: Throttle | None = None) -> None:
        self._trusted = trusted_proxies
        self._throttle = throttle or Throttle()

    async def require(
        self, request: Request, shown: str, hashes: Sequence[str | None] | None, *, name: str = "", refusal: Refusal
    ) -> None:
        """Raise `refusal` unless `shown` hashes to one of `hashes`; None: there is nobody of that `name`."""
        known = is_one_of(shown, hashes if hashes is not None else NOBODY)
        if known and hashes is not None:
            return
        metrics.auth_failures.labels("missing" if not shown else "unknown" if hashes is None else "wrong").inc()
        if self._throttle.failed(source_of(request, self._trusted), name):
            await self._throttle.slow_down()
        raise refusal


def shown_token(request: Request) -> str:
    """The token of `Authorization: Token …`, or "" where there is none."""
    values = request.headers.getlist("authorization")
    if len(values) != 1:
        return ""
    scheme, _, token = values[0].partition(" ")
    return token.strip() if scheme.lower() == "token" else ""
