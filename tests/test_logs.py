"""One event, one line, and it is ours: whatever anybody sends, and whatever a library says."""

import asyncio
import contextlib
import json
import logging
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import httpx
import pytest
import structlog

from channel import logs
from tests import processes
from tests.test_docs import table

FORGED = '{"event": "forged", "level": "critical"}'
#: what ends a line, a text of JSON, or a colour, somewhere
BREAKS = (
    "\n",
    "\r\n",
    "\r",
    "\x1b[2J\x1b[31m",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b",
    "\x0c",
    "\0",
    '"}\n',
    '\\"}\n',
    "%0a",
)
INJECTION = "".join(f"{each}{FORGED}" for each in BREAKS)


@pytest.fixture
def _as_it_was() -> Iterator[None]:
    """What is configured for a process is taken back."""
    root = logging.getLogger()
    handlers, level, hook = list(root.handlers), root.level, sys.excepthook
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = hook
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)
    structlog.reset_defaults()


def events(written: str) -> list[dict[str, Any]]:
    """Each line as an object; a line ends where a terminal or a collector of logs ends it."""
    lines = [json.loads(line) for line in written.splitlines()]
    assert all(isinstance(line, dict) for line in lines)
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    assert all(line["event"] != "forged" for line in lines)
    return lines


@pytest.mark.usefixtures("_as_it_was")
def test_an_event_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("DEBUG", as_json=True)
    logs.log.warning("peer_away", dest=INJECTION, address="\udcff\ud800", error=ValueError(INJECTION))
    try:
        failed()
    except ValueError:
        logs.log.exception("claim_crashed", error=INJECTION)
    away, crashed = events(capsys.readouterr().err)
    assert away["dest"] == crashed["error"] == INJECTION
    assert INJECTION in crashed["exception"]


@pytest.mark.usefixtures("_as_it_was")
def test_what_a_library_says_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", as_json=True)
    library = logging.getLogger(f"some.library{INJECTION}")
    library.info("GET https://chat.test/?token=hunter2")
    library.warning("lost %s", INJECTION)
    library.warning("%d", INJECTION)
    try:
        failed()
    except ValueError:
        library.exception("crashed")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(INJECTION, stacklevel=1)
    sys.excepthook(ValueError, ValueError(INJECTION), None)
    said = events(capsys.readouterr().err)
    assert [each["event"] for each in said] == ["library"] * 4 + ["crashed"]
    assert [each["level"] for each in said] == ["warning", "warning", "error", "warning", "critical"]
    assert said[0]["message"] == f"lost {INJECTION}"
    assert INJECTION in said[2]["exception"]


@asynccontextmanager
async def quarrelsome() -> AsyncIterator[str]:
    """A peer that answers every question with words that are no answer."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            body = json.dumps({"success": False, "error": INJECTION, "message": INJECTION}).encode()
            head = f"HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def test_nothing_that_is_sent_makes_a_line_of_its_own(tmp_path: Path) -> None:
    port, internal = processes.free_port(), processes.free_port()
    ports = {"PORT": str(port), "INTERNAL_PORT": str(internal)}
    env = processes.environment(tmp_path, **ports, DRAIN_SECONDS="0", LOG_LEVEL="DEBUG")
    async with quarrelsome() as peer:
        name = INJECTION.replace("\0", "")  # which the system gives to no process
        peers = ("--rocketchat-url", peer, "--rapidpro-url", peer)
        told = await processes.run(env, "connect", "--json", "--name", name, "--department", name, *peers)
        made = json.loads(told.out)
        async with processes.serving(env) as service, httpx.AsyncClient(timeout=60) as http:
            statuses = {answer.status_code for answer in await every_field(http, port, made)}
            await no_http(port)
            await tried(http, internal)
            service.terminate()
            await service.ended()
    assert statuses == {200, 400, 401, 404, 405}
    known = {row[0].strip("`") for row in table("operations.md", "event", "fields", "it means")}
    said = events("".join(service.seen))
    assert {each["event"] for each in said} <= known
    assert {"listening", "draining"} <= {each["event"] for each in said}


async def every_field(http: httpx.AsyncClient, port: int, made: dict[str, Any]) -> list[httpx.Response]:
    """The injection in each place that a caller fills."""
    base, channel, workspace = f"http://127.0.0.1:{port}", made["channel"], made["workspace"]
    send = {"Authorization": channel["send_authorization"]}
    flow = {"Authorization": made["live_agents"]["authorization"]}
    secret = {"X-RocketChat-Livechat-Token": workspace["webhook_secret"]}
    simulated = {**flow, "X-Mailroom-Mode": "simulation", "X-Simulate": quote(INJECTION)}
    whole = {"id": "1", "text": INJECTION, "to": "ana", "from": INJECTION, "session_status": INJECTION}
    contact = {"name": INJECTION, "uuid": "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5", "language": INJECTION}
    asked = {"contact": contact, "department": INJECTION, "results": {INJECTION: {"value": INJECTION}}}
    item = {"_id": INJECTION, "msg": INJECTION, "agentId": INJECTION, "username": INJECTION, "ts": INJECTION}
    told = {"_id": INJECTION, "type": "Message", "visitor": {"token": INJECTION, "_id": "v"}, "messages": [item]}
    return [
        await http.post(channel["send_url"], data=whole, headers=send),
        *[
            await http.post(channel["send_url"], data={**whole, "id": "2", each: INJECTION}, headers=send)
            for each in whole
        ],
        await http.get(f"{channel['send_url']}?{quote(INJECTION)}={quote(INJECTION)}", headers=send),
        await http.post(f"{base}/live-agents/registerClient", json=asked, headers=flow),
        await http.post(
            f"{base}/live-agents/sendMessageToAgent",
            json=asked,
            headers={**flow, "Idempotency-Key": quote(INJECTION)[:200]},
        ),
        await http.post(f"{base}/live-agents/sendMessageToAgent", json=asked, headers=simulated),
        await http.get(f"{base}/live-agents/availability?department={quote(INJECTION)}", headers=flow),
        await http.delete(f"{base}/live-agents/session/user/{quote(INJECTION, safe='')}", headers=flow),
        await http.post(workspace["webhook_url"], json=told, headers=secret),
        await http.post(workspace["webhook_url"], json={**told, "type": INJECTION}, headers=secret),
        await http.post(workspace["webhook_url"], content=INJECTION.encode(), headers=secret),
        await http.post(f"{base}/workspaces/{quote(INJECTION, safe='')}/webhook", json=told, headers=secret),
        await http.post(channel["send_url"], data=whole, headers={"Authorization": f"Token {quote(INJECTION)}"}),
        await http.get(f"{base}/{quote(INJECTION)}"),
        await http.patch(channel["send_url"]),
    ]


async def no_http(port: int) -> None:
    """What is no request at all."""
    for said in (INJECTION.encode(), b"GET / HTTP/1.1\r\nX: " + INJECTION.encode() + b"\r\n\r\n", b"\x16\x03\x01" * 99):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        writer.write_eof()
        await reader.read()
        writer.close()


async def tried(http: httpx.AsyncClient, internal: int) -> None:
    """Until the peer has said what it says to the first of what is owed."""
    async with asyncio.timeout(30):
        while 'attempts_total{dest="rocketchat"' not in await exposed(http, internal):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.1)


async def exposed(http: httpx.AsyncClient, internal: int) -> str:
    return (await http.get(f"http://127.0.0.1:{internal}/metrics")).text


def failed() -> NoReturn:
    raise ValueError(INJECTION)
