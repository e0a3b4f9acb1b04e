"""Both simulated peers, served while commands run against them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import Receive, Scope, Send

from channel.sandbox.rapidpro import RapidPro
from channel.sandbox.rocketchat import PROFILES, RocketChat
from channel.sandbox.serving import serving
from tests.processes import free_port
from tests.sandbox.conftest import Switchboard

OLD: Final = replace(PROFILES["4.8"], version="3.2.0")


@dataclass(frozen=True)
class Peers:
    """A RapidPro and a Rocket.Chat, and addresses at which there is none."""

    rapidpro: RapidPro
    rapidpro_url: str
    rocketchat: RocketChat
    rocketchat_url: str
    board: Switchboard

    @property
    def away(self) -> str:
        """Where nobody listens."""
        return f"http://127.0.0.1:{free_port()}"

    @property
    def page(self) -> str:
        """A page of somebody else's."""
        return self.board.connect(HTMLResponse("<html>Welcome</html>"))

    @property
    def moved(self) -> str:
        """An address that leads to Rocket.Chat's."""
        target = f"{self.rocketchat_url}/api/info"

        async def redirect(scope: Scope, receive: Receive, send: Send) -> None:
            await RedirectResponse(target, 301)(scope, receive, send)

        return self.board.connect(redirect)

    @property
    def old(self) -> str:
        """A Rocket.Chat from before the events that are needed."""
        return self.board.connect(RocketChat(OLD).app)

    @property
    def off(self) -> str:
        """A Rocket.Chat without Omnichannel."""
        return self.board.connect(RocketChat(settings={"Livechat_enabled": False}).app)


@asynccontextmanager
async def open_peers(version: str = "7.11") -> AsyncIterator[Peers]:
    async with AsyncExitStack() as stack:
        rapidpro, rocketchat = RapidPro(), RocketChat(PROFILES[version])
        stack.push_async_callback(rapidpro.aclose)
        stack.push_async_callback(rocketchat.aclose)
        board = Switchboard()
        board.address = await stack.enter_async_context(serving(board))
        yield Peers(rapidpro, board.connect(rapidpro.app), rocketchat, board.connect(rocketchat.app), board)
