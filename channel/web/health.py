"""Alive, and ready. Neither asks the database: a database that is away must not restart every replica."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel.web.auth import Caller, RuledRoute


def routes(ready: Callable[[], bool]) -> list[RuledRoute]:
    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(request: Request) -> Response:
        if ready():
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "draining"}, 503)

    return [RuledRoute(f"/{each.__name__}", each, caller=Caller.ANYBODY) for each in (healthz, readyz)]
