"""RapidPro's API, asked which of the words that it took it could not bring. It takes a token."""

from collections.abc import Mapping
from typing import TypeVar

from channel.core.exchange import Exchange
from channel.core.following_up import Account, Listed
from channel.rapidpro.wire import api_failed
from channel.transport import Transport

T = TypeVar("T")


class RapidProFailures:
    """The lists of any RapidPro, with the token of the channels that are asked about."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def listed(self, account: Account, following: Mapping[str, str] | None) -> Listed:
        """A page of what it has failed: the first, or the one that another said to follow. Raises DeliveryError."""
        return await self._perform(account, api_failed.failed(following or api_failed.first(account.since)))

    async def went(self, account: Account, name: str) -> bool:
        """Has this message gone to its contact by now? Raises DeliveryError."""
        return await self._perform(account, api_failed.went(name))

    async def _perform(self, account: Account, exchange: Exchange[T]) -> T:
        token = {"Authorization": f"Token {account.token}"}
        return await self._transport.perform(account.url, exchange, headers=token)
