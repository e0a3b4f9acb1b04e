"""One question to a peer, or to ourselves, and what came of it."""

from collections.abc import Mapping
from time import monotonic
from typing import TypeVar

from channel.core.checks.finding import Heard
from channel.core.errors import DeliveryError
from channel.core.exchange import Exchange, Reply, Request
from channel.transport import Transport

T = TypeVar("T")


class Asking:
    """Asks over one transport. `ourselves`: over another, which reaches our own public URL wherever that is."""

    def __init__(self, transport: Transport, ourselves: Transport) -> None:
        self.transport = transport
        self._ourselves = ourselves

    async def hear(self, url: str, request: Request) -> Heard:
        """What a peer answers to it, whatever that is."""
        return await _heard(self.transport, url, request)

    async def hear_us(self, url: str, request: Request) -> Heard:
        """What our own service answers to it."""
        return await _heard(self._ourselves, url, request)

    async def learn(self, url: str, exchange: Exchange[T], headers: Mapping[str, str] | None = None) -> T:
        """What a peer tells in an exchange. Raises ChannelError."""
        return await self.transport.perform(url, exchange, headers=headers)


def reply(heard: Heard) -> Reply:
    """What was heard, as an exchange reads it."""
    return Reply(heard.status, heard.body, heard.headers)


async def _heard(transport: Transport, url: str, request: Request) -> Heard:
    began = monotonic()
    try:
        came = await transport.perform(url, _once(request))
    except DeliveryError as error:
        return Heard(seconds=monotonic() - began, trouble=error.message)
    return Heard(came.status, came.body, came.headers, monotonic() - began)


def _once(request: Request) -> Exchange[Reply]:
    came = yield request
    return came
