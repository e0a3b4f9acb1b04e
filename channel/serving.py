"""Run the service until it is told to stop, and stop it so that nothing that was accepted is refused."""

import asyncio
import contextlib
import ctypes
import gc
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

import uvicorn
from starlette.types import ASGIApp

from channel.app import create_app, create_internal_app
from channel.connection import Sips
from channel.core import limits
from channel.logs import log
from channel.opening import open_runtime
from channel.runtime import Runtime
from channel.settings import Settings, WrongSettings
from channel.state import Database

Role = Literal["all", "edge", "deliver"]

_MMAP_THRESHOLD: Final = -3  #: glibc's M_MMAP_THRESHOLD, which it moves by itself until it is told
_LARGE: Final = 512 * 1024
_NEW_OBJECTS: Final = 20_000


async def serve(settings: Settings, database: Database, role: Role, stop: asyncio.Event) -> None:
    """Serve in this role until `stop`; then go on accepting for `drain_seconds`, then finish what is under way."""
    async with open_runtime(settings, database) as runtime, runtime.neighbours.shown(role) as showing:
        apps = {"LIVE_AGENTS_INTERNAL_PORT": (create_internal_app(runtime), settings.internal_port)}
        if role != "deliver":
            apps["LIVE_AGENTS_PORT"] = (create_app(runtime), settings.port)
        listeners = [_listener(name, settings.host, port) for name, (_, port) in apps.items()]
        servers = [server(app) for app, _ in apps.values()]
        listening = [
            asyncio.create_task(server.serve([listener])) for server, listener in zip(servers, listeners, strict=True)
        ]
        delivering = asyncio.create_task(_deliver(runtime)) if role != "edge" else None
        hearing = _hear(runtime, role)
        beside = (runtime.seeking, runtime.watching, showing)
        going = [asyncio.create_task(each.run()) for each in beside]
        log.info("serving", role=role, url=settings.base_url)
        await _until_stopped(stop, [*listening, *going, *([delivering] if delivering else [])])
        await _drain(runtime, settings, servers, listening, delivering)
        if hearing:
            hearing.cancel()
        for each in beside:
            each.stop()
        await asyncio.gather(*going)


async def _deliver(runtime: Runtime) -> None:
    """Deliveries, timers, what RapidPro says later and retention, each until it is told to stop.

    If one breaks, no other goes on without it.
    """
    async with asyncio.TaskGroup() as all_of_them:
        for each in (runtime.worker, runtime.timers, runtime.following_up, runtime.erasing):
            all_of_them.create_task(each.run())


def _hear(runtime: Runtime, role: Role) -> asyncio.Task[None] | None:
    """An edge tells the others what it takes; whoever delivers hears it. Where nobody can, each looks by itself."""
    if role == "edge":
        runtime.neighbours.announce()
        return None
    listening = runtime.neighbours.listening()
    return asyncio.create_task(listening.run()) if listening else None


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
    runtime.timers.stop()
    runtime.following_up.stop()
    runtime.erasing.stop()
    if delivering:
        await asyncio.wait([delivering])
    for task in [*listening, *([delivering] if delivering else [])]:
        task.result()


def _listener(name: str, host: str, port: int) -> socket.socket:
    """A socket to listen on; WrongSettings names the setting if it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )[0]
        # Named as TCP, or asyncio leaves Nagle's algorithm on: 40 ms a request.
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise WrongSettings(f"{name}: cannot listen on {host} port {port}: {error.strerror}") from None
    return listener


def large_memory_is_given_back() -> None:
    """What is large is the system's again at once, where the C library can be told so.

    Else it keeps the room for the next that is large, in pieces of which none is large enough.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def garbage_is_looked_for_seldom() -> None:
    """After 20,000 new objects, not 700, which took a twentieth of all time: nearly all of them free themselves."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)


def as_many_connections_as_allowed() -> None:
    """Take the whole of what the system allows this process of open files: each caller is one, slow or not."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # where "any number" is more than the system takes
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def server(app: ASGIApp) -> "_Server":
    """A server of this app, on a socket that it is given, with deadlines for its callers."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=15,
        http=Sips,  # type: ignore[arg-type]  # any protocol does
        ws="none",
        timeout_keep_alive=int(limits.KEEP_ALIVE),
        server_header=False,
        proxy_headers=False,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """A server that says when it listens, and leaves the process's signals to `stop_on_signals`."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            log.info("listening", address="{}:{}".format(*listener.getsockname()[:2]))

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
