"""The console in a browser: a message followed, a dead letter replayed, and every page by whoever cannot see it."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from channel.app import internal_routes
from channel.console.access import ConsoleRoute
from channel.core.operators import Role
from tests.bridge import Bridge, running_bridge
from tests.conftest import own_database
from tests.console.desk import PASSWORD, Desk, open_desk
from tests.e2e.browsing import NARROW, Visitor, overflows, violations, visiting
from tests.e2e.conftest import Picture

QUESTION: Final = "Is the clinic open on Sunday?"
ANSWER: Final = "It is, from nine to noon."


@pytest.fixture(scope="module")
async def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bridge]:
    """Ana and João have talked; a second question of Ana's is a dead letter."""
    async with (
        own_database(postgres) as url,
        running_bridge(url, tmp_path_factory.mktemp("console")) as bridge,
    ):
        room = await bridge.talking("ana")
        await bridge.send(QUESTION, id="2001")
        await bridge.room_of("I am ana", QUESTION)
        await bridge.rocketchat.write(room.id, "joao.agent", ANSWER)
        await bridge.heard(ANSWER)
        async with bridge.hurrying("status"):
            await bridge.until_rows(
                "SELECT 1 WHERE NOT EXISTS (SELECT FROM delivery WHERE kind = 'ReportStatus' AND state = 'waiting')"
            )
        await bridge.idle()
        await bridge.query("UPDATE contact SET name = 'Ana Alves'")
        yield bridge


@pytest.fixture(scope="module")
async def desk(house: Bridge) -> AsyncIterator[Desk]:
    async with open_desk(house) as opened:
        await opened.add("ana.operator", Role.ADMINISTER)
        yield opened


async def dead_letter(house: Bridge) -> int:
    """What Ana asked is in Rocket.Chat by now; that it died is what the database is told."""
    (row,) = await house.query(
        "UPDATE delivery d SET state = 'dead', reason = 'unreachable', ended_at = live_agents_now() FROM message m"
        " WHERE m.id = d.message_id AND m.external_id = '2001' AND d.kind = 'PostToRoom' RETURNING d.id"
    )
    number: int = row["id"]
    return number


async def signed_in(visitor: Visitor, desk: Desk, path: str = "/") -> Page:
    """By the form, as somebody with a keyboard does it."""
    page = await visitor.opened(f"{desk.url}{path}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await page.get_by_label("Name").fill("ana.operator")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return page


async def test_an_operator_signs_in_follows_a_message_and_signs_out(
    visitor: Visitor, picture: Picture, desk: Desk
) -> None:
    page = await signed_in(visitor, desk)
    await expect(page.get_by_text("Yes. Nothing is late, nothing is dead, and everybody answers.")).to_be_visible()
    await picture(page, "console")
    await page.get_by_role("link", name="Conversations").click()
    await page.get_by_label("Contact (UUID, address), room, agent or message id").fill("joao.agent")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Conversation")
    asked = page.get_by_role("listitem").filter(has_text=QUESTION)
    await asked.get_by_text("Its journey").click()
    await expect(asked.get_by_text("RapidPro did not take the report that it was")).to_be_visible()
    await picture(page, "conversation")
    await asked.locator("a.id").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("One message")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await page.go_back()
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


async def test_a_dead_letter_is_replayed_and_what_becomes_of_it_is_seen_without_a_key_pressed(
    visitor: Visitor, picture: Picture, desk: Desk, house: Bridge
) -> None:
    number = await dead_letter(house)
    page = await signed_in(visitor, desk)
    await page.get_by_role("link", name="1 dead letter").click()
    await picture(page, "dead-letters")
    await page.get_by_role("link", name=f"PostToRoom {number}").click()
    await expect(page.locator(".words")).to_have_text(QUESTION)
    await page.get_by_role("button", name="Replay as it is").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("What became of it")
    await expect(page.get_by_text("done", exact=True)).to_be_visible(timeout=20_000)  # the page reads itself again
    await page.get_by_role("link", name="Audit").click()
    await expect(page.get_by_role("row").filter(has_text=f"delivery:{number}")).to_contain_text("done")


async def test_every_page_works_for_whoever_cannot_see_it_and_on_a_telephone_in_both_schemes(
    browser: Browser, desk: Desk, house: Bridge
) -> None:
    paths = await pages(house, await dead_letter(house))
    async with visiting(browser, NARROW) as visitor:
        page = await signed_in(visitor, desk)
        found = []
        for path in paths:
            await page.goto(desk.url + path)
            found += [f"{path}: {each}" for each in await violations(page)]
            found += [f"{path}: is too wide"] if await overflows(page) else []
        for path in ("/conversations/12345678", "/conversations/search?q=nobody"):
            await page.goto(desk.url + path)
            found += [f"{path}: {each}" for each in await violations(page)]
        visitor.complaints[:] = [each for each in visitor.complaints if "404" not in each]
        assert not found, "\n".join(found)


async def pages(house: Bridge, letter: int) -> list[str]:
    """Every page that there is, by the router, with something on it; files are none."""
    (message,) = await house.query("SELECT id, conversation_id FROM message WHERE external_id = '2001'")
    whole = {
        "/conversations/search": "/conversations/search?q=joao.agent",
        "/conversations/{number}": f"/conversations/{message['conversation_id']}",
        "/dead-letters/after": f"/dead-letters/after?delivery={letter}",
        "/dead-letters/{number}": f"/dead-letters/{letter}",
    }
    parts = {
        "{message}": str(message["id"]),
        "{channel}": house.connected["channel"]["uuid"],
        "{workspace}": house.connected["workspace"]["uuid"],
    }
    found = []
    for route in internal_routes(house.runtime):
        if isinstance(route, ConsoleRoute) and route.takes is None and route.role and "." not in route.path:
            path = whole.get(route.path, route.path)
            for name, value in parts.items():
                path = path.replace(name, value)
            assert "{" not in path, f"this test does not know what {path} names"
            found.append(path)
    return found


async def test_the_sign_in_and_the_page_of_a_console_that_is_off_work_for_everybody(
    browser: Browser, desk: Desk, bridge: Bridge
) -> None:
    async with visiting(browser, NARROW) as visitor, open_desk(bridge) as off:
        assert await violations(await visitor.opened(f"{desk.url}/sign-in")) == []
        page = await visitor.opened(off.url)
        await expect(page.get_by_text("live-agents operators add NAME --role administer")).to_be_visible()
        assert await violations(page) == []
        visitor.complaints[:] = [each for each in visitor.complaints if "404" not in each]


async def test_everything_is_there_without_javascript(browser: Browser, desk: Desk, house: Bridge) -> None:
    number = await dead_letter(house)
    context = await browser.new_context(java_script_enabled=False)
    try:
        page = await signed_in(Visitor(context), desk, "/dead-letters?reason=unreachable")
        await page.get_by_label(f"Choose letter {number}").check()
        await page.get_by_role("button", name="Replay those chosen").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("What became of it")
        await house.until_rows("SELECT FROM delivery WHERE id = $1 AND state = 'done'", number)
        await page.reload()
        await expect(page.get_by_text("done", exact=True)).to_be_visible()
    finally:
        await context.close()


async def test_a_page_that_is_left_open_says_when_its_operator_is_signed_out(
    visitor: Visitor, desk: Desk, house: Bridge
) -> None:
    page = await signed_in(visitor, desk)
    await expect(page.locator("#live-note")).to_contain_text("Read again at", timeout=20_000)
    await house.query("DELETE FROM session")
    await expect(page.locator("#live-note")).to_contain_text("You are signed out", timeout=20_000)
