"""The HTTP face of the simulated RapidPro: courier, the API, and a few routes for people."""

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from .asgi import Front
from .faults import Faults
from .memory import Memory
from .receiving import failure


def create_app(routes: Iterable[BaseRoute], memory: Memory, faults: Faults) -> ASGIApp:
    """The application, with every request written down and the faults in front."""
    inner = Starlette(routes=list(routes), exception_handlers={404: _not_found, 405: _wrong_method})
    inner.router.redirect_slashes = False
    return Front(inner, memory, faults)


async def _not_found(request: Request, exc: Exception) -> Response:
    if request.url.path.startswith("/c/"):
        return failure(404, "Not Found", f"not found: {request.url.path}")
    return PlainTextResponse(exc.detail if isinstance(exc, HTTPException) else "", 404)


async def _wrong_method(request: Request, _: Exception) -> Response:
    if request.url.path.startswith("/c/"):
        return failure(405, "Method Not Allowed", f"method not allowed: {request.method}")
    return PlainTextResponse("Method Not Allowed", 405)
