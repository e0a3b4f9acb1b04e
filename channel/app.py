"""The two apps: what the peers call, and what only the inside may see."""

import time
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channel import metrics
from channel.rapidpro import routes as rapidpro_routes
from channel.rocketchat import routes as rocketchat_routes
from channel.runtime import Runtime
from channel.web import errors, health


def create_app(runtime: Runtime) -> ASGIApp:
    """What RapidPro and Rocket.Chat call, and Kubernetes' probes."""
    return Measured(
        Starlette(
            routes=[
                *rapidpro_routes.routes(runtime.accept, runtime.channel_of, runtime.learn),
                *rocketchat_routes.routes(runtime.accept, runtime.workspace_of),
                *health.routes(lambda: not runtime.draining),
            ],
            exception_handlers=errors.HANDLERS,
        )
    )


def create_internal_app(runtime: Runtime) -> ASGIApp:
    """Metrics, on a port that is never exposed."""

    async def exposition(request: Request) -> Response:
        body, content_type = metrics.exposition()
        return Response(body, headers={"content-type": content_type})

    return Starlette(routes=[Route("/metrics", exposition)], exception_handlers=errors.HANDLERS)


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
    route = words[-1] if words[-1] in {"send", "webhook"} else "other"
    if route == "other":
        return
    metrics.accepted.labels(route, str(status)).inc()
    metrics.accept_seconds.labels(route).observe(seconds)
    if status == HTTPStatus.UNAUTHORIZED:
        metrics.auth_failures.labels(route).inc()
