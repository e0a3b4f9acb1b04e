"""Have an exchange with a peer. The only module that speaks HTTP to one, and where HTTP's errors become ours."""

import asyncio
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from time import monotonic
from typing import Final, Protocol, TypeVar

import aiohttp
import httpx
from aiohttp.connector import AddrInfoType
from httpx_aiohttp import AiohttpTransport

from channel import __version__, metrics
from channel.core import limits
from channel.core.errors import Ambiguous, DeliveryError, Unavailable
from channel.core.exchange import Exchange, Reply, Request
from channel.core.networks import DENIED, Network, may_connect

T = TypeVar("T")

#: how we name ourselves to a peer
AGENT: Final = f"live-agents/{__version__}"

#: what of an answer is read; a peer's answer to what we ask is a few kB
ANSWER_BYTES: Final = 4 * 1024 * 1024

#: these say that the request did not leave; whatever else is raised, it may have arrived
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    UnicodeError,  # of a host's name
)


@dataclass(slots=True)
class Trail:
    """What was asked and answered, in a line each, without secrets and without anybody's words."""

    asked: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    began: float = field(default_factory=monotonic)
    accounted: int = 0  #: requests to come that have their time in the peer's rate

    def take(self) -> bool:
        """A request is about to be made: does it have its time?"""
        self.accounted -= 1
        return self.accounted >= 0

    @property
    def seconds(self) -> float:
        return monotonic() - self.began


class Watch(Protocol):
    """Who is told of each request to a peer and of its answer."""

    def before(self, address: str, request: Request, *, accounted: bool) -> None:
        """Raise DeliveryError if it is not to be made now. `accounted`: it has its time in the peer's rate."""

    def answered(self, address: str, request: Request, reply: Reply) -> None: ...


#: a peer closes a connection that is idle for 5 s or more; reusing it at that moment would look like a lost answer
_IDLE: Final = 4.0
#: well below the deadline of an exchange, so that a connection that cannot be made is known as that
_CONNECT: Final = 3.0


_HEADERS: Final = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
_TIMEOUTS: Final = {"timeout": httpx.Timeout(limits.EXCHANGE_DEADLINE, connect=_CONNECT, pool=_CONNECT).as_dict()}


class AddressDenied(OSError):
    """Not an address to which a connection may be made."""

    def __init__(self) -> None:
        # the same words for each of a name's addresses, or they would come out as several errors
        super().__init__("the address is not allowed")


@asynccontextmanager
async def open_http(
    private: Sequence[Network], *, ca_file: Path | None = None, connections: int = limits.SLOTS
) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """httpx on aiohttp's connections: no cookies, no redirects, no proxy from the environment.

    It connects to public addresses and to those in the `private` networks. Certificates are checked, against the
    system's authorities and those in `ca_file`.
    """
    tls = ssl.create_default_context()
    if ca_file:
        tls.load_verify_locations(ca_file)
    connector = aiohttp.TCPConnector(
        limit=connections, keepalive_timeout=_IDLE, ssl=tls, socket_factory=partial(_socket, private)
    )
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    async with AiohttpTransport(client=session, verify=tls) as peers:
        yield peers


def _socket(private: Sequence[Network], to: AddrInfoType) -> socket.socket:
    """For a connection that is about to be made to this address, whatever name it was found by."""
    family, kind, protocol, _, address = to
    if not may_connect(str(address[0]), private):
        metrics.ssrf_blocked.inc()
        raise AddressDenied
    return socket.socket(family, kind, protocol)


