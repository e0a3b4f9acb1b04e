"""How an answer is given: in time, and, when the process is about to end, as the last one of its connection."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CLOSE: Final = (b"connection", b"close")


@asynccontextmanager
async def within(request: Request, seconds: float) -> AsyncIterator[None]:
    """TimeoutError, unless the block ends in time. The time in which a body comes is the caller's, and not counted."""
    async with asyncio.timeout(seconds) as deadline:
        request.state.deadline = deadline
        yield


@contextmanager
def stopped(request: Request) -> Iterator[None]:
    """The time for an answer stands still. What a slow caller costs is the connection's deadline."""
    deadline: asyncio.Timeout | None = getattr(request.state, "deadline", None)
    until = deadline.when() if deadline else None
    if deadline is None or until is None:
        yield
        return
    clock = asyncio.get_running_loop().time
    began = clock()
    deadline.reschedule(None)
    try:
        yield
    finally:
        deadline.reschedule(until + clock() - began)


class LastAnswers:
    """While the process is about to end, every answer ends its connection: nobody is to send on one that goes away."""

    def __init__(self, app: ASGIApp, ending: Callable[[], bool]) -> None:
        self._app = app
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def saying(message: Message) -> None:
            if message["type"] == "http.response.start" and self._ending():
                message = {**message, "headers": [*message.get("headers", []), _CLOSE]}
            await send(message)

        await self._app(scope, receive, saying)
