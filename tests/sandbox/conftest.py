"""A served Rocket.Chat, a client that calls it, and a receiver for its webhooks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from channel.sandbox.rocketchat import PROFILES, RocketChat
from channel.sandbox.serving import serving

SECRET = "a-long-secret"


TOKEN = "token-1"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run async tests on asyncio, those of a module in one loop."""
    return "asyncio"


@dataclass
class Hook:
    """The URL that webhooks go to: it remembers, and answers what it is told."""

    #: Bodies, in the order in which they came.
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    #: The statuses of the next answers; after them, 200.
    statuses: list[int] = field(default_factory=list)
    #: The text of every answer.
    says: str = ""
    #: While it is clear, nothing is answered.
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def take(self, request: Request) -> Response:
        """Take one event."""
        self.headers.append(dict(request.headers))
        self.bodies.append(await request.json())
        await self.gate.wait()
        return PlainTextResponse(self.says, self.statuses.pop(0) if self.statuses else 200)

    @property
    def types(self) -> list[str]:
        """The types of what came."""
        return [body["type"] for body in self.bodies]


@dataclass
class Site:
    """A Rocket.Chat in a test."""

    rocketchat: RocketChat
    url: str
    client: httpx.AsyncClient
    hook: Hook

    async def register(self, token: str = TOKEN, **visitor: Any) -> dict[str, Any]:
        """Register a visitor and return it."""
        answer = await self.client.post("livechat/visitor", json={"visitor": {"token": token, **visitor}})
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["visitor"])

    async def room(self, token: str = TOKEN) -> str:
        """Find or open the visitor's room and return its id."""
        answer = await self.client.get("livechat/room", params={"token": token})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["room"]["_id"])

    async def post(self, rid: str, text: str, *, token: str = TOKEN, **more: Any) -> httpx.Response:
        """Post a visitor's message."""
        return await self.client.post("livechat/message", json={"token": token, "rid": rid, "msg": text, **more})

    async def history(self, rid: str, *, token: str = TOKEN, **query: Any) -> list[dict[str, Any]]:
        """Read a room's history."""
        answer = await self.client.get(f"livechat/messages.history/{rid}", params={"token": token, **query})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["messages"])

    async def settled(self) -> None:
        """Wait until no webhook is on its way."""
        await self.rocketchat.until(lambda rocketchat: rocketchat.webhooks_in_flight == 0)


class Switchboard:
    """Many applications behind one port, each beneath a prefix of its own: starting a server takes its time."""

    def __init__(self) -> None:
        self.address = ""
        self._apps: dict[str, ASGIApp] = {}

    def connect(self, app: ASGIApp) -> str:
        """Serve an application, and return its base URL."""
        prefix = f"/{len(self._apps)}"
        self._apps[prefix] = app
        return self.address + prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        prefix, slash, path = scope["path"][1:].partition("/")
        await self._apps[f"/{prefix}"]({**scope, "path": slash + path}, receive, send)


@pytest.fixture(scope="module")
async def switchboard(anyio_backend: str) -> AsyncIterator[Switchboard]:
    """Return what serves the applications of a module's tests."""
    board = Switchboard()
    async with serving(board) as board.address:
        yield board


class Opener:
    """Opens sites, and closes them after the test."""

    def __init__(self, switchboard: Switchboard, stack: AsyncExitStack) -> None:
        self._switchboard = switchboard
        self._stack = stack

    async def __call__(self, version: str = "7.11", *, hooked: bool = True, **options: Any) -> Site:
        """Open a site; `hooked`, it sends the webhooks a bridge needs, with a secret."""
        hook = Hook()
        if hooked:
            receiver = Starlette(routes=[Route("/hook", hook.take, methods=["POST"])])
            hook_url = self._switchboard.connect(receiver)
            options = {"webhook_url": f"{hook_url}/hook", "webhook_token": SECRET, **options}
        rocketchat = RocketChat(PROFILES[version], **options)
        self._stack.push_async_callback(rocketchat.aclose)
        url = self._switchboard.connect(rocketchat.app)
        client = httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=10, verify=False)  # noqa: S501 - loopback
        await self._stack.enter_async_context(client)
        return Site(rocketchat, url, client, hook)


@pytest.fixture
async def open_site(switchboard: Switchboard) -> AsyncIterator[Opener]:
    """Return what opens a site."""
    async with AsyncExitStack() as stack:
        yield Opener(switchboard, stack)
