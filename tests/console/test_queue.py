"""The queue's page: what Rocket.Chat lists, what is missing for that, and what we know ourselves, whatever it says."""

import pytest

from channel.core import limits
from channel.core.operators import Role
from channel.sandbox.rocketchat.faults import Drops
from tests.bridge import Bridge
from tests.console.desk import Browser
from tests.console.test_overview import rows
from tests.console.test_settings import workspace_of

pytestmark = pytest.mark.xdist_group("console")


async def test_without_a_bot_user_the_page_says_what_is_missing_and_shows_what_we_know(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    await house.talking("waiting", agent=None)
    page = f"{workspace_of(house)}/queue"
    said = await browsers[Role.LOOK].read(page)
    assert "There is no bot user" in said
    assert "--bot-user-id ID --bot-token-file FILE" in said
    (ours,) = rows((await browsers[Role.LOOK].get(page)).text, "Our contacts who wait")
    assert (ours["Department"], ours["Contacts"]) == ("none", "1")


async def test_who_waits_and_who_is_there_is_shown_and_names_to_those_who_may_read_words(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    await house.add_bot()
    house.rocketchat.add_department("Water", "joao.agent")
    page = f"{workspace_of(house)}/queue"
    shown = (await browsers[Role.LOOK].get(page)).text
    (waiting,) = rows(shown, "In the queue: 1")
    assert list(waiting) == ["Department", "Waits for"]
    agents = {agent["Username"]: agent["Takes chats"] for agent in rows(shown, "Agents: 2 of 2")}
    assert agents == {"joao.agent": "yes", "maria.agent": "yes"}
    assert "Visitor" in rows((await browsers[Role.OPERATE].get(page)).text, "In the queue: 1")[0]
    assert "data-live" in shown


async def test_where_rocket_chat_is_away_the_rest_of_the_page_is_there(
    house: Bridge, browsers: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "QUEUE_FRESH", 0.0)
    house.rocketchat.faults.rest(Drops(), at="GET livechat/*", times=None)
    page = f"{workspace_of(house)}/queue"
    said = await browsers[Role.LOOK].read(page)
    assert "Rocket.Chat does not answer: the queue and the agents are not known now." in said
    assert rows((await browsers[Role.LOOK].get(page)).text, "Our contacts who wait")
    house.rocketchat.faults.clear()


async def test_a_workspace_that_is_not_there_has_no_queue(browsers: dict[Role, Browser]) -> None:
    for name in ("7", "00000000-0000-0000-0000-000000000000"):
        assert f"There is no workspace {name}" in await browsers[Role.LOOK].read(f"/workspaces/{name}/queue", 404)
