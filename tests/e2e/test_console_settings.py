"""The console's settings in a browser: numbers, an option changed, a policy tried; and axe about each of the pages."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from channel.core.operators import Role
from channel.core.plot import WIDTH
from channel.store.timing import now
from tests.bridge import Bridge, running_bridge
from tests.conftest import own_database
from tests.console.desk import PASSWORD, Desk, open_desk
from tests.e2e.browsing import NARROW, Visitor, overflows, violations, visiting
from tests.e2e.conftest import Picture

#: how long each chat of the last days was waited for, and its first words, in seconds; None: nobody came
CHATS = ((40, 8), (95, 20), (300, 45), (None, None), (20, 5), (610, 90), (75, 12), (180, 30), (None, None), (55, 14))


@pytest.fixture(scope="module")
async def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bridge]:
    async with (
        own_database(postgres) as url,
        running_bridge(url, tmp_path_factory.mktemp("settings")) as bridge,
    ):
        await bridge.talking("ana", agent=None)
        await bridge.add_bot()
        await bridge.set_hours('zone = "Africa/Nairobi"\nmonday-friday = "08:00-17:00"\n')
        await chats(bridge)
        yield bridge


async def chats(bridge: Bridge) -> None:
    """Those of the last three weeks, as rows."""
    moment = await now(bridge.runtime.edge)
    for n in range(6 * len(CHATS)):
        waited, answered = CHATS[n % len(CHATS)]
        opened = moment - timedelta(days=n % 20, minutes=n)
        taken = opened + timedelta(seconds=waited) if waited else None
        await bridge.query(
            "INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at, taken_at, closed_at, department)"
            " SELECT ch.workspace_id, $1, cv.id, $2, $3, $2, $4 FROM channel ch, conversation cv",
            f"chat {n}", opened, taken, ("Water", "Care")[n % 2],
        )  # fmt: skip
        if taken and answered:
            await bridge.query(
                "INSERT INTO message (id, channel_id, conversation_id, author, key, external_id, texts, answered_at,"
                " created_at, room) SELECT gen_random_uuid(), channel_id, id, 'agent', $1::text, $1::text, '{}', $2,"
                " $2, $1::text FROM contact",
                f"chat {n}", taken + timedelta(seconds=answered),
            )  # fmt: skip


@pytest.fixture(scope="module")
async def desk(house: Bridge) -> AsyncIterator[Desk]:
    async with open_desk(house) as opened:
        await opened.add("ana.operator", Role.ADMINISTER)
        yield opened


async def signed_in(visitor: Visitor, desk: Desk, path: str = "/") -> Page:
    page = await visitor.opened(f"{desk.url}{path}")
    await page.get_by_label("Name").fill("ana.operator")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return page


async def test_a_coordinator_sees_the_picture_reads_the_table_and_takes_the_file(
    visitor: Visitor, picture: Picture, desk: Desk
) -> None:
    page = await signed_in(visitor, desk)
    await page.get_by_role("link", name="Numbers").click()
    shown = page.get_by_role("img", name="Waiting time, first answer and chats of each day")
    await expect(shown).to_be_visible()
    await expect(shown).to_have_js_property("complete", True)
    await expect(shown).to_have_js_property("naturalWidth", WIDTH)
    await picture(page, "numbers")
    await page.get_by_role("combobox", name="Department").select_option("Water")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("table", name="By day: test, Water")).to_be_visible()
    async with page.expect_download() as expected:
        await page.get_by_role("link", name="The numbers as CSV").click()
    download = await expected.value
    assert download.suggested_filename.startswith("numbers-")
    source = await shown.evaluate("image => image.currentSrc")
    await page.emulate_media(color_scheme="dark")
    await expect(shown).not_to_have_js_property("currentSrc", source)


async def test_an_option_is_changed_by_its_line_and_a_wrong_one_is_named(visitor: Visitor, desk: Desk) -> None:
    page = await signed_in(visitor, desk)
    await page.get_by_role("link", name="Channels", exact=True).click()
    await page.get_by_role("link", name="test", exact=True).click()
    await page.get_by_role("link", name="Edit the options").click()
    text = page.get_by_label("Options, in TOML")
    await text.fill('agent_too_long = "tear"')
    await page.get_by_role("button", name="Choose these").click()
    await expect(page.get_by_role("alert")).to_contain_text('Line 1: agent_too_long: "tear" is none of refuse, split.')
    visitor.complaints[:] = [each for each in visitor.complaints if "400" not in each]
    await text.fill('agent_too_long = "split"\n')
    await page.get_by_role("button", name="Choose these").click()
    await expect(page.get_by_role("row", name="agent_too_long split yes")).to_be_visible()


async def test_a_policy_is_tried_on_a_sample(visitor: Visitor, picture: Picture, desk: Desk, house: Bridge) -> None:
    await house.query("""UPDATE channel SET options = '{"agent_too_long": "split"}'""")
    page = await signed_in(visitor, desk, f"/channels/{house.connected['channel']['uuid']}/policies")
    await page.get_by_label("An agent’s text").fill("It is open from nine to noon. " * 30)
    await page.get_by_role("button", name="Try it").click()
    await expect(page.get_by_role("heading", name="It would go in 2 messages")).to_be_visible()
    await expect(page.locator("#result").get_by_role("listitem")).to_have_count(2)
    assert await violations(page) == []
    await page.get_by_label("An agent’s text").fill("")
    await page.get_by_role("button", name="Try it").click()
    await expect(page.get_by_role("heading", name="Nothing of it would go")).to_be_visible()
    assert await violations(page) == []


async def test_a_new_token_is_shown_once(
    visitor: Visitor, desk: Desk, house: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channel.console.rotating.REMEMBERED_SECONDS", 0.01)
    channel = f"/channels/{house.connected['channel']['uuid']}"
    page = await signed_in(visitor, desk, channel)
    await page.get_by_role("button", name="Make a new send token").click()
    await expect(page.locator("pre")).to_contain_text("Token ")
    assert await violations(page) == []
    await page.get_by_role("link", name="the page of test").click()
    await page.get_by_role("button", name="End the tokens before").click()
    await expect(page.get_by_role("button", name="End the tokens before")).to_have_count(0)


async def test_the_doctor_looks_when_it_is_asked_to(visitor: Visitor, picture: Picture, desk: Desk) -> None:
    page = await signed_in(visitor, desk, "/doctor")
    await page.get_by_role("button", name="Look now").click()
    await expect(page.get_by_role("table", name="What all channels share")).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="rocketchat").first).to_contain_text("fine")
    await picture(page, "doctor")
    assert await violations(page) == []


async def test_every_page_works_for_whoever_cannot_see_it_and_on_a_telephone_in_both_schemes(
    browser: Browser, desk: Desk, house: Bridge
) -> None:
    channel, workspace = (f"/{each}s/{house.connected[each]['uuid']}" for each in ("channel", "workspace"))
    paths = [
        "/numbers", "/numbers?from=never", "/channels", "/doctor", workspace, f"{workspace}/queue", channel,
        f"{channel}/notices", f"{channel}/notices?language=ara", f"{channel}/edit", f"{channel}/options",
        f"{channel}/policies", f"{channel}/hours",
    ]  # fmt: skip
    async with visiting(browser, NARROW) as visitor:
        page = await signed_in(visitor, desk)
        found = []
        for path in paths:
            await page.goto(desk.url + path)
            await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
            found += [f"{path}: {each}" for each in await violations(page)]
            found += [f"{path}: is too wide"] if await overflows(page) else []
        visitor.complaints[:] = [each for each in visitor.complaints if "400" not in each]
        assert found == []
