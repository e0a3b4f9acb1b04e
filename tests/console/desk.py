"""The console as a browser has it: signed in or not, with the forms that its pages show."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Final

import httpx

from channel.app import create_internal_app
from channel.core.operators import Role
from channel.sandbox.serving import serving
from channel.store import operators
from tests.bridge import Bridge

PASSWORD: Final = "correct horse battery"
_CSRF: Final = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


@dataclass
class Browser:
    """One browser; it shows the cookies it was given, and follows no redirect by itself."""

    http: httpx.AsyncClient
    csrf: str = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(path, headers=headers)

    async def read(self, path: str, status: int = 200) -> str:
        """What a person reads on the page, in one line."""
        answer = await self.get(path)
        assert answer.status_code == status, answer.text
        return words(answer)

    async def post(
        self, path: str, fields: Mapping[str, str | list[str]] | None = None, **headers: str
    ) -> httpx.Response:
        return await self.http.post(path, data={"csrf": self.csrf, **(fields or {})}, headers=headers)

    async def sign_in(self, name: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
        """By the form of the sign-in page; if that goes well, the session's own form token is known."""
        shown = await self.http.get("/sign-in", headers=headers)
        fields = {"csrf": token(shown), "name": name, "password": password, "next": "/"}
        answer = await self.http.post("/sign-in", data=fields, headers=headers)
        if answer.status_code == 303:
            self.csrf = token(await self.http.get("/", headers=headers))
        return answer


def token(answer: httpx.Response) -> str:
    found = _CSRF.search(answer.text)
    assert found, answer.text
    return found[1]


def words(answer: httpx.Response) -> str:
    """What is between the tags of `main`."""
    main = answer.text.partition('<main id="main"')[2].partition(">")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


@dataclass
class Desk:
    """A running console, on the bridge whose it is."""

    url: str
    bridge: Bridge
    stack: AsyncExitStack

    async def browser(self) -> Browser:
        http = httpx.AsyncClient(base_url=self.url, timeout=10)
        return Browser(await self.stack.enter_async_context(http))

    async def add(self, name: str, role: Role) -> None:
        assert await operators.add(self.bridge.runtime.console.pool, name, role, PASSWORD)

    async def operator(self, role: Role, name: str = "") -> Browser:
        """A new operator, signed in."""
        name = name or f"{role}.{len(await self.bridge.query('SELECT FROM operator'))}"
        await self.add(name, role)
        browser = await self.browser()
        assert (await browser.sign_in(name)).status_code == 303
        return browser


@asynccontextmanager
async def open_desk(bridge: Bridge) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack, serving(create_internal_app(bridge.runtime)) as url:
        yield Desk(url, bridge, stack)
