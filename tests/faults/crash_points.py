"""Where a replica can be killed, by name. The shipped code knows nothing of this: the rig's replica wraps it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

import httpx
from httpx_aiohttp import AiohttpTransport

from channel.core.claimed import Claimed
from channel.core.events import AgentWrote, ContactWrote, DeliveryDone, DeliveryFailed, Event, Outcome
from channel.core.exchange import Reply, Request
from channel.core.learned import Posted, Received
from channel.core.owed import PostToRoom, ReplyToContact
from channel.delivery.sending import Sending
from channel.store import claims, conversations, heads
from channel.store.conversations import Holding, Store
from channel.transport import Transport

TO_AGENT, TO_CONTACT = "to_agent", "to_contact"


class Point(StrEnum):
    """In the order in which a message passes them."""

    ACCEPT_UNCOMMITTED = "accept, before its commit"
    ACCEPT_COMMITTED = "accept, after its commit"
    CLAIMED = "claimed, nothing begun"
    ATTEMPT_COUNTED = "attempt counted"
    HTTP_SENT = "HTTP sent, answer not read"
    HTTP_ANSWERED = "HTTP answered"
    SETTLE_UNCOMMITTED = "settle, before its commit"
    SETTLE_COMMITTED = "settle, after its commit"


#: told of every point that is passed, and in which directions the words go that pass it: what is committed together
#: can go in both
Passed = Callable[[Point, frozenset[str]], None]


def watch(passed: Passed) -> None:
    """Have `passed` called at every point, from now on."""
    _watch_transactions(passed)
    _watch_claims(passed)
    _watch_exchanges(passed)


def _watch_transactions(passed: Passed) -> None:
    hold = Store.hold

    @asynccontextmanager
    async def held(self: Store, events: Sequence[Event]) -> AsyncIterator[Holding]:
        before, after = _commit_points(events)
        directions = frozenset(_direction_of(event) for event in events)
        async with hold(self, events) as holding:
            yield holding
            passed(before, directions)
        passed(after, directions)

    setattr(Store, "hold", held)  # noqa: B010 - a method is replaced on purpose


def _commit_points(events: Sequence[Event]) -> tuple[Point, Point]:
    """Nothing is committed together that comes to different points."""
    if isinstance(events[0], DeliveryDone | DeliveryFailed):
        return Point.SETTLE_UNCOMMITTED, Point.SETTLE_COMMITTED
    return Point.ACCEPT_UNCOMMITTED, Point.ACCEPT_COMMITTED


def _direction_of(event: Event) -> str:
    """Of words that are accepted, or that have arrived; "" of anything else."""
    match event:
        case AgentWrote() | DeliveryDone(learned=Received()):
            return TO_CONTACT
        case ContactWrote() | DeliveryDone(learned=Posted()):
            return TO_AGENT
        case _:
            return ""


def _watch_claims(passed: Passed) -> None:
    claim, count_heads, call = claims.claim, heads.count_heads, Sending.__call__

    async def claimed(*arguments: Any) -> list[Claimed]:
        found = await claim(*arguments)
        if found:
            passed(Point.CLAIMED, frozenset({TO_AGENT, TO_CONTACT}))
        return found

    async def counted(*arguments: Any) -> dict[int, Claimed]:
        """Of lanes that stay ours after a settle."""
        if arguments[-1]:
            passed(Point.CLAIMED, frozenset({TO_AGENT, TO_CONTACT}))
        return await count_heads(*arguments)

    async def called(self: Sending, claimed: Claimed) -> Outcome:
        directions = {PostToRoom: TO_AGENT, ReplyToContact: TO_CONTACT}
        passed(Point.ATTEMPT_COUNTED, frozenset({directions.get(type(claimed.owed), "")}))
        return await call(self, claimed)

    setattr(claims, "claim", claimed)  # noqa: B010
    setattr(conversations, "count_heads", counted)  # noqa: B010
    setattr(Sending, "__call__", called)  # noqa: B010


def _watch_exchanges(passed: Passed) -> None:
    handle, send = AiohttpTransport.handle_async_request, Transport._send

    async def handled(self: AiohttpTransport, request: httpx.Request) -> httpx.Response:
        response = await handle(self, request)
        passed(Point.HTTP_SENT, _asked(request.method, request.url.path))
        return response

    async def sent(self: Transport, base_url: str, request: Request, *more: Any) -> Reply:
        reply = await send(self, base_url, request, *more)
        passed(Point.HTTP_ANSWERED, _asked(request.method, request.path))
        return reply

    setattr(AiohttpTransport, "handle_async_request", handled)  # noqa: B010
    setattr(Transport, "_send", sent)  # noqa: B010


def _asked(method: str, path: str) -> frozenset[str]:
    if method == "POST" and path.endswith("livechat/message"):
        return frozenset({TO_AGENT})
    return frozenset({TO_CONTACT} if path.endswith("/receive") else ())
