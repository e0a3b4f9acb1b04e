"""Run the service until it is told to stop, and stop it so that nothing that was accepted is refused."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from channel.app import create_app, create_internal_app
from channel.logs import log
from channel.runtime import Database, Runtime, open_runtime
from channel.settings import Settings

Role = Literal["all", "edge", "deliver"]


async def serve(settings: Settings, database: Database, role: Role, stop: asyncio.Event) -> None:
    """Serve in this role until `stop`; then go on accepting for `drain_seconds`, then finish what is under way."""
    async with open_runtime(settings, database) as runtime:
        servers = [_server(create_internal_app(runtime), settings.host, settings.internal_port)]
        if role != "deliver":
            servers.append(_server(create_app(runtime), settings.host, settings.port))
        listening = [asyncio.create_task(server.serve()) for server in servers]
        delivering = asyncio.create_task(runtime.worker.run()) if role != "edge" else None
        log.info("serving", role=role, url=settings.base_url)
        await _until_stopped(stop, [*listening, *([delivering] if delivering else [])])
        await _drain(runtime, settings, servers, listening, delivering)


async def _until_stopped(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Until `stop`, or until a part of the service ends by itself: then the process must not go on without it."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()


async def _drain(
    runtime: Runtime,
    settings: Settings,
    servers: list["_Server"],
    listening: list[asyncio.Task[None]],
    delivering: asyncio.Task[None] | None,
) -> None:
    """Readiness goes first; the edge accepts until that has had time to be seen; what is under way is finished."""
    runtime.draining = True
    log.info("draining", seconds=settings.drain_seconds)
    broken = [task for task in [*listening, delivering] if task and task.done()]
    if not broken:
        await asyncio.sleep(settings.drain_seconds)
    for server in servers:
        server.should_exit = True
    await asyncio.wait(listening)
    runtime.worker.stop()
    if delivering:
        await asyncio.wait([delivering])
    for task in [*listening, *([delivering] if delivering else [])]:
        task.result()


def _server(app: ASGIApp, host: str, port: int) -> "_Server":
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=15,
        server_header=False,
        proxy_headers=False,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to `stop_on_signals`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def stop_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and on Ctrl-C."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
