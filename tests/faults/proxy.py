"""A line between two of ours that can be made slow, cut, or dead. It knows nothing of what passes.

What a machine without firewall rules cannot do is drop packets: a dead line here takes them, and lets them go nowhere.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeAlias

#: reaches whoever is behind the line, with a protocol of ours: OSError if nobody is
Connect: TypeAlias = Callable[[Callable[[], asyncio.Protocol]], Awaitable[object]]


#: seconds after which Postgres has found out, by its keepalives, that nobody is at the other end. Here there is
#: somebody, who answers those for the dead
KEPT_ALIVE: Final = 60.0


class Proxy:
    """Passes bytes on between whoever connects to `port` and what `connect` reaches."""

    def __init__(self, connect: Connect) -> None:
        self.port = 0
        #: seconds that each chunk is late
        self.latency = 0.0
        self.dead = False
        self.refusing = False
        self.passing: set[_Passing] = set()
        self._connect = connect

    def reset(self) -> None:
        """Answer whoever is connected, and whoever comes until `mend`, with a TCP reset."""
        self.refusing = True
        self.cut()

    def blackhole(self) -> None:
        """Let nothing through, and say nothing: whoever is connected stays so, and so does who comes."""
        self.dead = True
        self.half_open()

    def half_open(self) -> None:
        """Let those who are connected now wait for ever, even after `mend`; who comes later is served.

        The far side gives them up as Postgres does a client whose machine answers no more.
        """
        loop = asyncio.get_running_loop()
        for passing in self.passing:
            passing.frozen = True
            loop.call_later(KEPT_ALIVE, passing.far.reset)

    def lead_to(self, connect: Connect) -> None:
        """Cut who is connected, and lead who comes from now on somewhere else."""
        self._connect = connect
        self.cut()

    def mend(self) -> None:
        """Serve who comes from now on."""
        self.dead = self.refusing = False

    def cut(self) -> None:
        """Reset every connection there is."""
        for passing in list(self.passing):
            passing.cut()

    def accepted(self) -> "_End":
        """The protocol of somebody who has just connected."""
        passing = _Passing(self, frozen=self.dead)
        self.passing.add(passing)
        return passing.near

    async def reach(self, passing: "_Passing") -> None:
        """Connect to the far side; whoever came is reset if nobody is there."""
        if self.refusing:
            passing.cut()
        if self.refusing or self.dead:
            return
        try:
            await self._connect(lambda: passing.far)
        except OSError:
            passing.cut()


class _Passing:
    """One connection, and what it leads to."""

    def __init__(self, proxy: Proxy, *, frozen: bool) -> None:
        self.proxy = proxy
        self.frozen = frozen
        self.near, self.far = _End(self), _End(self)
        self.near.other, self.far.other = self.far, self.near
        self._reaching: asyncio.Task[None] | None = None

    def connected(self, end: "_End") -> None:
        if end is self.near:
            self._reaching = asyncio.create_task(self.proxy.reach(self))

    def cut(self) -> None:
        for end in (self.near, self.far):
            end.reset()
        self.proxy.passing.discard(self)

    def ended(self, end: "_End") -> None:
        """One side has gone. The other one of a frozen connection never hears of it."""
        if self.frozen and end.other.transport:
            return
        end.other.close()
        self.proxy.passing.discard(self)


class _End(asyncio.Protocol):
    """What comes on one side goes out on the other, or waits until that is there."""

    other: "_End"

    def __init__(self, passing: _Passing) -> None:
        self.transport: asyncio.Transport | None = None
        self._passing = passing
        self._early: list[bytes] = []
        self._heard_all = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._passing not in self._passing.proxy.passing:
            transport.abort()  # it was cut meanwhile
            return
        for chunk in self._early:
            transport.write(chunk)
        self._passing.connected(self)

    def data_received(self, data: bytes) -> None:
        if self._passing.frozen:
            return
        if self._passing.proxy.latency:
            asyncio.get_running_loop().call_later(self._passing.proxy.latency, self.other.send, data)
        else:
            self.other.send(data)

    def send(self, data: bytes) -> None:
        if self.transport is None:
            self._early.append(data)
        elif not self._passing.frozen and not self.transport.is_closing():
            self.transport.write(data)

    def eof_received(self) -> bool:
        """Each side's end is its own: the other may still have something to say. Says whether to stay open."""
        self._heard_all = True
        if self._passing.frozen:
            return True
        if self.other.transport and not self.other.transport.is_closing():
            self.other.transport.write_eof()
        return not self.other._heard_all

    def connection_lost(self, exc: Exception | None) -> None:
        self._passing.ended(self)

    def close(self) -> None:
        if self.transport:
            self.transport.close()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        if self.transport is None:
            return
        with suppress(OSError, ValueError):
            endpoint = self.transport.get_extra_info("socket")
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


def to_port(port: int) -> Connect:
    return lambda protocol: asyncio.get_running_loop().create_connection(protocol, "127.0.0.1", port)


def to_unix_socket(path: str) -> Connect:
    return lambda protocol: asyncio.get_running_loop().create_unix_connection(protocol, path)


@asynccontextmanager
async def proxying(connect: Connect) -> AsyncIterator[Proxy]:
    """A proxy on a loopback port, for as long as the block lasts."""
    proxy = Proxy(connect)
    server = await asyncio.get_running_loop().create_server(proxy.accepted, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.refusing = True
        proxy.cut()
