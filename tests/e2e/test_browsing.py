"""The tests of pages see what they are for: errors, requests without an answer, and what axe finds."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from channel.sandbox.serving import serving
from tests.e2e.browsing import NARROW, overflows, violations, visiting
from tests.e2e.pictures import pixels, smaller

#: as strict as a page of ours
POLICY: Final = {"Content-Security-Policy": "default-src 'none'; img-src data:; script-src 'self'; connect-src 'self'"}
PAGE: Final = """<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">
<main><h1>A page</h1>{}</main></html>"""
BODIES: Final = {
    "fine": "<p>Words</p>",
    "unnamed": "<p><input></p>",
    "inline": "<p>Words</p><script>document.title = 'Another'</script>",
    "broken": "<p>Words</p><script src='/broken.js'></script>",
    "unanswered": "<p>Words</p><script src='/unanswered.js'></script>",
    "missing": "<p>Words</p><script src='/missing.js'></script>",
    "wide": "<p>Words</p><table width='2000'><tr><td>Much</table>",
}
SCRIPTS: Final = {"broken": "nothing.at.all()", "unanswered": "fetch('http://127.0.0.1:9/').catch(() => null)"}


@pytest.fixture(scope="module")
async def site(anyio_backend: str) -> AsyncIterator[str]:
    async def page(request: Request) -> Response:
        return HTMLResponse(PAGE.format(BODIES[request.path_params["name"]]), headers=POLICY)

    async def script(request: Request) -> Response:
        found = SCRIPTS.get(request.path_params["name"])
        return PlainTextResponse(found or "", 200 if found else 404, media_type="text/javascript")

    async with serving(Starlette(routes=[Route("/{name}.js", script), Route("/{name}", page)])) as url:
        yield url


async def test_a_page_that_is_fine_is_complained_of_by_nobody(browser: Browser, site: str) -> None:
    async with visiting(browser, NARROW) as visitor:
        page = await visitor.opened(f"{site}/fine")
        assert await violations(page) == []
        assert not await overflows(page)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("inline", "Content Security Policy"),
        ("broken", "not caught: "),
        ("unanswered", "Content Security Policy"),
        ("missing", "404"),
    ],
)
async def test_what_a_page_does_wrong_is_a_complaint(browser: Browser, site: str, name: str, complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        await _look(browser, f"{site}/{name}")


async def _look(browser: Browser, url: str) -> None:
    async with visiting(browser) as visitor:
        page = await visitor.opened(url)
        await page.wait_for_load_state("networkidle")


async def test_a_server_that_is_gone_is_a_complaint(browser: Browser, site: str) -> None:
    async with visiting(browser) as visitor:
        page = await visitor.opened(f"{site}/fine")
        await page.evaluate("fetch('/nowhere').catch(() => null)")
        await page.route("**/gone", lambda route: route.abort("connectionrefused"))
        await page.evaluate("fetch('/gone').catch(() => null)")
        assert [each for each in visitor.complaints if each.startswith("no answer")]
        visitor.complaints.clear()


async def test_axe_finds_what_a_screen_reader_cannot_name(browser: Browser, site: str) -> None:
    async with visiting(browser) as visitor:
        found = await violations(await visitor.opened(f"{site}/unnamed"))
    assert [each.split(": ")[:2] for each in found] == [["dark", "label"], ["light", "label"]]


async def test_a_picture_of_few_colours_is_the_same_and_smaller(browser: Browser, site: str) -> None:
    async with visiting(browser, NARROW) as visitor:
        taken = await (await visitor.opened(f"{site}/fine")).screenshot()
    kept = smaller(taken)
    assert pixels(kept) == pixels(taken)
    assert len(kept) < len(taken)


async def test_a_page_that_is_too_wide_for_a_telephone_is_found_out(browser: Browser, site: str) -> None:
    async with visiting(browser, NARROW) as visitor:
        assert await overflows(await visitor.opened(f"{site}/wide"))
