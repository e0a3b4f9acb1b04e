"""Pages in a real browser: how Debian's Chromium is started, and what a page may not do there."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect

#: what to install where there is none, in one sentence; the Makefile says the same
NO_CHROMIUM: Final = "There is no Chromium for the tests of pages: apt-get install chromium"
CHROMIUM: Final = shutil.which("chromium")

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("dark", "light")
#: width and height of a desk's screen and of a telephone's
WIDE: Final = (1280, 800)
NARROW: Final = (360, 740)

#: in milliseconds: how long anything may take, on a machine that does other things too
PATIENCE: Final = 20_000
expect.set_options(timeout=PATIENCE)

#: it asks nobody but the page's own server
_FLAGS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: a page was left, or its stream closed, while something was on its way
_LEFT: Final = "net::ERR_ABORTED"
#: what axe is to hold a page to; `best-practice` has landmarks, headings and the like
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window, with an empty directory of its own, which is gone afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS, chromium_sandbox=False)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Visitor:
    """Somebody who opens pages in a browser that remembers nothing of others. `complaints` is all that went wrong.

    A page complains by an error in its console, an exception that nobody caught, or a request without an answer. The
    browser itself writes an error for each answer from 400 on: whoever means to see one takes it out of the list.
    """

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.complaints.append(f"not caught: {error.error}"))
        self.context.on("requestfailed", self._failed)

    async def opened(self, url: str) -> Page:
        """A new page at this address."""
        page = await self.context.new_page()
        await page.goto(url)
        return page

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != _LEFT:
            self.complaints.append(f"no answer: {request.method} {request.url}: {request.failure}")


@asynccontextmanager
async def visiting(browser: Browser, size: tuple[int, int] = WIDE, scheme: Scheme = "light") -> AsyncIterator[Visitor]:
    """A visitor with a screen of this size; that their pages complained of nothing is asserted at the end."""
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", locale="en-GB"
    )
    context.set_default_timeout(PATIENCE)
    try:
        visitor = Visitor(context)
        yield visitor
    finally:
        await context.close()
    assert not visitor.complaints, "\n".join(visitor.complaints)


async def violations(page: Page) -> list[str]:
    """What axe finds against the page as it is now, in both colour schemes, light last: the rule and an element."""
    found = []
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        results = await Axe().run(page, options={"runOnly": _RULES, "resultTypes": ["violations"]})
        found += [
            f"{scheme}: {each['id']}: {each['help']}: {each['nodes'][0]['html']}"
            for each in results.response["violations"]
        ]
    return found


async def overflows(page: Page) -> bool:
    """Does the page have to be moved sideways to be read?"""
    return bool(await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
