"""The one stylesheet, the one script and the icon."""

from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel.console.pages import HEADERS
from channel.web.auth import Caller, RuledRoute

_TYPES: Final = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}


def routes() -> list[RuledRoute]:
    return [_route(name, media_type) for name, media_type in _TYPES.items()]


def _route(name: str, media_type: str) -> RuledRoute:
    content = files("channel.console").joinpath("static", name).read_bytes()

    async def served(request: Request) -> Response:
        return Response(content, headers=dict(HEADERS), media_type=media_type)

    return RuledRoute(f"/static/{name}", served, caller=Caller.INSIDE)
