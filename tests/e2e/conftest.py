"""A browser for tests of pages; skipped where there is no Chromium."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.browsing import CHROMIUM, NO_CHROMIUM, Visitor, chromium, visiting
from tests.e2e.pictures import smaller

#: a page, and the name of its picture
Picture = Callable[[Page, str], Awaitable[None]]


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    async with chromium() as running:
        yield running


@pytest.fixture
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    """Somebody with a screen as on a desk. What their pages complain of fails the test."""
    async with visiting(browser) as somebody:
        yield somebody


def _keep(path: Path, taken: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(smaller(taken))


@pytest.fixture
def picture() -> Picture:
    """Takes a picture of a page as it is, for the documents; does nothing unless `SCREENSHOTS` names a directory."""
    directory = os.environ.get("SCREENSHOTS")

    async def take(page: Page, name: str) -> None:
        if directory:
            taken = await page.screenshot(animations="disabled", caret="hide")
            await asyncio.to_thread(_keep, Path(directory) / f"{name}.png", taken)

    return take
