"""A simulated RapidPro with one contact, served over HTTP, and deliveries of a channel that goes through its API."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channel.core.claimed import Claimed
from channel.core.errors import DeliveryError
from channel.core.networks import THIS_MACHINE
from channel.core.owed import Owed
from channel.rapidpro.client import RapidProClient
from channel.sandbox.rapidpro import API_TOKEN, V26_3_31, Contact, RapidPro, Version
from channel.sandbox.serving import serving
from channel.transport import Trail, Transport, open_http
from tests.core.building import claimed

PATH = "5511988887777"


class Site:
    """A RapidPro with Ana in it, a client, and the channel's deliveries."""

    def __init__(self, rapidpro: RapidPro, url: str, client: RapidProClient) -> None:
        self.rapidpro = rapidpro
        self.url = url
        self.client = client
        self.phones = rapidpro.add_phone_channel()
        self.ana: Contact = rapidpro.add_contact("Ana", [f"whatsapp:{PATH}"], language="por", age="7")
        self.trail = Trail()

    async def send(self, owed: Owed, **changes: Any) -> object:
        return await self.client.send(self.delivery(owed, **changes), self.trail)

    async def failed(self, owed: Owed, **changes: Any) -> DeliveryError:
        with pytest.raises(DeliveryError) as error:
            await self.send(owed, **changes)
        return error.value

    def delivery(self, owed: Owed, **changes: Any) -> Claimed:
        now = datetime.now(UTC)
        return claimed(
            owed,
            **{
                "rapidpro_url": self.url,
                "rapidpro_token": API_TOKEN,
                "reply_via": "api",
                "contact_uuid": self.ana.uuid,
                "path": "",
                "scheme": "whatsapp",
                "now": now,
                "due_at": now,
                **changes,
            },
        )

    def later(self, seconds: float, **changes: Any) -> dict[str, Any]:
        """The attempt that many seconds after one of unknown end."""
        now = datetime.now(UTC)
        return {"ambiguous": 1, "first_failed_at": now - timedelta(seconds=seconds), **changes}

    def posts(self, action: str) -> int:
        return sum(request.method == "POST" and request.action == action for request in self.rapidpro.requests)

    async def on_phone(self, *texts: str) -> None:
        await self.rapidpro.until(lambda rp: rp.phone(self.ana) == list(texts))


class Opener:
    def __init__(self, client: RapidProClient, stack: AsyncExitStack) -> None:
        self._client = client
        self._stack = stack

    async def __call__(self, version: Version = V26_3_31) -> Site:
        rapidpro = RapidPro(version)
        self._stack.push_async_callback(rapidpro.aclose)
        url = await self._stack.enter_async_context(serving(rapidpro.app))
        return Site(rapidpro, url, self._client)


@pytest.fixture
async def open_site() -> AsyncIterator[Opener]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(open_http(THIS_MACHINE))
        yield Opener(RapidProClient(Transport(http)), stack)


@pytest.fixture
async def site(open_site: Opener) -> Site:
    return await open_site()
