"""The outermost layer of the application: writes down every request, and lets the faults have their turn."""

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .faults import Fault, Faults
from .forms import MalformedForm, parse_form
from .memory import Memory
from .records import Answer, Received

_FORM = "application/x-www-form-urlencoded"
CONTROL = "/_sandbox/"


class Front:
    """Serves `inner`; what is below `/_sandbox/` is neither written down nor disturbed."""

    def __init__(self, inner: ASGIApp, memory: Memory, faults: Faults) -> None:
        self._inner = inner
        self._memory = memory
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        scope = dict(scope) | {"path": scope["path"].rstrip("/") or "/"}
        if scope["path"].startswith(CONTROL):
            await self._inner(scope, receive, send)
            return
        received = self._write_down(scope, await _read(receive))
        cleared = self._faults.cleared
        fault = self._faults.take(received.method, received.action) or Fault(works=True)
        answer = await self._work(scope, received.body) if fault.works else None
        if fault.wait:
            await _wait(fault.wait, receive, cleared)
        if fault.drops:
            await _drop(receive, send)
            return
        received.answer = fault.answer or answer or Answer(503, "")
        self._memory.changed()
        await _respond(received.answer, send)

    def _write_down(self, scope: Scope, body: bytes) -> Received:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        received = Received(
            at=self._memory.now(),
            method=scope["method"],
            path=scope["path"],
            action=scope["path"].rpartition("/")[2].removesuffix(".json"),
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            params=_params(scope["query_string"], headers, body),
        )
        self._memory.requests.append(received)
        self._memory.changed()
        return received

    async def _work(self, scope: Scope, body: bytes) -> Answer:
        """The true answer of the application within."""
        start: Message = {}
        chunks: list[bytes] = []

        async def replay() -> Message:
            return {"type": "http.request", "body": body}

        async def catch(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                chunks.append(message.get("body", b""))

        await self._inner(scope, replay, catch)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
        headers.pop("content-length", None)
        content_type = headers.pop("content-type", "")
        return Answer(start["status"], b"".join(chunks).decode(), content_type, headers)


async def _wait(seconds: float, receive: Receive, cleared: asyncio.Event) -> None:
    """Wait so long, unless the client leaves or the faults are cleared."""
    ends = [asyncio.ensure_future(receive()), asyncio.ensure_future(cleared.wait())]
    await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
    await asyncio.gather(*ends, return_exceptions=True)


async def _read(receive: Receive) -> bytes:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


async def _respond(answer: Answer, send: Send) -> None:
    body = answer.body.encode()
    headers = {"content-type": answer.content_type, "content-length": str(len(body))} | dict(answer.headers)
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items() if value]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _drop(receive: Receive, send: Send) -> None:
    """Cut the connection before the first byte of an answer.

    ASGI has no word for it, so this asks uvicorn's transport; another server is told by an exception.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the simulated RapidPro dropped the connection")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def _params(query: bytes, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """For whoever looks at the requests: an unreadable form has no parameters."""
    try:
        values = parse_form(query)
        if headers.get("content-type", "").startswith(_FORM):
            values |= parse_form(body)
    except MalformedForm:
        return {}
    return values
