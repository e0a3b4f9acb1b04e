"""The two apps: what the peers call, and what only the inside may see."""

import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channel import metrics, openapi
from channel.console import access
from channel.console import routes as console
from channel.rapidpro import live_agents
from channel.rapidpro import routes as rapidpro_routes
from channel.rocketchat import routes as rocketchat_routes
from channel.runtime import Runtime
from channel.web import errors, health
from channel.web.answering import LastAnswers
from channel.web.auth import Caller, Guard, RuledRoute


def create_app(runtime: Runtime) -> ASGIApp:
    """What RapidPro and Rocket.Chat call, and Kubernetes' probes."""
    app = Measured(Starlette(routes=public_routes(runtime), exception_handlers=errors.HANDLERS))
    return LastAnswers(app, lambda: runtime.draining)


def create_internal_app(runtime: Runtime) -> ASGIApp:
    """Metrics, what the public port takes, the console, and probes where there is no public port; never exposed."""
    app = Starlette(routes=internal_routes(runtime), exception_handlers=access.HANDLERS)
    return LastAnswers(app, lambda: runtime.draining)


def public_routes(runtime: Runtime) -> list[RuledRoute]:
    guard = Guard(runtime.settings.trusted_proxies)
    callers = runtime.callers
    verbs = live_agents.Verbs(
        callers.flow_channel_of, callers.presence, runtime.ask, callers.availability, callers.simulate
    )
    return [
        *rapidpro_routes.routes(guard, runtime.accept, callers.channel_of, callers.learn),
        *live_agents.routes(guard, verbs),
        *rocketchat_routes.routes(guard, runtime.accept, callers.workspace_of, callers.workspace_by_secret),
        *health.routes(lambda: not runtime.draining),
    ]


def internal_routes(runtime: Runtime) -> list[RuledRoute]:
    async def exposition(request: Request) -> Response:
        body, content_type = metrics.exposition(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": content_type})

    async def described(request: Request) -> Response:
        return JSONResponse(openapi.description(runtime.settings.base_url))

    return [
        RuledRoute("/metrics", exposition, caller=Caller.INSIDE),
        RuledRoute("/openapi.json", described, caller=Caller.INSIDE),
        *health.routes(lambda: not runtime.draining),
        *console.routes(runtime.console),
    ]


#: the last word of each route that peers call, by which it is counted
_ROUTES = frozenset(
    {"send", "webhook", "registerClient", "sendMessageToAgent", "sendMessageToClient", "availability", "user", "survey"}
)


class Measured:
    """Counts and times what the peers' routes answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                _count(scope, message["status"], time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, counting)


def _count(scope: Scope, status: int, seconds: float) -> None:
    """By the first word of the path that is a route's: what a stranger asks for makes no label."""
    words = scope["path"].split("/")
    route = next((word for word in reversed(words) if word in _ROUTES), None)
    if route is None:
        return
    metrics.accepted.labels(route, str(status)).inc()
    metrics.accept_seconds.labels(route).observe(seconds)
