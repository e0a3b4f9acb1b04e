"""The doctor's page: what is found is shown with what to do, for one channel or all, in time and one at a time."""

import asyncio

import pytest

from channel.console.doctor import BUSY, SLOW
from channel.core import limits
from channel.core.checks.finding import Check
from channel.core.operators import Role
from channel.sandbox.rocketchat.faults import Hangs
from tests.bridge import Bridge
from tests.console.desk import Browser, words
from tests.console.test_overview import rows

pytestmark = pytest.mark.xdist_group("console")


async def test_nothing_is_looked_at_before_somebody_asks(house: Bridge, browsers: dict[Role, Browser]) -> None:
    before = len(house.rocketchat.requests)
    said = await browsers[Role.OPERATE].read("/doctor")
    assert "It changes nothing and writes to nobody" in said
    assert "What all channels share" not in said
    assert len(house.rocketchat.requests) == before


async def test_every_check_is_shown_with_its_verdict_and_what_to_do(
    house: Bridge, browsers: dict[Role, Browser]
) -> None:
    house.rocketchat.go_offline("maria.agent")
    audits = await house.query("SELECT count(*) FROM audit")
    answer = await browsers[Role.OPERATE].post("/doctor", {"channel": house.connected["channel"]["uuid"]})
    assert answer.status_code == 200
    captions = ("What all channels share", f"Rocket.Chat {house.rocketchat_url}", "Channel test")
    lines = [line for caption in captions for line in rows(answer.text, caption)]
    assert [line["Check"] for line in lines] == [check.value for check in Check]
    verdicts = {line["Check"]: (line["Verdict"], line["To do"]) for line in lines}
    assert verdicts["database"] == ("fine", "–")
    assert verdicts["rocketchat"][0] == "fine"
    assert verdicts["public_url"][0] == "wrong"  # nothing answers at the address that this test's settings name
    assert verdicts["public_url"][1] != "–"
    assert f"{sum(each[0] == 'wrong' for each in verdicts.values())} wrong," in words(answer)
    assert await house.query("SELECT count(*) FROM audit") == audits
    house.rocketchat.go_online("maria.agent")


async def test_what_takes_too_long_is_given_up_and_said(
    house: Bridge, browsers: dict[Role, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EXAMINING_SECONDS", 0.5)
    house.rocketchat.faults.rest(Hangs(30), times=None)
    answer = await browsers[Role.OPERATE].post("/doctor", {"channel": ""})
    house.rocketchat.faults.clear()
    assert (answer.status_code, SLOW in words(answer)) == (200, True)


async def test_one_at_a_time_is_looked(house: Bridge, browsers: dict[Role, Browser]) -> None:
    before = len(house.rocketchat.requests)
    house.rocketchat.faults.rest(Hangs(2))
    first = asyncio.create_task(browsers[Role.OPERATE].post("/doctor", {"channel": ""}))
    await house.rocketchat.until(lambda rc: len(rc.requests) > before or None)
    second = await browsers[Role.ADMINISTER].post("/doctor", {"channel": ""})
    assert (second.status_code, BUSY in words(second)) == (409, True)
    assert (await first).status_code == 200
    third = await browsers[Role.ADMINISTER].post("/doctor", {"channel": ""})
    assert third.status_code == 200


async def test_a_channel_that_is_not_there_is_not_looked_at(browsers: dict[Role, Browser]) -> None:
    for name in ("7", "00000000-0000-0000-0000-000000000000"):
        answer = await browsers[Role.OPERATE].post("/doctor", {"channel": name})
        assert (answer.status_code, f"There is no channel {name}" in words(answer)) == (404, True)
