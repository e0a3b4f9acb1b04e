"""What a scrape says of words that went through everything, and of a database that is away."""

import asyncio
import re
from contextlib import AsyncExitStack

import httpx

from channel.app import create_internal_app
from channel.metrics import REGISTRY
from tests.bridge import Bridge


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"live_agents_{name}", labels) or 0


async def test_words_are_timed_from_our_answer_to_the_peers(bridge: Bridge) -> None:
    before = {way: value("e2e_seconds_count", direction=way) for way in ("to_agent", "to_contact")}
    seconds = value("e2e_seconds_sum", direction="to_contact")
    room = await bridge.talking("ana")
    await bridge.rocketchat.write(room.id, "joao.agent", "Hello Ana")
    await bridge.heard("Hello Ana")
    await bridge.all_told()
    after = {way: value("e2e_seconds_count", direction=way) for way in before}
    assert after == {way: count + 1 for way, count in before.items()}
    assert 0 < value("e2e_seconds_sum", direction="to_contact") - seconds < 60


async def test_a_slow_message_can_be_followed_from_the_histogram(bridge: Bridge) -> None:
    """An exemplar is our id of one message in each bucket; `trace` has its life."""
    await bridge.talking("ana")
    await bridge.all_told()
    inside = httpx.ASGITransport(create_internal_app(bridge.runtime))
    async with httpx.AsyncClient(transport=inside, base_url="http://inside.test") as http:
        accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"  # as Prometheus says
        scraped = await http.get("/metrics", headers={"Accept": accept})
        plain = await http.get("/metrics")
    ids = {row[0] for row in await bridge.query("SELECT id::text FROM message")}
    found = set(re.findall(r'e2e_seconds_bucket\{direction="to_agent".*# \{message="([^"]+)"\}', scraped.text))
    assert found & ids
    assert scraped.headers["content-type"].startswith("application/openmetrics-text")
    assert scraped.text.endswith("# EOF\n")
    assert "{message=" not in plain.text
    series = {line.partition("{")[0].partition(" ")[0] for line in plain.text.splitlines() if line[:1] != "#"}
    assert {each for each in series if f"{each} " not in scraped.text and f"{each}{{" not in scraped.text} == set()
    assert not [each for each in series if each.endswith("_created")]


async def test_a_scrape_is_answered_while_the_database_is_away(bridge: Bridge) -> None:
    async with AsyncExitStack() as stack:
        inside = httpx.ASGITransport(create_internal_app(bridge.runtime))
        http = await stack.enter_async_context(httpx.AsyncClient(transport=inside, base_url="http://inside.test"))
        await stack.enter_async_context(bridge.database_away())
        watching = asyncio.create_task(bridge.runtime.watching.run())
        async with asyncio.timeout(30):
            while "live_agents_db_up 0.0" not in (await http.get("/metrics")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        bridge.runtime.watching.stop()
        await watching
