"""A relay that stores nothing: `python -m benchmarks.relay aiohttp|httpx PEERS`. It prints its port.

It is the limit of what a bridge can do on a machine: the same server, the same reading of what comes and the same
exchanges as the service, kept in order per conversation, the status included; and it forgets all of it when it ends.
`aiohttp` is the transport of the service, `httpx` a client of httpx as it comes.
"""

import asyncio
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channel.core import limits
from channel.core.addresses import ByRoom
from channel.core.errors import Unavailable
from channel.core.events import AgentWrote, ContactWrote
from channel.core.exchange import Exchange
from channel.core.networks import THIS_MACHINE
from channel.core.owed import Status
from channel.core.secrets import is_one_of, token_hash
from channel.rapidpro.wire import courier, send
from channel.rocketchat.wire import posting, webhook
from channel.serving import server
from channel.transport import Transport, open_http
from channel.web import auth, bodies

SECRET: Final = "a-secret-of-the-benchmark"  # noqa: S105 - it opens nothing
CHANNEL: Final = UUID("00000000-0000-4000-8000-000000000001")
_HASHES: Final = (token_hash(SECRET), None)

TRIES: Final = 3

Work = Callable[[], Coroutine[Any, Any, None]]


class Relay:
    """What was taken and has not gone, in memory."""

    def __init__(self, transport: Transport, peers: str) -> None:
        self._transport = transport
        self._peers = peers
        self._lanes: dict[str, deque[Work]] = {}
        self._going: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(limits.SLOTS)  # as the service: more at once is what httpx's pool drowns in

    async def sent(self, request: Request) -> Response:
        if not is_one_of(auth.shown_token(request), _HASHES):
            return Response(status_code=401)
        body = await bodies.small(request, limits.SEND_BYTES)
        kind = request.headers.get("content-type", "")
        event = send.parse(CHANNEL, query=request.url.query.encode(), content_type=kind, body=body)
        self._owe(event.address.path, lambda: self._to_agent(event))
        return JSONResponse({"status": "accepted", "id": event.message_id})

    async def told(self, request: Request) -> Response:
        if not is_one_of(request.headers.get("x-rocketchat-livechat-token", ""), _HASHES):
            return Response(status_code=401)
        for event in webhook.parse(CHANNEL, await bodies.whole(request, limits.WEBHOOK_BYTES)):
            if isinstance(event, AgentWrote):
                self._owe(event.address.room, lambda event=event: self._to_contact(event))  # type: ignore[misc]
        return Response(status_code=200)

    async def _to_agent(self, event: ContactWrote) -> None:
        room = f"room-{event.address.path}"
        number = f"la-{uuid4().hex}"
        await self._have(lambda: posting.post("token", room, number, event.text, doubted_room=None))
        loop = asyncio.get_running_loop()
        loop.call_later(limits.STATUS_DELAY, lambda: self._begin(self._report(event.message_id)))

    async def _to_contact(self, event: AgentWrote) -> None:
        room = event.address.room if isinstance(event.address, ByRoom) else ""
        sender, at = room.removeprefix("room-"), event.said_at or ""
        await self._have(lambda: courier.receive(CHANNEL, sender, event.text, at))

    async def _report(self, message: str) -> None:
        await self._have(lambda: courier.report(CHANNEL, message, Status.DELIVERED))

    async def _have(self, exchange: Callable[[], Exchange[object]]) -> None:
        """Have it; again where the request did not leave, as on a machine that is too busy to make a connection."""
        async with self._slots:
            for _ in range(TRIES):
                with suppress(Unavailable):
                    await self._transport.perform(self._peers, exchange())
                    return

    def _owe(self, lane: str, work: Work) -> None:
        waiting = self._lanes.get(lane)
        if waiting is not None:
            waiting.append(work)
            return
        self._lanes[lane] = deque([work])
        self._begin(self._go(lane))

    async def _go(self, lane: str) -> None:
        waiting = self._lanes[lane]
        while waiting:
            await waiting.popleft()()
        del self._lanes[lane]

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._going.add(task)
        task.add_done_callback(self._going.discard)


class Stock(httpx.AsyncBaseTransport):
    """httpx as it comes, where the service has a transport of its own."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=None)  # noqa: S113 - the exchange has a deadline

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions.pop("timeout", None)  # it is to wait for one of its connections, and not to lose the words
        return await self._client.send(request, stream=True)


@asynccontextmanager
async def _client(name: str) -> AsyncIterator[httpx.AsyncBaseTransport]:
    if name == "httpx":
        yield Stock()
        return
    async with open_http(THIS_MACHINE) as http:
        yield http


async def _serve(name: str, peers: str) -> None:
    async with _client(name) as http:
        relay = Relay(Transport(http), peers)
        app = Starlette(
            routes=[
                Route("/channels/{channel}/send", relay.sent, methods=["POST"]),
                Route("/workspaces/{workspace}/webhook", relay.told, methods=["POST"]),
            ]
        )
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        await server(app).serve([listener])


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], f"http://127.0.0.1:{sys.argv[2]}"))
