"""A simulated Rocket.Chat behind a real socket, with a visitor in it, and what is owed there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from channel.core.claimed import Claimed
from channel.core.networks import THIS_MACHINE
from channel.core.owed import Owed
from channel.rocketchat.client import RocketChatClient
from channel.rocketchat.presence import Desk
from channel.sandbox.rocketchat import PROFILES, RocketChat
from channel.sandbox.serving import serving
from channel.transport import Trail, Transport, open_http
from tests.core.building import claimed

TOKEN = "token-1"


@dataclass
class Site:
    """A workspace whose visitor has a room, and a client for it."""

    rocketchat: RocketChat
    client: RocketChatClient
    url: str
    room: str

    def owed(self, owed: Owed, **changes: Any) -> Claimed:
        known = {"rocketchat_url": self.url, "visitor_token": TOKEN, "room": self.room}
        return claimed(owed, **{**known, **changes})

    async def send(self, owed: Owed, trail: Trail | None = None, **changes: Any) -> object:
        return await self.client.send(self.owed(owed, **changes), trail or Trail())

    def asked(self, path: str) -> int:
        """How often this path was asked for, whatever came of it."""
        return sum(each.path == f"/api/v1/livechat/{path}" for each in self.rocketchat.requests)


@asynccontextmanager
async def open_site(version: str = "7.11", **options: Any) -> AsyncIterator[Site]:
    rocketchat = RocketChat(PROFILES[version], **options)
    async with serving(rocketchat.app) as url, open_http(THIS_MACHINE) as http:
        site = Site(rocketchat, RocketChatClient(transport := Transport(http), Desk(transport)), url, "")
        visitor = {"visitor": {"token": TOKEN, "name": "Ana"}}
        async with httpx.AsyncClient() as widget:
            (await widget.post(f"{url}/api/v1/livechat/visitor", json=visitor)).raise_for_status()
            opened = await widget.get(f"{url}/api/v1/livechat/room", params={"token": TOKEN})
        site.room = opened.json()["room"]["_id"]
        yield site
        await rocketchat.aclose()