class Transport:
    """Speaks to any peer over one pool of connections."""

    def __init__(self, http: httpx.AsyncBaseTransport, watch: Watch | None = None) -> None:
        self._http = http
        self._watch = watch

    async def perform(
        self, base_url: str, exchange: Exchange[T], trail: Trail | None = None, headers: Mapping[str, str] | None = None
    ) -> T:
        """Have the exchange: send what it yields, hand back what comes, return what it learned.

        Raises DeliveryError: Unavailable if a request did not leave, Ambiguous if one got no answer, else what the
        exchange makes of the answers. The whole of it has `limits.EXCHANGE_DEADLINE` seconds.
        """
        trail = trail or Trail()
        try:
            async with asyncio.timeout(limits.EXCHANGE_DEADLINE):
                return await self._steps(base_url, exchange, trail, headers or {})
        except TimeoutError:
            trail.answered.append("no answer in time")
            raise Ambiguous("timeout", f"no answer within {limits.EXCHANGE_DEADLINE:g} s") from None
        finally:
            exchange.close()

    async def _steps(self, base_url: str, exchange: Exchange[T], trail: Trail, headers: Mapping[str, str]) -> T:
        try:
            request = next(exchange)
            while True:
                if self._watch:
                    self._watch.before(base_url, request, accounted=trail.take())
                trail.asked.append(f"{request.method} {request.path.partition('?')[0]}")
                reply = await self._send(base_url, request, trail, headers)
                trail.answered.append(str(reply.status))
                if self._watch:
                    self._watch.answered(base_url, request, reply)
                request = exchange.send(reply)
        except StopIteration as done:
            learned: T = done.value
            return learned

    async def _send(self, base_url: str, request: Request, trail: Trail, headers: Mapping[str, str]) -> Reply:
        try:
            response = await self._http.handle_async_request(_asked(base_url, request, headers))
            try:
                body = await _read(response)
            finally:
                await response.aclose()
            return Reply(response.status_code, body, {k.lower(): v for k, v in response.headers.items()})
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, UnicodeError) as error:
            ours = _translated(error)
            trail.answered.append(ours.message if ours.code == DENIED else type(error).__name__)
            raise ours from error


#: most requests go to few addresses, and reading one is a fifth of what is done for a request
_url = lru_cache(maxsize=200)(httpx.URL)


def _asked(base_url: str, request: Request, headers: Mapping[str, str]) -> httpx.Request:
    """A client of httpx would make the same, and look for redirects, cookies and logins that nobody has."""
    return httpx.Request(
        request.method,
        _url(base_url + request.path),
        params=request.query or None,
        json=request.json,
        data=request.form,
        content=request.content,
        headers={**_HEADERS, **headers, **request.headers},
        extensions=_TIMEOUTS,
    )


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > ANSWER_BYTES:
            raise _too_long()
    return _unpacked(bytes(body), response.headers.get("content-encoding", ""))


def _unpacked(body: bytes, encoding: str) -> bytes:
    """What a peer has compressed, though it was not asked to; no more of it than is read of any answer."""
    if encoding.lower() not in {"gzip", "x-gzip", "deflate"}:
        return body
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)  # of either kind
    try:
        found = unpacking.decompress(body, ANSWER_BYTES + 1)
    except zlib.error:
        return body
    if len(found) > ANSWER_BYTES:
        raise _too_long()
    if not unpacking.eof:
        raise Ambiguous("cut_short", "an answer that ended before its end")
    return found


def _too_long() -> Ambiguous:
    return Ambiguous("answer_too_long", f"an answer of more than {ANSWER_BYTES} bytes")


def _translated(error: Exception) -> DeliveryError:
    """Did the request leave? A connection that could not be made says no; one that broke later does not say.

    httpx-aiohttp reports a connection the peer closed as `ConnectTimeout`, like one that was never made: so its
    cause is asked.
    """
    cause = error.__cause__
    name = type(cause or error).__name__
    if isinstance(cause, aiohttp.ClientConnectorError) and isinstance(cause.os_error, AddressDenied):
        return Unavailable(
            DENIED,
            "the peer's address is not public, and LIVE_AGENTS_PRIVATE_PEERS does not name its network",
        )
    if isinstance(cause, _NOT_SENT) or isinstance(error, _NOT_SENT):
        return Unavailable("unreachable", f"the peer could not be reached ({name})")
    if isinstance(cause or error, TimeoutError | httpx.TimeoutException):
        return Ambiguous("timeout", f"no answer ({name})")
    return Ambiguous("no_answer", f"the connection broke before an answer came ({name})", connection_lost=True)
