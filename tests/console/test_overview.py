"""The first page: what moves, what waits, who is away, and what somebody has to look at."""

import re
from typing import Any

import pytest

from channel.core.operators import Role
from tests.bridge import Bridge
from tests.console.desk import Browser, open_desk

pytestmark = pytest.mark.xdist_group("console")


def rows(page: str, caption: str) -> list[dict[str, str]]:
    """The table of this caption, as a reader hears it: each cell with its column's name."""
    table = page.partition(f">{caption}")[2].partition("</table>")[0]
    assert table, f"there is no table {caption}"
    head, *lines = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    names = cells(head)
    return [dict(zip(names, cells(line), strict=True)) for line in lines]


def cells(line: str) -> list[str]:
    found = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", each).split()) for each in found]


async def test_a_quiet_bridge_is_all_right(house: Bridge, browsers: dict[Role, Browser]) -> None:
    await house.talking("quiet")
    await house.idle()
    said = await browsers[Role.LOOK].read("/")
    assert "Yes. Nothing is late, nothing is dead, and everybody answers." in said
    page = (await browsers[Role.LOOK].get("/")).text
    (channel,) = rows(page, "Channels")
    told = {name: channel[name] for name in ("Channel", "From contacts", "Dead letters", "Rocket.Chat", "RapidPro")}
    assert told == {
        "Channel": "test", "From contacts": "1", "Dead letters": "0", "Rocket.Chat": "answers", "RapidPro": "answers",
    }  # fmt: skip
    addresses = [peer["Address"] for peer in rows(page, "Peers")]
    assert addresses == [house.rocketchat_url, house.rapidpro_url]
    assert "data-live" in page


async def test_what_is_wrong_is_said_in_a_sentence_each(bridge: Bridge) -> None:
    await bridge.talking("ana")
    await bridge.idle()
    async with open_desk(bridge) as desk:
        browser = await desk.operator(Role.LOOK)
        await bridge.query(
            "UPDATE peer SET state = 'open', breaker = jsonb_build_object('state', 'open', 'failures', 7,"
            " 'turned_at', live_agents_now() - interval '5 minutes', 'probed_at', live_agents_now())"
            " WHERE dest = 'rocketchat'"
        )
        await bridge.query("UPDATE delivery SET state = 'dead', reason = 'unreachable' WHERE kind = 'PostToRoom'")
        said = await browser.read("/")
        assert "2 things need somebody" in said
        assert f"{bridge.rocketchat_url} has not answered for 5 min" in said
        assert "1 dead letter: nobody tries them again" in said
        page = (await browser.get("/")).text
        (channel,) = rows(page, "Channels")
        assert (channel["Rocket.Chat"], channel["Dead letters"]) == ("away", "1")
        assert f"/dead-letters?channel={bridge.connected['channel']['uuid']}" in page
        (rocketchat, _) = rows(page, "Peers")
        assert (rocketchat["State"], rocketchat["Failures in a row"]) == ("away", "7")


async def test_nobodys_words_and_no_secret_are_on_it(house: Bridge, browsers: dict[Role, Browser]) -> None:
    await house.send("a very private matter", id="private", to="bob")
    page: Any = (await browsers[Role.ADMINISTER].get("/")).text
    secrets = [house.connected["workspace"]["webhook_secret"], house.connected["channel"]["send_authorization"]]
    assert not [each for each in ["private matter", "bob", *secrets] if each in page]
