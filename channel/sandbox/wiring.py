"""A route by which curl wires the simulated RapidPro as people do who import the kit's flows and make its globals."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .rapidpro import LIVE_CHAT, RapidPro, set_up_a

PATH = "/_sandbox/set-up-a"


def wirable(rapidpro: RapidPro) -> ASGIApp:
    """The simulated RapidPro, and one route more: POST `{"url": "…/live-agents", "token": "…"}`."""
    wire = _wiring(rapidpro)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH:
            await (await wire(Request(scope, receive)))(scope, receive, send)
            return
        await rapidpro.app(scope, receive, send)

    return app


def _wiring(rapidpro: RapidPro) -> Callable[[Request], Awaitable[Response]]:
    async def wire(request: Request) -> Response:
        try:
            given = await request.json()
            set_up_a(rapidpro, str(given["url"]).rstrip("/"), f"Token {given['token']}")
        except (ValueError, KeyError, TypeError) as exc:
            return JSONResponse({"error": f"{exc!r}; the body is like {{'url': '…/live-agents', 'token': '…'}}"}, 400)
        return JSONResponse({"keyword": "agent", "group": LIVE_CHAT})

    return wire
