"""The page by itself: its files, what it is told, and what is done on it. For this machine alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from channel.sandbox.serving import serving

from .acts import ACTS, Impossible, perform
from .asking import Asking
from .desk import agents, chats
from .guard import Guard
from .rehearsal import Rehearsal
from .telephone import telephone
from .ways import tally, ways

#: How often it is looked what has changed: a bridge has nothing that would tell us.
LOOK_SECONDS: Final = 0.25

_STATIC: Final = Path(__file__).parent / "static"
_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Page:
    """A rehearsal as an application. `close` ends the streams of those who look at it."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal
        self._asking = Asking(rehearsal.ask)
        self._closing = asyncio.Event()
        self._files = {path.name: path.read_bytes() for path in _STATIC.iterdir()}
        routes = [
            Route("/", self._index),
            Route("/static/{name}", self._static),
            Route("/changes", self._changes),
            Route("/acts/{name}", self._act, methods=["POST"]),
        ]
        self.app = Guard(Starlette(routes=routes))

    def close(self) -> None:
        self._closing.set()

    async def shown(self) -> dict[str, Any]:
        """All that the page shows, as it is now."""
        rehearsal = self._rehearsal
        found = await ways(rehearsal, self._asking)
        return {
            "set_up": rehearsal.set_up,
            "keyword": rehearsal.keyword if rehearsal.set_up == "a" else "",
            "person": rehearsal.person.name,
            "phone": telephone(rehearsal),
            "agents": agents(rehearsal.rocketchat),
            "chats": chats(rehearsal.rocketchat),
            "ways": [way.shown() for way in found],
            "tally": tally(found),
            "switches": rehearsal.switches.shown(),
            "skips": rehearsal.skip is not None,
        }

    async def _index(self, request: Request) -> Response:
        return self._file("page.html")

    async def _static(self, request: Request) -> Response:
        return self._file(request.path_params["name"])

    def _file(self, name: str) -> Response:
        if name not in self._files:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return Response(self._files[name], media_type=_TYPES[Path(name).suffix])

    async def _changes(self, request: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        """Server-sent events: all of it at first, and again whenever something is not as it was."""
        before = ""
        while not self._closing.is_set():
            now = json.dumps(await self.shown())
            if now != before:
                yield f"data: {now}\n\n"
                before = now
            await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._closing.wait()
        except TimeoutError:
            return

    async def _act(self, request: Request) -> Response:
        act = ACTS.get(request.path_params["name"])
        if act is None:
            return JSONResponse({"error": "there is no such act"}, HTTPStatus.NOT_FOUND)
        try:
            values = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"error": "the body is no JSON"}, HTTPStatus.BAD_REQUEST)
        try:
            await perform(self._rehearsal, act, values)
        except Impossible as impossible:
            return JSONResponse({"error": str(impossible)}, HTTPStatus.CONFLICT)
        return Response(status_code=HTTPStatus.NO_CONTENT)


@asynccontextmanager
async def page(rehearsal: Rehearsal, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serve the page for as long as the block lasts (port 0: any free one); the block is given its address."""
    made = Page(rehearsal)
    async with serving(made.app, port, host) as url:
        try:
            yield url
        finally:
            made.close()
