"""The front of the server: records every REST request, and lets happen to it what was planned."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .faults import Answers, Drops, Garbles, Hangs, Trickles
from .ids import now
from .records import RestRequest
from .workspace import Workspace

_PREFIX = "/api/v1/"
#: Paths of ours, which no fault and no record is for.
_OURS = "/_sandbox"


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True)
class _Visit:
    """One request, its body read and its arrival recorded, and the way back to whoever sent it."""

    scope: Scope
    body: bytes
    record: RestRequest
    receive: Receive
    send: Send


class Front:
    """An ASGI application around the routes."""

    def __init__(self, workspace: Workspace, routes: ASGIApp) -> None:
        self._workspace = workspace
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(_OURS):
            await self._routes(scope, receive, send)
            return
        body = await _read(receive)
        visit = _Visit(scope, body, self._arrived(scope, body), receive, send)
        fault = self._workspace.faults.of_request(f"{scope['method']} {scope['path'].removeprefix(_PREFIX)}")
        visit.record.fault = fault
        match fault:
            case None:
                await _send_answer(await self._work(visit), send)
            case Answers():
                await self._answer_instead(fault, visit)
            case Hangs():
                await self._hang(fault, visit)
            case Drops():
                await self._drop(fault, visit)
            case Trickles(pause):
                await _trickle(await self._work(visit), pause, send)
            case Garbles():
                await _send_answer(_garbled(await self._work(visit)), send)

    def _arrived(self, scope: Scope, body: bytes) -> RestRequest:
        record = RestRequest(
            at=now(),
            method=scope["method"],
            path=scope["path"],
            query=dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
            body=_readable(body),
        )
        self._workspace.requests.append(record)
        self._workspace.changed()
        return record

    async def _work(self, visit: _Visit) -> _Answer:
        """Do the request's work and return its answer, unsent."""
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": visit.body, "more_body": False}

        async def keep(message: Message) -> None:
            sent.append(message)

        await self._routes(visit.scope, receive, keep)
        answer = _Answer(sent[0]["status"], sent[0]["headers"], b"".join(part.get("body", b"") for part in sent[1:]))
        self._answered(visit.record, answer)
        return answer

    def _answered(self, record: RestRequest, answer: _Answer) -> None:
        record.status, record.answer = answer.status, _readable(answer.body)
        self._workspace.changed()

    async def _answer_instead(self, fault: Answers, visit: _Visit) -> None:
        if fault.worked:
            await self._work(visit)
        answer = _Answer(fault.status, [(b"content-type", fault.content_type.encode())], fault.body.encode())
        self._answered(visit.record, answer)
        await _send_answer(answer, visit.send)

    async def _hang(self, fault: Hangs, visit: _Visit) -> None:
        if not fault.worked and await _left_within(fault.seconds, visit.receive):
            return
        answer = await self._work(visit)
        if fault.worked:
            await _left_within(fault.seconds, visit.receive)
        await _send_answer(answer, visit.send)

    async def _drop(self, fault: Drops, visit: _Visit) -> None:
        if fault.worked:
            await self._work(visit)
        await _cut(visit.receive, visit.send)


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _readable(body: bytes) -> Any:
    """Return a body parsed if it is JSON, as text if not, and None if there is none."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


async def _send_answer(answer: _Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _trickle(answer: _Answer, pause: float, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    for byte in answer.body:
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        await asyncio.sleep(pause)
    await send({"type": "http.response.body", "body": b""})


def _garbled(answer: _Answer) -> _Answer:
    """Cut an answer in half, and let its length say so: what arrives is whole, and no JSON."""
    headers = [(name, value) for name, value in answer.headers if name.lower() != b"content-length"]
    return _Answer(answer.status, headers, answer.body[: len(answer.body) // 2])


async def _left_within(seconds: float, receive: Receive) -> bool:
    """Wait, and say whether the caller went away meanwhile."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _disconnected(receive)
            return True
    return False


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(receive: Receive, send: Send) -> None:
    """Close the connection without an answer. ASGI has no word for it, so this reaches for uvicorn's transport."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the sandbox dropped this request")
    transport.abort()
    await _disconnected(receive)
